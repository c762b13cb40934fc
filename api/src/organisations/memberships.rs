//! Who speaks for an organisation.

use access::Action;
use actix_web::{HttpResponse, delete, get, post};
use kernel::{Finding, MembershipId, OrganisationId, PersonId};
use organisations::{Membership, MembershipRole, MembershipStatus};
use persistence::organisations::{
    memberships::{self as store, MembershipStep},
    standing,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    call::Call,
    json::{Body, Input, limits, wrong_email},
    page::{Place, page_view},
    problem::Problem,
    reply,
};

/// What to be in the organisation.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "editor", "email": "bo@forening.example"}))]
pub struct MembershipRequest {
    role: MembershipRole,
    /// Where letters to you about the organisation go; nobody else reads it.
    #[validate(length(max = 254))]
    #[schema(max_length = 254)]
    email: Option<String>,
}

impl Input for MembershipRequest {
    fn findings(&self) -> Vec<Finding> {
        limits(self).into_iter().chain(wrong_email(self.email.as_deref())).collect()
    }
}

/// The tie between a person and an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembershipView {
    id: MembershipId,
    organisation_id: OrganisationId,
    /// The service's own id for the person; see `GET /v1/me`.
    person_id: PersonId,
    role: MembershipRole,
    status: MembershipStatus,
    /// Grows with every change.
    #[schema(minimum = 1)]
    version: i64,
}

impl MembershipView {
    fn new(membership: &Membership) -> Self {
        Self {
            id: membership.id,
            organisation_id: membership.organisation,
            person_id: membership.person,
            role: membership.role,
            status: membership.status,
            version: membership.version,
        }
    }
}

page_view! {
    /// A page of memberships.
    MembershipPage of MembershipView
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MembershipQuery {
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u8>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether `total` is wanted.
    count: Option<bool>,
}

/// The memberships of an organisation, and who has asked for one
///
/// For members and staff. Whoever has asked and waits for an answer is `requested`; a signatory confirms or ends.
#[utoipa::path(tag = "organisations", operation_id = "list_memberships",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001"), MembershipQuery),
    responses((status = 200, description = "A page of memberships", body = MembershipPage)))]
#[get("/v1/organisations/{id}/memberships")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let query: MembershipQuery = call.query()?;
    let (page, place) = Place::new(&call, query.limit, query.cursor.as_deref(), query.count)?;
    let acting = call.may(Action::ReadMemberships)?;
    let id = call.id("id")?;
    call.read(move |connection| {
        MembershipPage::answer(&place, store::list(connection, &acting, id, &page)?, |membership| MembershipView::new(&membership))
    })
    .await
}

/// Ask to belong to an organisation
///
/// A signatory of the organisation, or staff, confirms.
#[utoipa::path(tag = "organisations", operation_id = "request_membership", request_body = MembershipRequest,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 201, description = "Asked for", body = MembershipView)))]
#[post("/v1/organisations/{id}/memberships")]
pub async fn request(call: Call, body: Body<MembershipRequest>) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::RequestMembership)?;
    let id: OrganisationId = call.id("id")?;
    call.write(move |tx| {
        let membership = store::request(tx, &acting, id, body.0.role, body.0.email.as_deref())?;
        let location = format!("/v1/organisations/{id}/memberships/{}", membership.id);
        reply::created(location, membership.version, &MembershipView::new(&membership))
    })
    .await
}

/// Confirm a membership
///
/// A signatory or staff lets in whoever has asked. From now on the member reaches what is the organisation's, as far as the role goes.
#[utoipa::path(tag = "organisations", operation_id = "confirm_membership",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001"),
        ("membership_id" = MembershipId, Path, description = "The request", example = "01932b6e-7a00-7004-8000-000000000004")),
    responses((status = 200, description = "Confirmed", body = MembershipView)))]
#[post("/v1/organisations/{id}/memberships/{membership_id}/confirm")]
pub async fn confirm(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::ConfirmMembership)?;
    let (organisation, id) = (call.id("id")?, call.id("membership_id")?);
    call.write(move |tx| {
        let membership = store::step(tx, &acting, organisation, id, MembershipStep::Confirm, precondition)?;
        reply::ok(membership.version, &MembershipView::new(&membership))
    })
    .await
}

/// Appoint a signatory
///
/// Staff makes a confirmed member the signatory of an organisation that has none.
#[utoipa::path(tag = "organisations", operation_id = "appoint_signatory",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000060"),
        ("membership_id" = MembershipId, Path, description = "The member", example = "01932b6e-7a00-7004-8000-000000000008")),
    responses((status = 200, description = "Appointed", body = MembershipView)))]
#[post("/v1/organisations/{id}/memberships/{membership_id}/appoint")]
pub async fn appoint(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::GovernOrganisation)?;
    let (organisation, id) = (call.id("id")?, call.id("membership_id")?);
    call.write(move |tx| {
        let membership = standing::appoint(tx, &acting, organisation, id, precondition)?;
        reply::ok(membership.version, &MembershipView::new(&membership))
    })
    .await
}

/// End a membership
///
/// Anybody may leave at once, without a reason; a signatory may end any membership, and decline a request this way.
#[utoipa::path(tag = "organisations", operation_id = "end_membership",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001"),
        ("membership_id" = MembershipId, Path, description = "The membership", example = "01932b6e-7a00-7004-8000-000000000004")),
    responses((status = 204, description = "Ended")))]
#[delete("/v1/organisations/{id}/memberships/{membership_id}")]
pub async fn end(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::EndMembership)?;
    let (organisation, id) = (call.id("id")?, call.id("membership_id")?);
    call.write(move |tx| {
        store::step(tx, &acting, organisation, id, MembershipStep::End, precondition)?;
        Ok(reply::no_content())
    })
    .await
}
