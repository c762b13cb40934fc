//! Nobody asks more than their share (S7), by a clock that the story moves.

use chrono::TimeDelta;
use persistence::Engine;
use serde_json::json;

use super::{on_both, process::Raw};
use crate::{
    client::{Actor, Answer},
    flows::scene::{complete, published},
    world::{self, Content, World},
};

const ANONYMOUS: usize = 600;
const SIGNED_IN: usize = 1200;
/// In an hour.
const SCARCE: usize = 20;

/// Cheap to answer, and counted like everything else.
const QUESTION: &str = "/v1/taxonomies";

async fn limited(engine: Engine) -> World {
    World::with(engine, Content::Nothing, |app| app.rate_limits = Some(api::Limits::new(&app.clock))).await
}

/// Asks until the share is used up, and returns the first answer beyond it.
async fn use_up(actor: &Actor, path: &str, share: usize) -> Answer {
    for left in (0..share).rev() {
        let answer = actor.get(path).await.is(200);
        assert!(answer.header("ratelimit").ends_with(&format!(";r={left}")), "{}", answer.header("ratelimit"));
    }
    actor.get(path).await
}

async fn the_share_of_nobody_in_particular(world: World) {
    let anybody = world.anybody();
    let refused = use_up(&anybody, QUESTION, ANONYMOUS).await.refuses(429, "too-many-requests");
    assert_eq!(refused.header("ratelimit"), "\"anonymous\";r=0");
    assert_eq!(refused.header("ratelimit-policy"), "\"anonymous\";q=600;w=60");
    let wait: i64 = refused.header("retry-after").parse().expect("it is a number of seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    // What a client writes into a header about itself moves nothing.
    for forged in ["192.0.2.1", "127.0.0.2, 192.0.2.1", "unknown", "::1"] {
        anybody
            .get(QUESTION)
            .header("x-forwarded-for", forged)
            .header("forwarded", &format!("for={forged}"))
            .header("x-real-ip", forged)
            .await
            .is(429);
    }
    // A token that is none is nobody's: it draws on the same share.
    Actor::bearer(world.clone(), "x").get(QUESTION).await.is(429);
    for exempt in ["/health/live", "/health/ready"] {
        assert_eq!(anybody.get(exempt).await.is(200).header("ratelimit"), "");
    }
    // Whoever has signed in has a share of their own, from the same address.
    let anna = world.citizen();
    assert_eq!(anna.get(QUESTION).await.is(200).header("ratelimit-policy"), "\"signed-in\";q=1200;w=60");
    assert_eq!(world.citizen().get(QUESTION).await.is(200).header("ratelimit"), "\"signed-in\";r=1199");
    world.clock.set(world.clock.now() + TimeDelta::seconds(wait));
    anybody.get(QUESTION).await.is(200);
    anybody.get(QUESTION).await.is(if wait == 1 { 200 } else { 429 });
}

async fn the_share_of_a_person(world: World) {
    let (anna, bo) = (world.citizen(), world.citizen());
    let refused = use_up(&anna, QUESTION, SIGNED_IN).await.refuses(429, "too-many-requests");
    assert_eq!(refused.header("ratelimit"), "\"signed-in\";r=0");
    // Nothing gets done, either.
    anna.post("/v1/organisations", json!({"kind": "volunteer_group", "name": "For meget"})).await.is(429);
    for other in [&bo, &world.anybody(), &world.editor()] {
        other.get(QUESTION).await.is(200);
    }
    assert!(world.anybody().get("/v1/organisations").await.is(200).ids().is_empty());
    world.clock.set(world.clock.now() + TimeDelta::seconds(61));
    use_up(&anna, QUESTION, SIGNED_IN).await.is(429);
}

async fn behind_a_trusted_proxy(world: World) {
    let anybody = world.anybody();
    let from = |hops: &str| anybody.get(QUESTION).header("x-forwarded-for", hops);
    for _ in 0..ANONYMOUS {
        from("192.0.2.7").await.is(200);
    }
    from("192.0.2.7").await.is(429);
    from("198.51.100.9, 192.0.2.7").await.is(429);
    from("192.0.2.7, 127.0.0.9").await.is(429);
    from("192.0.2.8").await.is(200);
    // A household has a whole network of addresses.
    assert_eq!(from("2001:db8:1:2::1").await.is(200).header("ratelimit"), "\"anonymous\";r=599");
    assert_eq!(from("2001:db8:1:2:ffff::9").await.is(200).header("ratelimit"), "\"anonymous\";r=598");
    assert_eq!(from("2001:db8:1:3::1").await.is(200).header("ratelimit"), "\"anonymous\";r=599");
}

/// What reaches other people is scarcer, and counted by itself: one allowance that comes back bit by bit in an hour.
async fn the_scarce_share(world: World) {
    let (_, initiative) = published(&world, complete("")).await;
    let reports = format!("{}/reports", initiative.header("location"));
    let report = |actor: &Actor| actor.post(&reports, json!({"reason": "outdated"}));
    let (anybody, anna) = (world.anybody(), world.citizen());
    for _ in 0..SCARCE {
        report(&anybody).await.is(204);
    }
    let refused = report(&anybody).await.refuses(429, "too-many-requests");
    assert!(refused.header("ratelimit").starts_with("\"anonymous\";r="), "there is plenty left of everything else");
    let wait: i64 = refused.header("retry-after").parse().expect("it is a number of seconds");
    assert!((1..=181).contains(&wait), "one in three minutes, and a second to be sure: {wait}");
    for forged in ["192.0.2.1", "127.0.0.2, 192.0.2.1", "2001:db8::1"] {
        report(&anybody)
            .header("x-forwarded-for", forged)
            .header("forwarded", &format!("for={forged}"))
            .header("x-real-ip", forged)
            .await
            .is(429);
    }
    anybody.get(initiative.header("location")).await.is(200);
    assert_eq!(Raw::open(&world.target).number("SELECT count(*) FROM reports"), i64::try_from(SCARCE).expect("it is small"));
    // Whoever has signed in has a share of their own, and no more of it.
    for _ in 0..SCARCE {
        report(&anna).await.is(204);
    }
    report(&anna).await.is(429);
    report(&world.citizen()).await.is(204);
    // Refusals cost nothing: after the wait there is one, and after an hour there are all.
    world.clock.set(world.clock.now() + TimeDelta::seconds(wait));
    report(&anybody).await.is(204);
    report(&anybody).await.is(429);
    world.clock.set(world.clock.now() + TimeDelta::hours(1));
    for _ in 0..SCARCE {
        report(&anybody).await.is(204);
    }
    report(&anybody).await.is(429);
}

fn scarcity(engine: Engine) {
    world::run(|| async { the_scarce_share(limited(engine).await).await });
}

fn nobody_in_particular(engine: Engine) {
    world::run(|| async { the_share_of_nobody_in_particular(limited(engine).await).await });
}

fn persons(engine: Engine) {
    world::run(|| async { the_share_of_a_person(limited(engine).await).await });
}

fn proxies(engine: Engine) {
    let trusting = World::with(engine, Content::Nothing, |app| {
        app.rate_limits = Some(api::Limits::new(&app.clock));
        app.trusted_proxies = vec!["127.0.0.0/8".parse().expect("it is a network")];
    });
    world::run(|| async { behind_a_trusted_proxy(trusting.await).await });
}

on_both!(nobody_in_particular, persons, proxies, scarcity);
