//! Finished answers: the body, its ETag, its coding, and what a cache may do with it.

use std::{io::Write, sync::OnceLock};

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    web::Bytes,
};
use flate2::{Compression, write::GzEncoder};
use kernel::Language;
use persistence::{Error, idempotency::Answer};
use serde::Serialize;
use sha2::{Digest, Sha256};

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
}

/// An answer in both codings, ready to be given many times.
#[derive(Clone, Debug)]
pub struct Finished {
    status: StatusCode,
    location: Option<String>,
    etag: Option<String>,
    /// `Link: rel="next"` of a page.
    link: Option<String>,
    plain: Bytes,
    /// Made when the first client wants it: many never do, and packing costs more than reading the rows.
    packed: OnceLock<Option<Bytes>>,
}

impl Finished {
    #[must_use]
    pub fn new(answer: Answer, link: Option<String>) -> Self {
        let Answer { status, location, etag, body } = answer;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, location, etag, link, plain: Bytes::from(body), packed: OnceLock::new() }
    }

    /// How many bytes it takes to keep, with room for the packed body: half is more than JSON packs to.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.plain.len() + self.plain.len() / 2 + 256
    }

    fn packed(&self) -> Option<&Bytes> {
        self.packed.get_or_init(|| if self.plain.len() >= WORTH_PACKING { pack(&self.plain) } else { None }).as_ref()
    }

    /// The answer to one request: negotiated, and without its body where the client has it already.
    #[must_use]
    pub fn answer(&self, request: &HeaderMap, language: Language, caching: Caching) -> HttpResponse {
        let packed = if accepts_gzip(request) { self.packed() } else { None };
        let etag = self.etag.as_ref().map(|tag| if packed.is_some() { format!("\"{tag}-gzip\"") } else { format!("\"{tag}\"") });
        let known = self.status == StatusCode::OK && etag.as_deref().is_some_and(|tag| holds(request, header::IF_NONE_MATCH, tag));
        let mut answer = HttpResponse::build(if known { StatusCode::NOT_MODIFIED } else { self.status });
        if let Some(tag) = etag {
            answer.insert_header((header::ETAG, tag));
        }
        for (name, value) in [(header::LOCATION, &self.location), (header::LINK, &self.link)] {
            if let Some(value) = value {
                answer.insert_header((name, value.as_str()));
            }
        }
        answer.insert_header((header::CONTENT_LANGUAGE, language.tag()));
        answer.insert_header((
            header::CACHE_CONTROL,
            match caching {
                Caching::Never => "private, no-store".to_owned(),
                Caching::Public { seconds, stale } => format!("public, max-age={seconds}, stale-while-revalidate={stale}"),
            },
        ));
        if known || self.status == StatusCode::NO_CONTENT {
            return answer.finish();
        }
        answer.insert_header((header::CONTENT_TYPE, "application/json"));
        match packed {
            Some(packed) => answer.insert_header((header::CONTENT_ENCODING, "gzip")).body(packed.clone()),
            None => answer.body(self.plain.clone()),
        }
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

/// Whether a list of entity tags holds this one; `If-None-Match` compares weakly (RFC 9110 § 13.1.2).
fn holds(request: &HeaderMap, name: header::HeaderName, tag: &str) -> bool {
    request
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|candidate| candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag)
}
