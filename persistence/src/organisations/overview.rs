//! Everything about one organisation on one page.

use ::initiatives::{Freshness, Status};
use access::{Acting, Action};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use kernel::OrganisationId;
use organisations::{Declaration, Invitation, MembershipRole, MembershipStatus};

use super::{declarations, invitations, readable, standing};
use crate::{
    AnyConnection, Error,
    db::naive,
    page::word,
    persons,
    schema::{initiatives, memberships},
};

/// How many entries there are.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// Of each status that there is.
    pub statuses: Vec<(Status, i64)>,
    /// Public, but somebody should say again that they hold.
    pub needs_verification: i64,
    /// No longer public, because nobody has.
    pub hidden: i64,
}

/// One page about an organisation. A part is there where its reader has the right to it; other domains add theirs.
#[derive(Clone, Debug)]
pub struct Overview {
    pub standing: standing::File,
    pub entries: Option<Entries>,
    /// How many members there are of each role, and of each status but the ended.
    pub memberships: Option<Vec<(MembershipRole, MembershipStatus, i64)>>,
    pub invitations: Option<Vec<Invitation>>,
    pub declarations: Vec<Declaration>,
}

/// The overview, for members and staff.
///
/// # Errors
/// [`DoorRule::NotFound`](crate::DoorRule::NotFound), [`DoorRule::Moved`](crate::DoorRule::Moved); database failures.
pub fn get(
    connection: &mut AnyConnection,
    acting: &Acting,
    id: OrganisationId,
    freshness: &Freshness,
    now: DateTime<Utc>,
) -> Result<Overview, Error> {
    let stored = readable(connection, acting, id)?;
    let reader = persons::reader(connection, acting, id)?;
    let entries = if reader.may(Action::ReadInitiativeFile) { Some(entries(connection, id, freshness, now)?) } else { None };
    let members = if reader.may(Action::ReadMemberships) { Some(members(connection, id)?) } else { None };
    let invited = if reader.may(Action::InviteMember) { Some(invitations::open(connection, id, naive(now))?) } else { None };
    Ok(Overview {
        standing: standing::open(connection, acting, stored)?,
        entries,
        memberships: members,
        invitations: invited,
        declarations: declarations::of(connection, id)?,
    })
}

fn entries(connection: &mut AnyConnection, id: OrganisationId, freshness: &Freshness, now: DateTime<Utc>) -> Result<Entries, Error> {
    let of_it = || initiatives::table.filter(initiatives::organisation_id.eq(id.to_string()));
    let rows: Vec<(String, i64)> = of_it()
        .group_by(initiatives::status)
        .order(initiatives::status.asc())
        .select((initiatives::status, count_star()))
        .load(connection)?;
    let statuses = rows.into_iter().map(|(status, count)| Ok((word(&status, Status::parse)?, count))).collect::<Result<_, Error>>()?;
    let public = || of_it().filter(initiatives::status.eq(Status::Published.as_str()));
    let mut verified_by = |at: NaiveDateTime| -> Result<i64, Error> {
        Ok(public().filter(initiatives::verified_at.assume_not_null().le(at)).select(count_star()).first(connection)?)
    };
    let due = verified_by(naive(now - freshness.interval))?;
    let hidden = verified_by(naive(now - freshness.interval - freshness.grace))?;
    Ok(Entries { statuses, needs_verification: due - hidden, hidden })
}

fn members(connection: &mut AnyConnection, id: OrganisationId) -> Result<Vec<(MembershipRole, MembershipStatus, i64)>, Error> {
    let rows: Vec<(String, String, i64)> = memberships::table
        .filter(memberships::organisation_id.eq(id.to_string()).and(memberships::status.ne(MembershipStatus::Ended.as_str())))
        .group_by((memberships::role, memberships::status))
        .order((memberships::role.desc(), memberships::status.asc()))
        .select((memberships::role, memberships::status, count_star()))
        .load(connection)?;
    rows.into_iter()
        .map(|(role, status, count)| Ok((word(&role, MembershipRole::parse)?, word(&status, MembershipStatus::parse)?, count)))
        .collect()
}
