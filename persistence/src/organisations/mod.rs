//! Organisations: load, let the domain decide, store.

pub mod declarations;
pub mod eligibility;
pub mod history;
pub mod invitations;
pub mod memberships;
pub mod merging;
pub mod overview;
mod row;
mod similar;
pub mod standing;

use access::Acting;
use chrono::{DateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use kernel::{Datum, Event, MembershipId, OrganisationId, Subject, Visibility};
use memberships::insert_membership;
use organisations::{Ending, Membership, Organisation, OrganisationKind, OrganisationRule, Profile, Registration, Verification};
use row::Row;

pub use row::Stored;
pub use similar::{Similar, similar};

use crate::{
    AnyConnection, DoorRule, Error, Precondition, Tag, Tx, catalogue,
    db::{naive, reaches},
    page::{Page, PageRequest, cursor_instant, cursor_part},
    schema::organisations as table,
    search::sort_key,
};

/// What a reader may see of an organisation.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The whole file: for its members and for staff.
    File(Stored),
    /// The public profile of a verified organisation.
    Public(Stored),
}

/// What lists of organisations can be narrowed to; all of it together.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A part of the name, literally.
    pub q: Option<String>,
    pub kinds: Vec<OrganisationKind>,
    pub postal_codes: Vec<String>,
    pub updated_since: Option<DateTime<Utc>>,
    /// Those that look for others to do something with, or those that do not.
    pub seeks_cooperation: Option<bool>,
}

/// In which order organisations are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Name,
    NewestFirst,
}

/// The verified organisations: what the public may list.
///
/// # Errors
/// An invalid cursor; database failures.
pub fn list(connection: &mut AnyConnection, filter: &Filter, order: Order, page: &PageRequest) -> Result<Page<Stored>, Error> {
    let query = || listed(filter);
    let mut rows = query();
    if let Some(after) = &page.after {
        let id: String = cursor_part(after, 1)?;
        rows = match order {
            Order::Name => {
                let key: String = cursor_part(after, 0)?;
                rows.filter(table::sort_key.ge(key.clone()).and(table::sort_key.gt(key).or(table::id.gt(id))))
            }
            Order::NewestFirst => {
                let at = cursor_instant(after, 0)?;
                rows.filter(table::updated_at.le(at).and(table::updated_at.lt(at).or(table::id.lt(id))))
            }
        };
    }
    rows = match order {
        Order::Name => rows.order((table::sort_key.asc(), table::id.asc())),
        Order::NewestFirst => rows.order((table::updated_at.desc(), table::id.desc())),
    };
    let items: Vec<Row> = rows.limit(page.fetch()).load(connection)?;
    let total = if page.count { Some(query().select(count_star()).first(connection)?) } else { None };
    let keys = |row: &Row| match order {
        Order::Name => vec![row.sort_key.clone(), row.id.clone()],
        Order::NewestFirst => vec![row.updated_at.and_utc().timestamp_micros().to_string(), row.id.clone()],
    };
    Page::cut(items, page, total, keys).try_map(Row::stored)
}

/// So many verified organisations behind the first so many, by name, and how many there are in all.
///
/// # Errors
/// Database failures.
pub fn slice(connection: &mut AnyConnection, filter: &Filter, (skip, limit): (i64, i64)) -> Result<(Vec<Stored>, i64), Error> {
    let rows: Vec<Row> = listed(filter).order((table::sort_key.asc(), table::id.asc())).offset(skip).limit(limit).load(connection)?;
    let total = listed(filter).select(count_star()).first(connection)?;
    Ok((rows.into_iter().map(Row::stored).collect::<Result<_, _>>()?, total))
}

