//! The contract: generated from the same routes that serve, with the conventions of the whole API laid over it.
//!
//! An operation declares what is its own. What holds for all of them – problem documents, headers, `If-Match`,
//! `Idempotency-Key`, who needs a token – is said here once and is therefore the same everywhere.

use std::{collections::BTreeMap, sync::Arc};

use actix_web::{dev::ResourceDef, http::Method};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::problem::{ProblemDocument, ProblemFinding};

/// The version of the contract; its first number stands in every path.
pub const API_VERSION: &str = "1.0.0";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Frivillig",
        description = "The API that carries out a Danish municipality's volunteering policy: find volunteer initiatives, register organisations, \
            and publish what volunteers do.\n\n**Try it:** in demo mode, get a token from `POST /demo/tokens`, press *Authorize* and paste it.\n\n\
            **Conventions.** Lists come in pages (`items`, `next_cursor`, `Link: rel=\"next\"`). A change names the version it was made against \
            (`If-Match` with the `ETag` you saw). A `POST` with an `Idempotency-Key` is carried out once, however often it is sent. Refusals are \
            problem documents (RFC 9457) in Danish or English; `GET /problems` explains every one.",
        contact(name = "Frivillig", url = "https://frivillig.example/", email = "kontakt@frivillig.example"),
        license(name = "MPL-2.0", identifier = "MPL-2.0")
    ),
    servers((url = "/", description = "This service")),
    tags(
        (name = "me", description = "Who the service takes me for"),
        (name = "organisations", description = "Associations, groups, single volunteers and institutions, and who speaks for them"),
        (name = "initiatives", description = "The catalogue of volunteer initiatives, and the way into it"),
        (name = "referrals", description = "How employees of the municipality refer somebody to an initiative"),
        (name = "moderation", description = "What waits for an editor"),
        (name = "files", description = "Pictures, and how they come in"),
        (name = "policy", description = "The volunteering policy itself, as data"),
        (name = "taxonomies", description = "The vocabulary by which initiatives are found"),
        (name = "hsds", description = "The catalogue as the Human Services Data Specification 3.0 reads it"),
        (name = "confirmations", description = "Links that were mailed, sent back"),
        (name = "events", description = "What has changed, in order"),
        (name = "problems", description = "Every kind of refusal, explained"),
        (name = "demo", description = "Tokens for trying things out; in demo mode only"),
        (name = "operations", description = "For those who run the service")
    ),
    components(schemas(ProblemDocument, ProblemFinding))
)]
struct Base;

/// The document of the program's own routes, before the conventions.
#[must_use]
pub fn base() -> utoipa::openapi::OpenApi {
    Base::openapi()
}

/// One operation, as far as serving needs to know it.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    /// Method and template of the address.
    pub route: String,
    /// Closed to whoever sends no token.
    pub needs_token: bool,
    /// Open to whoever holds the operator's token, and to nobody else.
    pub for_operator: bool,
    pub has_body: bool,
    /// The media types of its answer, the usual one first.
    pub produces: Vec<String>,
    /// Where each parameter stands, and its name.
    parameters: Vec<(String, String)>,
}

impl Operation {
    fn new(document: &Value, route: String, operation: &Value) -> Self {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let named = operation.get("parameters").and_then(Value::as_array).into_iter().flatten().map(|parameter| {
            let referred = parameter.get("$ref").and_then(Value::as_str).and_then(|path| document.pointer(path.trim_start_matches('#')));
            let parameter = referred.unwrap_or(parameter);
            (text(parameter.get("in")), text(parameter.get("name")))
        });
        Self {
            id: text(operation.get("operationId")),
            route,
            needs_token: needs_token(operation),
            for_operator: operation.pointer("/security/0/metrics").is_some(),
            has_body: operation.get("requestBody").is_some(),
            produces: ["200", "201"].iter().flat_map(|status| media_types(operation, status)).collect(),
            parameters: named.collect(),
        }
    }

    /// Whether it has a parameter of this name there: in the path, the query or a header.
    #[must_use]
    pub fn takes(&self, place: &str, name: &str) -> bool {
        self.parameters.iter().any(|(known, parameter)| known == place && parameter == name)
    }
}

