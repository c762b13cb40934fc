//! Who the service takes me for, and what waits for me.

pub mod tasks;

use access::Action;
use actix_web::{HttpResponse, get};
use kernel::{MembershipId, OrganisationId, PersonId};
use organisations::{MembershipRole, MembershipStatus};
use persistence::persons;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{call::Call, problem::Problem, reply};

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The service's own id for the person, once they have done something here.
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<PersonId>,
    /// Who issued the token.
    issuer: String,
    /// Whom the issuer says it is for.
    subject: String,
    /// The roles that the token grants.
    roles: Vec<&'static str>,
    /// The CVR number that a business token carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    cvr: Option<String>,
    /// The organisations that the person belongs to, or has asked to belong to.
    memberships: Vec<MyMembership>,
}

/// One of the caller's own memberships.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyMembership {
    id: MembershipId,
    organisation_id: OrganisationId,
    /// What the organisation is called.
    organisation_name: String,
    role: MembershipRole,
    status: MembershipStatus,
}

/// Who I am, which roles I have and where I belong
///
/// What the token says and what the service has on record: issuer and subject, the roles that hold here, and every organisation that the caller
/// belongs to or has asked to belong to. Start here after signing in.
#[utoipa::path(tag = "me", operation_id = "get_me", responses((status = 200, description = "The caller", body = Me)))]
#[get("/v1/me")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadMe)?;
    let identity = call.identity().cloned().ok_or(crate::problem::HttpRule::Unauthenticated)?;
    call.read(move |connection| {
        let (person_id, memberships) = persons::own_memberships(connection, &acting)?;
        let memberships = memberships.into_iter().map(|own| MyMembership {
            id: own.id,
            organisation_id: own.organisation,
            organisation_name: own.organisation_name,
            role: own.role,
            status: own.status,
        });
        let me = Me {
            person_id,
            issuer: identity.issuer,
            subject: identity.subject,
            roles: identity.roles.iter().map(|role| role.as_str()).collect(),
            cvr: identity.cvr,
            memberships: memberships.collect(),
        };
        Ok(reply::list(&me)?.into())
    })
    .await
}
