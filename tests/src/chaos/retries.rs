//! A retry is exact: one effect and one answer, however often and however parallel it is asked for (R4).

use std::{
    sync::{Arc, Barrier},
    thread,
};

use chrono::TimeDelta;
use futures_util::future::join_all;
use persistence::Engine;
use serde_json::json;

use super::{
    http::{Ask, Reply, Wire},
    on_both,
    process::{Raw, Service, citizen, stamped},
    whole,
};
use crate::{stories, world::World};

pub const TIMES: usize = 32;

/// What a retry must repeat to the letter.
pub fn essence(reply: &Reply) -> (u16, &str, &str, Vec<u8>) {
    (reply.status, reply.header("etag"), reply.header("location"), reply.body.clone())
}

pub fn replays(replies: &[Reply]) -> usize {
    replies.iter().filter(|reply| reply.header("idempotent-replay") == "true").count()
}

/// The same request from as many connections at one moment.
fn at_once(service: &Service, ask: &Ask) -> Vec<Reply> {
    all_at_once((0..TIMES).map(|_| (service.wire(), ask.clone())).collect())
}

/// Requests at one moment, each on a connection of its own.
pub fn all_at_once(asks: Vec<(Wire, Ask)>) -> Vec<Reply> {
    let start = Arc::new(Barrier::new(asks.len()));
    let clients: Vec<_> = asks
        .into_iter()
        .map(|(mut wire, ask)| {
            let start = Arc::clone(&start);
            thread::spawn(move || {
                start.wait();
                wire.ask(&ask).expect("an answer")
            })
        })
        .collect();
    clients.into_iter().map(|client| client.join().expect("a client came to its end")).collect()
}

fn one_effect_and_one_answer_before_and_after_a_restart(engine: Engine) {
    let database = stamped(engine);
    let mut raw = Raw::open(&database.target);
    let service = Service::start(&database.target);
    let body = json!({"kind": "volunteer_group", "name": "Én gang"});
    let ask = |subject: &str| Ask::post("/v1/organisations", &body).token(&citizen(subject)).key("once");
    let first = at_once(&service, &ask("anna"));
    assert!(first.iter().all(|reply| reply.status == 201 && essence(reply) == essence(&first[0])), "{first:?}");
    assert_eq!(replays(&first), TIMES - 1);
    // Another token of the same person is the same person; another person with the same key is another matter.
    assert_eq!(essence(&service.ask(&ask("anna"))), essence(&first[0]));
    assert_ne!(service.ask(&ask("bo")).is(201).json()["id"], first[0].json()["id"]);
    let other = json!({"kind": "volunteer_group", "name": "Noget andet"});
    let other = service.ask(&Ask::post("/v1/organisations", &other).token(&citizen("anna")).key("once")).is(422);
    assert_eq!(other.json()["type"], "/problems/idempotency-key-reused");
    service.stop();
    let again = at_once(&Service::start(&database.target), &ask("anna"));
    assert!(again.iter().all(|reply| essence(reply) == essence(&first[0])), "{again:?}");
    assert_eq!(replays(&again), TIMES);
    assert_eq!(raw.number("SELECT count(*) FROM organisations"), 2);
    whole(&mut raw);
}

on_both!(one_effect_and_one_answer_before_and_after_a_restart);

