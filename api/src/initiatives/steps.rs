//! The steps of an initiative's life, each an operation of its own.

use access::Acting;
use actix_web::{HttpResponse, post};
use initiatives::Command;
use kernel::{Finding, InitiativeId, Principle};
use persistence::{Error, Precondition, Tx, initiatives as store, initiatives::Stored};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::InitiativeFile;
use crate::{
    call::Call,
    json::{Body, Input, limits},
    problem::Problem,
    reason::{self, Reason},
    reply,
};

/// Why, and on which principle.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"principle": "supplement", "reason": "Personlig pleje er kommunens opgave og kan ikke overtages af frivillige."}))]
pub struct Refusal {
    /// The principle that stands against it.
    principle: Principle,
    /// Why, for the organisation to read.
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

impl Input for Refusal {
    fn findings(&self) -> Vec<Finding> {
        limits(self).into_iter().chain(reason::blank(&self.reason)).collect()
    }
}

/// Takes one step, if the caller may and the version fits.
async fn step(
    call: Call,
    command: Command,
    take: impl FnOnce(&mut Tx<'_>, &Acting, InitiativeId, Precondition) -> Result<Stored, Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(store::action(command))?;
    let id = call.id("id")?;
    call.write(move |tx| {
        let stored = take(tx, &acting, id, precondition)?;
        reply::ok(stored.initiative.version, &InitiativeFile::from(store::opened(tx, &acting, stored)?))
    })
    .await
}

/// Hand an initiative in for review
///
/// The organisation must be verified, the text complete, and all five principles answered; a *no* to a principle bars the way.
#[utoipa::path(tag = "initiatives", operation_id = "submit_initiative",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000155")),
    responses((status = 200, description = "Handed in", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/submit")]
pub async fn submit(call: Call) -> Result<HttpResponse, Problem> {
    step(call, Command::Submit, store::submit).await
}

/// Publish an initiative
///
/// An editor approves the text in review; from now on the public reads it. What is paused or suspended stays so, with the new text.
#[utoipa::path(tag = "initiatives", operation_id = "publish_initiative",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000158")),
    responses((status = 200, description = "Published", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/publish")]
pub async fn publish(call: Call) -> Result<HttpResponse, Problem> {
    step(call, Command::Publish, store::publish).await
}

/// Send a text back to be written on
///
/// An editor says what is missing; the organisation writes on and hands it in again.
#[utoipa::path(tag = "initiatives", operation_id = "return_initiative", request_body = Reason,
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000158")),
    responses((status = 200, description = "Returned", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/return")]
pub async fn return_to_draft(call: Call, body: Body<Reason>) -> Result<HttpResponse, Problem> {
    step(call, Command::Return, |tx, acting, id, precondition| store::return_to_draft(tx, acting, id, precondition, body.0.reason)).await
}

/// Refuse an initiative on a principle
///
/// An editor names the principle that stands against it and says why. The organisation can take it up again.
#[utoipa::path(tag = "initiatives", operation_id = "refuse_initiative", request_body = Refusal,
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000158")),
    responses((status = 200, description = "Refused", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/refuse")]
pub async fn refuse(call: Call, body: Body<Refusal>) -> Result<HttpResponse, Problem> {
    let Refusal { principle, reason } = body.0;
    step(call, Command::Refuse, move |tx, acting, id, precondition| store::refuse(tx, acting, id, precondition, reason, principle)).await
}

/// Take a refused initiative up again
///
/// It becomes the draft it was, with the reason of the refusal beside it; write on and hand it in again.
#[utoipa::path(tag = "initiatives", operation_id = "revise_initiative",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000300")),
    responses((status = 200, description = "A draft again", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/revise")]
pub async fn revise(call: Call) -> Result<HttpResponse, Problem> {
    step(call, Command::Revise, store::revise).await
}

/// Take an initiative out of the catalogue for a while
///
/// The public gets 404 until it is resumed; nothing is lost, and it can be edited meanwhile.
#[utoipa::path(tag = "initiatives", operation_id = "pause_initiative",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "Paused", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/pause")]
pub async fn pause(call: Call) -> Result<HttpResponse, Problem> {
    step(call, Command::Pause, store::pause).await
}

/// Put a paused initiative back into the catalogue
///
/// It is public again at once, with what has been edited and approved meanwhile.
#[utoipa::path(tag = "initiatives", operation_id = "resume_initiative",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000059")),
    responses((status = 200, description = "Published again", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/resume")]
pub async fn resume(call: Call) -> Result<HttpResponse, Problem> {
    step(call, Command::Resume, store::resume).await
}

/// Take an initiative out of the catalogue against the organisation's will
///
/// An editor says why; the organisation reads it, mends the entry and hands in what needs review. An editor then clears it.
#[utoipa::path(tag = "initiatives", operation_id = "suspend_initiative", request_body = Reason,
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "Suspended", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/suspend")]
pub async fn suspend(call: Call, body: Body<Reason>) -> Result<HttpResponse, Problem> {
    step(call, Command::Suspend, |tx, acting, id, precondition| store::suspend(tx, acting, id, precondition, body.0.reason)).await
}

/// Put a suspended initiative back into the catalogue
///
/// An editor ends the suspension. What the organisation has mended meanwhile is public with it; texts that still wait for review are not.
#[utoipa::path(tag = "initiatives", operation_id = "clear_initiative",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "Published again", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/clear")]
pub async fn clear(call: Call) -> Result<HttpResponse, Problem> {
    step(call, Command::Clear, store::clear).await
}

/// Say that an initiative still holds
///
/// One request a year keeps an entry in the catalogue.
#[utoipa::path(tag = "initiatives", operation_id = "confirm_initiative",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "Confirmed", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/confirm")]
pub async fn confirm(call: Call) -> Result<HttpResponse, Problem> {
    step(call, Command::Confirm, store::confirm).await
}

/// End an initiative for good
///
/// What was public answers 410 from now on.
#[utoipa::path(tag = "initiatives", operation_id = "archive_initiative",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "Archived", body = InitiativeFile)))]
#[post("/v1/initiatives/{id}/archive")]
pub async fn archive(call: Call) -> Result<HttpResponse, Problem> {
    step(call, Command::Archive, store::archive).await
}
