//! A request with several things wrong is refused for the first of them: 405, 401, 413 and 415, 400, 403 and 404,
//! 428, 412, and last 409 and 422. What somebody learns from a refusal is thereby never more than they may know.

use actix_web::http::Method;
use persistence::Engine;

use super::{
    matrices,
    recipes::{Prepared, prepared},
    stage::Stage,
};
use crate::{
    client::{Actor, Sending},
    contract::{CONTRACT, operations},
};

matrices! {
    async fn a_wrong_method_comes_first(engine: Engine) {
        let stage = Stage::new(engine, true).await;
        let strangers = [stage.world.anybody(), Actor::bearer(stage.world.clone(), "kaput")];
        for (path, item) in CONTRACT["paths"].as_object().unwrap() {
            let known: Vec<String> = item.as_object().unwrap().keys().map(|method| method.to_ascii_uppercase()).collect();
            let path = path.replace("{scheme}", "activity").replace("{id}", &stage.own.id).replace("{membership_id}", &stage.request).replace("{code}", "gone");
            let path = path.replace("{kind}", "democracy").replace("{year}", "2026");
            let path = path.replace("{case_id}", &stage.request).replace("{invitation_id}", &stage.request);
            let path = path.replace("{slug}", "visiting_friend");
            assert!(!path.contains('{'), "{path}");
            let mut allowed: Vec<&str> = known.iter().map(String::as_str).chain(["OPTIONS"]).collect();
            if known.contains(&"GET".to_owned()) {
                allowed.push("HEAD");
            }
            allowed.sort_unstable();
            for stranger in &strangers {
                for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"].into_iter().filter(|method| !allowed.contains(method)) {
                    let method = Method::from_bytes(method.as_bytes()).unwrap();
                    let answer = stranger.request(method, format!("{path}?colour=red")).raw("text/plain", "x").await.refuses(405, "method-not-allowed");
                    assert_eq!(answer.header("allow"), allowed.join(", "), "{}", answer.said);
                }
                let options = stranger.request(Method::OPTIONS, &path).await.is(204);
                assert_eq!(options.header("allow"), allowed.join(", "), "{}", options.said);
            }
        }
    }

    async fn then_comes_who_somebody_is(engine: Engine) {
        let stage = Stage::new(engine, true).await;
        for operation in operations() {
            let prepared = Prepared::of_nothing(&stage, &operation);
            if operation.id != "get_metrics" {
                everything_wrong(&prepared, &Actor::bearer(stage.world.clone(), "kaput")).await.refuses(401, "invalid-token");
            }
            if !operation.is_public() {
                let answer = everything_wrong(&prepared, &stage.world.anybody()).await.refuses(401, "unauthenticated");
                assert!(answer.header("www-authenticate").starts_with("Bearer"), "{}", answer.said);
            }
        }
    }

    async fn then_whether_the_request_can_be_read(engine: Engine) {
        let stage = Stage::new(engine, true).await;
        for operation in operations() {
            let prepared = Prepared::of_nothing(&stage, &operation);
            let stranger = if operation.is_public() { stage.world.anybody() } else if operation.id == "get_metrics" { continue } else { stage.world.citizen() };
            if operation.body().is_some() {
                let (too_large, unsupported) = operation.body_refusals();
                everything_wrong(&prepared, &stranger).await.refuses(415, unsupported);
                let large = prepared.queried_raw(&stranger, "colour=red", vec![b' '; operation.body_limit() + 1]).await;
                large.refuses(413, too_large);
            }
            if operation.document().is_some() {
                prepared.queried_raw(&stranger, "colour=red", "{").await.refuses(400, "malformed-json");
            }
            prepared.queried(&stranger, "colour=red").await.refuses(400, "invalid-input").finds("?colour", "unknown-parameter");
            if operation.takes("Idempotency-Key") {
                prepared.sending(&stranger).key("æ").await.refuses(400, "invalid-input").finds("#Idempotency-Key", "invalid-idempotency-key");
            }
            if operation.takes("If-Match") {
                let answer = prepared.filled(prepared.unconditional(&stranger).seen("yesterday's")).await;
                answer.refuses(400, "invalid-input").finds("#If-Match", "invalid-if-match");
            }
        }
    }

    async fn then_who_may_and_last_the_version_and_the_state(engine: Engine) {
        for operation in operations().into_iter().filter(|operation| operation.takes("If-Match")) {
            let prepared = prepared(engine, &operation).await;
            let plain = |actor: &Actor| prepared.filled(prepared.unconditional(actor));
            let (owner, stranger) = (prepared.owner(), prepared.stage.foreign.signatory.clone());
            // What is open to everybody is open to strangers.
            let strangers = if operation.is_public() { vec![] } else { vec![plain(&stranger), plain(&stranger).seen("\"0.ffff\"")] };
            for sending in strangers {
                let answer = sending.await;
                assert!(matches!(answer.status.as_u16(), 403 | 404), "{} answered {}", answer.said, answer.text());
            }
            if operation.requires("If-Match") {
                plain(&owner).await.refuses(428, "precondition-required");
            }
            plain(&owner).seen("\"0.ffff\"").await.refuses(412, "stale-version");
            prepared.sending(&owner).await.is(prepared.recipe.status);
            // Done once, most steps cannot be done again; a stale version is told first, unless the thing itself is gone.
            let again = plain(&owner).seen("\"0.ffff\"").await;
            if operation.method != Method::DELETE || again.status != 404 {
                again.refuses(412, "stale-version");
            }
        }
    }
}

/// Wrong in its address, its headers and its body.
fn everything_wrong(prepared: &Prepared, actor: &Actor) -> Sending {
    let sending = actor.request(prepared.operation.method.clone(), format!("{}?colour=red", prepared.path())).key("æ").seen("yesterday's");
    sending.raw("text/plain", "\u{0}")
}
