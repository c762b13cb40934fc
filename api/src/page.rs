//! Pages over HTTP: cursors that belong to their question, and the link to the next.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Fault, Finding};
use persistence::page::{Page, PageRequest};
use sha2::{Digest, Sha256};

use crate::{call::Call, problem::Problem};

/// Declares the view of a page of something: a type of its own each, since the contract would write a generic one out in full.
macro_rules! page_view {
    ($(#[$doc:meta])* $name:ident of $item:ty) => {
        $(#[$doc])*
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        pub struct $name {
            /// What is on this page.
            items: Vec<$item>,
            /// Send it as `cursor` for the next page; absent on the last.
            #[serde(skip_serializing_if = "Option::is_none")]
            next_cursor: Option<String>,
            /// How many there are on all pages; with `count=true` only.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(minimum = 0)]
            total: Option<i64>,
        }

        impl $name {
            /// A page as an answer, each thing on it as its readers see it.
            pub(crate) fn answer<T>(
                place: &$crate::page::Place,
                found: persistence::page::Page<T>,
                view: impl FnMut(T) -> $item,
            ) -> Result<$crate::call::Listed, persistence::Error> {
                let (next_cursor, link) = place.next(&found);
                let items = found.items.into_iter().map(view).collect();
                let answer = $crate::reply::list(&Self { items, next_cursor, total: found.total })?;
                Ok($crate::call::Listed { link, ..answer.into() })
            }
        }
    };
}
pub(crate) use page_view;

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
