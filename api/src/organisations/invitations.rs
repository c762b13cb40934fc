//! Invitations to speak for an organisation.

use access::Action;
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use kernel::{Finding, InvitationId, OrganisationId};
use organisations::{Invitation, InvitationStatus, MembershipRole};
use persistence::organisations::invitations as store;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    call::Call,
    json::{Body, Input, limits, wrong_email},
    problem::Problem,
    reply,
};

/// Whom to invite, as what.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "bo@forening.example", "role": "editor"}))]
pub struct InvitationRequest {
    role: MembershipRole,
    /// Where the link is mailed to.
    #[validate(length(max = 254))]
    #[schema(max_length = 254)]
    email: String,
}

impl Input for InvitationRequest {
    fn findings(&self) -> Vec<Finding> {
        limits(self).into_iter().chain(wrong_email(Some(&self.email))).collect()
    }
}

/// An invitation, for whoever may invite.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationView {
    id: InvitationId,
    organisation_id: OrganisationId,
    /// Where the link was mailed to.
    email: String,
    role: MembershipRole,
    status: InvitationStatus,
    /// When it was made.
    invited_at: DateTime<Utc>,
    /// When it ends by itself.
    expires_at: DateTime<Utc>,
    /// Grows with every change.
    #[schema(minimum = 1)]
    version: i64,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        let expires_at = invitation.expires_at();
        let Invitation { id, organisation, email, role, status, invited_at, version } = invitation;
        Self { id, organisation_id: organisation, email, role, status, invited_at, expires_at, version }
    }
}

/// The invitations that can be accepted.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationList {
    /// The oldest first.
    items: Vec<InvitationView>,
}

/// Who has been invited
///
/// For signatories and staff: what has been neither accepted nor withdrawn, and has not expired.
#[utoipa::path(tag = "organisations", operation_id = "list_invitations",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 200, description = "The invitations", body = InvitationList)))]
#[get("/v1/organisations/{id}/invitations")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::InviteMember)?;
    let (id, now) = (call.id("id")?, call.app().clock.now());
    call.read(move |connection| {
        let items = store::list(connection, &acting, id, now)?.into_iter().map(InvitationView::from).collect();
        Ok(reply::list(&InvitationList { items })?.into())
    })
    .await
}

/// One invitation
///
/// For signatories and staff, whatever came of it.
#[utoipa::path(tag = "organisations", operation_id = "get_invitation",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001"),
        ("invitation_id" = InvitationId, Path, description = "The invitation", example = "01932b6e-7a00-7022-8000-000000000001")),
    responses((status = 200, description = "The invitation", body = InvitationView)))]
#[get("/v1/organisations/{id}/invitations/{invitation_id}")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::InviteMember)?;
    let (organisation, id) = (call.id("id")?, call.id("invitation_id")?);
    call.read(move |connection| {
        let invitation = store::get(connection, &acting, organisation, id)?;
        Ok(reply::ok(invitation.version, &InvitationView::from(invitation))?.into())
    })
    .await
}

/// Invite somebody to speak for an organisation
///
/// A link is mailed to the address. It works once, for two weeks, for whoever signs in and sends it back. Another invitation to the same address
/// takes its place.
#[utoipa::path(tag = "organisations", operation_id = "invite_member", request_body = InvitationRequest,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 201, description = "Invited", body = InvitationView)))]
#[post("/v1/organisations/{id}/invitations")]
pub async fn invite(call: Call, body: Body<InvitationRequest>) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::InviteMember)?;
    let id: OrganisationId = call.id("id")?;
    let InvitationRequest { email, role } = body.0;
    call.write(move |tx| {
        let invitation = store::invite(tx, &acting, id, email, role)?;
        let location = format!("/v1/organisations/{id}/invitations/{}", invitation.id);
        reply::created(location, invitation.version, &InvitationView::from(invitation))
    })
    .await
}

/// Take an invitation back
///
/// Its link is dead from now on.
#[utoipa::path(tag = "organisations", operation_id = "withdraw_invitation",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001"),
        ("invitation_id" = InvitationId, Path, description = "The invitation", example = "01932b6e-7a00-7022-8000-000000000001")),
    responses((status = 200, description = "Withdrawn", body = InvitationView)))]
#[post("/v1/organisations/{id}/invitations/{invitation_id}/withdraw")]
pub async fn withdraw(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::InviteMember)?;
    let (organisation, id) = (call.id("id")?, call.id("invitation_id")?);
    call.write(move |tx| {
        let invitation = store::withdraw(tx, &acting, organisation, id, precondition)?;
        reply::ok(invitation.version, &InvitationView::from(invitation))
    })
    .await
}