/// The verified organisations that a filter leaves.
fn listed(filter: &Filter) -> table::BoxedQuery<'static, <AnyConnection as diesel::Connection>::Backend> {
    let there = table::verification.eq(Verification::Verified.as_str()).and(table::ending.is_null());
    let mut query = table::table.filter(there).into_boxed();
    if let Some(q) = &filter.q {
        query = query.filter(table::sort_key.like(format!("%{}%", literal(&sort_key(q)))).escape('\\'));
    }
    if !filter.kinds.is_empty() {
        query = query.filter(table::kind.eq_any(filter.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>()));
    }
    if !filter.postal_codes.is_empty() {
        query = query.filter(table::address_postal_code.assume_not_null().eq_any(filter.postal_codes.clone()));
    }
    if let Some(since) = filter.updated_since {
        query = query.filter(table::updated_at.ge(naive(since)));
    }
    if let Some(seeks) = filter.seeks_cooperation {
        query = query.filter(table::seeks_cooperation.eq(seeks));
    }
    query
}

/// What somebody typed, with everything that LIKE would take for a wildcard made literal.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn find(connection: &mut AnyConnection, id: OrganisationId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = table::table.find(id.to_string()).first(connection).optional()?;
    row.map(Row::stored).transpose()
}

/// An organisation, whoever asks: for what the service itself has to do with it.
pub(crate) fn load(connection: &mut AnyConnection, id: OrganisationId) -> Result<Organisation, Error> {
    Ok(find(connection, id)?.ok_or(DoorRule::NotFound)?.organisation)
}

/// An organisation as this reader may see it.
///
/// # Errors
/// [`DoorRule::NotFound`], also when it is there but not for this reader; database failures.
pub fn get(connection: &mut AnyConnection, acting: &Acting, id: OrganisationId) -> Result<Seen, Error> {
    let stored = here(connection, acting, id)?;
    if reaches(connection, acting, id)? {
        Ok(Seen::File(stored))
    } else if stored.organisation.is_verified() {
        Ok(Seen::Public(stored))
    } else {
        Err(DoorRule::NotFound.into())
    }
}

/// An organisation that the acting person's action reaches; every other one looks like a missing one.
///
/// # Errors
/// [`DoorRule::NotFound`]; database failures.
pub(crate) fn within_reach(connection: &mut AnyConnection, acting: &Acting, id: OrganisationId) -> Result<Stored, Error> {
    let stored = find(connection, id)?.ok_or(DoorRule::NotFound)?;
    if reaches(connection, acting, id)? { Ok(stored) } else { Err(DoorRule::NotFound.into()) }
}

/// The same for reading: what was merged is where it was merged into.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Moved`]; database failures.
pub(crate) fn readable(connection: &mut AnyConnection, acting: &Acting, id: OrganisationId) -> Result<Stored, Error> {
    let stored = here(connection, acting, id)?;
    if reaches(connection, acting, id)? { Ok(stored) } else { Err(DoorRule::NotFound.into()) }
}

/// An organisation, if it has not gone elsewhere. Where it has gone is told to whoever may see it there.
fn here(connection: &mut AnyConnection, acting: &Acting, id: OrganisationId) -> Result<Stored, Error> {
    let stored = find(connection, id)?.ok_or(DoorRule::NotFound)?;
    let end = stored.organisation.end.as_ref().filter(|end| end.ending == Ending::Merged);
    let Some(to) = end.and_then(|end| end.successor) else { return Ok(stored) };
    let public = find(connection, to)?.is_some_and(|successor| successor.organisation.is_verified());
    Err(if public || reaches(connection, acting, to)? { Error::moved(id.0, to.0) } else { DoorRule::NotFound.into() })
}

