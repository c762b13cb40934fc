//! Every limit that the contract names is held, where it says, and nothing below it is refused for its size.

use actix_web::http::Method;
use persistence::Engine;
use serde_json::{Value, json};

use super::{
    matrices,
    recipes::{Prepared, prepared},
    spots::{Spot, names, plain, replaced, spots},
    stage::Stage,
    tables::Raw,
};
use crate::{
    client::{Actor, Answer},
    contract::{Operation, operations, resolved},
};

/// Å in two characters, as some keyboards send it.
const DECOMPOSED: &str = "A\u{30a}se";
const COMPOSED: &str = "\u{c5}se";

matrices! {
    async fn bodies_are_held_to_their_schemas(engine: Engine) {
        for operation in operations() {
            let Some((_, content)) = operation.document() else { continue };
            let bench = Bench::new(prepared(engine, &operation).await);
            let mut untried = names(&content["schema"]);
            for body in bench.prepared.bodies() {
                for spot in spots(&content["schema"], &body) {
                    untried.retain(|name| *name != spot.name);
                    bench.try_spot(&body, &spot).await;
                }
            }
            assert!(untried.is_empty(), "the recipe of {} says nothing about {untried:?}; put it into a body", operation.id);
            bench.no_decomposed_text();
        }
    }

    async fn bodies_are_held_to_size_depth_and_form(engine: Engine) {
        for operation in operations().into_iter().filter(|operation| operation.body().is_some()) {
            let bench = Bench::new(prepared(engine, &operation).await);
            if operation.takes_bytes() { bench.try_bytes().await } else { bench.try_form().await }
        }
    }

    async fn parameters_are_held_to_their_schemas(engine: Engine) {
        let stage = Stage::new(engine, true).await;
        for operation in operations() {
            let prepared = Prepared::of_nothing(&stage, &operation);
            for name in operation.parameters_in("query") {
                try_parameter(&prepared, name).await;
            }
        }
    }
}

/// Where bodies are tried.
struct Bench {
    prepared: Prepared,
    owner: Actor,
}

impl Bench {
    fn new(prepared: Prepared) -> Self {
        Self { owner: prepared.owner(), prepared }
    }

    async fn send(&self, body: &Value) -> Answer {
        self.prepared.with_body(&self.owner, body).await
    }

    async fn raw(&self, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.prepared.bare(&self.owner).raw(media_type, body).await
    }

    /// Refused, with a finding at the spot. Of a variant that cannot be told, the place around it is named.
    async fn refuses(&self, body: &Value, spot: &Spot, value: Value) -> Vec<String> {
        let answer = self.send(&replaced(body, &spot.pointer, value)).await.refuses(400, "invalid-input");
        let mut codes = codes(&answer, &spot.pointer);
        if codes.is_empty() && spot.name.contains(')') {
            codes = self::codes(&answer, spot.parent());
        }
        assert!(!codes.is_empty(), "{} finds nothing at {}: {}", answer.said, spot.pointer, answer.text());
        codes
    }

    async fn try_spot(&self, body: &Value, spot: &Spot) {
        if spot.pointer.is_empty() {
            return;
        }
        let other_kind = if spot.is("string") { json!(7) } else { json!("syv") };
        self.refuses(body, spot, other_kind).await;
        if spot.is("string") {
            self.try_text(body, spot).await;
        }
        if let Some(max) = spot.number("maxItems") {
            let items = vec![body.pointer(&spot.pointer).unwrap()[0].clone(); usize::try_from(max).unwrap() + 1];
            assert!(self.refuses(body, spot, json!(items)).await.contains(&"too-long".to_owned()), "{}", spot.pointer);
        }
        for (bound, beyond) in [("maximum", 1), ("minimum", -1)] {
            if let Some(bound) = spot.number(bound) {
                self.refuses(body, spot, json!(bound + beyond)).await;
            }
        }
    }

    async fn try_text(&self, body: &Value, spot: &Spot) {
        for hidden in ["a\u{0}b", "\u{202e}b", "\u{ffff}"] {
            let codes = self.refuses(body, spot, json!(hidden)).await;
            assert!(codes.contains(&"forbidden-character".to_owned()), "{} takes {hidden:?}", spot.pointer);
        }
        let half = replaced(body, &spot.pointer, json!("HALF")).to_string().replace("HALF", "\\ud83d");
        self.raw(self.prepared.media_type(), half).await.refuses(400, "malformed-json");
        // A P-number has as many digits as a personal number.
        if !spot.pointer.ends_with("/p_number") {
            let codes = self.refuses(body, spot, json!("ring 010190-1234")).await;
            assert!(codes.contains(&"personal-number".to_owned()), "{} takes a personal number", spot.pointer);
        }
        if !spot.is_free_text() {
            self.refuses(body, spot, json!("æ !")).await;
        }
        if spot.number("minLength").is_some() {
            self.refuses(body, spot, json!("")).await;
        }
        if spot.is_free_text() {
            self.try_composition(body, spot).await;
        }
        if let Some(max) = spot.number("maxLength") {
            self.try_length(body, spot, usize::try_from(max).unwrap()).await;
        }
    }

    /// Lengths are counted in characters, not in bytes.
    async fn try_length(&self, body: &Value, spot: &Spot, max: usize) {
        self.refuses(body, spot, json!("æ".repeat(max + 1))).await;
        let just = self.send(&replaced(body, &spot.pointer, json!("æ".repeat(max)))).await;
        assert!(!codes(&just, &spot.pointer).contains(&"too-long".to_owned()), "{} refuses {max} characters", spot.pointer);
    }

