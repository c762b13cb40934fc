//! Every operation before every kind of actor. What they are answered is a table that people have reviewed, and
//! not computed from the policy: the policy is what is under test.

use std::fmt::Write;

use actix_web::http::header::HeaderMap;
use persistence::Engine;

use super::{
    matrices,
    recipes::{Prepared, Recipe, cooked, recipes},
    reviewed,
    tables::Raw,
};
use crate::{
    client::{Actor, Answer},
    contract::{Operation, operations},
};

#[test]
fn every_operation_has_a_recipe() {
    let without: Vec<String> =
        operations().into_iter().filter(|operation| recipes(&operation.id).is_empty()).map(|operation| operation.id).collect();
    assert!(without.is_empty(), "write recipes in matrix/recipes.rs for {without:?}");
}

matrices! {
    async fn everybody_is_answered_as_reviewed(engine: Engine) {
        let mut table = String::from("prepared object, missing object: who\n");
        for operation in operations() {
            for recipe in recipes(&operation.id) {
                let answers = answers(engine, &operation, recipe).await;
                let circumstance = if recipe.circumstance.is_empty() { String::new() } else { format!(" ({})", recipe.circumstance) };
                let _ = writeln!(table, "\n{}{circumstance}  {} {}", operation.id, operation.method, operation.path);
                table.push_str(&grouped(&answers));
            }
        }
        reviewed("authorisation", &table);
    }
}

/// Who was answered with which statuses.
async fn answers(engine: Engine, operation: &Operation, recipe: Recipe) -> Vec<(String, String)> {
    let mut prepared = cooked(engine, operation, recipe).await;
    let mut watch = Watch::new(&prepared);
    let mut everybody = prepared.stage.everybody();
    let mut table = Vec::new();
    for place in 0..everybody.len() {
        let (name, actor) = everybody[place].clone();
        let missing = look_for_nothing(&prepared, &actor, &mut watch).await;
        let answer = prepared.sending(&actor).await;
        for missing in missing.iter().filter(|missing| missing.status == 404 && answer.status == 404) {
            same_but_for_the_request(&answer, missing);
        }
        let statuses: Vec<String> =
            std::iter::once(&answer).chain(missing.last()).map(|answer| answer.status.as_u16().to_string()).collect();
        table.push((name, statuses.join(" ")));
        if operation.is_command() && answer.status.is_success() {
            // What was allowed has changed the object; the next actor meets a fresh one.
            prepared = cooked(engine, operation, recipe).await;
            watch = Watch::new(&prepared);
            everybody = prepared.stage.everybody();
        } else {
            watch.nothing_happened(&answer);
        }
    }
    prepared.sending(&prepared.owner()).await.is(recipe.status);
    table
}

/// Nobody can do anything to what is not there.
async fn look_for_nothing(prepared: &Prepared, actor: &Actor, watch: &mut Watch) -> Vec<Answer> {
    let mut answers = Vec::new();
    for sending in prepared.sendings_to_nothing(actor) {
        let answer = sending.await;
        assert!(answer.status.is_client_error(), "{} about nothing answered {}", answer.said, answer.text());
        watch.nothing_happened(&answer);
        answers.push(answer);
    }
    answers
}

/// Everything in the database before requests that should change nothing.
struct Watch {
    raw: Raw,
    last_sequence: i64,
    rows: Vec<String>,
}

impl Watch {
    fn new(prepared: &Prepared) -> Self {
        let mut raw = Raw::open(&prepared.stage.world);
        Self { last_sequence: raw.last_sequence(), rows: raw.rows(), raw }
    }

    fn nothing_happened(&mut self, answer: &Answer) {
        let (last_sequence, rows) = (self.raw.last_sequence(), self.raw.rows());
        assert_eq!(last_sequence, self.last_sequence, "{} answered {} and wrote to the journal", answer.said, answer.status);
        let new: Vec<&String> = rows.iter().filter(|row| !self.rows.contains(row)).take(5).collect();
        assert!(rows == self.rows, "{} answered {} and changed the database: {new:?}", answer.said, answer.status);
    }
}

/// A foreign thing and a missing one must not be told apart.
fn same_but_for_the_request(foreign: &Answer, missing: &Answer) {
    let (mut one, mut other) = (foreign.json(), missing.json());
    for document in [&mut one, &mut other] {
        document.as_object_mut().expect("a problem document").remove("instance");
    }
    assert_eq!(one, other, "{} and {}", foreign.said, missing.said);
    assert_eq!(telling(&foreign.headers), telling(&missing.headers), "{} and {}", foreign.said, missing.said);
}

fn telling(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    all.sort();
    all
}

/// One line for each pair of statuses, in the order in which they first came up.
fn grouped(answers: &[(String, String)]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, statuses) in answers {
        match groups.iter_mut().find(|(known, _)| known == statuses) {
            Some((_, names)) => names.push(name),
            None => groups.push((statuses, vec![name])),
        }
    }
    groups.sort();
    groups.into_iter().map(|(statuses, names)| format!("    {statuses}: {}\n", names.join(", "))).collect()
}
