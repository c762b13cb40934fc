//! What organisations have declared, year for year.

use access::Acting;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use kernel::{Datum, OrganisationId, Visibility, zone};
use organisations::{Declaration, DeclarationKind};

use super::{Stored, event, readable, within_reach};
use crate::{
    AnyConnection, Error, Precondition, Tx,
    db::naive,
    page::{id_column, word},
    schema::declarations as table,
};

type Row = (String, String, i32, NaiveDateTime, String);

fn declaration((_, kind, year, declared_at, declared_by): Row) -> Result<Declaration, Error> {
    Ok(Declaration {
        kind: word(&kind, DeclarationKind::parse)?,
        year,
        declared_at: declared_at.and_utc(),
        declared_by: id_column(&declared_by)?,
    })
}

/// Everything that an organisation has declared, the latest year first.
pub(crate) fn of(connection: &mut AnyConnection, id: OrganisationId) -> Result<Vec<Declaration>, Error> {
    let of_it = table::table.filter(table::organisation_id.eq(id.to_string()));
    of_it.order((table::year.desc(), table::kind.asc())).load::<Row>(connection)?.into_iter().map(declaration).collect()
}

/// The same for its members and for staff.
///
/// # Errors
/// [`DoorRule::NotFound`](crate::DoorRule::NotFound), [`DoorRule::Moved`](crate::DoorRule::Moved); database failures.
pub fn list(connection: &mut AnyConnection, acting: &Acting, id: OrganisationId) -> Result<Vec<Declaration>, Error> {
    readable(connection, acting, id)?;
    of(connection, id)
}

/// Declares something for a year. The version is the organisation's: a declaration itself never changes.
///
/// # Errors
/// [`DoorRule::NotFound`](crate::DoorRule::NotFound), [`DoorRule::PreconditionRequired`](crate::DoorRule::PreconditionRequired),
/// [`DoorRule::Stale`](crate::DoorRule::Stale), [`DeclarationRule`](organisations::DeclarationRule),
/// [`OrganisationRule`](organisations::OrganisationRule); database failures.
pub fn declare(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: OrganisationId,
    precondition: Precondition,
    (kind, year): (DeclarationKind, i32),
) -> Result<(Stored, Declaration), Error> {
    let stored = within_reach(tx.connection, acting, id)?;
    precondition.require(stored.organisation.version)?;
    stored.organisation.live()?;
    let found: Option<Row> = table::table.find((id.to_string(), kind.as_str(), year)).first(tx.connection).optional()?;
    let before = found.map(declaration).transpose()?;
    let (now, person) = (tx.now(), tx.person()?);
    let made = Declaration::make(before, (kind, year), person, (now, zone::date(now)))?;
    if before.is_none() {
        insert(tx, id, &made)?;
    }
    tx.record(event("organisation.declared", id, Visibility::Organisation).with("kind", Datum::Code(kind.as_str())));
    Ok((stored, made))
}

pub(super) fn insert(tx: &mut Tx<'_>, id: OrganisationId, made: &Declaration) -> Result<(), Error> {
    let values = (
        table::organisation_id.eq(id.to_string()),
        table::kind.eq(made.kind.as_str()),
        table::year.eq(made.year),
        table::declared_at.eq(naive(made.declared_at)),
        table::declared_by.eq(made.declared_by.to_string()),
    );
    diesel::insert_into(table::table).values(values).execute(tx.connection)?;
    Ok(())
}

/// Hands everything that one organisation has declared to another. Of what both have declared, the earlier word stands.
pub(super) fn hand_over(tx: &mut Tx<'_>, from: OrganisationId, to: OrganisationId) -> Result<(), Error> {
    let theirs = of(tx.connection, to)?;
    for declaration in of(tx.connection, from)? {
        let same = theirs.iter().find(|other| other.kind == declaration.kind && other.year == declaration.year);
        if same.is_some_and(|other| other.declared_at <= declaration.declared_at) {
            continue;
        }
        diesel::delete(table::table.find((to.to_string(), declaration.kind.as_str(), declaration.year))).execute(tx.connection)?;
        insert(tx, to, &declaration)?;
    }
    diesel::delete(table::table.filter(table::organisation_id.eq(from.to_string()))).execute(tx.connection)?;
    Ok(())
}
