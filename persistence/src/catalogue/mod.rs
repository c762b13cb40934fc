//! The public catalogue: what everybody may read, in tables of its own.
//!
//! An entry is a projection of a published initiative, written in the transaction of every change to it.
//! Reading it therefore needs no rights, touches no draft, and cannot show what was never projected.
//! Whether an entry is still fresh is a matter of dates: it is asked when it is read and never stored.

mod facets;
mod plan;
mod project;
mod query;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    dsl::min,
    prelude::*,
    sql_types::{BigInt, Integer, Text, Timestamp},
};
use initiatives::{Content, Freshness, Status};
use kernel::{InitiativeId, OrganisationId};

pub use facets::{Count, facets};
pub(crate) use plan::metres_between;
pub use project::Facet;
pub(crate) use project::{Projection, exchange_term, insert, project, rename_organisation, set_version};
pub(crate) use query::{found_by, matching};
pub use query::{list, slice};

use crate::{
    AnyConnection, DoorRule, Error,
    db::naive,
    page::id_column,
    schema::{catalogue, initiatives as initiatives_table},
    tags::Dependence,
};

/// What was verified at this instant or before is hidden by now.
pub(crate) fn hidden_until(freshness: &Freshness, now: DateTime<Utc>) -> NaiveDateTime {
    naive(now - freshness.interval - freshness.grace)
}

/// What the public reads of an initiative.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub initiative: InitiativeId,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    /// The public view.
    pub content: Content,
    /// The initiative's version.
    pub version: i64,
    pub published_at: DateTime<Utc>,
    pub verified_at: DateTime<Utc>,
    pub stale_after: DateTime<Utc>,
    pub needs_verification: bool,
    /// When the public answer last changed.
    pub updated_at: DateTime<Utc>,
}

/// A circle on the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Degrees (WGS 84).
    pub latitude: f64,
    pub longitude: f64,
    /// Metres.
    pub radius: f64,
}

/// What a list can be narrowed to: any value of each part, and all parts together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Danish words, every one of which must be found, in any order and with any ending.
    pub q: Option<String>,
    pub target_groups: Vec<String>,
    pub activities: Vec<String>,
    pub themes: Vec<String>,
    pub welcomes: Vec<String>,
    pub guideposts: Vec<String>,
    /// A language without a region finds all its regions.
    pub languages: Vec<String>,
    pub weekdays: Vec<String>,
    pub postal_codes: Vec<String>,
    /// In any spelling.
    pub towns: Vec<String>,
    pub participation: Vec<String>,
    pub age: Option<u8>,
    pub organisation: Option<OrganisationId>,
    pub near: Option<Near>,
    pub updated_since: Option<DateTime<Utc>>,
}

/// In which order entries are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Entries with all the words in their title first, then the newest. Without words, the newest.
    Relevance,
    /// As Danes sort.
    Title,
    /// The latest changed first.
    NewestFirst,
    /// The latest changed last, for following the changes.
    OldestFirst,
    /// The nearest first. Without a circle, the newest.
    Distance,
}

#[derive(Clone, Debug, Queryable, QueryableByName)]
#[diesel(table_name = catalogue)]
struct Row {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    initiative_id: String,
    #[diesel(sql_type = Text)]
    organisation_id: String,
    #[diesel(sql_type = Text)]
    organisation_name: String,
    #[diesel(sql_type = Text)]
    sort_key: String,
    #[diesel(sql_type = Integer)]
    #[expect(dead_code, reason = "the filters alone read the ages, in SQL")]
    min_age: i32,
    #[diesel(sql_type = Integer)]
    #[expect(dead_code, reason = "the filters alone read the ages, in SQL")]
    max_age: i32,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Timestamp)]
    published_at: NaiveDateTime,
    #[diesel(sql_type = Timestamp)]
    verified_at: NaiveDateTime,
    #[diesel(sql_type = Timestamp)]
    updated_at: NaiveDateTime,
    #[diesel(sql_type = Text)]
    content: String,
}

impl Row {
    fn content(&self) -> Result<Content, Error> {
        serde_json::from_str(&self.content).map_err(Error::internal)
    }

    fn entry(self, freshness: &Freshness, now: DateTime<Utc>) -> Result<Entry, Error> {
        let stale_after = freshness.stale_after(self.verified_at.and_utc());
        Ok(Entry {
            initiative: id_column(&self.initiative_id)?,
            organisation: id_column(&self.organisation_id)?,
            content: self.content()?,
            organisation_name: self.organisation_name,
            version: self.version,
            published_at: self.published_at.and_utc(),
            verified_at: self.verified_at.and_utc(),
            stale_after,
            needs_verification: stale_after <= now,
            updated_at: self.updated_at.and_utc(),
        })
    }
}

/// What an answer about one initiative depends on.
#[must_use]
pub fn dependence(id: InitiativeId) -> Dependence {
    project::of_initiative(&id.to_string()).into()
}

/// One entry.
///
/// # Errors
/// [`DoorRule::Gone`] for what was public and is archived, [`DoorRule::NotFound`] for everything else that is
/// not public now; database failures.
pub fn get(connection: &mut AnyConnection, id: InitiativeId, freshness: &Freshness, now: DateTime<Utc>) -> Result<Entry, Error> {
    let row: Option<Row> = catalogue::table
        .filter(catalogue::initiative_id.eq(id.to_string()).and(catalogue::verified_at.gt(hidden_until(freshness, now))))
        .first(connection)
        .optional()?;
    if let Some(row) = row {
        return row.entry(freshness, now);
    }
    let gone: Option<String> = initiatives_table::table
        .find(id.to_string())
        .filter(initiatives_table::status.eq(Status::Archived.as_str()).and(initiatives_table::published_at.is_not_null()))
        .select(initiatives_table::id)
        .first(connection)
        .optional()?;
    Err(if gone.is_some() { DoorRule::Gone } else { DoorRule::NotFound }.into())
}

/// The next instant at which a date, and nobody's doing, changes what the public reads.
///
/// # Errors
/// Database failures.
pub fn next_change(connection: &mut AnyConnection, freshness: &Freshness, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Error> {
    let mut next = None;
    for age in [freshness.interval, freshness.interval + freshness.grace] {
        let verified: Option<NaiveDateTime> =
            catalogue::table.filter(catalogue::verified_at.gt(naive(now - age))).select(min(catalogue::verified_at)).first(connection)?;
        let change = verified.map(|verified| verified.and_utc() + age);
        next = next.into_iter().chain(change).min();
    }
    Ok(next)
}

#[cfg(test)]
mod tests;
