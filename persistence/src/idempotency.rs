//! A retry is answered with the first answer, and never carried out twice.
//!
//! The record stands in the transaction of the effect. Only what succeeded is kept: a refusal is decided
//! afresh, since what stood in its way may be gone.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::{AnyConnection, DoorRule, Error, Tx, db::naive, schema::idempotency};

/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// What identifies a retry: who asks, for which operation, under which key, with which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    scope: String,
    request_hash: String,
}

impl Key {
    /// `who` is the issuer and subject, or nothing for an anonymous caller; `request` is everything that
    /// makes two requests the same: address, media type, precondition and body.
    #[must_use]
    pub fn new(who: Option<(&str, &str)>, operation: &str, key: &str, request: &[&[u8]]) -> Self {
        let (issuer, subject) = who.unwrap_or_default();
        let scope = [issuer, subject, operation, key].map(str::as_bytes);
        Self { scope: digest(&scope), request_hash: digest(request) }
    }
}

/// Each part with its length in front, so that no two lists of parts read alike.
fn digest(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A finished answer, as it is given the first time and every time after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    /// Without quotes and without a suffix for the content coding.
    pub etag: Option<String>,
    /// JSON, or nothing.
    pub body: String,
}

type Row = (String, i32, Option<String>, Option<String>, String);

/// The answer of before, if this request has been carried out.
///
/// # Errors
/// [`DoorRule::KeyReused`]; database failures.
pub fn recall(connection: &mut AnyConnection, key: &Key, now: DateTime<Utc>) -> Result<Option<Answer>, Error> {
    let row: Option<Row> = idempotency::table
        .find(&key.scope)
        .filter(idempotency::expires_at.gt(naive(now)))
        .select((idempotency::request_hash, idempotency::status, idempotency::location, idempotency::etag, idempotency::body))
        .first(connection)
        .optional()?;
    match row {
        None => Ok(None),
        Some((hash, ..)) if hash != key.request_hash => Err(DoorRule::KeyReused.into()),
        Some((_, status, location, etag, body)) => {
            let status = u16::try_from(status).map_err(Error::internal)?;
            Ok(Some(Answer { status, location, etag, body }))
        }
    }
}

pub(crate) fn remember(tx: &mut Tx<'_>, key: &Key, answer: &Answer) -> Result<(), Error> {
    diesel::delete(idempotency::table.find(&key.scope)).execute(tx.connection)?;
    let values = (
        idempotency::scope.eq(&key.scope),
        idempotency::request_hash.eq(&key.request_hash),
        idempotency::status.eq(i32::from(answer.status)),
        idempotency::location.eq(&answer.location),
        idempotency::etag.eq(&answer.etag),
        idempotency::body.eq(&answer.body),
        idempotency::expires_at.eq(naive(tx.now() + KEPT)),
    );
    diesel::insert_into(idempotency::table).values(values).execute(tx.connection)?;
    Ok(())
}

/// Forgets answers that are older than they are kept for.
pub(crate) fn forget(tx: &mut Tx<'_>) -> Result<usize, Error> {
    Ok(diesel::delete(idempotency::table.filter(idempotency::expires_at.le(naive(tx.now())))).execute(tx.connection)?)
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn a_key_belongs_to_its_caller_its_operation_and_its_request() {
        let key = |who, operation, key, body: &[u8]| Key::new(who, operation, key, &[b"/v1/x", body]);
        let first = key(Some(("iss", "anna")), "register", "k", b"{}");
        assert_eq!(first, key(Some(("iss", "anna")), "register", "k", b"{}"));
        assert_eq!(first.scope, key(Some(("iss", "anna")), "register", "k", b"{1}").scope);
        for other in [
            key(Some(("iss", "bo")), "register", "k", b"{}"),
            key(Some(("issa", "nna")), "register", "k", b"{}"),
            key(None, "register", "k", b"{}"),
            key(Some(("iss", "anna")), "verify", "k", b"{}"),
        ] {
            assert_ne!(first.scope, other.scope);
        }
        assert_ne!(Key::new(None, "o", "k", &[b"a", b"bc"]), Key::new(None, "o", "k", &[b"ab", b"c"]));
    }
}
