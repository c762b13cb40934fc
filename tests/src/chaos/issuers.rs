//! Issuers that say themselves where their keys are: found, exchanged, kept, and never waited for.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use api::{
    auth::Issuers,
    outbound::{Bounds, Outbound},
    renewal::{self, Pace},
};
use persistence::{Clock, Engine};
use serde_json::{Value, json};

use super::{
    elsewhere::{Elsewhere, Page, later},
    forge::{AUDIENCE, BUSINESSES, CITIZENS, KEYS, claims, ed_jwk, eddsa, genuine, header, issuers, jwk, token, with},
    http::Ask,
    process::{PATIENCE, Service, program},
};
use crate::{
    client::Actor,
    world::{Content, World, run},
};

const PATH: &str = "/realms/borger";
const DESCRIPTION: &str = "/realms/borger/.well-known/openid-configuration";
const OAUTH_DESCRIPTION: &str = "/.well-known/oauth-authorization-server/realms/borger";
const JWKS: &str = "/realms/borger/keys";

const SELDOM: Duration = Duration::from_secs(3600);
const OFTEN: Duration = Duration::from_millis(10);

/// An issuer that behaves.
fn issuer() -> Elsewhere {
    let issuer = Elsewhere::new();
    behave(&issuer);
    issuer
}

fn behave(issuer: &Elsewhere) {
    issuer.put(DESCRIPTION, description(issuer));
    issuer.put(JWKS, json!({"keys": [jwk("rsa-1", &KEYS.rsa)]}));
}

fn description(issuer: &Elsewhere) -> Value {
    json!({"issuer": issuer.url(PATH), "jwks_uri": issuer.url(JWKS), "authorization_endpoint": "https://elsewhere.example/"})
}

/// The file in which an operator names an issuer.
struct Configured(PathBuf);

