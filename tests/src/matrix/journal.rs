//! Every command leaves its trace, once, and nobody can wipe it out.

use persistence::Engine;
use serde_json::Value;

use super::{
    matrices,
    recipes::{Prepared, cooked, prepared, recipes},
    spots::{plain, replaced, spots},
    tables::Raw,
};
use crate::{
    client::Answer,
    contract::{Operation, operations},
    world::World,
};

matrices! {
    async fn every_command_says_who_did_what_to_which(engine: Engine) {
        for operation in operations().into_iter().filter(Operation::is_command) {
            for recipe in recipes(&operation.id) {
                let prepared = cooked(engine, &operation, recipe).await;
                let mut raw = Raw::open(&prepared.stage.world);
                let before = raw.last_sequence();
                let answer = prepared.sending(&prepared.owner()).await.is(recipe.status);
                let person = match prepared.owner().token() {
                    Some(_) => prepared.owner().get("/v1/me").await.is(200).json()["person_id"].clone(),
                    None => Value::Null,
                };
                let entries = raw.journal_after(before);
                assert!(!entries.is_empty(), "{} left nothing in the journal", operation.id);
                for entry in &entries {
                    assert_eq!(entry.person_id.as_deref(), person.as_str(), "{entry:?}");
                    assert_eq!(entry.operation, operation.id, "{entry:?}");
                    assert_eq!(entry.request_id, answer.header("x-request-id"), "{entry:?}");
                    assert!(!entry.subject_kind.is_empty(), "{entry:?}");
                }
                assert!(entries.iter().any(|entry| names(&answer, &entry.subject_id)), "{} names another thing: {entries:?}", operation.id);
            }
        }
    }

    async fn an_entry_stays_as_it_was_written(engine: Engine) {
        let world = World::new(engine).await;
        let form = serde_json::json!({"kind": "volunteer_group", "name": "Strikkeholdet"});
        world.citizen().post("/v1/organisations", form).await.is(201);
        let mut raw = Raw::open(&world);
        let before = raw.rows();
        let mut attempts = vec!["UPDATE journal SET name = 'andet'", "DELETE FROM journal", "UPDATE journal SET person_id = NULL WHERE sequence = 1"];
        match raw {
            Raw::Sqlite(_) => attempts.push("REPLACE INTO journal SELECT * FROM journal"),
            Raw::Postgres(_) => attempts.extend(["TRUNCATE journal", "TRUNCATE journal CASCADE"]),
        }
        for attempt in attempts {
            let refusal = raw.execute(attempt).expect_err(attempt);
            assert!(refusal.to_string().contains("append"), "{attempt}: {refusal}");
        }
        assert_eq!(raw.rows(), before);
    }

    async fn a_repeated_key_answers_again_and_does_nothing(engine: Engine) {
        for operation in operations().into_iter().filter(|operation| operation.is_command() && operation.takes("Idempotency-Key")) {
            let prepared = prepared(engine, &operation).await;
            let mut raw = Raw::open(&prepared.stage.world);
            let owner = prepared.owner();
            let first = prepared.sending(&owner).key(KEY_TEXT).await.is(prepared.recipe.status);
            assert_eq!(first.header("idempotent-replay"), "", "{}", first.said);
            let after_first = raw.rows();
            let second = prepared.sending(&owner).key(KEY_TEXT).await;
            assert_eq!(second.header("idempotent-replay"), "true", "{} answered {}", second.said, second.text());
            assert_eq!(told(&second), told(&first), "{}", second.said);
            another_request(&prepared).await;
            assert_eq!(raw.rows(), after_first, "{} did something twice", operation.id);
            // Another person's key of the same spelling is another key.
            let stranger = prepared.sending(&prepared.stage.foreign.signatory).key(KEY_TEXT).await;
            assert_eq!(stranger.header("idempotent-replay"), "", "{} gave somebody else's answer away", stranger.said);
        }
    }
}

const KEY_TEXT: &str = "b7e23ec2-9c1f-4f0e-8a51-3c1de7f0a001";

/// Whether an answer or its request names a thing.
fn names(answer: &Answer, id: &str) -> bool {
    answer.said.contains(id) || answer.text().contains(id)
}

fn told(answer: &Answer) -> (u16, Vec<u8>, String, String) {
    (answer.status.as_u16(), answer.body.clone(), answer.etag(), answer.header("location").to_owned())
}

/// The same key with another body or, where there is none, with another precondition.
async fn another_request(prepared: &Prepared) {
    let owner = prepared.owner();
    let sending = match prepared.body() {
        Some(body) => prepared.with_body(&owner, &otherwise(prepared, &body)),
        None if prepared.operation.takes_bytes() => prepared.bare(&owner).raw(prepared.media_type(), [prepared.bytes(), vec![0]].concat()),
        None => prepared.unconditional(&owner).seen("\"1.ffff\""),
    };
    sending.key(KEY_TEXT).await.refuses(422, "idempotency-key-reused");
}

const ANOTHER_ID: &str = "01932b6e-7a00-7001-8000-000000000001";

/// The members that a body cannot do without.
fn required(schema: &'static Value) -> Vec<String> {
    let names = plain(schema)["required"].as_array().into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The body with another word in it, still valid.
fn otherwise(prepared: &Prepared, body: &Value) -> Value {
    let (_, content) = prepared.operation.body().expect("it has a body");
    let changed = spots(&content["schema"], body).into_iter().find_map(|spot| {
        let present = body.pointer(&spot.pointer)?;
        match spot.schema["enum"].as_array() {
            Some(words) => words.iter().find(|word| *word != present).map(|word| replaced(body, &spot.pointer, word.clone())),
            None if spot.is_free_text() => Some(replaced(body, &spot.pointer, format!("{} igen", present.as_str()?).into())),
            None if spot.schema["format"] == "uuid" => Some(replaced(body, &spot.pointer, ANOTHER_ID.into())),
            // What need not be said can be left out.
            None if spot.name.matches('/').count() == 1 && !required(&content["schema"]).contains(&spot.name[1..].to_owned()) => {
                let mut changed = body.clone();
                changed.as_object_mut()?.remove(&spot.name[1..]);
                Some(changed)
            }
            None => None,
        }
    });
    changed.unwrap_or_else(|| panic!("nothing in {body} can be said otherwise"))
}
