//! A body walked together with its schema: every place in it, and what the contract says may stand there.

use serde_json::Value;

use crate::contract::resolved;

/// One place in a body.
#[derive(Debug)]
pub struct Spot {
    /// JSON Pointer into the body.
    pub pointer: String,
    /// The same without running numbers, and with the variant where there are several.
    pub name: String,
    pub schema: &'static Value,
}

impl Spot {
    pub fn is(&self, kind: &str) -> bool {
        match &self.schema["type"] {
            Value::Array(kinds) => kinds.iter().any(|one| one == kind),
            one => one == kind,
        }
    }

    pub fn number(&self, keyword: &str) -> Option<i64> {
        self.schema[keyword].as_i64()
    }

    /// A text in which people write what they like.
    pub fn is_free_text(&self) -> bool {
        self.is("string") && ["enum", "format", "pattern"].iter().all(|keyword| self.schema.get(keyword).is_none())
    }

    /// The place around it.
    pub fn parent(&self) -> &str {
        self.pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
    }
}

/// Every place that this body fills.
pub fn spots(schema: &'static Value, body: &Value) -> Vec<Spot> {
    let mut found = Vec::new();
    walk(schema, Some(body), "", "", &mut found);
    found
}

/// Every place that a body could fill.
pub fn names(schema: &'static Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(schema, None, "", "", &mut found);
    found.into_iter().map(|spot| spot.name).collect()
}

/// With a body, down the places that it fills; without one, down all of them.
fn walk(schema: &'static Value, body: Option<&Value>, pointer: &str, name: &str, found: &mut Vec<Spot>) {
    let schema = plain(schema);
    if let Some(variants) = schema["oneOf"].as_array() {
        for variant in variants.iter().map(plain).filter(|variant| body.is_none_or(|body| suits(variant, body))) {
            walk(variant, body, pointer, &format!("{name}({})", discriminator(variant).unwrap_or_default()), found);
        }
        return;
    }
    found.push(Spot { pointer: pointer.to_owned(), name: name.to_owned(), schema });
    if let Some(items) = schema.get("items") {
        match body {
            None => walk(items, None, &format!("{pointer}/0"), &format!("{name}/*"), found),
            Some(body) => {
                for (place, item) in body.as_array().into_iter().flatten().enumerate() {
                    walk(items, Some(item), &format!("{pointer}/{place}"), &format!("{name}/*"), found);
                }
            }
        }
    }
    for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
        let inside = body.map(|body| body.get(member));
        if inside != Some(None) {
            walk(schema, inside.flatten(), &format!("{pointer}/{member}"), &format!("{name}/{member}"), found);
        }
    }
}

/// The schema itself: behind a reference, and beside `null`.
pub fn plain(schema: &'static Value) -> &'static Value {
    let schema = resolved(schema);
    match schema["oneOf"].as_array().map(|all| all.iter().filter(|one| one["type"] != "null").collect::<Vec<_>>()) {
        Some(others) if others.len() == 1 => plain(others[0]),
        _ => schema,
    }
}

/// The word by which a variant is told from the others.
fn discriminator(variant: &Value) -> Option<&str> {
    let properties = variant["properties"].as_object()?;
    properties.values().find_map(|property| property["enum"].as_array().filter(|words| words.len() == 1)?[0].as_str())
}

fn suits(variant: &Value, body: &Value) -> bool {
    let word = discriminator(variant);
    body.as_object().is_some_and(|members| members.values().any(|member| member.as_str() == word))
}

/// The body with something else in one place.
pub fn replaced(body: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = body.clone();
    *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not in {body}")) = value;
    changed
}