/// Registers an organisation; whoever does becomes its signatory, except for staff who register an institution.
///
/// # Errors
/// [`OrganisationRule`]; database failures.
pub fn register(
    tx: &mut Tx<'_>,
    acting: &Acting,
    kind: OrganisationKind,
    registration: Registration,
    profile: Profile,
) -> Result<Stored, Error> {
    let taken = |tx: &mut Tx<'_>| -> Result<bool, Error> {
        let mut same = table::table.into_boxed();
        same = match (&registration.unit_id, &registration.cvr) {
            (Some(unit), _) => same.filter(table::unit_id.eq(unit.to_string())),
            (None, Some(cvr)) => {
                let same = same.filter(table::cvr.eq(cvr.clone()).and(table::kind.ne(OrganisationKind::MunicipalInstitution.as_str())));
                match &registration.p_number {
                    Some(p_number) => same.filter(table::p_number.eq(p_number.clone())),
                    None => same.filter(table::p_number.is_null()),
                }
            }
            (None, None) => return Ok(false),
        };
        Ok(same.select(count_star()).first::<i64>(tx.connection)? > 0)
    };
    if taken(tx)? {
        return Err(OrganisationRule::Exists.into());
    }
    let token_cvr = acting.identity().and_then(|identity| identity.cvr.as_deref());
    let organisation = Organisation::register(OrganisationId(tx.new_id()), kind, registration, profile, token_cvr)?;
    let stored = Stored { organisation, created_at: tx.now(), updated_at: tx.now() };
    diesel::insert_into(table::table).values(Row::new(&stored)).execute(tx.connection)?;
    let id = stored.organisation.id;
    tx.record(event("organisation.registered", id, Visibility::Organisation).with("kind", Datum::Code(kind.as_str())));
    if kind != OrganisationKind::MunicipalInstitution {
        let membership = Membership::of_registrant(MembershipId(tx.new_id()), id, tx.person()?);
        insert_membership(tx, &membership, None)?;
    }
    if stored.organisation.is_verified() {
        announce(tx, id);
    }
    Ok(stored)
}

/// Replaces the profile.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`]; database failures.
pub fn edit(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: OrganisationId,
    precondition: Precondition,
    change: impl FnOnce(&Organisation) -> Result<Profile, Error>,
) -> Result<Stored, Error> {
    let stored = within_reach(tx.connection, acting, id)?;
    precondition.require(stored.organisation.version)?;
    let profile = change(&stored.organisation)?;
    let fields = stored.organisation.profile.changes(&profile);
    let visibility = if stored.organisation.is_verified() { Visibility::Public } else { Visibility::Organisation };
    let renamed = fields.contains(&"name");
    let changed = store(tx, &stored, stored.organisation.clone().edit(profile)?)?;
    if renamed {
        history::keep(tx, id, &stored.organisation)?;
        catalogue::rename_organisation(tx, id, &changed.organisation.profile.name)?;
    }
    tx.record(event("organisation.edited", id, visibility).with("fields", Datum::Fields(fields)));
    tx.touch([Tag::ORGANISATIONS]);
    Ok(changed)
}

/// Staff has checked that the organisation is what it says.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`OrganisationRule::AlreadyVerified`]; database failures.
pub fn verify(tx: &mut Tx<'_>, acting: &Acting, id: OrganisationId, precondition: Precondition) -> Result<Stored, Error> {
    let stored = within_reach(tx.connection, acting, id)?;
    precondition.accept(stored.organisation.version)?;
    let verified = stored.organisation.clone().verify()?;
    let changed = store(tx, &stored, verified)?;
    announce(tx, id);
    Ok(changed)
}

fn announce(tx: &mut Tx<'_>, id: OrganisationId) {
    tx.record(event("organisation.verified", id, Visibility::Public));
    tx.touch([Tag::ORGANISATIONS]);
}

fn store(tx: &mut Tx<'_>, before: &Stored, organisation: Organisation) -> Result<Stored, Error> {
    let stored = Stored { organisation, created_at: before.created_at, updated_at: tx.now() };
    let same = table::table.find(before.organisation.id.to_string()).filter(table::version.eq(before.organisation.version));
    let rows = diesel::update(same).set(Row::new(&stored)).execute(tx.connection)?;
    if rows == 1 { Ok(stored) } else { Err(DoorRule::Stale.into()) }
}

fn event(name: &'static str, id: OrganisationId, visibility: Visibility) -> Event {
    Event::new(name, Subject { kind: "organisation", id: id.0 }, visibility).of(id)
}