/// The contract and what serving looks up in it.
#[derive(Clone, Debug)]
pub struct Contract(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    document: String,
    document_3_0: String,
    by_pattern: BTreeMap<String, Vec<(Method, Arc<Operation>)>>,
    addresses: Vec<(ResourceDef, String)>,
}

impl Contract {
    /// Out of the document of all operations, by laying the conventions over it.
    #[must_use]
    pub fn new(mut document: Value) -> Self {
        lay_conventions(&mut document);
        let mut by_pattern: BTreeMap<String, Vec<(Method, Arc<Operation>)>> = BTreeMap::new();
        for (path, method, operation) in operations(&document) {
            let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap_or(Method::GET);
            by_pattern
                .entry(path.to_owned())
                .or_default()
                .push((method.clone(), Arc::new(Operation::new(&document, format!("{method} {path}"), operation))));
        }
        let addresses = by_pattern.keys().map(|pattern| (ResourceDef::new(pattern.as_str()), pattern.clone())).collect();
        let document_3_0 = pretty(&downgrade(document.clone()));
        Self(Arc::new(Parts { document: pretty(&document), document_3_0, by_pattern, addresses }))
    }

    /// The document, as it is checked in.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.0.document
    }

    /// The same for generators that stop at OpenAPI 3.0.
    #[must_use]
    pub fn document_3_0(&self) -> &str {
        &self.0.document_3_0
    }

    /// The operation behind a route.
    #[must_use]
    pub fn operation(&self, method: &Method, pattern: &str) -> Option<&Arc<Operation>> {
        self.0.by_pattern.get(pattern)?.iter().find(|(known, _)| known == method).map(|(_, operation)| operation)
    }

    /// The methods that an address knows, `HEAD` and `OPTIONS` included; none where there is no such address.
    #[must_use]
    pub fn methods(&self, path: &str) -> Vec<&str> {
        let known =
            self.0.addresses.iter().filter(|(address, _)| address.is_match(path)).filter_map(|(_, pattern)| self.0.by_pattern.get(pattern));
        let mut methods: Vec<&str> = known.flatten().map(|(method, _)| method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        if !methods.is_empty() {
            methods.push("OPTIONS");
        }
        methods.sort_unstable();
        methods.dedup();
        methods
    }
}

fn pretty(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// The media types of one of an operation's answers.
fn media_types(operation: &Value, status: &str) -> Vec<String> {
    let content = operation.pointer(&format!("/responses/{status}/content")).and_then(Value::as_object);
    content.into_iter().flat_map(|content| content.keys().cloned()).collect()
}

/// Whether nobody gets in without an issuer's token. The operator's own token for metrics is not one.
fn needs_token(operation: &Value) -> bool {
    let bearer = |requirement: &Value| requirement.get("bearer").is_some();
    operation
        .get("security")
        .and_then(Value::as_array)
        .is_some_and(|requirements| !requirements.is_empty() && requirements.iter().all(bearer))
}

fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object);
    let items = paths.into_iter().flatten().filter_map(|(path, item)| Some((path, item.as_object()?)));
    items.flat_map(|(path, item)| item.iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))).collect()
}

fn lay_conventions(document: &mut Value) {
    flatten(document);
    relax_patches(document);
    loosen_choices(document);
    if let Some(info) = document.get_mut("info").and_then(Value::as_object_mut) {
        info.insert("version".into(), json!(API_VERSION));
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert(
            "securitySchemes".into(),
            json!({
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token (RFC 9068) of an issuer that this service trusts" },
                "metrics": { "type": "http", "scheme": "bearer", "description": "The operator's own token for metrics" }
            }),
        );
        components.insert("headers".into(), headers());
        components.insert("parameters".into(), parameters());
        components.insert("responses".into(), refusals());
    }
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths.iter_mut() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                lay_on_operation(path, method, operation);
            }
        }
    }
}

