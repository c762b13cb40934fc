//! Who speaks for an organisation, and who asks to.

use access::Acting;
use chrono::NaiveDateTime;
use diesel::{dsl::count_star, prelude::*};
use kernel::{Datum, Event, MembershipId, OrganisationId, PersonId, Subject, Visibility};
use organisations::{Membership, MembershipRole, MembershipStatus, OrganisationRule};

use super::{find, readable, standing};
use crate::{
    AnyConnection, DoorRule, Error, Precondition, Tx,
    db::{naive, reaches},
    page::{Page, PageRequest, cursor_part, id_column, word},
    persons,
    schema::memberships as table,
};

#[derive(Debug, Queryable, Insertable)]
#[diesel(table_name = table)]
pub(super) struct MembershipRow {
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
    pub(super) fn membership(self) -> Result<Membership, Error> {
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
pub fn list(connection: &mut AnyConnection, acting: &Acting, id: OrganisationId, page: &PageRequest) -> Result<Page<Membership>, Error> {
    readable(connection, acting, id)?;
    let of_it = || table::table.filter(table::organisation_id.eq(id.to_string())).into_boxed();
    let mut rows = of_it();
    if let Some(after) = &page.after {
        rows = rows.filter(table::id.gt(cursor_part::<String>(after, 0)?));
    }
    let items: Vec<MembershipRow> = rows.order(table::id.asc()).limit(page.fetch()).load(connection)?;
    let total = if page.count { Some(of_it().select(count_star()).first(connection)?) } else { None };
    Page::cut(items, page, total, |row| vec![row.id.clone()]).try_map(MembershipRow::membership)
}

/// Asks to belong to an organisation.
///
/// # Errors
/// [`DoorRule::NotFound`], [`Exists`](organisations::MembershipRule::Exists); database failures.
pub fn request(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: OrganisationId,
    role: MembershipRole,
    email: Option<&str>,
) -> Result<Membership, Error> {
    // Anybody may ask, wherever they could see the organisation; whoever carries its CVR number may see it unverified.
    let stored = find(tx.connection, id)?.ok_or(DoorRule::NotFound)?;
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
pub(super) fn live_membership(tx: &mut Tx<'_>, id: OrganisationId, person: PersonId) -> Result<Option<Membership>, Error> {
    let live: Option<MembershipRow> = table::table
        .filter(table::organisation_id.eq(id.to_string()).and(table::person_id.eq(person.to_string())))
        .filter(table::status.ne(MembershipStatus::Ended.as_str()))
        .first(tx.connection)
        .optional()?;
    live.map(MembershipRow::membership).transpose()
}

pub(super) fn insert_membership(tx: &mut Tx<'_>, membership: &Membership, email: Option<&str>) -> Result<(), Error> {
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
    diesel::insert_into(table::table).values(row).execute(tx.connection)?;
    tx.record(membership_event(
        if membership.status == MembershipStatus::Confirmed { "membership.confirmed" } else { "membership.requested" },
        membership,
    ));
    Ok(())
}

pub(super) fn membership_event(name: &'static str, membership: &Membership) -> Event {
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
pub fn step(
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
    let stored = find(tx.connection, organisation)?.ok_or(DoorRule::NotFound)?;
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

pub(super) fn membership_of(tx: &mut Tx<'_>, organisation: OrganisationId, id: MembershipId) -> Result<Membership, Error> {
    let found: Option<MembershipRow> =
        table::table.find(id.to_string()).filter(table::organisation_id.eq(organisation.to_string())).first(tx.connection).optional()?;
    found.map(MembershipRow::membership).transpose()?.ok_or_else(|| DoorRule::NotFound.into())
}

/// Writes the next state of a membership over the version that was seen.
pub(super) fn store_membership(tx: &mut Tx<'_>, seen: i64, membership: &Membership) -> Result<(), Error> {
    let same = table::table.find(membership.id.to_string()).filter(table::version.eq(seen));
    let values = (
        table::organisation_id.eq(membership.organisation.to_string()),
        table::role.eq(membership.role.as_str()),
        table::status.eq(membership.status.as_str()),
        table::version.eq(membership.version),
        table::updated_at.eq(naive(tx.now())),
    );
    let rows = diesel::update(same).set(values).execute(tx.connection)?;
    if rows == 1 { Ok(()) } else { Err(DoorRule::Stale.into()) }
}
