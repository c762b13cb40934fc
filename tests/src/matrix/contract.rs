//! The contract itself: that it is the one checked in, and that it says what a reader of it needs.

use std::collections::HashSet;

use persistence::Engine;
use serde_json::Value;

use crate::{
    contract::{CONTRACT, Operation, operations, resolved},
    world::{World, run},
};

/// Collects what is missing, so that one run names it all.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, right: bool, fault: impl Into<String>) {
        if !right {
            self.0.push(fault.into());
        }
    }

    #[track_caller]
    fn none(self) {
        assert!(self.0.is_empty(), "the contract lacks:\n  {}", self.0.join("\n  "));
    }
}

fn said(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn the_contract_checked_in_is_the_one_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    let same = checked_in == api::contract_of_this_service().document();
    assert!(
        same,
        "openapi/openapi.json is not what the program says: `cargo run -- openapi > openapi/openapi.json`, and look at the difference"
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let mut references = Vec::new();
    collect(&CONTRACT, "$ref", &mut references);
    let mut faults = Faults::default();
    for reference in references {
        let pointer = reference.as_str().unwrap_or_default().trim_start_matches('#');
        faults.unless(CONTRACT.pointer(pointer).is_some(), format!("{pointer}, which is referred to"));
    }
    faults.none();
}

/// Every value under a key, wherever it stands.
fn collect(value: &'static Value, key: &str, found: &mut Vec<&'static Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, key, found)),
        Value::Object(members) => {
            found.extend(members.get(key));
            members.values().for_each(|member| collect(member, key, found));
        }
        _ => {}
    }
}

#[test]
fn the_whole_says_what_it_is() {
    let mut faults = Faults::default();
    for pointer in
        ["/info/title", "/info/description", "/info/version", "/info/contact/email", "/info/license/name", "/info/license/identifier"]
    {
        faults.unless(CONTRACT.pointer(pointer).is_some_and(said), pointer);
    }
    faults.unless(CONTRACT["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "openapi 3.1");
    faults.unless(CONTRACT["servers"].as_array().is_some_and(|servers| !servers.is_empty()), "servers");
    let tags = CONTRACT["tags"].as_array().cloned().unwrap_or_default();
    for tag in &tags {
        faults.unless(said(&tag["description"]), format!("what the tag {} is for", tag["name"]));
        let used =
            operations().iter().any(|operation| operation.document["tags"].as_array().is_some_and(|used| used.contains(&tag["name"])));
        faults.unless(used, format!("an operation with the tag {}", tag["name"]));
    }
    let mut nullable = Vec::new();
    collect(&CONTRACT, "nullable", &mut nullable);
    faults.unless(nullable.is_empty(), "freedom from `nullable`, which 3.1 does not know");
    faults.none();
}

#[test]
fn every_operation_is_described() {
    let mut faults = Faults::default();
    let mut seen = HashSet::new();
    for operation in operations() {
        describe(&operation, &mut faults);
        faults.unless(seen.insert(operation.id.clone()), format!("a name of its own for {}", operation.id));
    }
    faults.none();
}

fn describe(operation: &Operation, faults: &mut Faults) {
    let Operation { id, path, document, .. } = operation;
    let snake = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    faults.unless(!id.is_empty() && id.bytes().all(snake), format!("a snake_case name for {path}: {id}"));
    faults.unless(said(&document["summary"]), format!("{id}: a summary"));
    faults.unless(said(&document["description"]) && document["description"] != document["summary"], format!("{id}: a description"));
    let tags = CONTRACT["tags"].as_array().cloned().unwrap_or_default();
    let declared = |tag: &Value| tags.iter().any(|known| known["name"] == *tag);
    faults.unless(
        document["tags"].as_array().is_some_and(|tags| tags.len() == 1 && tags.iter().all(declared)),
        format!("{id}: one declared tag"),
    );
    let decided = document["security"].as_array().is_some_and(|all| !all.is_empty());
    faults.unless(decided, format!("{id}: who may"));
    let responses = document["responses"].as_object().expect("an operation has responses");
    faults.unless(responses.keys().any(|status| status.starts_with('2')), format!("{id}: a success"));
    for (status, response) in responses {
        faults.unless(said(&resolved(response)["description"]), format!("{id} {status}: a description"));
        for (name, header) in resolved(response)["headers"].as_object().into_iter().flatten() {
            faults.unless(said(&resolved(header)["description"]), format!("{id} {status} {name}: a description"));
        }
    }
    let declared = operation.parameters_in("path");
    let named: Vec<&str> = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    faults.unless(declared == named, format!("{id}: the parameters {named:?} of its path, and no others: {declared:?}"));
    for parameter in operation.parameters() {
        let name = &parameter["name"];
        faults.unless(said(&parameter["description"]), format!("{id} {name}: a description"));
        faults.unless(parameter.get("schema").is_some(), format!("{id} {name}: a schema"));
        faults.unless(parameter["in"] != "path" || has_example(parameter), format!("{id} {name}: an example"));
        limited(&parameter["schema"], &format!("{id} {name}"), faults);
    }
    if let Some((_, content)) = operation.body() {
        // A file has no example in JSON.
        faults.unless(operation.takes_bytes() || has_example(content), format!("{id}: an example of its body"));
        limited(&content["schema"], id, faults);
    }
}

fn has_example(described: &'static Value) -> bool {
    let examples = [
        described.get("example"),
        described.get("examples"),
        resolved(&described["schema"]).get("example"),
        described["schema"].get("example"),
    ];
    examples.into_iter().flatten().next().is_some()
}

/// Whoever may write a text or a list is told how long it may be.
fn limited(schema: &'static Value, at: &str, faults: &mut Faults) {
    let schema = resolved(schema);
    let is = |kind: &str| schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind));
    let bounded = ["maxLength", "pattern", "format", "enum"].iter().any(|keyword| schema.get(keyword).is_some());
    // A header is bounded by the limit on all headers together.
    faults.unless(!is("string") || bounded || at.contains("If-") || at.contains("Accept-"), format!("{at}: how long it may be"));
    faults.unless(!is("array") || schema.get("maxItems").is_some() || at.contains(' '), format!("{at}: how many there may be"));
    if is("object") && schema.get("properties").is_some() {
        faults.unless(schema["additionalProperties"] == false || at.contains('('), format!("{at}: that there is nothing else in it"));
    }
    if let Some(items) = schema.get("items") {
        limited(items, &format!("{at}/*"), faults);
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        limited(member, &format!("{at}/{name}"), faults);
    }
    for (place, choice) in schema["oneOf"].as_array().into_iter().flatten().enumerate() {
        limited(choice, &format!("{at}({place})"), faults);
    }
}

