//! Every answer of the whole suite is held against the contract, with no extra properties allowed.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use actix_web::http::Method;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::client::Answer;

/// The contract as served.
pub static CONTRACT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(api::contract_of_this_service().document()).expect("the contract is JSON"));

/// The contract's schemas, closed: what they do not name must not be there.
static CLOSED: LazyLock<Value> = LazyLock::new(|| {
    let mut schemas = CONTRACT["components"]["schemas"].clone();
    close(&mut schemas);
    schemas
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

/// A word that is put into private places; no answer may ever hold it.
pub const CANARY: &str = "kanariefugl";

/// One operation of the contract.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    pub document: &'static Value,
}

/// Every operation there is.
pub fn operations() -> Vec<Operation> {
    let paths = CONTRACT["paths"].as_object().expect("the contract has paths");
    let all = paths
        .iter()
        .flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |(method, document)| (path, method, document)));
    all.map(|(path, method, document)| Operation {
        id: document["operationId"].as_str().unwrap_or_default().to_owned(),
        method: Method::from_bytes(method.to_ascii_uppercase().as_bytes()).expect("a method"),
        path: path.clone(),
        document,
    })
    .collect()
}

/// An object schema that says nothing about other members gets told that there are none. Where several schemas
/// are combined, the combination is closed and not its parts.
fn close(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Object(members) => {
            if members.contains_key("allOf") {
                members.insert("unevaluatedProperties".into(), json!(false));
                return;
            }
            if members.get("type").is_some_and(|kind| kind == "object")
                && members.contains_key("properties")
                && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".into(), json!(false));
            }
            members.values_mut().for_each(close);
        }
        _ => {}
    }
}

/// Holds an answer against the contract.
pub fn check(method: &Method, pattern: Option<&str>, answer: &Answer) {
    let said = &answer.said;
    assert!(!answer.text().contains(CANARY), "{said} let the canary out: {}", answer.text());
    assert!(answer.status.as_u16() < 500 || answer.status.as_u16() == 503, "{said} failed: {}", answer.text());
    if answer.header("content-type") == "application/problem+json" {
        let code = answer.json()["type"].as_str().and_then(|address| address.strip_prefix("/problems/")).unwrap_or_default().to_owned();
        assert!(api::problem_codes().contains(&code.as_str()), "{said} answered with {code}, which GET /problems does not explain");
    }
    for header in ["x-request-id", "api-version", "cache-control", "vary"] {
        assert!(answer.headers.contains_key(header), "{said} answered without {header}");
    }
    let media_type = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
    let method = if *method == Method::HEAD { Method::GET } else { method.clone() };
    let operation = pattern.and_then(|pattern| CONTRACT["paths"].get(pattern)?.get(method.as_str().to_ascii_lowercase()));
    let Some(operation) = operation else {
        // Where no operation is, there is a problem document, Swagger UI or a redirect to it.
        assert!(answer.status.as_u16() < 400 || media_type == "application/problem+json", "{said} answered {media_type}");
        return;
    };
    let Some(response) = operation["responses"].get(answer.status.as_str()).map(resolved) else {
        panic!("{said} answered {} {}, which the contract does not know", answer.status, answer.text())
    };
    let Some(content) = response.get("content") else {
        assert!(answer.body.is_empty(), "{said} answered with a body that the contract does not know: {}", answer.text());
        return;
    };
    let known = content.as_object().expect("content is an object").iter().find(|(known, _)| known.split(';').next() == Some(&media_type));
    let (_, content) = known.unwrap_or_else(|| panic!("{said} answered {media_type}, which the contract does not know"));
    if media_type.ends_with("json") {
        validate(&content["schema"], answer);
    }
}

/// What a `$ref` refers to, or the thing itself.
pub fn resolved(part: &'static Value) -> &'static Value {
    let pointer = part.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    pointer.map_or(part, |pointer| CONTRACT.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is nowhere in the contract")))
}

fn validate(schema: &Value, answer: &Answer) {
    let key = schema.to_string();
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = *validators.entry(key).or_insert_with(|| Box::leak(Box::new(compile(schema))));
    drop(validators);
    let document = answer.json();
    let faults: Vec<String> = validator.iter_errors(&document).map(|fault| format!("{} at {}", fault, fault.instance_path())).collect();
    assert!(faults.is_empty(), "{} answered against its contract: {faults:?} in {document}", answer.said);
}

fn compile(schema: &Value) -> Validator {
    let mut root = schema.as_object().cloned().unwrap_or_else(Map::new);
    root.insert("components".into(), json!({ "schemas": CLOSED.clone() }));
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&Value::Object(root))
        .expect("the contract's schemas are schemas")
}
