//! Persons: surrogates for (issuer, subject), and the roles that their memberships give.

use access::{Acting, Identity, Reader, Role};
use diesel::prelude::*;
use kernel::{MembershipId, OrganisationId, PersonId};
use organisations::{MembershipRole, MembershipStatus};

use crate::{
    AnyConnection, Error, Tx,
    db::naive,
    page::id_column,
    schema::{memberships, organisations as orgs, persons},
};

/// The person behind an identity, created at first sight.
pub(crate) fn ensure(tx: &mut Tx<'_>, identity: &Identity) -> Result<PersonId, Error> {
    if let Some(person) = find(tx.connection, identity)? {
        return Ok(person);
    }
    let person = PersonId(tx.new_id());
    let values = (
        persons::id.eq(person.to_string()),
        persons::issuer.eq(&identity.issuer),
        persons::subject.eq(&identity.subject),
        persons::created_at.eq(naive(tx.now())),
    );
    diesel::insert_into(persons::table).values(values).execute(tx.connection)?;
    Ok(person)
}

/// The person behind an identity, if this service has met them.
///
/// # Errors
/// Database failures.
pub fn find(connection: &mut AnyConnection, identity: &Identity) -> Result<Option<PersonId>, Error> {
    let id: Option<String> = persons::table
        .filter(persons::issuer.eq(&identity.issuer).and(persons::subject.eq(&identity.subject)))
        .select(persons::id)
        .first(connection)
        .optional()?;
    id.map(|id| id_column(&id)).transpose()
}

/// The role that a confirmed membership gives somebody in an organisation.
pub(crate) fn membership_role(
    connection: &mut AnyConnection,
    acting: &Acting,
    organisation: OrganisationId,
) -> Result<Option<Role>, Error> {
    let Some(identity) = acting.identity() else { return Ok(None) };
    let role: Option<String> = memberships::table
        .inner_join(persons::table.on(persons::id.eq(memberships::person_id)))
        .filter(persons::issuer.eq(&identity.issuer).and(persons::subject.eq(&identity.subject)))
        .filter(memberships::organisation_id.eq(organisation.to_string()))
        .filter(memberships::status.eq(MembershipStatus::Confirmed.as_str()))
        .select(memberships::role)
        .first(connection)
        .optional()?;
    Ok(role.as_deref().and_then(MembershipRole::parse).map(role_of))
}

/// Somebody before a thing of an organisation's: for telling them what they may do with it.
pub(crate) fn reader(connection: &mut AnyConnection, acting: &Acting, organisation: OrganisationId) -> Result<Reader, Error> {
    let membership = membership_role(connection, acting, organisation)?;
    Ok(Reader::new(acting.identity(), membership))
}

const fn role_of(membership: MembershipRole) -> Role {
    match membership {
        MembershipRole::Signatory => Role::Signatory,
        MembershipRole::Editor => Role::OrganisationEditor,
    }
}

/// One of a person's own memberships, with the organisation's name.
#[derive(Clone, Debug)]
pub struct OwnMembership {
    pub id: MembershipId,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub role: MembershipRole,
    pub status: MembershipStatus,
}

/// Everything a person belongs to or has asked to belong to; what has ended is left out.
///
/// # Errors
/// Database failures.
pub fn own_memberships(connection: &mut AnyConnection, acting: &Acting) -> Result<(Option<PersonId>, Vec<OwnMembership>), Error> {
    let Some(identity) = acting.identity() else { return Ok((None, Vec::new())) };
    let Some(person) = find(connection, identity)? else { return Ok((None, Vec::new())) };
    let rows: Vec<(String, String, String, String, String)> = memberships::table
        .inner_join(orgs::table.on(orgs::id.eq(memberships::organisation_id)))
        .filter(memberships::person_id.eq(person.to_string()).and(memberships::status.ne(MembershipStatus::Ended.as_str())))
        .order((orgs::sort_key.asc(), memberships::id.asc()))
        .select((memberships::id, orgs::id, orgs::name, memberships::role, memberships::status))
        .load(connection)?;
    let own = rows.into_iter().map(|(id, organisation, organisation_name, role, status)| {
        Ok(OwnMembership {
            id: id_column(&id)?,
            organisation: id_column(&organisation)?,
            organisation_name,
            role: crate::page::word(&role, MembershipRole::parse)?,
            status: crate::page::word(&status, MembershipStatus::parse)?,
        })
    });
    Ok((Some(person), own.collect::<Result<_, Error>>()?))
}