#[test]
fn every_schema_and_every_member_is_described() {
    let mut faults = Faults::default();
    for (name, schema) in CONTRACT["components"]["schemas"].as_object().expect("there are schemas") {
        faults.unless(said(&schema["description"]) || schema.get("oneOf").is_some(), format!("{name}: a description"));
        let choices = schema["oneOf"].as_array().into_iter().flatten();
        for described in choices.chain([schema]) {
            for (member, schema) in described["properties"].as_object().into_iter().flatten() {
                faults.unless(is_described(schema), format!("{name}.{member}: a description"));
            }
        }
    }
    faults.none();
}

/// By words of its own, by the schema it refers to, or as the one word that tells a variant from the others.
fn is_described(schema: &'static Value) -> bool {
    let own = said(&schema["description"]) || said(&resolved(schema)["description"]);
    let choice = schema["oneOf"].as_array().is_some_and(|choices| choices.iter().any(is_described));
    own || choice || schema["enum"].as_array().is_some_and(|words| words.len() == 1)
}

#[test]
fn the_older_contract_speaks_the_older_language() {
    let document: Value = serde_json::from_str(api::contract_of_this_service().document_3_0()).expect("it is JSON");
    let document: &'static Value = Box::leak(Box::new(document));
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.0.")));
    let mut kinds = Vec::new();
    collect(document, "type", &mut kinds);
    assert!(!kinds.is_empty() && !kinds.iter().any(|kind| kind.is_array() || *kind == "null"), "a type list or a null type");
    for keyword in
        ["const", "identifier", "examples", "exclusiveMinimum", "exclusiveMaximum", "prefixItems", "$defs", "unevaluatedProperties"]
    {
        let mut found = Vec::new();
        collect(document, keyword, &mut found);
        assert!(found.is_empty(), "3.0 does not know {keyword} in this form: {found:?}");
    }
    let ids = |document: &Value| {
        let paths = document["paths"].as_object().cloned().unwrap_or_default();
        paths
            .values()
            .flat_map(|item| item.as_object().cloned().unwrap_or_default())
            .map(|(_, operation)| operation["operationId"].to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(document), ids(&CONTRACT));
}

#[test]
fn every_closed_list_of_words_has_labels() {
    run(|| async {
        let world = World::new(Engine::Sqlite).await;
        let (danish, english) = (words(&world, "da").await, words(&world, "en").await);
        let mut faults = Faults::default();
        for (name, schema) in CONTRACT["components"]["schemas"].as_object().expect("there are schemas") {
            let listed: Vec<&str> = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if listed.len() < 2 {
                continue;
            }
            let found = |labelled: &[Vec<(String, String)>]| {
                let same = labelled.iter().find(|words| words.iter().map(|(word, _)| word.as_str()).eq(listed.iter().copied()));
                same.map(|words| words.iter().map(|(_, label)| label.clone()).collect::<Vec<_>>())
            };
            match (found(&danish), found(&english)) {
                (Some(danish), Some(english)) => {
                    faults.unless(danish != english, format!("{name}: labels in two languages"));
                    faults.unless(danish.iter().all(|label| said(&Value::from(label.as_str()))), format!("{name}: labels for people"));
                }
                _ => faults.unless(false, format!("{name}: a vocabulary in api/src/vocabularies.rs")),
            }
        }
        faults.none();
    });
}

async fn words(world: &World, language: &str) -> Vec<Vec<(String, String)>> {
    let answer = world.anybody().get("/v1/vocabularies").header("accept-language", language).await.is(200).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = answer["items"].as_array().expect("vocabularies").clone();
    items
        .iter()
        .map(|item| item["words"].as_array().expect("words").iter().map(|word| (text(&word["word"]), text(&word["label"]))).collect())
        .collect()
}
