//! Reading: what the cache may keep and must forget, and what a page may cost.

use actix_web::http::Method;
use chrono::TimeDelta;
use initiatives::Freshness;
use persistence::{
    catalogue::{self, Filter, Order},
    page::PageRequest,
};
use serde_json::json;

use crate::{
    client::{Actor, Answer},
    stories,
    world::World,
};

const FIRST: &str = "/v1/initiatives/01932b6e-7a00-7002-8000-000000000001";

fn chair(world: &World) -> Actor {
    world.person("association-chair", &[])
}

stories! {
    async fn a_reader_sees_a_change_at_once_and_another_instance_within_a_second(world: World, Sample) {
        let beside = world.second_instance().await;
        for instance in [&world, &beside] {
            instance.anybody().get(FIRST).await.is(200);
            instance.anybody().get("/v1/initiatives?limit=3").await.is(200);
        }
        chair(&world).patch(FIRST, json!({"accessibility_text": "Ring på klokken i gården."})).seen("*").await.is(200);
        assert!(world.anybody().get(FIRST).await.is(200).text().contains("klokken i gården"), "the instance that wrote knows at once");
        world.clock.set(world.clock.now() + TimeDelta::milliseconds(1100));
        assert!(beside.anybody().get(FIRST).await.is(200).text().contains("klokken i gården"), "the other one has looked again by now");
    }

    async fn an_unchanged_answer_is_not_sent_twice(world: World, Sample) {
        for address in [FIRST, "/v1/initiatives?q=kaffe", "/v1/organisations", "/v1/taxonomies/activity"] {
            let seen = world.anybody().get(address).await.is(200);
            assert!(seen.header("cache-control").starts_with("public, max-age="), "{address}");
            let again = world.anybody().get(address).header("if-none-match", &seen.etag()).await.is(304);
            assert!(again.body.is_empty() && again.etag() == seen.etag());
            let signed_in = world.citizen().get(address).await.is(200);
            assert_eq!(signed_in.header("cache-control"), "private, no-store", "{address}");
            let packed = world.anybody().get(address).header("accept-encoding", "gzip, br").await;
            if seen.body.len() >= 1024 {
                assert_eq!(packed.header("content-encoding"), "gzip");
                assert_ne!(packed.etag(), seen.etag(), "each coding has an ETag of its own");
                assert_eq!(packed.body, seen.body, "and says the same");
            }
        }
    }

    async fn an_answer_that_is_given_again_is_the_same_to_the_last_header(world: World, Sample) {
        let told = |answer: &Answer| {
            let mut headers: Vec<(String, String)> = answer
                .headers
                .iter()
                .filter(|(name, _)| *name != "x-request-id")
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect();
            headers.sort();
            (answer.status, headers, answer.body.clone())
        };
        for address in [FIRST, "/v1/initiatives?q=kaffe&limit=2", "/v1/organisations?limit=1", "/v1/taxonomies"] {
            let ask = || world.anybody().get(address).header("origin", "https://forening.example").header("accept-encoding", "gzip");
            let (first, again) = (ask().await.is(200), ask().await.is(200));
            assert_eq!(told(&first), told(&again), "{address}");
            assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
            assert_eq!(ask().in_english().await.is(200).header("content-language"), "en", "{address}: a language has answers of its own");
            ask().header("accept", "text/plain").await.refuses(406, "not-acceptable");
            ask().header("authorization", "Bearer nonsense").await.refuses(401, "invalid-token");
            let head = world.anybody().request(Method::HEAD, address).header("accept-encoding", "gzip").await.is(200);
            assert_eq!(head.etag(), first.etag());
        }
    }

    async fn a_signed_in_reader_neither_fills_nor_reads_the_cache(world: World, Sample) {
        let member = chair(&world).get(FIRST).await.is(200);
        assert!(member.json().get("approved").is_some(), "a member reads the file");
        let public = world.anybody().get(FIRST).await.is(200);
        assert!(public.json().get("approved").is_none(), "and nobody else gets it out of the cache");
        assert!(chair(&world).get(FIRST).await.is(200).json().get("approved").is_some());
    }

    async fn a_page_costs_a_fixed_number_of_statements(world: World, Sample) {
        let now = world.clock.now();
        let cost = |limit: u8, filter: Filter| {
            let page = PageRequest { limit, after: None, count: true };
            let outcome = world.app.db.read(|connection| catalogue::list(connection, &filter, Order::Relevance, &Freshness::default(), now, &page));
            assert!(outcome.result.is_ok());
            outcome.statements
        };
        let searched = || Filter { q: Some("kaffe".into()), target_groups: vec!["older_people".into()], ..Filter::default() };
        // Begin and end, how common the words are, one walk for title hits and one for the rest, the count.
        for (limit, filter) in [(1, Filter::default()), (100, Filter::default()), (1, searched()), (100, searched())] {
            let statements = cost(limit, filter.clone());
            assert!(statements <= 6, "{limit} of {filter:?} took {statements} statements");
        }
    }

    async fn the_feed_shows_each_reader_what_is_theirs(world: World, Sample) {
        let last = world.editor().get("/v1/events?limit=1").await.is(200).json()["last_sequence"].clone();
        assert_eq!(last, 1, "staff begins at the beginning");
        let made = world.citizen().post("/v1/organisations", json!({"kind": "volunteer_group", "name": "De nye"})).await.is(201);
        let mine = |page: serde_json::Value| page["items"].as_array().unwrap().iter().any(|event| event["subject_id"] == made.json()["id"]);
        let mut after = 0;
        loop {
            let page = world.anybody().get(format!("/v1/events?limit=100&after={after}")).await.is(200).json();
            assert!(!mine(page.clone()), "what is not public yet is not in the public feed");
            if page["items"].as_array().unwrap().is_empty() { break }
            after = page["last_sequence"].as_i64().unwrap();
        }
        let newest = world.editor().get(format!("/v1/events?after={after}&limit=100")).await.is(200).json();
        assert!(mine(newest));
    }
}
