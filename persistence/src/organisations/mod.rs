//! Organisations and memberships: load, let the domain decide, store.

pub mod declarations;
pub mod eligibility;
pub mod history;
pub mod invitations;
pub mod merging;
pub mod overview;
mod similar;
pub mod standing;

use access::Acting;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use kernel::{Datum, Event, MembershipId, OrganisationId, PersonId, Subject, Visibility};
use organisations::{
    Address, Contact, End, Ending, Membership, MembershipRole, MembershipStatus, Organisation, OrganisationKind, OrganisationRule, Profile,
    Registration, Verification,
};

pub use similar::{Similar, similar};

use crate::{
    AnyConnection, DoorRule, Error, Tag, Tx, catalogue,
    db::{naive, reaches},
    page::{Page, PageRequest, cursor_instant, cursor_part, id_column, optional_id, word},
    persons,
    schema::{memberships, organisations as table},
    search::sort_key,
};

#[derive(Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true)]
struct Row {
    id: String,
    kind: String,
    cvr: Option<String>,
    p_number: Option<String>,
    unit_id: Option<String>,
    name: String,
    sort_key: String,
    purpose: Option<String>,
    contact_name: Option<String>,
    contact_email: Option<String>,
    contact_phone: Option<String>,
    contact_web: Option<String>,
    address_street: Option<String>,
    address_postal_code: Option<String>,
    address_town: Option<String>,
    address_municipality_code: Option<String>,
    address_dar_id: Option<String>,
    verification: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    seeks_cooperation: bool,
    cooperation: Option<String>,
    ending: Option<String>,
    ended_on: Option<NaiveDate>,
    successor_id: Option<String>,
}

/// An organisation with the instants that its history needs.
#[derive(Clone, Debug)]
pub struct Stored {
    pub organisation: Organisation,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Row {
    fn new(stored: &Stored) -> Self {
        let Stored { organisation: Organisation { id, kind, registration, profile, verification, end, version }, created_at, updated_at } =
            stored;
        let Profile { name, purpose, contact, address, seeks_cooperation, cooperation } = profile.clone();
        let address = address
            .map(|Address { street, postal_code, town, municipality_code, dar_id }| (street, postal_code, town, municipality_code, dar_id));
        let (street, postal_code, town, municipality_code, dar_id) = match address {
            Some((street, postal_code, town, municipality_code, dar_id)) => {
                (street, Some(postal_code), Some(town), municipality_code, dar_id)
            }
            None => (None, None, None, None, None),
        };
        Self {
            id: id.to_string(),
            kind: kind.as_str().into(),
            cvr: registration.cvr.clone(),
            p_number: registration.p_number.clone(),
            unit_id: registration.unit_id.map(|id| id.to_string()),
            sort_key: sort_key(&name),
            name,
            purpose,
            contact_name: contact.name,
            contact_email: contact.email,
            contact_phone: contact.phone,
            contact_web: contact.web,
            address_street: street,
            address_postal_code: postal_code,
            address_town: town,
            address_municipality_code: municipality_code,
            address_dar_id: dar_id.map(|id| id.to_string()),
            verification: verification.as_str().into(),
            version: *version,
            created_at: naive(*created_at),
            updated_at: naive(*updated_at),
            seeks_cooperation,
            cooperation,
            ending: end.as_ref().map(|end| end.ending.as_str().into()),
            ended_on: end.as_ref().map(|end| end.on),
            successor_id: end.as_ref().and_then(|end| end.successor).map(|id| id.to_string()),
        }
    }

    fn stored(self) -> Result<Stored, Error> {
        let address = match (self.address_postal_code, self.address_town) {
            (Some(postal_code), Some(town)) => Some(Address {
                street: self.address_street,
                postal_code,
                town,
                municipality_code: self.address_municipality_code,
                dar_id: optional_id(self.address_dar_id.as_deref())?,
            }),
            _ => None,
        };
        let contact = Contact { name: self.contact_name, email: self.contact_email, phone: self.contact_phone, web: self.contact_web };
        let end = match (self.ending, self.ended_on) {
            (Some(ending), Some(on)) => {
                Some(End { ending: word(&ending, Ending::parse)?, on, successor: optional_id(self.successor_id.as_deref())? })
            }
            _ => None,
        };
        let (seeks_cooperation, cooperation) = (self.seeks_cooperation, self.cooperation);
        Ok(Stored {
            organisation: Organisation {
                id: id_column(&self.id)?,
                kind: word(&self.kind, OrganisationKind::parse)?,
                registration: Registration { cvr: self.cvr, p_number: self.p_number, unit_id: optional_id(self.unit_id.as_deref())? },
                profile: Profile { name: self.name, purpose: self.purpose, contact, address, seeks_cooperation, cooperation },
                verification: word(&self.verification, Verification::parse)?,
                end,
                version: self.version,
            },
            created_at: self.created_at.and_utc(),
            updated_at: self.updated_at.and_utc(),
        })
    }
}

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

fn row(connection: &mut AnyConnection, id: OrganisationId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = table::table.find(id.to_string()).first(connection).optional()?;
    row.map(Row::stored).transpose()
}

/// An organisation, whoever asks: for what the service itself has to do with it.
pub(crate) fn load(connection: &mut AnyConnection, id: OrganisationId) -> Result<Organisation, Error> {
    Ok(row(connection, id)?.ok_or(DoorRule::NotFound)?.organisation)
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
    let stored = row(connection, id)?.ok_or(DoorRule::NotFound)?;
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
    let stored = row(connection, id)?.ok_or(DoorRule::NotFound)?;
    let end = stored.organisation.end.as_ref().filter(|end| end.ending == Ending::Merged);
    let Some(to) = end.and_then(|end| end.successor) else { return Ok(stored) };
    let public = row(connection, to)?.is_some_and(|successor| successor.organisation.is_verified());
    Err(if public || reaches(connection, acting, to)? { Error::moved(id.0, to.0) } else { DoorRule::NotFound.into() })
}

/// Which version a change was made against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// None was named.
    Missing,
    /// `If-Match: *`.
    Any,
    Version(i64),
}

