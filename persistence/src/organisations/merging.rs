//! Two registrations of the same organisation become one.

use access::Acting;
use diesel::prelude::*;
use kernel::{Datum, OrganisationId, Visibility, zone};
use organisations::{Ending, Membership, MembershipRole, MembershipStatus, OrganisationRule};

use super::{
    Stored, declarations, eligibility, event, find, history, invitations,
    memberships::{MembershipRow, live_membership, membership_event, store_membership},
    standing, store, within_reach,
};
use crate::{
    Error, Precondition, Tag, Tx, files, initiatives as catalogued,
    schema::{memberships, organisations as table, successions},
};

/// Merges an organisation into another: its entries, people and declarations go there, and its address leads there from now
/// on. There is one writer at a time, so of two merges in opposite directions the second finds nothing left to merge into.
///
/// # Errors
/// [`DoorRule::NotFound`](crate::DoorRule::NotFound), [`DoorRule::Stale`](crate::DoorRule::Stale), [`OrganisationRule`]; database failures.
pub fn merge(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: OrganisationId,
    precondition: Precondition,
    into: OrganisationId,
) -> Result<Stored, Error> {
    let before = within_reach(tx.connection, acting, id)?;
    precondition.accept(before.organisation.version)?;
    let target = find(tx.connection, into)?.ok_or(OrganisationRule::SuccessorUnfit)?;
    let settled = is_settled(tx, id)?;
    let ended = before.organisation.clone().merge(&target.organisation, settled, zone::date(tx.now()))?;
    let absorbed = target.organisation.clone().absorb(&before.organisation);
    let newly_public = absorbed.is_verified() && !target.organisation.is_verified();
    store(tx, &before, ended)?;
    let stored = store(tx, &target, absorbed)?;
    catalogued::hand_over(tx, id, &stored.organisation)?;
    hand_over_memberships(tx, id, into)?;
    files::hand_over(tx, id, into)?;
    declarations::hand_over(tx, id, into)?;
    invitations::withdraw_all(tx, id, None)?;
    history::keep(tx, into, &before.organisation)?;
    diesel::delete(successions::table.find(id.to_string())).execute(tx.connection)?;
    // An address that led here leads on: nobody is sent from door to door.
    let led_here = table::table.filter(table::successor_id.eq(id.to_string()).and(table::ending.eq(Ending::Merged.as_str())));
    diesel::update(led_here).set(table::successor_id.eq(into.to_string())).execute(tx.connection)?;
    let visibility = if stored.organisation.is_verified() { Visibility::Public } else { Visibility::Organisation };
    tx.record(event("organisation.merged", id, visibility).with("into_id", Datum::Id(into.0)));
    if newly_public {
        tx.record(event("organisation.verified", into, Visibility::Public));
    }
    tx.touch([Tag::ORGANISATIONS]);
    Ok(stored)
}

fn is_settled(tx: &mut Tx<'_>, id: OrganisationId) -> Result<bool, Error> {
    let frozen = standing::latest_freeze(tx.connection, id)?.is_some_and(|freeze| freeze.lifted.is_none());
    Ok(!frozen && !eligibility::latest(tx.connection, id)?.is_some_and(|case| case.is_open()))
}

/// Everybody keeps the most that they were in either.
fn hand_over_memberships(tx: &mut Tx<'_>, from: OrganisationId, to: OrganisationId) -> Result<(), Error> {
    let rows: Vec<MembershipRow> = memberships::table
        .filter(memberships::organisation_id.eq(from.to_string()).and(memberships::status.ne(MembershipStatus::Ended.as_str())))
        .order(memberships::id.asc())
        .load(tx.connection)?;
    for row in rows {
        let one = row.membership()?;
        let seen = one.version;
        match live_membership(tx, to, one.person)? {
            None => {
                let moved = Membership { organisation: to, version: seen + 1, ..one };
                store_membership(tx, seen, &moved)?;
                tx.record(membership_event("membership.moved", &moved));
            }
            Some(other) => {
                store_membership(tx, seen, &one.clone().end()?)?;
                let seen = other.version;
                let best = best_of(&one, &other);
                store_membership(tx, seen, &best)?;
                tx.record(membership_event("membership.moved", &best));
            }
        }
    }
    Ok(())
}

fn best_of(one: &Membership, other: &Membership) -> Membership {
    let confirmed: Vec<_> = [one, other].into_iter().filter(|membership| membership.status == MembershipStatus::Confirmed).collect();
    let (status, of) = if confirmed.is_empty() { (other.status, vec![other]) } else { (MembershipStatus::Confirmed, confirmed) };
    let signs = of.iter().any(|membership| membership.role == MembershipRole::Signatory);
    let role = if signs { MembershipRole::Signatory } else { MembershipRole::Editor };
    Membership { status, role, version: other.version + 1, ..other.clone() }
}
