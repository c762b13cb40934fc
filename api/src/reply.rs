//! Finished answers: the body, its ETag, its coding, and what a cache may do with it.

use std::{io::Write, sync::OnceLock};

use actix_web::{
    HttpResponse,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
    web::Bytes,
};
use flate2::{Compression, write::GzEncoder};
use kernel::Language;
use persistence::{Error, idempotency::Answer};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The media type of nearly every answer.
pub const JSON: &str = "application/json";

/// Bodies below this many bytes are not worth packing.
const WORTH_PACKING: usize = 1024;

fn json<T: Serialize>(view: &T) -> Result<String, Error> {
    serde_json::to_string(view).map_err(Error::internal)
}

fn digest(body: &str) -> String {
    Sha256::digest(body.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A single thing in its present version.
///
/// # Errors
/// When the view cannot be written as JSON.
pub fn ok<T: Serialize>(version: i64, view: &T) -> Result<Answer, Error> {
    let body = json(view)?;
    Ok(Answer { status: 200, location: None, etag: Some(format!("{version}.{}", digest(&body))), body })
}

/// Elsewhere, for good.
#[must_use]
pub const fn moved(location: String) -> Answer {
    Answer { status: 308, location: Some(location), etag: None, body: String::new() }
}

/// Something new, and where it is.
///
/// # Errors
/// When the view cannot be written as JSON.
pub fn created<T: Serialize>(location: String, version: i64, view: &T) -> Result<Answer, Error> {
    Ok(Answer { status: 201, location: Some(location), ..ok(version, view)? })
}

/// A list, or anything else without a version of its own.
///
/// # Errors
/// When the view cannot be written as JSON.
pub fn list<T: Serialize>(view: &T) -> Result<Answer, Error> {
    Ok(text(json(view)?))
}

/// JSON that is written already.
#[must_use]
pub fn text(body: String) -> Answer {
    Answer { status: 200, location: None, etag: Some(digest(&body)), body }
}

/// Done, and nothing to say.
#[must_use]
pub const fn no_content() -> Answer {
    Answer { status: 204, location: None, etag: None, body: String::new() }
}

/// What a cache may do with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Personal, or not for everybody: nothing.
    Never,
    /// The same for everybody for so many seconds, and for so many more while it is fetched afresh.
    Public { seconds: u32, stale: u32 },
}

impl Caching {
    /// For everybody, until a date changes the answer.
    #[must_use]
    pub fn public_for(seconds_left: Option<i64>) -> Self {
        let left = seconds_left.map_or(u32::MAX, |left| u32::try_from(left.max(0)).unwrap_or(u32::MAX));
        let seconds = left.min(60);
        Self::Public { seconds, stale: (left - seconds).min(60) }
    }

    pub(crate) fn header(self) -> HeaderValue {
        match self {
            Self::Never => HeaderValue::from_static("private, no-store"),
            // No date is near: what nearly every answer says.
            Self::Public { seconds: 60, stale: 60 } => HeaderValue::from_static("public, max-age=60, stale-while-revalidate=60"),
            Self::Public { seconds, stale } => HeaderValue::try_from(format!("public, max-age={seconds}, stale-while-revalidate={stale}"))
                .unwrap_or(HeaderValue::from_static("no-store")),
        }
    }
}

/// An answer in both codings, ready to be given many times.
#[derive(Clone, Debug)]
pub struct Finished {
    status: StatusCode,
    location: Option<HeaderValue>,
    etag: Option<Tags>,
    /// `Link: rel="next"` of a page.
    link: Option<HeaderValue>,
    media_type: &'static str,
    plain: Bytes,
    /// Made when the first client wants it: many never do, and packing costs more than reading the rows.
    packed: OnceLock<Option<Bytes>>,
}

/// The entity tags of one answer, quotes included: a coding has one of its own (RFC 9110 § 8.8.3).
#[derive(Clone, Debug)]
struct Tags {
    plain: HeaderValue,
    packed: HeaderValue,
}

impl Tags {
    fn new(tag: &str) -> Option<Self> {
        let value = |tag: String| HeaderValue::try_from(tag).ok();
        Some(Self { plain: value(format!("\"{tag}\""))?, packed: value(format!("\"{tag}-gzip\""))? })
    }
}

impl Finished {
    #[must_use]
    pub fn new(answer: Answer, link: Option<String>, media_type: &'static str) -> Self {
        let Answer { status, location, etag, body } = answer;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Addresses and tags are made of what a header can hold.
        let value = |text: String| HeaderValue::try_from(text).ok();
        Self {
            status,
            location: location.and_then(value),
            etag: etag.as_deref().and_then(Tags::new),
            link: link.and_then(value),
            media_type,
            // A body that is kept must not keep the room in which it was written.
            plain: Bytes::from(body.into_bytes().into_boxed_slice()),
            packed: OnceLock::new(),
        }
    }

    /// How many bytes it takes to keep, with room for the packed body: JSON packs to less than a quarter.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.plain.len() + self.plain.len() / 4 + 256
    }

    fn packed(&self) -> Option<&Bytes> {
        self.packed.get_or_init(|| if self.plain.len() >= WORTH_PACKING { pack(&self.plain) } else { None }).as_ref()
    }

    /// The answer to one request: negotiated, and without its body where the client has it already.
    #[must_use]
    pub fn answer(&self, request: &HeaderMap, language: Language, caching: Caching) -> HttpResponse {
        let packed = if accepts_gzip(request) { self.packed() } else { None };
        let etag = self.etag.as_ref().map(|tags| if packed.is_some() { &tags.packed } else { &tags.plain });
        let known = self.status == StatusCode::OK && etag.is_some_and(|tag| holds(request, tag));
        let mut answer = HttpResponse::new(if known { StatusCode::NOT_MODIFIED } else { self.status });
        let headers = answer.headers_mut();
        for (name, value) in [(header::ETAG, etag), (header::LOCATION, self.location.as_ref()), (header::LINK, self.link.as_ref())] {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(header::CACHE_CONTROL, caching.header());
        if known || self.plain.is_empty() {
            return answer;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        if packed.is_some() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        answer.set_body(BoxBody::new(packed.unwrap_or(&self.plain).clone()))
    }
}

fn pack(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), Compression::fast());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn accepts_gzip(request: &HeaderMap) -> bool {
    let Some(accepted) = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else { return false };
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts.any(|part| matches!(part.strip_prefix("q=").map(str::parse::<f32>), Some(Ok(0.0))));
        (name.eq_ignore_ascii_case("gzip") || name == "*") && !refused
    })
}

/// Whether the client has the answer with this tag; `If-None-Match` compares weakly (RFC 9110 § 13.1.2).
pub(crate) fn holds(request: &HeaderMap, tag: &HeaderValue) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|candidate| candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate).as_bytes() == tag.as_bytes())
}
