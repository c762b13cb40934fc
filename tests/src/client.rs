//! People are clients: what they send goes through the whole application, and what they get is held against the
//! contract before the story sees it.

use std::{future::IntoFuture, io::Read, pin::Pin};

use actix_web::{
    HttpResponse,
    body::to_bytes,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    test::TestRequest,
};
use api::auth::Persona;
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::{
    contract,
    world::{KEY, World},
};

/// Somebody with a token, or nobody in particular.
#[derive(Clone)]
pub struct Actor {
    pub world: World,
    who: Who,
}

#[derive(Clone)]
enum Who {
    Nobody,
    /// Gets a new token for every request, as clients do when the old one runs out.
    Somebody(Persona),
    Bearer(String),
}

impl Actor {
    pub fn nobody(world: World) -> Self {
        Self { world, who: Who::Nobody }
    }

    pub fn somebody(world: World, persona: Persona) -> Self {
        Self { world, who: Who::Somebody(persona) }
    }

    /// Whoever bears this, whatever it is.
    pub fn bearer(world: World, token: impl Into<String>) -> Self {
        Self { world, who: Who::Bearer(token.into()) }
    }

    pub fn token(&self) -> Option<String> {
        match &self.who {
            Who::Nobody => None,
            Who::Somebody(persona) => Some(KEY.token(persona, self.world.clock.now(), self.world.clock.new_id()).expect("the key signs")),
            Who::Bearer(token) => Some(token.clone()),
        }
    }

    pub fn get(&self, path: impl Into<String>) -> Sending {
        Sending::new(self, Method::GET, path.into())
    }

    /// With a JSON body.
    pub fn post(&self, path: impl Into<String>, body: Value) -> Sending {
        Sending::new(self, Method::POST, path.into()).json("application/json", &body)
    }

    /// A transition, without a body.
    pub fn act(&self, path: impl Into<String>) -> Sending {
        Sending::new(self, Method::POST, path.into())
    }

    pub fn patch(&self, path: impl Into<String>, body: Value) -> Sending {
        Sending::new(self, Method::PATCH, path.into()).json("application/merge-patch+json", &body)
    }

    /// Puts something in a place, whatever stands there.
    pub fn put(&self, path: impl Into<String>, body: &Value) -> Sending {
        self.request(Method::PUT, path).seen("*").json("application/json", body)
    }

    /// A file, as it is.
    pub fn upload(&self, path: impl Into<String>, media_type: &str, body: impl Into<Vec<u8>>) -> Sending {
        Sending::new(self, Method::PUT, path.into()).raw(media_type, body)
    }

    pub fn delete(&self, path: impl Into<String>) -> Sending {
        Sending::new(self, Method::DELETE, path.into())
    }

    pub fn request(&self, method: Method, path: impl Into<String>) -> Sending {
        Sending::new(self, method, path.into())
    }
}

/// A request on its way; awaiting it sends it.
pub struct Sending {
    world: World,
    method: Method,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<Vec<u8>>,
}

impl Sending {
    fn new(actor: &Actor, method: Method, path: String) -> Self {
        let mut sending = Self { world: actor.world.clone(), method, path, headers: Vec::new(), body: None };
        if let Some(token) = actor.token() {
            sending = sending.header("authorization", &format!("Bearer {token}"));
        }
        sending
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("a header's name");
        self.headers.push((name, HeaderValue::from_str(value).expect("a header's value")));
        self
    }

    /// Says which version was seen.
    pub fn seen(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }

    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn in_english(self) -> Self {
        self.header("accept-language", "en")
    }

    pub fn json(self, media_type: &str, body: &Value) -> Self {
        self.raw(media_type, body.to_string().into_bytes())
    }

    pub fn raw(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = body.len().to_string();
        self.body = Some(body);
        self.header("content-length", &length).header("content-type", media_type)
    }
}

impl IntoFuture for Sending {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { world, method, path, headers, body } = self;
            let said = format!("{method} {path}");
            let mut request = TestRequest::with_uri(&encoded(&path)).method(method.clone()).peer_addr(([127, 0, 0, 1], 40_000).into());
            request = request.insert_header((header::HOST, "localhost"));
            for (name, value) in headers {
                request = request.append_header((name, value));
            }
            if let Some(body) = body {
                request = request.set_payload(body);
            }
            let response = world.send(request.to_request()).await;
            let pattern = response.request().match_pattern();
            let (_, response) = response.into_parts();
            let (head, body) = response.into_parts();
            let body = unpacked(&head, to_bytes(body).await.map_err(|error| error.to_string()).expect("the body can be read").to_vec());
            let answer = Answer { said, status: head.status(), headers: head.headers().clone(), body };
            contract::check(&method, pattern.as_deref(), &answer);
            answer
        })
    }
}

/// What a client does with a packed body.
fn unpacked(head: &HttpResponse<()>, body: Vec<u8>) -> Vec<u8> {
    if head.headers().get(header::CONTENT_ENCODING).is_none_or(|coding| coding != "gzip") {
        return body;
    }
    let mut plain = Vec::new();
    GzDecoder::new(body.as_slice()).read_to_end(&mut plain).expect("gzip is gzip");
    plain
}

/// Stories are written with plain Danish letters; on the wire they are percent-encoded.
fn encoded(path: &str) -> String {
    path.bytes()
        .map(|byte| {
            if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>') {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// What was asked, for messages.
    pub said: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The answer must have this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{} answered {}", self.said, self.text());
        self
    }

    /// The answer must be this problem.
    #[track_caller]
    pub fn refuses(self, status: u16, code: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.json()["type"], format!("/problems/{code}"), "{} answered {}", answer.said, answer.text());
        answer
    }

    /// One of the findings must name this place with this code.
    #[track_caller]
    pub fn finds(self, pointer: &str, code: &str) -> Self {
        let document = self.json();
        let found = document["errors"].as_array().is_some_and(|all| all.iter().any(|one| one["pointer"] == pointer && one["code"] == code));
        assert!(found, "{} should find {code} at {pointer}, and answered {}", self.said, self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} did not answer with JSON: {}", self.said, self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn etag(&self) -> String {
        self.header("etag").to_owned()
    }

    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("{} answered without id", self.said)).to_owned()
    }

    /// The ids of a page's items.
    pub fn ids(&self) -> Vec<String> {
        self.json()["items"]
            .as_array()
            .map(|items| items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect())
            .unwrap_or_default()
    }
}
