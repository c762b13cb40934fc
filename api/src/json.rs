//! Bodies: bounded in size, time and depth, cleaned, and read into request types.
//!
//! This is the only place with a [`Value`]: every text is brought to NFC and looked at for hidden characters
//! and personal numbers *before* a request type sees it, so that no operation can forget to.

use std::{fmt, future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{CONTENT_LENGTH, CONTENT_TYPE},
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;
use kernel::{Fault, Finding, identifier, text};
use persistence::Error;
use serde::{
    Serialize,
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
};
use serde_json::{Map, Value};
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use crate::{
    call::{Call, RawBody, app},
    problem::{HttpRule, Problem},
};

/// Levels of nesting in a body. The deepest request type has five.
const DEPTH: usize = 32;

/// What may be sent as a body: read strictly, and checked for everything that is wrong with it at once.
pub trait Input: DeserializeOwned {
    /// Everything that is wrong with it.
    fn findings(&self) -> Vec<Finding>;

    /// Reads it out of a document; the first thing that does not fit ends the reading.
    ///
    /// # Errors
    /// What does not fit, and where.
    fn from_document(document: Value) -> Result<Self, Finding> {
        fitted(document)
    }
}

/// What the limits on a form's fields find wrong.
pub fn limits(form: &impl Validate) -> Vec<Finding> {
    form.validate().err().map(|errors| of_validator("", &errors)).unwrap_or_default()
}

/// What is wrong with the address in the member `email`.
pub fn wrong_email(email: Option<&str>) -> Option<Finding> {
    let fault = email.and_then(|email| identifier::email(email).err())?;
    Some(Finding::new("/email", fault))
}

/// Reads a type out of a document.
///
/// # Errors
/// What does not fit, and where.
pub fn fitted<T: DeserializeOwned>(document: Value) -> Result<T, Finding> {
    serde_path_to_error::deserialize(Strict(document)).map_err(|error| finding(&error))
}

/// A document in which an object is an object: serde's derived types would also take an array of their members in order.
struct Strict(Value);

impl<'de> IntoDeserializer<'de, serde_json::Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Strict));
                let value = visitor.visit_seq(&mut items)?;
                items.end().map(|()| value)
            }
            Value::Object(members) => {
                let mut members = MapDeserializer::new(members.into_iter().map(|(name, value)| (name, Self(value))));
                let value = visitor.visit_map(&mut members)?;
                members.end().map(|()| value)
            }
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_array() { Err(serde::de::Error::custom("expected an object")) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        identifier ignored_any
    }
}

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// A JSON Merge Patch (RFC 7396), to be applied to the present form of the thing.
#[derive(Debug)]
pub struct Patch(Value);

impl<T: Input + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let document = document(request.clone(), payload.take(), "application/json");
        Box::pin(async move { read(document.await?).map(Self) })
    }
}

impl FromRequest for Patch {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let document = document(request.clone(), payload.take(), "application/merge-patch+json");
        Box::pin(async move {
            match document.await? {
                patch @ Value::Object(_) => Ok(Self(patch)),
                _ => Err(Problem::malformed_json(String::new(), "an object".into())),
            }
        })
    }
}

impl Patch {
    /// The form as it is, with the patch merged into it, read and checked like a whole new one.
    ///
    /// # Errors
    /// Everything that is wrong with the result.
    pub fn apply<T: Input + Serialize>(self, present: &T) -> Result<T, Error> {
        let mut document = serde_json::to_value(present).map_err(Error::internal)?;
        merge(&mut document, self.0);
        read(document).map_err(Problem::into_error)
    }
}

/// RFC 7396, section 2: absent leaves alone, null removes.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(&key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

async fn document(request: HttpRequest, payload: Payload, media_type: &str) -> Result<Value, Problem> {
    require_media_type(&request, media_type)?;
    let limits = app(&request).limits;
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|value| value.parse::<usize>().ok());
    if length.is_some_and(|length| length > limits.body_bytes) {
        return Err(HttpRule::TooLarge.into());
    }
    // actix bounds the time for the head alone; a body that trickles would hold the connection for ever.
    let bytes = tokio::time::timeout(limits.body_time, collect(payload, limits.body_bytes)).await.map_err(|_| HttpRule::Timeout)??;
    let value = parse(&bytes)?;
    request.extensions_mut().insert(RawBody(bytes));
    Call::extract(&request).await?.check_head()?;
    Ok(value)
}