impl Precondition {
    /// For changes that would overwrite what somebody else wrote: a version must be named.
    pub(crate) fn require(self, version: i64) -> Result<(), Error> {
        match self {
            Self::Missing => Err(DoorRule::PreconditionRequired.into()),
            named => named.accept(version),
        }
    }

    /// For what is put where there may be nothing yet, and so no version that anybody could have seen.
    pub(crate) fn require_of(self, version: Option<i64>) -> Result<(), Error> {
        match (self, version) {
            (named, Some(version)) => named.require(version),
            (Self::Missing, None) => Err(DoorRule::PreconditionRequired.into()),
            (Self::Version(_), None) => Err(DoorRule::Stale.into()),
            (Self::Any, None) => Ok(()),
        }
    }

    /// For transitions, which may name one.
    pub(crate) fn accept(self, version: i64) -> Result<(), Error> {
        match self {
            Self::Version(seen) if seen != version => Err(DoorRule::Stale.into()),
            _ => Ok(()),
        }
    }
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

#[derive(Debug, Queryable, Insertable)]
#[diesel(table_name = memberships)]
struct MembershipRow {
    id: String,
    organisation_id: String,
    person_id: String,
    role: String,
    status: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    /// Where letters to the member go; nobody reads it here.
    email: Option<String>,
}

impl MembershipRow {
    fn membership(self) -> Result<Membership, Error> {
        Ok(Membership {
            id: id_column(&self.id)?,
            organisation: id_column(&self.organisation_id)?,
            person: id_column(&self.person_id)?,
            role: word(&self.role, MembershipRole::parse)?,
            status: word(&self.status, MembershipStatus::parse)?,
            version: self.version,
        })
    }
}

/// The memberships and requests of one organisation, oldest first.
///
/// # Errors
/// [`DoorRule::NotFound`]; database failures.
pub fn list_memberships(
    connection: &mut AnyConnection,
    acting: &Acting,
    id: OrganisationId,
    page: &PageRequest,
) -> Result<Page<Membership>, Error> {
    readable(connection, acting, id)?;
    let of_it = || memberships::table.filter(memberships::organisation_id.eq(id.to_string())).into_boxed();
    let mut rows = of_it();
    if let Some(after) = &page.after {
        rows = rows.filter(memberships::id.gt(cursor_part::<String>(after, 0)?));
    }
    let items: Vec<MembershipRow> = rows.order(memberships::id.asc()).limit(page.fetch()).load(connection)?;
    let total = if page.count { Some(of_it().select(count_star()).first(connection)?) } else { None };
    Page::cut(items, page, total, |row| vec![row.id.clone()]).try_map(MembershipRow::membership)
}

/// Asks to belong to an organisation.
///
/// # Errors
/// [`DoorRule::NotFound`], [`Exists`](organisations::MembershipRule::Exists); database failures.
pub fn request_membership(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: OrganisationId,
    role: MembershipRole,
    email: Option<&str>,
) -> Result<Membership, Error> {
    // Anybody may ask, wherever they could see the organisation; whoever carries its CVR number may see it unverified.
    let stored = row(tx.connection, id)?.ok_or(DoorRule::NotFound)?;
    let cvr = acting.identity().and_then(|identity| identity.cvr.as_deref());
    let affiliated = cvr.is_some() && stored.organisation.registration.cvr.as_deref() == cvr;
    let member = persons::membership_role(tx.connection, acting, id)?.is_some();
    if !(stored.organisation.is_verified() || affiliated || member || acting.reaches_all()) {
        return Err(DoorRule::NotFound.into());
    }
    stored.organisation.live()?;
    let person = tx.person()?;
    let live = live_membership(tx, id, person)?;
    let membership = Membership::request(MembershipId(tx.new_id()), id, person, role, live.as_ref())?;
    insert_membership(tx, &membership, email)?;
    Ok(membership)
}

/// What ties a person to an organisation now.
fn live_membership(tx: &mut Tx<'_>, id: OrganisationId, person: PersonId) -> Result<Option<Membership>, Error> {
    let live: Option<MembershipRow> = memberships::table
        .filter(memberships::organisation_id.eq(id.to_string()).and(memberships::person_id.eq(person.to_string())))
        .filter(memberships::status.ne(MembershipStatus::Ended.as_str()))
        .first(tx.connection)
        .optional()?;
    live.map(MembershipRow::membership).transpose()
}

fn insert_membership(tx: &mut Tx<'_>, membership: &Membership, email: Option<&str>) -> Result<(), Error> {
    let row = MembershipRow {
        id: membership.id.to_string(),
        organisation_id: membership.organisation.to_string(),
        person_id: membership.person.to_string(),
        role: membership.role.as_str().into(),
        status: membership.status.as_str().into(),
        version: membership.version,
        created_at: naive(tx.now()),
        updated_at: naive(tx.now()),
        email: email.map(str::to_owned),
    };
    diesel::insert_into(memberships::table).values(row).execute(tx.connection)?;
    tx.record(membership_event(
        if membership.status == MembershipStatus::Confirmed { "membership.confirmed" } else { "membership.requested" },
        membership,
    ));
    Ok(())
}

fn membership_event(name: &'static str, membership: &Membership) -> Event {
    Event::new(name, Subject { kind: "membership", id: membership.id.0 }, Visibility::Organisation)
        .of(membership.organisation)
        .with("role", Datum::Code(membership.role.as_str()))
}

/// A step of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembershipStep {
    /// By a signatory or by staff.
    Confirm,
    /// By the person, by a signatory or by staff; no reason is asked for.
    End,
}

