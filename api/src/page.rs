//! Pages over HTTP: cursors that belong to their question, and the link to the next.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Fault, Finding};
use persistence::page::{Page, PageRequest};
use sha2::{Digest, Sha256};

use crate::{call::Call, problem::Problem};

/// Items on a page, when nobody says.
pub const DEFAULT_LIMIT: u8 = 25;
const MAX_LIMIT: u8 = 100;

/// A page's place in one list: its address, filters and order.
#[derive(Clone, Debug)]
pub struct Place {
    path: String,
    query: String,
    digest: String,
}

impl Place {
    /// The page that the caller asks for.
    ///
    /// # Errors
    /// A limit out of range, or a cursor of another list.
    pub fn new(call: &Call, limit: Option<u8>, cursor: Option<&str>, count: Option<bool>) -> Result<(PageRequest, Self), Problem> {
        let query = call.canonical_query()?;
        let paging = |name: &str| matches!(name, "cursor" | "limit" | "count");
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !paging(name)).collect();
        let question = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let path = call.request().path().to_owned();
        let digest = Sha256::digest(format!("{path}?{question}")).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        let mut findings = Vec::new();
        if !(1..=MAX_LIMIT).contains(&limit) {
            findings.push(Finding::new("?limit", Fault::OutOfRange { min: "1".into(), max: MAX_LIMIT.to_string() }));
        }
        let place = Self { path, query, digest };
        let after = cursor.map(|cursor| place.decode(cursor));
        if matches!(after, Some(None)) {
            findings.push(Finding::new("?cursor", Fault::InvalidCursor));
        }
        if findings.is_empty() {
            Ok((PageRequest { limit, after: after.flatten(), count: count.unwrap_or(false) }, place))
        } else {
            Err(Problem::invalid(findings))
        }
    }

    fn decode(&self, cursor: &str) -> Option<Vec<String>> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut parts: Vec<String> = serde_json::from_slice(&bytes).ok()?;
        (parts.pop()? == self.digest).then_some(parts)
    }

    /// The cursor of the next page, and the link to it.
    #[must_use]
    pub fn next<T>(&self, page: &Page<T>) -> (Option<String>, Option<String>) {
        let Some(keys) = &page.next else { return (None, None) };
        let parts: Vec<&str> = keys.iter().map(String::as_str).chain([self.digest.as_str()]).collect();
        let cursor = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&parts).unwrap_or_default());
        let kept = url::form_urlencoded::parse(self.query.as_bytes()).filter(|(name, _)| name != "cursor");
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("cursor", &cursor).finish();
        let link = format!("<{}?{query}>; rel=\"next\"", self.path);
        (Some(cursor), Some(link))
    }
}
