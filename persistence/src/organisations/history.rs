//! What an organisation was called and numbered before.

use access::Acting;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use kernel::{Datum, OrganisationId, Visibility};
use organisations::Organisation;

use super::{Stored, event, readable, store, within_reach};
use crate::{AnyConnection, Error, Precondition, Tag, Tx, db::naive, schema::former_registrations as table};

/// A name and numbers that no longer hold.
#[derive(Clone, Debug)]
pub struct Former {
    pub name: String,
    pub cvr: Option<String>,
    pub p_number: Option<String>,
    /// When others took their place.
    pub until: DateTime<Utc>,
}

/// Keeps what an organisation was called and numbered until now.
pub(super) fn keep(tx: &mut Tx<'_>, of: OrganisationId, before: &Organisation) -> Result<(), Error> {
    let values = (
        table::id.eq(tx.new_id().to_string()),
        table::organisation_id.eq(of.to_string()),
        table::name.eq(&before.profile.name),
        table::cvr.eq(&before.registration.cvr),
        table::p_number.eq(&before.registration.p_number),
        table::until.eq(naive(tx.now())),
    );
    diesel::insert_into(table::table).values(values).execute(tx.connection)?;
    Ok(())
}

/// The names and numbers of before, the latest first.
///
/// # Errors
/// [`DoorRule::NotFound`](crate::DoorRule::NotFound), [`DoorRule::Moved`](crate::DoorRule::Moved); database failures.
pub fn list(connection: &mut AnyConnection, acting: &Acting, id: OrganisationId) -> Result<Vec<Former>, Error> {
    readable(connection, acting, id)?;
    let rows: Vec<(String, Option<String>, Option<String>, NaiveDateTime)> = table::table
        .filter(table::organisation_id.eq(id.to_string()))
        .order(table::id.desc())
        .limit(100)
        .select((table::name, table::cvr, table::p_number, table::until))
        .load(connection)?;
    Ok(rows.into_iter().map(|(name, cvr, p_number, until)| Former { name, cvr, p_number, until: until.and_utc() }).collect())
}

/// Puts other numbers in the place of those it was registered under. A number that is taken is refused by the database.
///
/// # Errors
/// [`DoorRule::NotFound`](crate::DoorRule::NotFound), [`DoorRule::PreconditionRequired`](crate::DoorRule::PreconditionRequired),
/// [`DoorRule::Stale`](crate::DoorRule::Stale), [`OrganisationRule`](organisations::OrganisationRule); database failures.
pub fn renumber(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: OrganisationId,
    precondition: Precondition,
    (cvr, p_number): (Option<String>, Option<String>),
) -> Result<Stored, Error> {
    let before = within_reach(tx.connection, acting, id)?;
    precondition.require(before.organisation.version)?;
    let fields =
        [("cvr", before.organisation.registration.cvr != cvr), ("p_number", before.organisation.registration.p_number != p_number)];
    let fields: Vec<_> = fields.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect();
    let changed = store(tx, &before, before.organisation.clone().renumber(cvr, p_number)?)?;
    if !fields.is_empty() {
        keep(tx, id, &before.organisation)?;
    }
    let visibility = if changed.organisation.is_verified() { Visibility::Public } else { Visibility::Organisation };
    tx.record(event("organisation.renumbered", id, visibility).with("fields", Datum::Fields(fields)));
    tx.touch([Tag::ORGANISATIONS]);
    Ok(changed)
}
