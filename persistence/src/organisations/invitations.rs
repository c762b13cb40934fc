//! Invitations to speak for an organisation.

use access::Acting;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use kernel::{Datum, Event, InvitationId, MembershipId, OrganisationId, Subject, Visibility};
use organisations::{
    INVITATION, Invitation, InvitationCommand, InvitationStatus, Membership, MembershipRole, MembershipRule, MembershipStatus,
    OrganisationRule,
};

use super::{
    load as organisation_of,
    memberships::{insert_membership, live_membership, membership_event, store_membership},
    readable, standing, within_reach,
};
use crate::{
    AnyConnection, DoorRule, Error, Precondition, Tx,
    confirmations::{self, ConfirmationRule, Purpose},
    db::naive,
    page::{id_column, word},
    schema::{invitations as table, memberships},
};

#[derive(Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = table)]
struct Row {
    id: String,
    organisation_id: String,
    email: String,
    role: String,
    status: String,
    invited_at: NaiveDateTime,
    version: i64,
}

impl Row {
    fn new(invitation: &Invitation) -> Self {
        let Invitation { id, organisation, email, role, status, invited_at, version } = invitation.clone();
        Self {
            id: id.to_string(),
            organisation_id: organisation.to_string(),
            email,
            role: role.as_str().into(),
            status: status.as_str().into(),
            invited_at: naive(invited_at),
            version,
        }
    }

    fn invitation(self) -> Result<Invitation, Error> {
        Ok(Invitation {
            id: id_column(&self.id)?,
            organisation: id_column(&self.organisation_id)?,
            email: self.email,
            role: word(&self.role, MembershipRole::parse)?,
            status: word(&self.status, InvitationStatus::parse)?,
            invited_at: self.invited_at.and_utc(),
            version: self.version,
        })
    }
}

fn event(name: &'static str, invitation: &Invitation) -> Event {
    Event::new(name, Subject { kind: "invitation", id: invitation.id.0 }, Visibility::Organisation)
        .of(invitation.organisation)
        .with("role", Datum::Code(invitation.role.as_str()))
}

/// One invitation, whoever asks: for what the service itself has to do with it.
pub(crate) fn load(connection: &mut AnyConnection, id: InvitationId) -> Result<Option<Invitation>, Error> {
    let row: Option<Row> = table::table.find(id.to_string()).first(connection).optional()?;
    row.map(Row::invitation).transpose()
}

/// Invitations that can still be accepted, the oldest first.
pub(super) fn open(connection: &mut AnyConnection, organisation: OrganisationId, now: NaiveDateTime) -> Result<Vec<Invitation>, Error> {
    let of_it = table::table
        .filter(table::organisation_id.eq(organisation.to_string()).and(table::status.eq(InvitationStatus::Open.as_str())))
        .filter(table::invited_at.gt(now - INVITATION));
    of_it.order(table::id.asc()).limit(100).load::<Row>(connection)?.into_iter().map(Row::invitation).collect()
}

