//! What HTTP promises, for every operation: validators, HEAD, languages, caches, other origins.

use std::{
    fmt::Write as _,
    io::{Read, Write as _},
    net::TcpStream,
};

use actix_web::{HttpServer, http::Method};
use persistence::Engine;

use super::{
    matrices,
    recipes::{Prepared, prepared},
    reviewed,
    stage::Stage,
};
use crate::{
    client::{Actor, Answer},
    contract::{Operation, operations, resolved},
};

const HOME: &str = "https://frivillig.example";

/// The reading operations, each with something to read.
async fn readings(engine: Engine) -> Vec<Prepared> {
    let mut all = Vec::new();
    for operation in operations().into_iter().filter(Operation::is_read) {
        all.push(prepared(engine, &operation).await);
    }
    all
}

matrices! {
    async fn who_has_it_already_gets_no_body(engine: Engine) {
        for prepared in readings(engine).await {
            let owner = prepared.owner();
            let full = prepared.sending(&owner).await.is(200);
            let promised = resolved(&prepared.operation.document["responses"]["200"])["headers"].get("ETag").is_some();
            assert!(!promised || !full.etag().is_empty(), "{} has no ETag", full.said);
            if full.etag().is_empty() {
                continue;
            }
            for known in [full.etag(), format!("W/{}", full.etag()), format!("\"other\", {}", full.etag()), "*".to_owned()] {
                let spared = prepared.sending(&owner).header("if-none-match", &known).await.is(304);
                assert!(spared.body.is_empty(), "{}", spared.said);
                assert_eq!(spared.etag(), full.etag(), "{}", spared.said);
                for header in ["cache-control", "content-language", "vary"] {
                    assert_eq!(spared.header(header), full.header(header), "{} {header}", spared.said);
                }
            }
            let again = prepared.sending(&owner).header("if-none-match", "\"other\"").await.is(200);
            assert_eq!(again.body, full.body, "{}", again.said);
        }
    }

    async fn head_is_get_without_the_body(engine: Engine) {
        for prepared in readings(engine).await {
            let (get, head) = (over_the_wire(&prepared, "GET").await, over_the_wire(&prepared, "HEAD").await);
            let (get_head, get_body) = get.split_once("\r\n\r\n").expect("an answer has a head");
            let (head_head, head_body) = head.split_once("\r\n\r\n").expect("an answer has a head");
            assert!(head_body.is_empty(), "{}: {head_body}", prepared.operation.id);
            // Metrics are counted while they are read, and there are none before the first.
            if prepared.operation.id != "get_metrics" {
                assert!(!get_body.is_empty(), "{}", prepared.operation.id);
                assert_eq!(telling(head_head), telling(get_head), "{}", prepared.operation.id);
            }
        }
    }

    async fn everybody_reads_a_language_they_know(engine: Engine) {
        let stage = Stage::new(engine, true).await;
        for operation in operations() {
            let prepared = Prepared::of_nothing(&stage, &operation);
            let wrong = || prepared.queried(&prepared.owner(), "colour=red");
            let mut titles = Vec::new();
            for (accepted, spoken) in [("da", "da"), ("en", "en"), ("de", "da"), ("en;q=0.4, da;q=0.3", "en"), ("fr, en-GB;q=0.5", "en")] {
                let answer = wrong().header("accept-language", accepted).await.is(400);
                assert_eq!(answer.header("content-language"), spoken, "{} in {accepted}", answer.said);
                titles.push((spoken, answer.json()["title"].clone(), answer.json()["detail"].clone(), answer.json()["errors"][0]["detail"].clone()));
            }
            assert_eq!(wrong().in_english().await.json()["title"], titles[1].1);
            let [danish, english, ..] = titles.as_slice() else { panic!("both were asked for") };
            assert!(danish.1 != english.1 && danish.2 != english.2 && danish.3 != english.3, "{}: {titles:?}", operation.id);
            for title in &titles {
                assert_eq!(title, if title.0 == "da" { danish } else { english });
            }
        }
    }

    async fn what_may_be_kept_is_as_reviewed(engine: Engine) {
        let mut table = String::from("operation: for whoever sends no token; with one\n\n");
        for prepared in readings(engine).await {
            let world = &prepared.stage.world;
            let with = if prepared.operation.id == "get_metrics" { prepared.stage.operator() } else { world.editor() };
            let (without, with) = (prepared.sending(&world.anybody()).await, prepared.sending(&with).await.is(200));
            for answer in [&without, &with] {
                protected(answer);
                assert!(answer.status == 200 || answer.header("cache-control").contains("no-store"), "{} may be kept", answer.said);
            }
            if prepared.operation.path.starts_with("/v1/") {
                assert_eq!(with.header("cache-control"), "private, no-store", "{}", with.said);
            }
            let _ = writeln!(table, "{}: {} {}; {}", prepared.operation.id, without.status.as_u16(), without.header("cache-control"), with.header("cache-control"));
        }
        reviewed("caching", &table);
    }

    async fn commands_are_never_kept_and_say_where(engine: Engine) {
        for operation in operations().into_iter().filter(Operation::is_command) {
            let prepared = prepared(engine, &operation).await;
            let answer = prepared.sending(&prepared.owner()).await.is(prepared.recipe.status);
            protected(&answer);
            assert_eq!(answer.header("cache-control"), "private, no-store", "{}", answer.said);
            if answer.status == 201 {
                let found = prepared.owner().get(answer.header("location")).await;
                assert!(found.status == 200 && found.etag() == answer.etag() || found.status == 405, "{} is not at {}", answer.said, answer.header("location"));
            }
            // What is no single thing has no version.
            if let Some(version) = (!answer.body.is_empty()).then(|| answer.json()).and_then(|view| view.get("version").cloned()) {
                assert!(answer.etag().starts_with(&format!("\"{version}.")), "{}: {} for version {version}", answer.said, answer.etag());
            }
        }
    }

    async fn other_origins_may_read_what_is_public(engine: Engine) {
        let stage = Stage::with_origin(engine, HOME).await;
        for operation in operations() {
            let prepared = Prepared::of_nothing(&stage, &operation);
            let (nobody, somebody) = (stage.world.anybody(), stage.world.citizen());
            for (origin, actor, allowed) in [
                ("https://andre.example", &nobody, if operation.is_read() { "*" } else { "" }),
                ("https://andre.example", &somebody, ""),
                (HOME, &nobody, HOME),
                (HOME, &somebody, HOME),
                ("null", &somebody, ""),
            ] {
                let answer = prepared.queried(actor, "colour=red").header("origin", origin).await;
                assert_eq!(answer.header("access-control-allow-origin"), allowed, "{} from {origin}", answer.said);
                assert_eq!(answer.header("access-control-expose-headers").contains("ETag"), !allowed.is_empty(), "{}", answer.said);
                assert_eq!(answer.header("access-control-allow-credentials"), "", "{}", answer.said);
            }
            preflights(&prepared, &nobody).await;
        }
    }
}

