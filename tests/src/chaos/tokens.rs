//! Tokens that must not be believed, and those that must (S3). Every forgery gets the same answer: what was wrong with it
//! is nothing that its maker should learn.

use persistence::Engine;
use serde_json::{Value, json};

use super::{
    forge::{
        AUDIENCE, BUSINESSES, CITIZENS, KEYS, claims, eddsa, es256, genuine, header, hs256, issuers, jwk, now, ps256, public_forms, rs256,
        token, with,
    },
    on_both,
    process::Raw,
};
use crate::{
    client::{Actor, Answer},
    world::{self, Content, World},
};

async fn world(engine: Engine) -> World {
    World::with(engine, Content::Nothing, |app| app.issuers = issuers()).await
}

fn actor(world: &World, token: &str) -> Actor {
    Actor::bearer(world.clone(), token)
}

/// A good token with these claims changed; null takes one away.
fn claiming(changes: Value) -> String {
    genuine(header(), with(claims(), changes))
}

/// A good token with these parts of its head changed.
fn headed(changes: Value) -> String {
    genuine(with(header(), changes), claims())
}

/// Signed by somebody who has no key that anybody trusts.
fn forged(header: Value) -> String {
    token(header, claims(), |message| rs256(&KEYS.attacker, message))
}

type Attack = (String, String);

fn attack(name: impl ToString, token: String) -> Attack {
    (name.to_string(), token)
}

fn without_a_key() -> Vec<Attack> {
    let good = genuine(header(), claims());
    let (message, signature) = good.rsplit_once('.').expect("it has three parts");
    let (head, _) = message.split_once('.').expect("it has three parts");
    let other = super::forge::base64(with(claims(), json!({"sub": "somebody-else"})).to_string());
    let mut attacks = vec![
        attack("signature stripped", format!("{message}.")),
        attack("signature and dot stripped", message.to_owned()),
        attack("payload exchanged", format!("{head}.{other}.{signature}")),
        attack("signature of one byte", format!("{message}.AA")),
        attack("signature cut short", format!("{message}.{}", &signature[..signature.len() - 4])),
        attack("signature padded", format!("{good}==")),
        attack("a fourth part", format!("{good}.{signature}")),
        attack("five parts", format!("{good}.a.b")),
        attack("white space inside", format!("{message} .{signature}")),
        attack("nothing", String::new()),
        attack("dots", "..".to_owned()),
        attack("a word", "null".to_owned()),
        attack("not base64", "!!.!!.!!".to_owned()),
        attack("another key", forged(header())),
        attack(
            "PS256 where the key is for RS256",
            token(with(header(), json!({"alg": "PS256"})), claims(), |message| ps256(&KEYS.rsa, message)),
        ),
        attack("RS256 where the key is for PS256", headed(json!({"kid": "pss-1"}))),
    ];
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let unsigned = with(header(), json!({"alg": alg}));
        attacks.push(attack(format!("alg {alg:?}"), token(&unsigned, claims(), |_| Vec::new())));
        attacks.push(attack(format!("alg {alg:?} with a signature"), genuine(&unsigned, claims())));
        attacks.push(attack(format!("alg {alg:?} without kid"), token(with(unsigned, json!({"kid": null})), claims(), |_| Vec::new())));
    }
    for alg in ["HS256", "hs256"] {
        for (form, secret) in public_forms(&KEYS.rsa) {
            let head = with(header(), json!({"alg": alg}));
            attacks.push(attack(format!("{alg} with {form} as the secret"), token(head, claims(), |message| hs256(&secret, message))));
        }
    }
    let business = with(claims(), json!({"iss": BUSINESSES}));
    let secret = aws_lc_rs::signature::KeyPair::public_key(&KEYS.ed).as_ref();
    let head = json!({"alg": "HS256", "typ": "at+jwt", "kid": "ed-1"});
    attacks.push(attack("HS256 with the Ed25519 public key", token(head, business, |message| hs256(secret, message))));
    attacks
}