/// What a view takes over from another type is described as members of its own: two closed schemas side by side
/// would contradict each other, and generated clients want one flat type.
fn flatten(document: &mut Value) {
    let Some(schemas) = document.pointer("/components/schemas").and_then(Value::as_object).cloned() else { return };
    let requested: Vec<String> =
        operations(document).into_iter().filter_map(|(_, _, operation)| operation.get("requestBody").map(Value::to_string)).collect();
    for (name, schema) in &schemas {
        let Some(parts) = schema.get("allOf").and_then(Value::as_array) else { continue };
        let mut merged = schema.clone();
        let Some(target) = merged.as_object_mut() else { continue };
        target.remove("allOf");
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in parts {
            let referred =
                part.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()).and_then(|name| schemas.get(name));
            let part = referred.unwrap_or(part);
            properties.extend(part.get("properties").and_then(Value::as_object).cloned().unwrap_or_default());
            required.extend(part.get("required").and_then(Value::as_array).cloned().unwrap_or_default());
        }
        target.insert("type".into(), json!("object"));
        target.insert("required".into(), json!(required));
        target.insert("properties".into(), Value::Object(properties));
        if requested.iter().any(|body| body.contains(&format!("/{name}\""))) {
            target.insert("additionalProperties".into(), json!(false));
        }
        if let Some(all) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
            all.insert(name.clone(), merged);
        }
    }
}

/// A merge patch names what changes and nothing else: the schema of the whole form, with nothing required.
fn relax_patches(document: &mut Value) {
    const BODY: &str = "/requestBody/content/application~1merge-patch+json/schema";
    let Some(schemas) = document.pointer("/components/schemas").and_then(Value::as_object).cloned() else { return };
    let mut patches = Map::new();
    for item in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(|paths| paths.values_mut()) {
        let Some(schema) = item.pointer_mut(&format!("/patch{BODY}")) else { continue };
        let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()).map(str::to_owned) else {
            continue;
        };
        let Some(Value::Object(mut patch)) = schemas.get(&name).cloned() else { continue };
        patch.remove("required");
        *schema = json!({ "$ref": format!("#/components/schemas/{name}Patch") });
        patches.insert(format!("{name}Patch"), Value::Object(patch));
    }
    if let Some(all) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        all.extend(patches);
    }
}

/// A view that is one of several types may fit more than one of them: a file holds everything that a profile does.
fn loosen_choices(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for schema in schemas.into_iter().flat_map(|all| all.values_mut()).filter_map(Value::as_object_mut) {
        let types = |choices: &Value| choices.as_array().is_some_and(|all| all.iter().all(|one| one.get("$ref").is_some()));
        if schema.get("oneOf").is_some_and(types)
            && let Some(choices) = schema.remove("oneOf")
        {
            schema.insert("anyOf".into(), choices);
        }
    }
}

fn headers() -> Value {
    let header = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "API-Version": header("The version of this contract that answered"),
        "X-Request-Id": header("The request's id: the client's own UUID, or a new one"),
        "Content-Language": header("The language of titles and labels: da or en"),
        "ETag": header("The version of the thing, a dot and a hash of this representation; send it back in If-Match or If-None-Match"),
        "Location": header("Where the new thing is, or where the thing is now"),
        "Link": header("The contract (`rel=\"service-desc\"`) and, in a list, the next page (`rel=\"next\"`; RFC 8288)"),
        "Retry-After": header("Seconds to wait"),
        "WWW-Authenticate": header("How to authenticate (RFC 6750), and where it says from whom to get a token (RFC 9728)"),
        "Idempotent-Replay": header("`true` when this is the answer to an earlier request with the same key")
    })
}

fn parameters() -> Value {
    json!({
        "AcceptLanguage": { "name": "Accept-Language", "in": "header", "description": "Language of titles, advice and labels: `da` (default) or `en`", "schema": { "type": "string" }, "example": "da" },
        "IdempotencyKey": { "name": "Idempotency-Key", "in": "header", "description": "A key of your own: however often the request is sent with it within 24 hours, it is carried out once", "schema": { "type": "string", "minLength": 1, "maxLength": 255 } },
        "IfMatch": { "name": "If-Match", "in": "header", "required": true, "description": "The ETag that you saw; `*` to overwrite whatever is there", "schema": { "type": "string" }, "example": "*" },
        "IfMatchOptional": { "name": "If-Match", "in": "header", "description": "The ETag that you saw, if the step should depend on it", "schema": { "type": "string" } },
        "IfNoneMatch": { "name": "If-None-Match", "in": "header", "description": "The ETag that you have: unchanged is answered with 304", "schema": { "type": "string" } }
    })
}

