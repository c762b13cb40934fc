//! What the contract says about one operation, looked up.

use actix_web::http::Method;
use serde_json::Value;

use crate::contract::{Operation, resolved};

impl Operation {
    pub fn parameters(&self) -> Vec<&'static Value> {
        self.document["parameters"].as_array().into_iter().flatten().map(resolved).collect()
    }

    /// The names of its parameters in the path or in the query.
    pub fn parameters_in(&self, place: &str) -> Vec<&'static str> {
        self.parameters()
            .into_iter()
            .filter(|parameter| parameter["in"] == place)
            .filter_map(|parameter| parameter["name"].as_str())
            .collect()
    }

    pub fn takes(&self, header: &str) -> bool {
        self.parameters_in("header").contains(&header)
    }

    pub fn requires(&self, header: &str) -> bool {
        self.parameters()
            .iter()
            .any(|parameter| parameter["in"] == "header" && parameter["name"] == header && parameter["required"] == true)
    }

    /// The media type of its body and what it says about it: schema and example.
    pub fn body(&self) -> Option<(&'static str, &'static Value)> {
        let content = resolved(self.document.get("requestBody")?)["content"].as_object()?;
        content.iter().next().map(|(media_type, content)| (media_type.as_str(), content))
    }

    /// Whether its body is a file as it is, and no document.
    pub fn takes_bytes(&self) -> bool {
        self.body().is_some_and(|(_, content)| resolved(&content["schema"])["format"] == "binary")
    }

    /// The document that it takes: media type, schema and example.
    pub fn document(&self) -> Option<(&'static str, &'static Value)> {
        if self.takes_bytes() { None } else { self.body() }
    }

    /// Bytes that its body may have.
    pub fn body_limit(&self) -> usize {
        let said = self.body().filter(|_| self.takes_bytes()).and_then(|(_, content)| resolved(&content["schema"])["maxLength"].as_u64());
        said.map_or(256 * 1024, |bytes| usize::try_from(bytes).expect("it fits into memory"))
    }

    /// How a body that is too large, and one of another kind, are refused.
    pub fn body_refusals(&self) -> (&'static str, &'static str) {
        if self.takes_bytes() { ("file-too-large", "unsupported-file-type") } else { ("body-too-large", "unsupported-media-type") }
    }

    pub fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// Whether it changes something that people have put here.
    pub fn is_command(&self) -> bool {
        !self.is_read() && self.path.starts_with("/v1/")
    }

    /// Whether it is open to whoever sends no token.
    pub fn is_public(&self) -> bool {
        self.document["security"].as_array().is_some_and(|all| all.iter().any(|one| one.as_object().is_some_and(serde_json::Map::is_empty)))
    }
}