fn with_one_issuers_key_for_anothers_token() -> Vec<Attack> {
    let business = with(claims(), json!({"iss": BUSINESSES}));
    let ed = |kid: &str, claims: Value| token(json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid}), claims, eddsa);
    let ec = |kid: &str, claims: Value| token(json!({"alg": "ES256", "typ": "at+jwt", "kid": kid}), claims, es256);
    vec![
        attack("citizens' token by the businesses' key", ed("ed-1", claims())),
        attack("citizens' token by the businesses' key under the citizens' kid", ed("rsa-1", claims())),
        attack("citizens' token by the businesses' other key", ec("ec-1", claims())),
        attack("businesses' token by the citizens' key", genuine(header(), &business)),
        attack(
            "businesses' token by the citizens' key under the businesses' kid",
            genuine(with(header(), json!({"kid": "ed-1"})), &business),
        ),
        attack("one key of an issuer under the kid of its other", ec("ed-1", business)),
    ]
}

fn with_hostile_heads() -> Vec<Attack> {
    let own = jwk("own", &KEYS.attacker);
    let mut attacks: Vec<Attack> = [
        "../../../../dev/null",
        "/etc/passwd",
        "rsa-1' OR '1'='1",
        "rsa-1\u{0}",
        "https://evil.example/jwks.json",
        "RSA-1",
        " rsa-1",
        "",
        "unknown",
        "${jndi:ldap://x}",
    ]
    .into_iter()
    .flat_map(|kid| {
        let head = with(header(), json!({"kid": kid}));
        [attack(format!("kid {kid:?}"), genuine(&head, claims())), attack(format!("kid {kid:?} by another key"), forged(head))]
    })
    .collect();
    attacks.push(attack("a kid of 10 kB", headed(json!({"kid": "k".repeat(10_000)}))));
    attacks.push(attack("a kid of 4 kB", headed(json!({"kid": "k".repeat(4_000)}))));
    attacks.push(attack("no kid", headed(json!({"kid": null}))));
    attacks.push(attack("a kid that is a number", headed(json!({"kid": 1}))));
    attacks.push(attack("a kid that is a list", headed(json!({"kid": ["rsa-1"]}))));
    for (name, value) in [
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("jwk", own),
    ] {
        for kid in ["rsa-1", "own"] {
            attacks.push(attack(format!("{name} with kid {kid}"), forged(with(header(), json!({name: value, "kid": kid})))));
        }
    }
    for purpose in ["logout+jwt", "id_token+jwt", "dpop+jwt", "secevent+jwt", "application/logout+jwt", "JOSE", "", "at+jwt, JWT"] {
        attacks.push(attack(format!("typ {purpose:?}"), headed(json!({"typ": purpose}))));
    }
    attacks.push(attack("an extension that must be understood", headed(json!({"crit": ["b64"], "b64": false}))));
    attacks.push(attack("an extension of nobody's", headed(json!({"crit": ["urn:example:must"], "urn:example:must": true}))));
    attacks.push(attack("a head that is a list", genuine(json!([header()]), claims())));
    attacks.push(attack("a head that is no JSON", genuine("{\"alg\":\"RS256\"", claims())));
    attacks
}

