//! "Try it out" works: the contract's own examples, sent to a service with the sample data by one of its personas.

use std::fmt::Write;

use api::auth::Persona;
use persistence::Engine;
use serde_json::Value;

use super::{matrices, reviewed};
use crate::{
    client::{Actor, Answer, Sending},
    contract::{Operation, operations, resolved},
    pictures,
    world::{Content, World},
};

const OPERATOR: &str = "operator-of-the-examples";

matrices! {
    async fn the_examples_in_the_contract_work(engine: Engine) {
        let mut table = String::from("operation: status, for whom\n\n");
        let mut reading = None;
        for operation in operations() {
            let world = match reading.take() {
                Some(world) => world,
                None => World::with(engine, Content::Sample, |app| app.metrics_token = Some(OPERATOR.into())).await,
            };
            let (name, answer) = rightful(&world, &operation).await;
            assert!(!matches!(answer.status.as_u16(), 400 | 404), "{name}: {} answered {}", answer.said, answer.text());
            let code = if answer.status.is_client_error() { format!(" {}", answer.json()["type"]) } else { String::new() };
            let _ = writeln!(table, "{}: {}{code}, {name}", operation.id, answer.status.as_u16());
            reading = operation.is_read().then_some(world);
        }
        reviewed("examples", &table);
    }

    async fn the_examples_of_parameters_work(engine: Engine) {
        let world = World::with(engine, Content::Sample, |_| {}).await;
        for operation in operations().into_iter().filter(|operation| operation.is_read() && !operation.parameters_in("query").is_empty()) {
            let (_, actor) = everybody(&world).into_iter().find(|(name, _)| name == "editor").expect("there is an editor");
            for parameter in operation.parameters().into_iter().filter(|parameter| parameter["in"] == "query") {
                for value in parameter.get("example").into_iter().flat_map(each) {
                    actor.get(format!("{}?{}={value}", path(&operation), parameter["name"].as_str().unwrap())).await.is(200);
                }
            }
        }
    }
}

fn each(example: &Value) -> Vec<String> {
    match example {
        Value::Array(items) => items.iter().flat_map(each).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// The first for whom it works or, if the object's state lets it work for nobody, whom that state refuses. Nobody
/// else changes anything.
async fn rightful(world: &World, operation: &Operation) -> (String, Answer) {
    let (mut refused, mut conflict) = (Vec::new(), None);
    for (name, actor) in everybody(world) {
        let answer = sending(operation, &actor).await;
        match answer.status.as_u16() {
            401 | 403 | 404 => refused.push(format!("{name}: {}", answer.status.as_u16())),
            409 | 422 => conflict = conflict.or(Some((name, answer))),
            _ => return (name, answer),
        }
    }
    conflict.unwrap_or_else(|| panic!("nobody can try {} {}: {refused:?}", operation.id, path(operation)))
}

fn everybody(world: &World) -> Vec<(String, Actor)> {
    let first = ["association-chair", "editor"];
    let rest = Persona::NAMES.into_iter().filter(|name| !first.contains(name));
    let personas =
        first.into_iter().chain(rest).map(|name| (name.to_owned(), world.persona(&Persona::named(name).expect("it is a persona"))));
    let operator = ("operator".to_owned(), Actor::bearer(world.clone(), OPERATOR));
    std::iter::once(("anybody".to_owned(), world.anybody())).chain(personas).chain([operator]).collect()
}

fn example(described: &'static Value) -> &'static Value {
    let examples = [described.get("example"), described["schema"].get("example"), resolved(&described["schema"]).get("example")];
    examples.into_iter().flatten().next().unwrap_or_else(|| panic!("no example in {described}"))
}

fn path(operation: &Operation) -> String {
    let mut path = operation.path.clone();
    for parameter in operation.parameters().into_iter().filter(|parameter| parameter["in"] == "path") {
        path = path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), example(parameter).as_str().unwrap());
    }
    path
}

fn sending(operation: &Operation, actor: &Actor) -> Sending {
    let mut sending = actor.request(operation.method.clone(), path(operation));
    for parameter in operation.parameters().into_iter().filter(|parameter| parameter["in"] == "header" && parameter["required"] == true) {
        sending = sending.header(parameter["name"].as_str().unwrap(), example(parameter).as_str().unwrap());
    }
    match operation.body() {
        Some((media_type, _)) if operation.takes_bytes() => sending.raw(media_type, pictures::jpeg(8, 8)),
        Some((media_type, content)) => sending.json(media_type, example(content)),
        None => sending,
    }
}