    async fn try_composition(&self, body: &Value, spot: &Spot) {
        let answer = self.send(&replaced(body, &spot.pointer, json!(DECOMPOSED))).await;
        assert!(!answer.text().contains(DECOMPOSED), "{} gives back {}", spot.pointer, answer.text());
        if answer.status.is_success() && self.prepared.operation.is_command() {
            assert!(self.holds(COMPOSED), "{} lost {}", spot.pointer, answer.text());
        }
    }

    fn holds(&self, text: &str) -> bool {
        Raw::open(&self.prepared.stage.world).rows().iter().any(|row| row.contains(text))
    }

    fn no_decomposed_text(&self) {
        assert!(!self.holds(DECOMPOSED), "{} let a decomposed letter into the database", self.prepared.operation.id);
    }

    /// A file is looked at, and believed neither in its type nor in its length.
    async fn try_bytes(&self) {
        let (media_type, bytes, limit) = (self.prepared.media_type(), self.prepared.bytes(), self.prepared.operation.body_limit());
        let (too_large, unsupported) = self.prepared.operation.body_refusals();
        for other in ["text/html", "image/svg+xml", "application/json", "image/gif", "application/octet-stream"] {
            self.raw(other, bytes.clone()).await.refuses(415, unsupported);
        }
        self.prepared.bare(&self.owner).await.refuses(415, unsupported);
        self.raw(media_type, vec![b' '; limit + 1]).await.refuses(413, too_large);
        for nonsense in [Vec::new(), vec![b' '; 1024], b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()] {
            self.raw(media_type, nonsense).await.is(422);
        }
        let mut full = bytes;
        full.resize(limit, 0);
        self.raw(media_type, full).await.is(self.prepared.recipe.status);
    }

    async fn try_form(&self) {
        let body = self.prepared.body().expect("the operation has a body").to_string();
        let media_type = self.prepared.media_type();
        for other in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "multipart/form-data"] {
            self.raw(other, body.clone()).await.refuses(415, "unsupported-media-type");
        }
        let swapped = if self.prepared.operation.method == Method::PATCH { "application/json" } else { "application/merge-patch+json" };
        self.raw(swapped, body.clone()).await.refuses(415, "unsupported-media-type");
        self.prepared.bare(&self.owner).await.refuses(415, "unsupported-media-type");
        for broken in ["", "{", "{\"a\":}", "nul", "{} {}", "'a'", "\u{feff}{}"] {
            self.raw(media_type, broken).await.refuses(400, "malformed-json");
        }
        for bytes in [
            vec![b'"', 0xff, b'"'],
            "[".repeat(100_000).into_bytes(),
            format!("{}1{}", "{\"a\":".repeat(20_000), "}".repeat(20_000)).into_bytes(),
        ] {
            self.raw(media_type, bytes).await.refuses(400, "malformed-json");
        }
        for other in ["[]", "7", "\"a\"", "null", "true"] {
            self.raw(media_type, other).await.is(400);
        }
        let twice = format!("{{{},{}", &body[1..body.len() - 1], &body[1..]);
        self.raw(media_type, twice).await.refuses(400, "invalid-input");
        self.raw(media_type, padded(&body, self.prepared.operation.body_limit() + 1)).await.refuses(413, "body-too-large");
        let full = self.raw(media_type, padded(&body, self.prepared.operation.body_limit())).await;
        assert_eq!(full.status.as_u16(), self.prepared.recipe.status, "{} answered {}", full.said, full.text());
    }
}

/// The body with blanks behind it.
fn padded(body: &str, length: usize) -> Vec<u8> {
    let mut bytes = body.as_bytes().to_vec();
    bytes.resize(length, b' ');
    bytes
}

/// What was found in one place.
fn codes(answer: &Answer, pointer: &str) -> Vec<String> {
    let document = if answer.body.is_empty() { Value::Null } else { answer.json() };
    let findings = document["errors"].as_array().cloned().unwrap_or_default();
    findings
        .into_iter()
        .filter(|finding| finding["pointer"] == pointer)
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

/// Values that the contract rules out for one parameter.
async fn try_parameter(prepared: &Prepared, name: &str) {
    let schema = parameter_schema(&prepared.operation, name);
    let spot = Spot { pointer: format!("?{name}"), name: name.to_owned(), schema };
    let mut wrong = vec!["a%00b".to_owned(), "%ff".to_owned(), "010190-1234".to_owned()];
    if let Some(max) = spot.number("maxLength") {
        wrong.push("a".repeat(usize::try_from(max).unwrap() + 1));
    }
    wrong.extend(spot.number("maximum").map(|max| (max + 1).to_string()));
    wrong.extend(spot.number("minimum").map(|min| (min - 1).to_string()));
    if !spot.is_free_text() {
        wrong.push("ukendt!".to_owned());
    }
    for value in wrong {
        let query = format!("{name}={value}");
        let answer = prepared.queried(&prepared.owner(), &query).await.refuses(400, "invalid-input");
        assert!(!codes(&answer, &spot.pointer).is_empty(), "{} finds nothing at {}: {}", answer.said, spot.pointer, answer.text());
    }
}

fn parameter_schema(operation: &Operation, name: &str) -> &'static Value {
    let parameter = operation.parameters().into_iter().find(|parameter| parameter["in"] == "query" && parameter["name"] == name);
    let schema = plain(&parameter.expect("it was named")["schema"]);
    schema.get("items").map_or(schema, resolved)
}
