//! The vocabulary by which initiatives are found.

use std::collections::HashSet;

use diesel::prelude::*;
use initiatives::{Scheme, TermStatus};

use crate::{AnyConnection, Error, schema::terms};

/// One term, labelled in both languages.
#[derive(Clone, Debug)]
pub struct Term {
    pub slug: String,
    pub label_da: String,
    pub label_en: String,
    pub status: TermStatus,
}

/// Every term of a scheme, in the order of their Danish labels.
///
/// # Errors
/// Database failures.
pub fn terms_of(connection: &mut AnyConnection, scheme: Scheme) -> Result<Vec<Term>, Error> {
    let rows: Vec<(String, String, String, String)> = terms::table
        .filter(terms::scheme.eq(scheme.as_str()))
        .select((terms::slug, terms::label_da, terms::label_en, terms::status))
        .load(connection)?;
    let mut found = rows
        .into_iter()
        .map(|(slug, label_da, label_en, status)| {
            Ok(Term { slug, label_da, label_en, status: crate::page::word(&status, TermStatus::parse)? })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    found.sort_by_cached_key(|term| crate::search::sort_key(&term.label_da));
    Ok(found)
}

/// The active terms of every scheme, for checking what somebody wrote.
pub(crate) fn active(connection: &mut AnyConnection) -> Result<HashSet<(Scheme, String)>, Error> {
    let rows: Vec<(String, String)> =
        terms::table.filter(terms::status.eq(TermStatus::Active.as_str())).select((terms::scheme, terms::slug)).load(connection)?;
    rows.into_iter().map(|(scheme, slug)| Ok((crate::page::word(&scheme, Scheme::parse)?, slug))).collect()
}