/// The same, for whoever may invite.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Moved`]; database failures.
pub fn list(
    connection: &mut AnyConnection,
    acting: &Acting,
    organisation: OrganisationId,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Invitation>, Error> {
    readable(connection, acting, organisation)?;
    open(connection, organisation, naive(now))
}

/// One invitation, whatever came of it.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Moved`]; database failures.
pub fn get(connection: &mut AnyConnection, acting: &Acting, organisation: OrganisationId, id: InvitationId) -> Result<Invitation, Error> {
    readable(connection, acting, organisation)?;
    load(connection, id)?.filter(|invitation| invitation.organisation == organisation).ok_or_else(|| DoorRule::NotFound.into())
}

/// Invites whoever reads mail at an address. Another invitation to the same address ends the one before.
///
/// # Errors
/// [`DoorRule::NotFound`], [`OrganisationRule`]; database failures.
pub fn invite(
    tx: &mut Tx<'_>,
    acting: &Acting,
    organisation: OrganisationId,
    email: String,
    role: MembershipRole,
) -> Result<Invitation, Error> {
    let stored = within_reach(tx.connection, acting, organisation)?;
    stored.organisation.live()?;
    // The letter names the organisation, and strangers are not written to with names that nobody has checked.
    if !stored.organisation.is_verified() {
        return Err(OrganisationRule::NotVerified.into());
    }
    if !acting.reaches_all() && standing::of(tx.connection, &stored.organisation)?.frozen {
        return Err(OrganisationRule::SigningFrozen.into());
    }
    withdraw_all(tx, organisation, Some(&email))?;
    let invitation = Invitation::new(InvitationId(tx.new_id()), organisation, email, role, tx.now());
    diesel::insert_into(table::table).values(Row::new(&invitation)).execute(tx.connection)?;
    tx.record(event("invitation.made", &invitation));
    Ok(invitation)
}

/// Ends what is open, to one address or to all.
pub(super) fn withdraw_all(tx: &mut Tx<'_>, organisation: OrganisationId, email: Option<&str>) -> Result<(), Error> {
    let mut open = table::table
        .filter(table::organisation_id.eq(organisation.to_string()).and(table::status.eq(InvitationStatus::Open.as_str())))
        .into_boxed();
    if let Some(email) = email {
        open = open.filter(table::email.eq(email));
    }
    for row in open.load::<Row>(tx.connection)? {
        let before = row.invitation()?;
        let seen = before.version;
        let withdrawn = Invitation { status: InvitationStatus::Withdrawn, version: seen + 1, ..before };
        store(tx, seen, &withdrawn)?;
        tx.record(event("invitation.withdrawn", &withdrawn));
    }
    Ok(())
}

fn store(tx: &mut Tx<'_>, seen: i64, invitation: &Invitation) -> Result<(), Error> {
    if invitation.status != InvitationStatus::Open {
        confirmations::cancel(tx, Purpose::AcceptInvitation, invitation.id.0)?;
    }
    let same = table::table.find(invitation.id.to_string()).filter(table::version.eq(seen));
    let rows = diesel::update(same).set(Row::new(invitation)).execute(tx.connection)?;
    if rows == 1 { Ok(()) } else { Err(DoorRule::Stale.into()) }
}

/// Takes an invitation back.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`InvitationRule`](organisations::InvitationRule); database failures.
pub fn withdraw(
    tx: &mut Tx<'_>,
    acting: &Acting,
    organisation: OrganisationId,
    id: InvitationId,
    precondition: Precondition,
) -> Result<Invitation, Error> {
    within_reach(tx.connection, acting, organisation)?;
    let before = load(tx.connection, id)?.filter(|invitation| invitation.organisation == organisation).ok_or(DoorRule::NotFound)?;
    let seen = before.version;
    precondition.accept(seen)?;
    let withdrawn = before.take(InvitationCommand::Withdraw, tx.now())?;
    store(tx, seen, &withdrawn)?;
    tx.record(event("invitation.withdrawn", &withdrawn));
    Ok(withdrawn)
}

/// Makes whoever sends the link back, signed in, a member: the link proves the address, and the signatory has already said yes.
pub(crate) fn accept(tx: &mut Tx<'_>, id: InvitationId) -> Result<Membership, Error> {
    let before = load(tx.connection, id)?.ok_or(ConfirmationRule::Unknown)?;
    let person = tx.person().map_err(|_| ConfirmationRule::SignInFirst)?;
    let organisation = organisation_of(tx.connection, before.organisation)?;
    organisation.live()?;
    if standing::of(tx.connection, &organisation)?.frozen {
        return Err(OrganisationRule::SigningFrozen.into());
    }
    let seen = before.version;
    let invitation = before.take(InvitationCommand::Accept, tx.now())?;
    let live = live_membership(tx, invitation.organisation, person)?;
    let membership = match live {
        // What somebody has asked for, or the lesser role, gives way to what they are invited to.
        Some(live) if live.status == MembershipStatus::Requested || live.role != invitation.role => {
            let seen = live.version;
            let status = MembershipStatus::Confirmed;
            let member = Membership { role: invitation.role, status, version: seen + 1, ..live };
            store_membership(tx, seen, &member)?;
            diesel::update(memberships::table.find(member.id.to_string()))
                .set(memberships::email.eq(&invitation.email))
                .execute(tx.connection)?;
            tx.record(membership_event("membership.confirmed", &member));
            member
        }
        Some(_) => return Err(MembershipRule::Exists.into()),
        None => {
            let id = MembershipId(tx.new_id());
            let member = Membership::request(id, invitation.organisation, person, invitation.role, None)?.confirm()?;
            insert_membership(tx, &member, Some(&invitation.email))?;
            member
        }
    };
    store(tx, seen, &invitation)?;
    tx.record(event("invitation.accepted", &invitation));
    if membership.role == MembershipRole::Signatory {
        standing::attended(tx, invitation.organisation)?;
    }
    Ok(membership)
}
