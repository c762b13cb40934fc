//! Those who run the service see how it does.

use std::sync::atomic::Ordering;

use persistence::Engine;

use crate::world::{Content, World, run};

#[test]
fn the_operators_token_and_no_other_opens_the_figures() {
    run(|| async {
        let world = World::with(Engine::Sqlite, Content::Nothing, |app| app.metrics_token = Some("for-the-operator".into())).await;
        let metrics = || world.anybody().get("/metrics");
        metrics().await.refuses(401, "unauthenticated");
        metrics().header("authorization", "Bearer for-the-operatos").await.refuses(401, "unauthenticated");
        world.editor().get("/metrics").await.refuses(401, "unauthenticated");
        metrics().header("authorization", "Bearer for-the-operator").await.is(200);
        let closed = World::new(Engine::Sqlite).await;
        closed.anybody().get("/metrics").header("authorization", "Bearer ").await.refuses(401, "unauthenticated");
    });
}

#[test]
fn a_service_that_is_about_to_stop_says_so_and_keeps_nobody_waiting() {
    run(|| async {
        let world = World::new(Engine::Sqlite).await;
        world.anybody().get("/health/ready").await.is(200);
        world.app.draining.store(true, Ordering::SeqCst);
        world.anybody().get("/health/ready").await.refuses(503, "busy");
        world.anybody().get("/health/live").await.is(200);
        let begun = tokio::time::Instant::now();
        world.anybody().get("/v1/events?wait=30").await.is(200);
        assert!(begun.elapsed().as_secs() < 10);
    });
}