stories! {
    async fn parallel_retries_of_a_change_happen_once(world: World) {
        let anna = world.citizen();
        let made = anna.post("/v1/organisations", json!({"kind": "volunteer_group", "name": "Før"})).await.is(201);
        let change = || anna.patch(made.header("location"), json!({"name": "Efter"})).seen(&made.etag()).key("change").into_future();
        let answers = join_all((0..TIMES).map(|_| change())).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.body, answer.etag()), (answers[0].status, &answers[0].body, answers[0].etag()));
        }
        assert_eq!(answers[0].json()["version"], 2);
        assert_eq!(answers.iter().filter(|answer| answer.header("idempotent-replay") == "true").count(), TIMES - 1);
        // The same key for another version seen, another address or another operation is another request or another key.
        anna.patch(made.header("location"), json!({"name": "Efter"})).seen(&answers[0].etag()).key("change").await.refuses(422, "idempotency-key-reused");
        anna.post("/v1/organisations", json!({"kind": "volunteer_group", "name": "Ny"})).key("change").await.is(201);
    }

    async fn of_many_who_want_the_same_one_gets_it(world: World) {
        let register = json!({"kind": "association", "name": "Vennekredsen", "cvr": "13748136"});
        let people: Vec<_> = (0..TIMES).map(|_| world.citizen()).collect();
        let answers = join_all(people.iter().map(|person| person.post("/v1/organisations", register.clone()).into_future())).await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status.as_u16() == 201);
        assert_eq!((made.len(), refused.len()), (1, TIMES - 1));
        refused.into_iter().for_each(|answer| drop(answer.refuses(409, "organisation-exists")));
        whole(&mut Raw::open(&world.target));
    }

    async fn a_refusal_is_decided_afresh(world: World) {
        let (anna, bo) = (world.business("anna", "13748136"), world.citizen());
        let made = anna.post("/v1/organisations", json!({"kind": "association", "name": "Vennekredsen", "cvr": "13748136"})).await.is(201);
        let memberships = format!("{}/memberships", made.header("location"));
        let asked = bo.post(&memberships, json!({"role": "editor"})).await.is(201);
        let again = || bo.post(&memberships, json!({"role": "editor"})).key("again");
        again().await.refuses(409, "membership-exists");
        again().await.refuses(409, "membership-exists");
        bo.delete(asked.header("location")).seen(&asked.etag()).await.is(204);
        let accepted = again().await.is(201);
        assert_eq!(accepted.header("idempotent-replay"), "");
        assert_eq!(again().await.is(201).id(), accepted.id());
    }

    async fn an_end_is_repeated_like_everything_else(world: World) {
        let (anna, bo) = (world.business("anna", "13748136"), world.citizen());
        let made = anna.post("/v1/organisations", json!({"kind": "association", "name": "Vennekredsen", "cvr": "13748136"})).await.is(201);
        let asked = bo.post(format!("{}/memberships", made.header("location")), json!({"role": "editor"})).await.is(201);
        let end = || bo.delete(asked.header("location")).seen(&asked.etag()).key("end");
        assert_eq!(end().await.is(204).header("idempotent-replay"), "");
        assert_eq!(end().await.is(204).header("idempotent-replay"), "true");
        bo.delete(asked.header("location")).seen(&asked.etag()).await.refuses(412, "stale-version");
    }

    async fn a_right_is_checked_before_an_answer_is_repeated(world: World) {
        let editor = world.editor();
        let made = world.citizen().post("/v1/organisations", json!({"kind": "volunteer_group", "name": "Gruppen"})).await.is(201);
        let verify = format!("{}/verify", made.header("location"));
        editor.act(&verify).key("verify").await.is(200);
        assert_eq!(editor.act(&verify).key("verify").await.is(200).header("idempotent-replay"), "true");
        // The same person, who is no editor any more.
        world.person("editor", &[]).act(&verify).key("verify").await.refuses(403, "forbidden");
    }

    // See docs/adr/0012: what was said to somebody may be said to them again, and nothing is done or told anew.
    async fn whoever_has_left_hears_the_old_answer_again_and_nothing_newer(world: World) {
        let (anna, bo) = (world.citizen(), world.citizen());
        let made = anna.post("/v1/organisations", json!({"kind": "volunteer_group", "name": "Gruppen"})).await.is(201);
        let (organisation, memberships) = (made.header("location").to_owned(), format!("{}/memberships", made.header("location")));
        world.editor().act(format!("{organisation}/verify")).await.is(200);
        let asked = bo.post(&memberships, json!({"role": "editor"})).await.is(201);
        anna.act(format!("{}/confirm", asked.header("location"))).await.is(200);
        let draft = || bo.post("/v1/initiatives", json!({"organisation_id": made.id(), "title": "Kladden"})).key("draft");
        let first = draft().await.is(201);
        anna.delete(asked.header("location")).seen("*").await.is(204);
        anna.patch(first.header("location"), json!({"title": "Hemmeligt"})).seen("*").await.is(200);
        let mut raw = Raw::open(&world.target);
        let entries = raw.number("SELECT count(*) FROM journal");
        let again = draft().await.is(201);
        assert_eq!((again.header("idempotent-replay"), &again.body), ("true", &first.body));
        assert_eq!(raw.number("SELECT count(*) FROM journal"), entries, "nothing is done");
        bo.get(first.header("location")).await.refuses(404, "not-found");
        bo.post("/v1/initiatives", json!({"organisation_id": made.id(), "title": "Kladden"})).key("another").await.refuses(404, "not-found");
    }

    async fn a_key_is_forgotten_after_a_day(world: World) {
        let register = |world: &World| {
            let anna = world.person("anna", &[]);
            async move { anna.post("/v1/organisations", json!({"kind": "volunteer_group", "name": "Gruppen"})).key("key").await.is(201) }
        };
        let first = register(&world).await;
        let begun = world.clock.now();
        world.clock.set(begun + TimeDelta::hours(24) - TimeDelta::seconds(1));
        assert_eq!(register(&world).await.id(), first.id());
        world.clock.set(begun + TimeDelta::hours(24));
        let second = register(&world).await;
        assert_ne!(second.id(), first.id());
        assert_eq!(register(&world).await.id(), second.id());
        // What is forgotten is gone from the table, too, and the housekeeping spares what is still needed.
        world.run_due();
        assert_eq!(register(&world).await.id(), second.id());
        world.clock.set(world.clock.now() + TimeDelta::hours(25));
        world.run_due();
        assert_eq!(Raw::open(&world.target).number("SELECT count(*) FROM idempotency"), 0);
    }

    async fn a_key_must_be_one(world: World) {
        let anna = world.citizen();
        let register = |key: &str| anna.post("/v1/organisations", json!({"kind": "volunteer_group", "name": "Gruppen"})).key(key);
        for bad in ["", "\"\"", "with space", &"x".repeat(256)] {
            register(bad).await.refuses(400, "invalid-input").finds("#Idempotency-Key", "invalid-idempotency-key");
        }
        // The draft standard writes it as a quoted string, and it is the same key.
        assert_eq!(register("\"key\"").await.is(201).id(), register("key").await.is(201).id());
    }
}