fn require_media_type(request: &HttpRequest, wanted: &str) -> Result<(), Problem> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = given.split(';').map(str::trim);
    let charset_fits =
        |part: &str| part.to_ascii_lowercase().strip_prefix("charset=").is_none_or(|charset| charset.trim_matches('"') == "utf-8");
    let fits = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(wanted)) && parts.all(charset_fits);
    if fits { Ok(()) } else { Err(HttpRule::UnsupportedMediaType.into()) }
}

async fn collect(mut payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut collected = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| HttpRule::BadRequest)?;
        if collected.len() + chunk.len() > limit {
            return Err(HttpRule::TooLarge.into());
        }
        collected.extend_from_slice(&chunk);
    }
    Ok(collected.freeze())
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let mut findings = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let cleaning = Cleaning { pointer: String::new(), depth: 0, findings: &mut findings };
    let value = cleaning
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| Problem::malformed_json(String::new(), format!("JSON (line {}, column {})", error.line(), error.column())))?;
    if findings.is_empty() { Ok(value) } else { Err(Problem::invalid(findings)) }
}

/// Reads JSON into a [`Value`] with every text cleaned, and notes what must not be there.
struct Cleaning<'f> {
    pointer: String,
    depth: usize,
    findings: &'f mut Vec<Finding>,
}

impl Cleaning<'_> {
    fn text(&mut self, text: &str) -> String {
        // A P-number is ten digits, and some of them read like a date of birth.
        if !self.pointer.ends_with("/p_number") && text::holds_personal_number(text) {
            self.findings.push(Finding::new(self.pointer.clone(), Fault::PersonalNumber));
        }
        text::clean(text).unwrap_or_else(|fault| {
            self.findings.push(Finding::new(self.pointer.clone(), fault));
            String::new()
        })
    }

    fn child(&mut self, key: &str) -> Cleaning<'_> {
        let pointer = format!("{}/{}", self.pointer, key.replace('~', "~0").replace('/', "~1"));
        Cleaning { pointer, depth: self.depth + 1, findings: self.findings }
    }

    fn too_deep<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.depth < DEPTH { Ok(()) } else { Err(E::custom("too deep")) }
    }
}

