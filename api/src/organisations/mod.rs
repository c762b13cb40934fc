//! Organisations: the public list and profile, registration, verification.

pub mod declarations;
pub mod eligibility;
mod forms;
pub mod history;
pub mod invitations;
pub mod memberships;
pub mod overview;
pub mod similar;
pub mod standing;
mod views;

use access::Action;
use actix_web::{HttpResponse, get, patch, post};
use kernel::OrganisationId;
use organisations::OrganisationKind;
use persistence::{
    Tag,
    organisations::{self as store, Filter, Order, Seen},
};

pub use forms::{OrganisationForm, OrganisationQuery, OrganisationRequest};
pub use views::{OrganisationFile, OrganisationPage, OrganisationSummary, OrganisationView};

use crate::{
    call::Call,
    json::{Body, Patch},
    page::Place,
    problem::Problem,
    public::Public,
    reply,
};

fn address(id: OrganisationId) -> String {
    format!("/v1/organisations/{id}")
}

/// The verified organisations
///
/// In the order of the Danish alphabet. An organisation is listed once the municipality has verified it, with what it has chosen to show.
#[utoipa::path(tag = "organisations", operation_id = "list_organisations", security(()), params(OrganisationQuery),
    responses((status = 200, description = "A page of organisations", body = OrganisationPage)))]
#[get("/v1/organisations")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    call.public_list(|call| {
        let query: OrganisationQuery = call.query()?;
        let (page, place) = Place::new(call, query.limit, query.cursor.as_deref(), query.count)?;
        let (filter, order): (Filter, Order) = query.try_into()?;
        Ok(move |connection: &mut _| {
            let found = store::list(connection, &filter, order, &page)?;
            let listed = OrganisationPage::answer(&place, found, |stored| OrganisationSummary::new(&stored))?;
            Ok(Public::depending_on(Tag::ORGANISATIONS.into(), listed))
        })
    })
    .await
}

/// Register an organisation
///
/// Whoever registers an organisation becomes its signatory. It is verified at once when the token carries the same CVR number; otherwise staff
/// verifies it, and until then it can draft but not publish. Staff registers municipal institutions.
#[utoipa::path(tag = "organisations", operation_id = "register_organisation", request_body = OrganisationRequest,
    responses((status = 201, description = "Registered", body = OrganisationFile)))]
#[post("/v1/organisations")]
pub async fn register(call: Call, body: Body<OrganisationRequest>) -> Result<HttpResponse, Problem> {
    let (kind, registration, profile) = body.0.into_domain();
    let acting = call.may(match kind {
        OrganisationKind::MunicipalInstitution => Action::RegisterMunicipalInstitution,
        _ => Action::RegisterOrganisation,
    })?;
    call.write(move |tx| {
        let stored = store::register(tx, &acting, kind, registration, profile)?;
        reply::created(address(stored.organisation.id), stored.organisation.version, &OrganisationFile::new(&stored))
    })
    .await
}

/// One organisation
///
/// Everybody sees the public profile of a verified organisation; its members and staff see the whole file, before it is verified, too. One that
/// was merged into another is found there (308).
#[utoipa::path(tag = "organisations", operation_id = "get_organisation", security((), ("bearer" = [])),
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 200, description = "The profile, or the file", body = OrganisationView)))]
#[get("/v1/organisations/{id}")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let id = call.id("id")?;
    let acting = call.reading(Action::ReadOrganisationFile);
    call.public(move |connection| {
        let seen = store::get(connection, &acting, id)?;
        let answer = match &seen {
            Seen::File(stored) => reply::ok(stored.organisation.version, &OrganisationView::File(Box::new(OrganisationFile::new(stored))))?,
            Seen::Public(stored) => {
                reply::ok(stored.organisation.version, &OrganisationView::Profile(Box::new(OrganisationSummary::new(stored))))?
            }
        };
        Ok(Public::depending_on(Tag::ORGANISATIONS.into(), answer.into()))
    })
    .await
}

/// Change what an organisation says about itself
///
/// JSON Merge Patch: what is absent stays, `null` removes. Kind and registration numbers cannot be changed here.
#[utoipa::path(tag = "organisations", operation_id = "edit_organisation",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    request_body(content = OrganisationForm, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "Changed", body = OrganisationFile)))]
#[patch("/v1/organisations/{id}")]
pub async fn edit(call: Call, patch: Patch) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::EditOrganisation)?;
    let id = call.id("id")?;
    call.write(move |tx| {
        let stored = store::edit(tx, &acting, id, precondition, |organisation| {
            patch.apply(&OrganisationForm::from(&organisation.profile)).map(OrganisationForm::into_profile)
        })?;
        reply::ok(stored.organisation.version, &OrganisationFile::new(&stored))
    })
    .await
}

/// Verify an organisation
///
/// Staff has seen its statutes or minutes, and it is what it says.
#[utoipa::path(tag = "organisations", operation_id = "verify_organisation",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000053")),
    responses((status = 200, description = "Verified", body = OrganisationFile)))]
#[post("/v1/organisations/{id}/verify")]
pub async fn verify(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::VerifyOrganisation)?;
    let id = call.id("id")?;
    call.write(move |tx| {
        let stored = store::verify(tx, &acting, id, precondition)?;
        reply::ok(stored.organisation.version, &OrganisationFile::new(&stored))
    })
    .await
}