/// The refusals that operations share, each described once: name, status, when.
const REFUSALS: [(&str, &str, &str); 17] = [
    ("Moved", "308", "The organisation has been merged into another, which is at `Location`"),
    ("Invalid", "400", "Something in the request needs mending; `errors` lists everything at once"),
    ("Unauthenticated", "401", "No token, or one that is not accepted"),
    ("Forbidden", "403", "Signed in, but without a role that reaches this"),
    ("NotFound", "404", "Missing, or not yours"),
    ("NotAcceptable", "406", "There is no answer of the media type asked for"),
    ("RequestTimeout", "408", "The body came too slowly"),
    ("Conflict", "409", "The present state does not allow it"),
    ("Gone", "410", "It was public once and has been archived"),
    ("Stale", "412", "Somebody has changed it meanwhile"),
    ("TooLarge", "413", "The body is too large"),
    ("UnsupportedMediaType", "415", "The body has a media type that is not understood here"),
    ("Unprocessable", "422", "Well formed, but against a rule"),
    ("PreconditionRequired", "428", "`If-Match` is missing"),
    ("TooManyRequests", "429", "Too many requests"),
    ("Internal", "500", "A fault of ours"),
    ("Unavailable", "503", "Try again after the seconds in `Retry-After`"),
];

fn refusals() -> Value {
    let refusal = |(name, status, description): &(&str, &str, &str)| {
        let headers: Map<String, Value> = refusal_headers(status)
            .iter()
            .map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })))
            .collect();
        let content = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
        ((*name).to_owned(), json!({ "description": description, "headers": headers, "content": content }))
    };
    Value::Object(REFUSALS.iter().map(refusal).collect())
}

fn refusal_headers(status: &str) -> &'static [&'static str] {
    match status {
        "308" => &["API-Version", "X-Request-Id", "Content-Language", "Location"],
        "401" => &["API-Version", "X-Request-Id", "Content-Language", "WWW-Authenticate"],
        "429" | "503" => &["API-Version", "X-Request-Id", "Content-Language", "Retry-After"],
        _ => &["API-Version", "X-Request-Id", "Content-Language"],
    }
}

fn lay_on_operation(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let security = operation.entry("security").or_insert_with(|| json!([{ "bearer": [] }])).clone();
    let token = json!({ "security": security });
    let facts = Facts {
        method,
        machine: !path.starts_with("/v1/"),
        can_move: method == "get" && path.starts_with("/v1/organisations/{id}"),
        has_validator: method == "get" && !["/health/", "/metrics", "/.well-known/"].iter().any(|place| path.starts_with(place)),
        has_id: path.contains('{'),
        has_body: operation.contains_key("requestBody"),
        creates: operation.get("responses").is_some_and(|responses| responses.get("201").is_some()),
        needs_token: needs_token(&token),
    };
    let named = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(named) = named.as_array_mut() {
        named.extend(facts.parameters().into_iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })));
    }
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    let Some(responses) = responses.as_object_mut() else { return };
    for name in facts.refusals() {
        let status = REFUSALS.iter().find(|(known, ..)| *known == name).map_or("500", |(_, status, _)| *status);
        responses.entry(status).or_insert_with(|| json!({ "$ref": format!("#/components/responses/{name}") }));
    }
    if facts.has_validator {
        responses.entry("304").or_insert_with(|| json!({ "description": "Unchanged: you have it already" }));
    }
    responses.sort_keys();
    for (status, response) in responses.iter_mut() {
        let names = facts.headers(status);
        if let Some(response) = response.as_object_mut().filter(|response| !response.contains_key("$ref")) {
            let known = response.entry("headers").or_insert_with(|| json!({}));
            if let Some(known) = known.as_object_mut() {
                known.extend(names.into_iter().map(|name| (name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }))));
            }
        }
    }
}