impl<'de> DeserializeSeed<'de> for Cleaning<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cleaning<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E>(mut self, value: &str) -> Result<Value, E> {
        Ok(Value::String(self.text(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut sequence: A) -> Result<Value, A::Error> {
        self.too_deep()?;
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(self.child(&items.len().to_string()))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        self.too_deep()?;
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let child = self.child(&key);
            if text::clean(&key).is_err() {
                child.findings.push(Finding::new(child.pointer.clone(), Fault::ForbiddenCharacter));
            }
            if members.contains_key(&key) {
                let twice = Finding::new(child.pointer.clone(), Fault::DuplicateField);
                child.findings.push(twice);
            }
            let value = map.next_value_seed(child)?;
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

/// Reads a cleaned document into a request type, and checks it for everything at once.
fn read<T: Input>(document: Value) -> Result<T, Problem> {
    let form = T::from_document(document).map_err(|finding| Problem::invalid(vec![finding]))?;
    let findings = form.findings();
    if findings.is_empty() { Ok(form) } else { Err(Problem::invalid(findings)) }
}

/// What serde says, as a finding. Its own words would repeat the value that somebody wrote; only what it
/// expected goes out.
fn finding(error: &serde_path_to_error::Error<serde_json::Error>) -> Finding {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = error.inner().to_string();
    let named = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next()).map(str::to_owned);
    if let Some(field) = named("unknown field `") {
        if !pointer.ends_with(&format!("/{field}")) {
            pointer.push_str(&format!("/{field}"));
        }
        return Finding::new(pointer, Fault::UnknownField);
    }
    if let Some(field) = named("missing field `") {
        return Finding::new(format!("{pointer}/{field}"), Fault::Required);
    }
    let expected = message.split_once("expected ").map_or("another format", |(_, expected)| expected);
    Finding::new(pointer, Fault::Malformed { expected: expected.to_owned() })
}

fn of_validator(pointer: &str, errors: &ValidationErrors) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (field, kind) in errors.errors() {
        let place = format!("{pointer}/{field}");
        match kind {
            ValidationErrorsKind::Struct(inner) => findings.extend(of_validator(&place, inner)),
            ValidationErrorsKind::List(items) => {
                findings.extend(items.iter().flat_map(|(index, inner)| of_validator(&format!("{place}/{index}"), inner)));
            }
            ValidationErrorsKind::Field(faults) => findings.extend(faults.iter().map(|fault| Finding::new(place.clone(), of_fault(fault)))),
        }
    }
    findings.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    findings
}

fn of_fault(error: &validator::ValidationError) -> Fault {
    let number = |name: &str| error.params.get(name).and_then(Value::as_u64);
    let shown = |name: &str| error.params.get(name).map(Value::to_string).unwrap_or_default();
    let length = error.params.get("value").map_or(0, |value| match value {
        Value::String(text) => u64::try_from(text.chars().count()).unwrap_or(u64::MAX),
        Value::Array(items) => u64::try_from(items.len()).unwrap_or(u64::MAX),
        _ => 0,
    });
    match (error.code.as_ref(), number("min"), number("max")) {
        ("length", Some(1), _) if length == 0 => Fault::Required,
        ("length", Some(min), _) if length < min => Fault::TooShort { min },
        ("length", _, Some(max)) => Fault::TooLong { max },
        ("range", ..) => Fault::OutOfRange { min: shown("min"), max: shown("max") },
        (code, ..) => Fault::Malformed { expected: code.to_owned() },
    }
}

impl Problem {
    fn into_error(self) -> Error {
        let (problem, findings) = self.into_parts();
        Error { problem, findings, cause: None, moved: None }
    }
}

#[cfg(test)]
mod tests {
    use super::{fitted, merge, parse};
    use persistence::DoorRule;
    use serde_json::json;

    #[test]
    fn merge_patch_does_what_the_rfc_shows() {
        for (target, patch, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, patch.clone());
            assert_eq!(merged, expected, "{target} with {patch}");
        }
    }

    #[test]
    fn an_array_is_not_an_object() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Point {
            x: u8,
            y: Option<Box<Self>>,
        }
        assert!(fitted::<Point>(json!({"x": 1, "y": {"x": 2, "y": null}})).is_ok());
        assert_eq!(fitted::<Point>(json!([1, null])).map_err(|finding| finding.pointer), Err(String::new()));
        assert_eq!(fitted::<Point>(json!({"x": 1, "y": [2, null]})).map_err(|finding| finding.pointer), Err("/y".to_owned()));
    }

    #[test]
    fn every_text_is_looked_at_wherever_it_stands() {
        let code = |body: &str| parse(body.as_bytes()).map_err(|problem| problem.code());
        assert_eq!(code(r#"{"a": ["A\u030arhus"]}"#), Ok(json!({"a": ["Århus"]})));
        for bad in [r#"{"a": {"b": "\u0000"}}"#, r#"["\u202e"]"#, r#"{"a": "010190-1234"}"#, r#"{"a": 1, "a": 2}"#, r#"{"\u0000": 1}"#] {
            assert_eq!(code(bad), Err(DoorRule::InvalidInput.as_problem().code), "{bad}");
        }
        assert_eq!(code(r#"{"p_number": "0101901234"}"#), Ok(json!({"p_number": "0101901234"})));
        let deep = "[".repeat(100_000);
        for broken in ["", "{", "{\"a\":}", "[1]]", r#""\ud800""#, "\u{feff}{}", deep.as_str()] {
            assert_eq!(code(broken), Err("malformed-json"), "{}", broken.get(..10).unwrap_or(broken));
        }
    }
}
