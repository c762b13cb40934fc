// Swagger UI in a real browser: everything in the contract is shown, and can be tried with and without a token.
//
//   BINARY       the program
//   NODE_TOOLS   the folder into which playwright-core is installed
//   CHROMIUM     the browser
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { freePort, scratch, start, tool } from './service.mjs';

const { default: playwright } = await tool('playwright-core');
const service = await start(await freePort(), { DATABASE_URL: `sqlite://${join(scratch, 'browser.db')}`, DEMO: 'true' });
const contract = await (await fetch(`${service.url}/openapi.json`)).json();
const operations = Object.values(contract.paths).flatMap((path) => Object.values(path).map((operation) => operation.operationId));

const browser = await playwright.chromium.launch({
    executablePath: process.env.CHROMIUM,
    // Root has no sandbox. A name that is looked up is found nowhere, so that nothing could be fetched from elsewhere even if it were tried.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
});
const page = await browser.newPage();
page.setDefaultTimeout(20_000);
const [complaints, addresses] = [[], []];
page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
page.on('pageerror', (error) => complaints.push(String(error)));
page.on('request', (request) => addresses.push(request.url()));

/** Executes an operation as it stands, and tells what came. */
async function execute(id, parameters = {}) {
    const block = page.locator(`.opblock[id$="-${id}"]`);
    await block.locator('.opblock-summary-control').click();
    for (const [name, value] of Object.entries(parameters)) {
        await block.locator(`tr[data-param-name="${name}"] input`).fill(value);
    }
    await block.locator('button.execute').click();
    const live = block.locator('.live-responses-table .response');
    const status = await live.locator('.response-col_status').first().innerText();
    return [Number.parseInt(status, 10), await live.locator('.response-col_description').first().innerText()];
}

console.log('every operation of the contract is shown');
await page.goto(`${service.url}/docs/`);
await page.locator('.opblock').nth(operations.length - 1).waitFor();
const shown = await page.locator('.opblock').evaluateAll((blocks) => blocks.map((block) => block.id));
const missing = operations.filter((id) => !shown.some((block) => block.endsWith(`-${id}`)));
assert.deepEqual([shown.length, missing], [operations.length, []]);

console.log('anybody can search');
const [found, entries] = await execute('list_initiatives', { q: 'besøgsven' });
assert.equal(found, 200, entries);
assert.match(entries, /"title": ".*[Bb]esøgsven/);

console.log('whoever has a token can authorise, and is known');
const persona = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"persona": "editor"}' };
const { access_token } = await (await fetch(`${service.url}/demo/tokens`, persona)).json();
await page.locator('button.authorize.unlocked').first().click();
const form = page.locator('.auth-container', { has: page.getByText('bearer (http, Bearer)') });
await form.locator('input').fill(access_token);
await form.locator('button[type=submit]').click();
await page.locator('.dialog-ux .btn-done').first().click();
const [known, me] = await execute('get_me');
assert.equal(known, 200, me);
assert.match(me, /"subject": "editor"/);

assert.deepEqual(complaints, []);
const strange = addresses.filter((address) => !address.startsWith(`${service.url}/`) && !/^(data|blob):/.test(address));
assert.deepEqual(strange, []);
assert.ok(addresses.includes(`${service.url}/v1/me`), 'the browser itself has asked');
await browser.close();
await service.stop();