/// What about an operation decides which conventions it follows.
struct Facts<'a> {
    method: &'a str,
    /// For machines that run the service or describe it, outside `/v1`.
    machine: bool,
    /// Reads something of an organisation, which may have been merged into another.
    can_move: bool,
    /// Its answer has an `ETag`.
    has_validator: bool,
    has_id: bool,
    has_body: bool,
    /// Makes something new, which has no version yet that anybody could have seen.
    creates: bool,
    needs_token: bool,
}

impl Facts<'_> {
    fn is_change(&self) -> bool {
        !self.machine && self.method != "get"
    }

    fn parameters(&self) -> Vec<&'static str> {
        let mut names = vec!["AcceptLanguage"];
        match self.method {
            "get" if self.has_validator => names.push("IfNoneMatch"),
            _ if self.machine => {}
            "post" if self.has_id && !self.creates => names.extend(["IdempotencyKey", "IfMatchOptional"]),
            "post" => names.push("IdempotencyKey"),
            _ => names.extend(["IdempotencyKey", "IfMatch"]),
        }
        names
    }

    fn refusals(&self) -> Vec<&'static str> {
        let rules = [
            (self.can_move, "Moved"),
            (true, "Invalid"),
            // Also where no token is needed: whoever sends one sends a good one.
            (true, "Unauthenticated"),
            (self.needs_token, "Forbidden"),
            (self.has_id || self.is_change(), "NotFound"),
            (!self.machine, "NotAcceptable"),
            (self.has_body, "RequestTimeout"),
            (self.is_change(), "Conflict"),
            (self.is_change(), "Gone"),
            (self.is_change() && self.has_id && !self.creates, "Stale"),
            (self.has_body, "TooLarge"),
            (self.has_body, "UnsupportedMediaType"),
            (self.is_change(), "Unprocessable"),
            (self.is_change() && self.method != "post", "PreconditionRequired"),
            (true, "TooManyRequests"),
            (true, "Internal"),
            (true, "Unavailable"),
        ];
        rules.into_iter().filter(|(applies, _)| *applies).map(|(_, name)| name).collect()
    }

    fn headers(&self, status: &str) -> Vec<&'static str> {
        let mut names = vec!["API-Version", "X-Request-Id"];
        match status {
            "200" | "304" if self.has_validator => names.extend(["Content-Language", "ETag", "Link"]),
            "308" => names.extend(["Content-Language", "Location"]),
            "200" | "204" if !self.machine => names.extend(["Content-Language", "ETag", "Idempotent-Replay"]),
            "201" if !self.machine => names.extend(["Content-Language", "ETag", "Idempotent-Replay", "Location"]),
            _ => names.push("Content-Language"),
        }
        names
    }
}

/// The same contract for generators that stop at OpenAPI 3.0.
fn downgrade(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(downgrade).collect()),
        Value::Object(members) => Value::Object(downgrade_object(members)),
        other => other,
    }
}

fn downgrade_object(members: Map<String, Value>) -> Map<String, Value> {
    let mut lowered = Map::new();
    for (key, value) in members {
        match (key.as_str(), value) {
            ("openapi", Value::String(_)) => {
                lowered.insert(key, json!("3.0.3"));
            }
            // The SPDX identifier of a licence came with 3.1.
            ("identifier", _) => {}
            ("type", Value::Array(kinds)) => {
                let mut kinds: Vec<Value> = kinds.into_iter().filter(|kind| kind != "null").collect();
                lowered.insert("nullable".into(), json!(true));
                lowered.insert(key, kinds.pop().unwrap_or_default());
            }
            ("oneOf", Value::Array(choices)) if choices.iter().any(is_null) => {
                let others: Vec<Value> = choices.into_iter().filter(|choice| !is_null(choice)).map(downgrade).collect();
                lowered.insert("nullable".into(), json!(true));
                lowered.insert(if others.len() == 1 { "allOf" } else { "oneOf" }.into(), json!(others));
            }
            ("const", value) => {
                lowered.insert("enum".into(), json!([value]));
            }
            (_, value) => {
                lowered.insert(key, downgrade(value));
            }
        }
    }
    lowered
}

fn is_null(choice: &Value) -> bool {
    choice.get("type").is_some_and(|kind| kind == "null")
}