impl Configured {
    fn new(issuer: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("discovered_{}_{}.json", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let file = std::env::temp_dir().join(name);
        let issuers = json!([{"issuer": issuer, "audience": AUDIENCE, "discovery": true, "roles_claim": "/realm_access/roles",
            "roles": {"kommune-redaktor": "editor"}}]);
        fs::write(&file, issuers.to_string()).expect("the temporary folder can be written");
        Self(file)
    }
}

impl Drop for Configured {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A service that has asked its issuer once and goes on at this pace.
async fn world(issuer: &str, every: Duration, apart: Duration) -> World {
    let file = Configured::new(issuer);
    let world = World::with(Engine::Sqlite, Content::Nothing, |app| app.issuers = Issuers::from_file(&file.0).expect("it is good")).await;
    let outbound = Outbound::new(vec!["127.0.0.1/32".parse().expect("a network")], true, Bounds::default()).expect("somebody is trusted");
    renewal::keep_fresh(&world.app.issuers, &outbound, &world.clock, Pace { every, apart }).await;
    world
}

fn of(issuer: &str) -> Value {
    with(claims(), json!({"iss": issuer}))
}

fn by_rsa(world: &World, issuer: &str) -> Actor {
    Actor::bearer(world.clone(), genuine(header(), of(issuer)))
}

fn by_ed(world: &World, issuer: &str) -> Actor {
    Actor::bearer(world.clone(), token(json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed-1"}), of(issuer), eddsa))
}

async fn status(actor: &Actor) -> u16 {
    actor.get("/v1/me").await.status.as_u16()
}

/// Waits for something that happens beside the requests.
async fn until(what: &str, mut happens: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !happens().await {
        assert!(begun.elapsed() < PATIENCE, "{what}: it does not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn standing(world: &World) -> Value {
    world.anybody().get("/health/ready").await.is(200).json()["issuers"][0]["keys"].clone()
}

#[test]
fn an_issuer_says_where_its_keys_are() {
    run(|| async {
        let idp = issuer();
        let name = idp.url(PATH);
        let world = world(&name, SELDOM, SELDOM).await;
        let roles = json!({"realm_access": {"roles": ["kommune-redaktor", "administrator"]}});
        let editor = Actor::bearer(world.clone(), genuine(header(), with(of(&name), roles)));
        let me = editor.get("/v1/me").await.is(200).json();
        assert_eq!((&me["issuer"], &me["roles"]), (&json!(name), &json!(["citizen", "editor"])));
        assert_eq!(world.anybody().get("/health/ready").await.is(200).json()["issuers"], json!([{"issuer": name, "keys": "fresh"}]));
        // A key that the issuer does not have, under a kid that it does.
        let forged = token(header(), of(&name), |message| super::forge::rs256(&KEYS.attacker, message));
        assert_eq!(status(&Actor::bearer(world.clone(), forged)).await, 401);
        assert_eq!((idp.asked(DESCRIPTION), idp.asked(OAUTH_DESCRIPTION), idp.asked(JWKS)), (1, 0, 1));
    });
}

#[test]
fn an_issuer_may_describe_itself_where_oauth_has_it() {
    run(|| async {
        let idp = issuer();
        idp.put(OAUTH_DESCRIPTION, description(&idp));
        idp.put(DESCRIPTION, Page::Redirect(302, idp.url("/login")));
        let world = world(&idp.url(PATH), SELDOM, SELDOM).await;
        assert_eq!(status(&by_rsa(&world, &idp.url(PATH))).await, 200);
    });
}

#[test]
fn keys_are_exchanged_without_a_restart_when_a_new_one_turns_up() {
    run(|| async {
        let idp = issuer();
        let world = world(&idp.url(PATH), SELDOM, OFTEN).await;
        let (old, new) = (by_rsa(&world, &idp.url(PATH)), by_ed(&world, &idp.url(PATH)));
        assert_eq!((status(&old).await, status(&new).await), (200, 401));
        idp.put(JWKS, json!({"keys": [jwk("rsa-1", &KEYS.rsa), ed_jwk()]}));
        until("the new key is believed", async || status(&new).await == 200).await;
        assert_eq!(status(&old).await, 200);
        idp.put(JWKS, json!({"keys": [ed_jwk()]}));
        let unknown = Actor::bearer(world.clone(), genuine(with(header(), json!({"kid": "rsa-2"})), of(&idp.url(PATH))));
        until("the old key is forgotten", async || status(&unknown).await == 401 && status(&old).await == 401).await;
        assert_eq!(status(&new).await, 200);
    });
}

#[test]
fn keys_are_exchanged_when_nobody_comes_with_a_new_one() {
    run(|| async {
        let idp = issuer();
        let world = world(&idp.url(PATH), OFTEN * 3, OFTEN).await;
        idp.put(JWKS, json!({"keys": [ed_jwk()]}));
        let before = idp.asked(JWKS);
        until("the issuer is asked again and once more", async || idp.asked(JWKS) >= before + 2).await;
        assert_eq!(status(&by_ed(&world, &idp.url(PATH))).await, 200, "the first time");
        assert_eq!(status(&by_rsa(&world, &idp.url(PATH))).await, 401);
    });
}

#[test]
fn made_up_keys_do_not_make_us_hammer_the_issuer() {
    run(|| async {
        let idp = issuer();
        let apart = Duration::from_millis(150);
        let begun = Instant::now();
        let world = world(&idp.url(PATH), SELDOM, apart).await;
        let mut number = 0;
        while idp.asked(JWKS) < 4 {
            assert!(begun.elapsed() < PATIENCE, "an unknown key should set a renewal going");
            number += 1;
            let made_up = genuine(with(header(), json!({"kid": format!("made-up-{number}")})), of(&idp.url(PATH)));
            assert_eq!(status(&Actor::bearer(world.clone(), made_up)).await, 401);
            // A refusal waits for nothing at all, and the renewal needs a turn on this thread.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let rounds = u32::try_from(idp.asked(JWKS)).expect("few");
        assert!(begun.elapsed() >= apart * (rounds - 1), "{rounds} rounds in {:?}", begun.elapsed());
        assert!(number > rounds, "there were more made-up keys than rounds");
    });
}

#[test]
fn a_token_of_nobody_sets_nothing_going() {
    run(|| async {
        let idp = issuer();
        let world = world(&idp.url(PATH), SELDOM, OFTEN).await;
        let id_token = with(header(), json!({"kid": "made-up", "typ": "id_token+jwt"}));
        for (head, claims) in [(id_token, of(&idp.url(PATH))), (with(header(), json!({"kid": "made-up"})), of("https://evil.example"))] {
            assert_eq!(status(&Actor::bearer(world.clone(), genuine(head, claims))).await, 401);
        }
        tokio::time::sleep(OFTEN * 10).await;
        assert_eq!(idp.asked(JWKS), 1);
    });
}

#[test]
fn no_request_waits_for_the_issuer() {
    run(|| async {
        let idp = issuer();
        let world = world(&idp.url(PATH), SELDOM, OFTEN).await;
        idp.put(JWKS, Page::Silence);
        let new = by_ed(&world, &idp.url(PATH));
        until("the issuer is being asked", async || status(&new).await == 401 && idp.asked(JWKS) == 2).await;
        // It does not answer yet, and all of these are answered.
        for _ in 0..20 {
            assert_eq!((status(&new).await, status(&by_rsa(&world, &idp.url(PATH))).await), (401, 200));
        }
        assert_eq!(idp.asked(JWKS), 2, "one call at a time");
    });
}

/// What an issuer can get wrong, or do on purpose: its description, and its keys.
fn misbehaviour(idp: &Elsewhere) -> Vec<(String, Page, Page)> {
    let good = description(idp);
    let keys = json!({"keys": [jwk("rsa-1", &KEYS.rsa)]});
    let described = |changes: Value| Page::from(with(good.clone(), changes));
    idp.put("/good", good.clone());
    idp.put("/good-keys", keys.clone());
    let mut all = Vec::new();
    let mut descriptions = vec![
        ("no JSON", Page::Text("<html>Log in</html>".into())),
        ("nothing", Page::Text(String::new())),
        ("a list", json!([good]).into()),
        ("cut short", Page::Text(good.to_string().trim_end_matches('}').into())),
        ("no issuer", described(json!({"issuer": null}))),
        ("no jwks_uri", described(json!({"jwks_uri": null}))),
        ("two issuers", Page::Text(good.to_string().replacen('{', "{\"issuer\":\"https://evil.example\",", 1))),
        ("a redirect", Page::Redirect(307, idp.url("/good"))),
        ("endless", Page::EndlessFlood),
        ("huge", Page::Text(format!("{}{good}", " ".repeat(300 * 1024)))),
    ];
    for issuer in [
        "https://evil.example".to_owned(),
        idp.url(&format!("{PATH}/")),
        idp.url("/realms/Borger"),
        idp.url("/"),
        idp.url(PATH).replace("127.0.0.1", "localhost"),
        String::new(),
    ] {
        descriptions.push(("another issuer", described(json!({ "issuer": issuer }))));
    }
    for address in [
        "keys",
        "file:///etc/passwd",
        "data:application/json,{}",
        "http://127.0.0.2:1/keys",
        "https://169.254.169.254/keys",
        "http://10.0.0.1/keys",
        "",
    ] {
        descriptions.push(("keys where nobody may look", described(json!({ "jwks_uri": address }))));
    }
    descriptions.push(("an address without end", described(json!({"jwks_uri": format!("{}?{}", idp.url(JWKS), "x".repeat(4000))}))));
    all.extend(descriptions.into_iter().map(|(name, page)| (format!("description: {name}: {page:?}"), page, Page::from(keys.clone()))));
    for (name, page) in [
        ("no JSON", Page::Text("-----BEGIN PUBLIC KEY-----".into())),
        ("no keys", json!({"keys": []}).into()),
        ("a list", json!([jwk("rsa-1", &KEYS.rsa)]).into()),
        ("a secret", json!({"keys": [{"kty": "oct", "kid": "rsa-1", "alg": "HS256", "k": "c2VjcmV0"}]}).into()),
        ("for encryption", json!({"keys": [with(jwk("rsa-1", &KEYS.rsa), json!({"use": "enc"}))]}).into()),
        ("a redirect", Page::Redirect(302, idp.url("/good-keys"))),
        ("huge", Page::Text(format!("{}{keys}", " ".repeat(300 * 1024)))),
        ("endless", Page::EndlessFlood),
    ] {
        all.push((format!("keys: {name}: {page:?}"), good.clone().into(), page));
    }
    all
}

#[test]
fn nothing_is_learned_from_an_issuer_that_misbehaves_until_it_does_not() {
    run(|| async {
        let idp = Elsewhere::new();
        for (name, description, keys) in misbehaviour(&idp) {
            idp.put(DESCRIPTION, description);
            idp.put(JWKS, keys);
            let world = world(&idp.url(PATH), OFTEN, OFTEN).await;
            let citizen = by_rsa(&world, &idp.url(PATH));
            assert_eq!((status(&citizen).await, standing(&world).await), (401, json!("missing")), "{name:.200}");
            behave(&idp);
            until("it behaves, and is believed", async || status(&citizen).await == 200).await;
            assert_eq!(standing(&world).await, "fresh", "{name:.200}");
        }
    });
}

#[test]
fn what_was_known_stays_in_use_while_an_issuer_misbehaves() {
    run(|| async {
        let idp = issuer();
        let world = world(&idp.url(PATH), OFTEN, OFTEN).await;
        let citizen = by_rsa(&world, &idp.url(PATH));
        for (name, description, keys) in misbehaviour(&idp) {
            assert_eq!((status(&citizen).await, standing(&world).await), (200, json!("fresh")), "before {name:.200}");
            idp.put(DESCRIPTION, description);
            idp.put(JWKS, keys);
            until("it is noticed", async || standing(&world).await == "kept").await;
            assert_eq!(status(&citizen).await, 200, "{name:.200}");
            behave(&idp);
            until("it is well again", async || standing(&world).await == "fresh").await;
        }
    });
}

#[test]
fn an_issuer_may_come_later_and_go_again() {
    run(|| async {
        let address = later();
        let name = format!("http://{address}{PATH}");
        let world = world(&name, OFTEN, OFTEN).await;
        let citizen = by_rsa(&world, &name);
        assert_eq!((status(&citizen).await, standing(&world).await), (401, json!("missing")));
        let idp = Elsewhere::at(address);
        behave(&idp);
        until("it comes, and is believed", async || status(&citizen).await == 200).await;
        drop(idp);
        until("it is missed", async || standing(&world).await == "kept").await;
        assert_eq!(status(&citizen).await, 200);
    });
}

/// A token for now, and not for the day on which all worlds begin.
fn of_today(issuer: &str) -> String {
    let now = Clock::system().now().timestamp();
    genuine(header(), with(of(issuer), json!({"iat": now, "exp": now + 3600})))
}

fn settings(issuers: &Configured, folder: &std::path::Path) -> Vec<(&'static str, String)> {
    vec![
        ("DATABASE_URL", format!("sqlite://{}", folder.join("frivillig.db").display())),
        ("AUTH_ISSUERS", issuers.0.display().to_string()),
        ("METRICS_TOKEN", "for-the-operator".into()),
        ("RUST_LOG", "info".into()),
    ]
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("issuers_{}_{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}

fn figure(service: &Service, name: &str) -> f64 {
    let figures = service.ask(&Ask::get("/metrics").token("for-the-operator")).is(200).text();
    let value = figures.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    value.unwrap_or_else(|| panic!("{name} is not among {figures}"))
}

#[test]
fn a_service_starts_without_its_issuer_and_says_so() {
    let (address, folder) = (later(), folder("down"));
    let name = format!("http://{address}{PATH}");
    let issuers = Configured::new(&name);
    let mut settings = settings(&issuers, &folder);
    settings.extend([("OUTBOUND_NETWORKS", "127.0.0.1/32".into()), ("OUTBOUND_WITHOUT_TLS", "true".into())]);
    let service = Service::launch(program(settings));
    let (keys, failed) = (
        format!("frivillig_issuer_keys{{issuer=\"{name}\"}}"),
        format!("frivillig_issuer_refreshes_total{{issuer=\"{name}\",outcome=\"failed\"}}"),
    );
    assert_eq!(service.ask(&Ask::get("/health/ready")).is(200).json()["issuers"], json!([{"issuer": name, "keys": "missing"}]));
    assert!(service.log().contains("could not be fetched") && service.log().contains(&name), "{}", service.log());
    assert_eq!(figure(&service, &keys), 0.0);
    assert!(figure(&service, &failed) >= 1.0);
    let me = Ask::get("/v1/me").token(&of_today(&name));
    service.ask(&me).is(401);
    service.ask(&Ask::get("/v1/initiatives")).is(200);

    let idp = Elsewhere::at(address);
    behave(&idp);
    let begun = Instant::now();
    while service.ask(&me).status != 200 {
        assert!(begun.elapsed() < PATIENCE, "{}", service.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(figure(&service, &keys), 1.0);
    assert!(figure(&service, &format!("frivillig_issuer_refreshed_timestamp_seconds{{issuer=\"{name}\"}}")) > 1.6e9);
    service.stop();
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn a_service_asks_its_issuer_before_it_opens() {
    let (idp, folder) = (issuer(), folder("up"));
    // So slow that a service that did not wait would be ready before.
    idp.put(DESCRIPTION, Page::Late(Duration::from_millis(400), description(&idp).to_string()));
    let issuers = Configured::new(&idp.url(PATH));
    let mut settings = settings(&issuers, &folder);
    settings.extend([("OUTBOUND_NETWORKS", "127.0.0.1/32".into()), ("OUTBOUND_WITHOUT_TLS", "true".into())]);
    let service = Service::launch(program(settings));
    service.ask(&Ask::get("/v1/me").token(&of_today(&idp.url(PATH)))).is(200);
    drop(service);
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn an_issuer_inside_the_house_is_called_only_when_the_operator_says_so() {
    let (idp, folder) = (issuer(), folder("inside"));
    let name = format!("https://localhost:{}{PATH}", idp.address.port());
    let issuers = Configured::new(&name);
    let service = Service::launch(program(settings(&issuers, &folder)));
    assert!(service.log().contains("OUTBOUND_NETWORKS"), "{}", service.log());
    assert_eq!(service.ask(&Ask::get("/health/ready")).is(200).json()["issuers"][0]["keys"], "missing");
    assert_eq!(idp.visits(), 0);
    drop(service);
    let _ = fs::remove_dir_all(folder);
}

/// How a client that knows nothing but an address finds out where to get a token (RFC 9728).
#[test]
fn whoever_is_refused_is_told_where_to_get_a_token() {
    run(|| async {
        let world = World::with(Engine::Sqlite, Content::Nothing, |app| {
            app.issuers = issuers();
            app.metrics_token = Some("for-the-operator".into());
        })
        .await;
        let place = "http://127.0.0.1:8080/.well-known/oauth-protected-resource";
        let refused = world.anybody().get("/v1/me").await.refuses(401, "unauthenticated");
        assert_eq!(refused.header("www-authenticate"), format!("Bearer realm=\"frivillig\", resource_metadata=\"{place}\""));
        let metadata = world.anybody().get("/.well-known/oauth-protected-resource").await.is(200);
        assert_eq!(metadata.header("content-type"), "application/json");
        assert_eq!(
            metadata.json(),
            json!({"resource": "http://127.0.0.1:8080", "resource_name": "Frivillig", "bearer_methods_supported": ["header"],
                "resource_documentation": "http://127.0.0.1:8080/docs/", "authorization_servers": [BUSINESSES, CITIZENS]})
        );
        // The operator's figures are nothing that an issuer's token opens.
        let figures = world.anybody().get("/metrics").await.refuses(401, "unauthenticated");
        assert_eq!(figures.header("www-authenticate"), "Bearer realm=\"frivillig\"");
    });
}

#[test]
fn metadata_say_nothing_of_issuers_where_there_are_none() {
    run(|| async {
        for no_server in
            [World::new(Engine::Sqlite).await, World::with(Engine::Sqlite, Content::Nothing, |app| app.issuers = Issuers::default()).await]
        {
            let metadata = no_server.anybody().get("/.well-known/oauth-protected-resource").await.is(200).json();
            assert_eq!(metadata.get("authorization_servers"), None, "{metadata}");
        }
        let elsewhere =
            World::with(Engine::Sqlite, Content::Nothing, |app| app.public_url = "https://kommune.example/frivillig".into()).await;
        let refused = elsewhere.anybody().get("/v1/me").await.is(401);
        let place = "https://kommune.example/.well-known/oauth-protected-resource/frivillig";
        assert_eq!(refused.header("www-authenticate"), format!("Bearer realm=\"frivillig\", resource_metadata=\"{place}\""));
    });
}