/// Confirms or ends a membership.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`WrongStatus`](organisations::MembershipRule::WrongStatus); database failures.
pub fn step_membership(
    tx: &mut Tx<'_>,
    acting: &Acting,
    organisation: OrganisationId,
    id: MembershipId,
    step: MembershipStep,
    precondition: Precondition,
) -> Result<Membership, Error> {
    let membership = membership_of(tx, organisation, id)?;
    let own = step == MembershipStep::End && membership.person == tx.person()?;
    if !own && !reaches(tx.connection, acting, organisation)? {
        return Err(DoorRule::NotFound.into());
    }
    let (seen, was) = (membership.version, membership.status);
    match step {
        MembershipStep::Confirm => precondition.accept(seen)?,
        MembershipStep::End => precondition.require(seen)?,
    }
    let stored = row(tx.connection, organisation)?.ok_or(DoorRule::NotFound)?;
    // In a dispute neither side makes members or unmakes them; anybody may still leave.
    if !own && !acting.reaches_all() && standing::of(tx.connection, &stored.organisation)?.frozen {
        return Err(OrganisationRule::SigningFrozen.into());
    }
    let stepped = match step {
        MembershipStep::Confirm => membership.confirm(),
        MembershipStep::End => membership.end(),
    }?;
    store_membership(tx, seen, &stepped)?;
    tx.record(membership_event(
        if stepped.status == MembershipStatus::Confirmed { "membership.confirmed" } else { "membership.ended" },
        &stepped,
    ));
    match (stepped.role, was, stepped.status) {
        (MembershipRole::Signatory, MembershipStatus::Confirmed, _) => standing::note_unattended(tx, &stored.organisation)?,
        (MembershipRole::Signatory, _, MembershipStatus::Confirmed) => standing::attended(tx, organisation)?,
        _ => {}
    }
    Ok(stepped)
}

fn membership_of(tx: &mut Tx<'_>, organisation: OrganisationId, id: MembershipId) -> Result<Membership, Error> {
    let found: Option<MembershipRow> = memberships::table
        .find(id.to_string())
        .filter(memberships::organisation_id.eq(organisation.to_string()))
        .first(tx.connection)
        .optional()?;
    found.map(MembershipRow::membership).transpose()?.ok_or_else(|| DoorRule::NotFound.into())
}

/// Writes the next state of a membership over the version that was seen.
fn store_membership(tx: &mut Tx<'_>, seen: i64, membership: &Membership) -> Result<(), Error> {
    let same = memberships::table.find(membership.id.to_string()).filter(memberships::version.eq(seen));
    let values = (
        memberships::organisation_id.eq(membership.organisation.to_string()),
        memberships::role.eq(membership.role.as_str()),
        memberships::status.eq(membership.status.as_str()),
        memberships::version.eq(membership.version),
        memberships::updated_at.eq(naive(tx.now())),
    );
    let rows = diesel::update(same).set(values).execute(tx.connection)?;
    if rows == 1 { Ok(()) } else { Err(DoorRule::Stale.into()) }
}