fn with_claims_that_do_not_hold() -> Vec<Attack> {
    let changed = |changes: Value| attack(format!("{changes}"), claiming(changes));
    let mut attacks: Vec<Attack> = [
        json!({"aud": null}),
        json!({"aud": "somebody-else"}),
        json!({"aud": ["somebody-else", "frivillig-demo"]}),
        json!({"aud": []}),
        json!({"aud": ""}),
        json!({"aud": {"0": AUDIENCE}}),
        json!({"aud": "Frivillig"}),
        json!({"iss": null}),
        json!({"iss": "https://evil.example"}),
        json!({"iss": format!("{CITIZENS}/")}),
        json!({"iss": [CITIZENS]}),
        json!({"iss": "urn:frivillig:demo"}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": 7}),
        json!({"sub": "x".repeat(256)}),
        json!({"exp": null}),
        json!({"exp": now() - 31}),
        json!({"exp": now() - 86_400}),
        json!({"exp": -1}),
        json!({"exp": (now() + 600).to_string()}),
        json!({"exp": [now() + 600]}),
        json!({"exp": true}),
        // Milliseconds by mistake: a token for the next fifty thousand years.
        json!({"exp": (now() + 600) * 1000}),
        json!({"exp": 1e300}),
        json!({"exp": u64::MAX}),
        json!({"nbf": now() + 31}),
        json!({"nbf": now().to_string()}),
        json!({"nbf": 1e300}),
    ]
    .into_iter()
    .map(changed)
    .collect();
    let good = claims().to_string();
    for twice in [
        r#""sub":"somebody-else""#.to_owned(),
        format!(r#""iss":"{BUSINESSES}""#),
        r#""aud":"somebody-else""#.to_owned(),
        format!(r#""exp":{}"#, now() + 60_000),
        r#""realm_access":{},"realm_access":{"roles":["kommune-redaktor"]}"#.to_owned(),
    ] {
        attacks.push(attack(format!("said before: {twice}"), genuine(header(), good.replacen('{', &format!("{{{twice},"), 1))));
        attacks.push(attack(format!("said again: {twice}"), genuine(header(), format!("{},{twice}}}", good.trim_end_matches('}')))));
    }
    attacks.push(attack("a number too large for any", genuine(header(), good.replace(&(now() + 600).to_string(), "1e999"))));
    attacks.push(attack("claims that are a list", genuine(header(), json!([claims()]))));
    attacks.push(attack("claims that are no JSON", genuine(header(), "{")));
    attacks.push(attack("claims after which something comes", genuine(header(), format!("{good}{{}}"))));
    attacks.push(attack("more than 8 kB", claiming(json!({"note": "x".repeat(8_192)}))));
    attacks
}

/// What the sender learns.
fn told(answer: &Answer) -> (u16, String, Value) {
    let mut document = answer.json();
    document["instance"] = Value::Null;
    (answer.status.as_u16(), answer.header("www-authenticate").to_owned(), document)
}

async fn every_forgery_gets_the_same_answer(world: World) {
    let expected = told(&actor(&world, "x").get("/v1/me").await.refuses(401, "invalid-token"));
    let metadata = "http://127.0.0.1:8080/.well-known/oauth-protected-resource";
    assert_eq!(expected.1, format!("Bearer realm=\"frivillig\", error=\"invalid_token\", resource_metadata=\"{metadata}\""));
    let attacks =
        [without_a_key(), with_one_issuers_key_for_anothers_token(), with_hostile_heads(), with_claims_that_do_not_hold()].concat();
    let mut believed = Vec::new();
    for (name, forgery) in &attacks {
        let bearer = actor(&world, forgery);
        // What everybody may read is no exception: whoever sends a token sends a good one.
        for answer in [bearer.get("/v1/me").await, bearer.get("/v1/organisations").await] {
            if told(&answer) != expected {
                believed.push(format!("{name}: {} {}", answer.status, answer.text()));
            }
        }
    }
    assert!(believed.is_empty(), "{} of {}: {believed:#?}", believed.len(), attacks.len());
    for scheme in ["Basic YW5uYTphbm5h", "Bearer", "Token", "bearer  ", "Digest x"] {
        let answer = world.anybody().get("/v1/me").header("authorization", scheme).await;
        assert_eq!(told(&answer), expected, "{scheme}");
    }
    assert_eq!(Raw::open(&world.target).number("SELECT count(*) FROM persons"), 0, "nobody came in");
}

async fn good_tokens_are_believed(world: World) {
    let far = |kid: &str| with(claims(), json!({"iss": BUSINESSES, "sub": kid}));
    let good = [
        ("as it should be", claiming(json!({}))),
        ("one audience of several", claiming(json!({"aud": ["somebody-else", AUDIENCE]}))),
        ("a fraction of a second", claiming(json!({"exp": 0.5 + f64::from(u32::try_from(now() + 600).expect("it fits"))}))),
        ("clocks that differ a little", claiming(json!({"exp": now() - 29, "nbf": now() + 29}))),
        ("an older type", headed(json!({"typ": "JWT"}))),
        ("a full media type", headed(json!({"typ": "application/at+jwt"}))),
        ("no type", headed(json!({"typ": null}))),
        ("RSA with PSS", token(with(header(), json!({"alg": "PS256", "kid": "pss-1"})), claims(), |message| ps256(&KEYS.rsa, message))),
        // Where to find keys is not for a token to say; it is not looked at.
        ("an address of keys", headed(json!({"jku": "https://evil.example/jwks.json"}))),
        ("Ed25519", token(json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed-1"}), far("ed"), eddsa)),
        ("ECDSA", token(json!({"alg": "ES256", "typ": "at+jwt", "kid": "ec-1"}), far("ec"), es256)),
    ];
    for (name, token) in good {
        let me = actor(&world, &token).get("/v1/me").await;
        assert_eq!(me.status.as_u16(), 200, "{name}: {}", me.text());
        assert_eq!(me.json()["roles"], json!(["citizen"]), "{name}");
    }
    let answer = world.anybody().get("/v1/me").header("authorization", &format!("bEaReR {}", claiming(json!({})))).await;
    assert_eq!(answer.is(200).json()["subject"], "anna");
}

async fn roles_come_from_the_list_and_nowhere_else(world: World) {
    let roles = |token: String| {
        let bearer = actor(&world, &token);
        async move { bearer.get("/v1/me").await.is(200).json()["roles"].clone() }
    };
    for (said, granted) in [
        (json!(["kommune-redaktor", "administrator", "editor"]), json!(["citizen", "editor"])),
        (json!("kommune-redaktor revisor administrator"), json!(["citizen", "editor", "auditor"])),
        (json!(["kommune-redaktor", "kommune-redaktor"]), json!(["citizen", "editor"])),
        (json!(["KOMMUNE-REDAKTOR", "kommune-redaktor "]), json!(["citizen"])),
        (json!(["signatory", "organisation_editor", "citizen", 7, null, ["revisor"]]), json!(["citizen"])),
        (json!({"kommune-redaktor": true}), json!(["citizen"])),
        (json!("kommune-redaktor,revisor"), json!(["citizen"])),
    ] {
        let mut found = roles(claiming(json!({"realm_access": {"roles": said}}))).await;
        let mut granted = granted;
        let sorted = |roles: &mut Value| roles.as_array_mut().expect("a list").sort_by_key(Value::to_string);
        sorted(&mut found);
        sorted(&mut granted);
        assert_eq!(found, granted, "{said}");
    }
    // In the wrong place, and from an issuer that may grant nothing.
    assert_eq!(roles(claiming(json!({"roles": ["kommune-redaktor", "editor"]}))).await, json!(["citizen"]));
    let business = with(claims(), json!({"iss": BUSINESSES, "roles": ["editor"], "realm_access": {"roles": ["kommune-redaktor"]}}));
    assert_eq!(roles(token(json!({"alg": "EdDSA", "kid": "ed-1"}), business, eddsa)).await, json!(["citizen"]));
}

async fn a_cvr_number_counts_from_whoever_may_vouch_for_it(world: World) {
    let business = |sub: &str, cvr: Value| {
        let claims = with(claims(), json!({"iss": BUSINESSES, "sub": sub, "cvr": cvr}));
        actor(&world, &token(json!({"alg": "EdDSA", "kid": "ed-1"}), claims, eddsa))
    };
    let register = json!({"kind": "association", "name": "Vennekredsen", "cvr": "13748136"});
    let pretender = actor(&world, &claiming(json!({"cvr": "13748136"})));
    assert_eq!(pretender.get("/v1/me").await.is(200).json().get("cvr"), None);
    for strange in [json!(13_748_136), json!("13748137"), json!("1374813"), json!(["13748136"]), json!("")] {
        assert_eq!(business("odd", strange.clone()).get("/v1/me").await.is(200).json().get("cvr"), None, "{strange}");
    }
    let chair = business("anna", json!("13748136"));
    assert_eq!(chair.post("/v1/organisations", register).await.is(201).json()["verification"], "verified");
    // The same subject at another issuer is another person.
    let namesake = actor(&world, &claiming(json!({})));
    assert_eq!(namesake.get("/v1/me").await.is(200).json()["memberships"], json!([]));
    assert_eq!(chair.get("/v1/me").await.is(200).json()["memberships"].as_array().map(Vec::len), Some(1));
}

macro_rules! with_two_issuers {
    ($($name:ident => $story:ident),+ $(,)?) => {
        $(fn $name(engine: Engine) {
            world::run(|| async { $story(world(engine).await).await });
        })+
        on_both!($($name),+);
    };
}

with_two_issuers! {
    forgeries => every_forgery_gets_the_same_answer,
    good_tokens => good_tokens_are_believed,
    roles => roles_come_from_the_list_and_nowhere_else,
    cvr_numbers => a_cvr_number_counts_from_whoever_may_vouch_for_it,
}