async fn preflights(prepared: &Prepared, nobody: &Actor) {
    let method = prepared.operation.method.as_str();
    let public = if prepared.operation.is_read() { "*" } else { "" };
    for (origin, headers, allowed) in [
        ("https://andre.example", "if-none-match", public),
        ("https://andre.example", "Authorization", ""),
        (HOME, "authorization, content-type, idempotency-key", HOME),
    ] {
        let asking = nobody.request(Method::OPTIONS, prepared.path()).header("origin", origin);
        let answer = asking.header("access-control-request-method", method).header("access-control-request-headers", headers).await.is(204);
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{method} {} from {origin}", answer.said);
        if !allowed.is_empty() {
            assert_eq!(answer.header("access-control-allow-methods"), method);
            assert_eq!(answer.header("access-control-allow-headers"), headers);
            assert!(!answer.header("access-control-max-age").is_empty());
        }
    }
}

/// What every answer tells a browser to be careful about.
fn protected(answer: &Answer) {
    for (header, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")] {
        assert_eq!(answer.header(header), value, "{} {header}", answer.said);
    }
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{}", answer.said);
    assert!(answer.headers.get_all("link").any(|link| link.to_str().is_ok_and(|link| link.contains("service-desc"))), "{}", answer.said);
    for header in ["Accept-Encoding", "Accept-Language", "Authorization", "Origin"] {
        assert!(answer.header("vary").contains(header), "{} does not vary by {header}", answer.said);
    }
    assert!(answer.headers.get("server").is_none() && answer.headers.get("x-powered-by").is_none(), "{}", answer.said);
}

/// The answer as bytes, from a socket: what is left out of the answer to HEAD is left out there.
async fn over_the_wire(prepared: &Prepared, method: &str) -> String {
    let app = prepared.stage.world.app.clone();
    let server = HttpServer::new(move || api::application(app.clone()))
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .expect("there is a free port");
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    actix_rt::spawn(server);
    let token = prepared.owner().token().map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let request = format!(
        "{method} {} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: 01932b6e-7a00-7000-8000-000000000001\r\n{token}Connection: close\r\n\r\n",
        prepared.path()
    );
    let answer = actix_rt::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.write_all(request.as_bytes()).expect("the server reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the server answers");
        String::from_utf8_lossy(&answer).into_owned()
    });
    let answer = answer.await.expect("nobody panicked");
    handle.stop(false).await;
    answer
}

/// The head without what differs from second to second.
fn telling(head: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:")).collect();
    lines.sort_unstable();
    lines
}
