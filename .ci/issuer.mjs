// Tokens of a real OpenID provider (npm: oidc-provider), from discovery to the exchange of its keys, over TLS with an authority that only
// this check knows. The client begins with the address of the API and nothing else, as RFC 9728 means it.
//
//   BINARY       the program
//   NODE_TOOLS   the folder into which oidc-provider is installed
//   AUTHORITY    folder with ca.pem, server.pem and server.key; Node itself must trust ca.pem (NODE_EXTRA_CA_CERTS)
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { freePort, scratch, start, tool, until } from './service.mjs';

const { default: Provider } = await tool('oidc-provider');
const { AUTHORITY } = process.env;
const [apiPort, issuerPort] = [await freePort(), await freePort()];
const issuer = `https://localhost:${issuerPort}`;
const api = `http://127.0.0.1:${apiPort}`;

function key(kid, alg) {
    const [kind, options] = alg === 'ES256' ? ['ec', { namedCurve: 'P-256' }] : ['rsa', { modulusLength: 2048 }];
    return { ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}

/** The provider with these keys; it signs with the first. */
const provider = (...keys) =>
    new Provider(issuer, {
        jwks: { keys },
        clients: [
            {
                client_id: 'intranet',
                client_secret: 'a secret between the two of them',
                grant_types: ['client_credentials'],
                redirect_uris: [],
                response_types: [],
                id_token_signed_response_alg: keys[0].alg,
            },
        ],
        features: {
            devInteractions: { enabled: false },
            clientCredentials: { enabled: true },
            resourceIndicators: {
                enabled: true,
                getResourceServerInfo: (_, resource) => {
                    assert.equal(resource, api);
                    return { scope: '', audience: 'frivillig', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: keys[0].alg } } };
                },
            },
        },
        extraTokenClaims: () => ({ realm_access: { roles: ['kommune-redaktor', 'administrator'] } }),
    }).callback();

const first = key('first', 'RS256');
let answer = provider(first);
const server = createServer({ key: readFileSync(join(AUTHORITY, 'server.key')), cert: readFileSync(join(AUTHORITY, 'server.pem')) }, (...asked) =>
    answer(...asked),
);
await new Promise((resolve) => server.listen(issuerPort, 'localhost', resolve));

const issuers = join(scratch, 'issuers.json');
const trusted = { issuer, audience: 'frivillig', discovery: true, roles_claim: '/realm_access/roles', roles: { 'kommune-redaktor': 'editor' } };
writeFileSync(issuers, JSON.stringify([trusted]));
const settings = (name) => ({
    DATABASE_URL: `sqlite://${join(scratch, `${name}.db`)}`,
    AUTH_ISSUERS: issuers,
    OUTBOUND_NETWORKS: '127.0.0.1/32,::1/128',
});
const service = await start(apiPort, { ...settings('service'), SSL_CERT_FILE: join(AUTHORITY, 'ca.pem') });

const json = async (url) => (await fetch(url)).json();
const me = (token, at = api) => fetch(`${at}/v1/me`, token && { headers: { authorization: `Bearer ${token}` } });

async function newToken() {
    const place = /resource_metadata="([^"]+)"/.exec((await me()).headers.get('www-authenticate'))?.[1];
    const { resource, authorization_servers, bearer_methods_supported } = await json(place);
    assert.deepEqual([authorization_servers, bearer_methods_supported], [[issuer], ['header']]);
    const { token_endpoint } = await json(`${authorization_servers[0]}/.well-known/openid-configuration`);
    const credentials = Buffer.from(`intranet:${encodeURIComponent('a secret between the two of them')}`).toString('base64');
    const granted = await fetch(token_endpoint, {
        method: 'POST',
        headers: { authorization: `Basic ${credentials}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource }),
    });
    const body = await granted.json();
    assert.equal(granted.status, 200, JSON.stringify(body));
    return body.access_token;
}

const head = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));

console.log('a token of the provider is believed, and its roles are those of the list');
const old = await newToken();
assert.deepEqual([head(old).typ, head(old).kid], ['at+jwt', 'first']);
const answered = await me(old);
const who = await answered.json();
assert.deepEqual([answered.status, who.issuer, who.subject, who.roles], [200, issuer, 'intranet', ['citizen', 'editor']], JSON.stringify(who));

console.log('an exchanged key is believed without a restart, and the one before it, too, while it is published');
answer = provider(key('second', 'RS256'), first);
const second = await newToken();
assert.equal(head(second).kid, 'second');
await until('the second key is believed', async () => (await me(second)).ok);
assert.equal((await me(old)).status, 200);

console.log('what is no longer published is believed no longer');
answer = provider(key('third', 'ES256'));
const third = await newToken();
assert.deepEqual([head(third).kid, head(third).alg], ['third', 'ES256']);
await until('the third key is believed', async () => (await me(third)).ok);
assert.deepEqual([(await me(old)).status, (await me(second)).status], [401, 401]);

console.log('a provider that is gone leaves its keys behind');
server.closeAllConnections();
await new Promise((resolve) => server.close(resolve));
await until('it is missed', async () => {
    // A made-up kid makes the service ask.
    await me(third.replace(/^[^.]+/, Buffer.from(JSON.stringify({ ...head(third), kid: 'made-up' })).toString('base64url')));
    return (await json(`${api}/health/ready`)).issuers[0].keys === 'kept';
});
assert.equal((await me(third)).status, 200);
await service.stop();

console.log('whoever does not know the authority behind a certificate believes nothing that comes with it');
await new Promise((resolve) => server.listen(issuerPort, 'localhost', resolve));
const stranger = await start(await freePort(), settings('stranger'));
assert.deepEqual((await json(`${stranger.url}/health/ready`)).issuers, [{ issuer, keys: 'missing' }]);
assert.match(stranger.log, /WARN .*could not be fetched.*certificate/);
assert.doesNotMatch(stranger.log, /ERROR/);
assert.equal((await me(third, stranger.url)).status, 401);
await stranger.stop();
process.exit();
