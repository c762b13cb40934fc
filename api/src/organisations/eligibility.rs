//! Cases about whether an organisation may have support and premises (folkeoplysningsloven § 44 a).

use access::{Action, Reader};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{EligibilityCaseId, Finding, OrganisationId};
use organisations::{EligibilityCase, EligibilityCommand, EligibilityRule, EligibilityStatus};
use persistence::organisations::eligibility as store;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::standing::StatementView;
use crate::{
    actions::ActionView,
    call::Call,
    json::{Body, Input, limits},
    problem::Problem,
    reason::Reason,
    reply,
};

/// What staff has found, and until when the organisation can answer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"facts": "Kommunen har modtaget oplysninger om, at foreningens møder er lukkede for kvinder.", "due_on": "2030-01-31"}))]
pub struct HearingRequest {
    /// The facts on which a decision would rest, for the organisation to read and answer.
    #[validate(length(min = 1, max = 5000))]
    #[schema(min_length = 1, max_length = 5000)]
    facts: String,
    /// The last day of the hearing, seven days from now at the earliest.
    due_on: NaiveDate,
}

impl Input for HearingRequest {
    fn findings(&self) -> Vec<Finding> {
        limits(self)
    }
}

/// What the organisation says.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Møderne er åbne for alle. Vi har vedlagt den nye annonce."}))]
pub struct HearingAnswer {
    /// The organisation's side of the matter.
    #[validate(length(min = 1, max = 5000))]
    #[schema(min_length = 1, max_length = 5000)]
    text: String,
}

impl Input for HearingAnswer {
    fn findings(&self) -> Vec<Finding> {
        limits(self)
    }
}

/// A case about an organisation's eligibility.
#[derive(Debug, Serialize, ToSchema)]
pub struct EligibilityCaseView {
    id: EligibilityCaseId,
    organisation_id: OrganisationId,
    status: EligibilityStatus,
    /// What staff has found.
    facts: String,
    /// When the case began.
    opened_at: DateTime<Utc>,
    /// The last day of the hearing.
    due_on: NaiveDate,
    /// What the organisation said.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<StatementView>,
    /// Why it was decided so.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<StatementView>,
    /// Why the decision was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted: Option<StatementView>,
    /// What its reader may do with it.
    actions: Vec<ActionView>,
    /// Grows with every change.
    #[schema(minimum = 1)]
    version: i64,
}

impl EligibilityCaseView {
    pub(super) fn new(case: EligibilityCase, reader: &Reader, now: DateTime<Utc>) -> Self {
        let mine = EligibilityCommand::ALL.iter().filter(|command| reader.may(store::action(**command)));
        let blocked = |command: &EligibilityCommand| case.after(*command, now).err().map(EligibilityRule::as_problem);
        let actions = mine.map(|command| ActionView::new(command.as_str(), blocked(command))).collect();
        Self {
            id: case.id,
            organisation_id: case.organisation,
            status: case.status,
            facts: case.facts,
            opened_at: case.opened_at,
            due_on: case.due_on,
            answer: case.answer.map(StatementView::from),
            decision: case.decision.map(StatementView::from),
            lifted: case.lifted.map(StatementView::from),
            actions,
            version: case.version,
        }
    }
}

/// Every case about an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct EligibilityCaseList {
    /// The latest first; there is one at a time.
    items: Vec<EligibilityCaseView>,
}

/// Cases about an organisation's eligibility
///
/// For its members and staff.
#[utoipa::path(tag = "organisations", operation_id = "list_eligibility_cases",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000062")),
    responses((status = 200, description = "Every case", body = EligibilityCaseList)))]
#[get("/v1/organisations/{id}/eligibility-cases")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadOrganisationFile)?;
    let (id, now) = (call.id("id")?, call.app().clock.now());
    call.read(move |connection| {
        let (cases, reader) = store::list(connection, &acting, id)?;
        let items = cases.into_iter().map(|case| EligibilityCaseView::new(case, &reader, now)).collect();
        Ok(reply::list(&EligibilityCaseList { items })?.into())
    })
    .await
}

/// One case about an organisation's eligibility
///
/// For its members and staff.
#[utoipa::path(tag = "organisations", operation_id = "get_eligibility_case",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000019"),
        ("case_id" = EligibilityCaseId, Path, description = "The case", example = "01932b6e-7a00-7021-8000-000000000001")),
    responses((status = 200, description = "The case", body = EligibilityCaseView)))]
#[get("/v1/organisations/{id}/eligibility-cases/{case_id}")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadOrganisationFile)?;
    let (ids, now) = ((call.id("id")?, call.id("case_id")?), call.app().clock.now());
    call.read(move |connection| {
        let (case, reader) = store::get(connection, &acting, ids)?;
        Ok(reply::ok(case.version, &EligibilityCaseView::new(case, &reader, now))?.into())
    })
    .await
}

/// Open a case about an organisation's eligibility
///
/// Staff names the facts and hears the organisation before anything is decided against it.
#[utoipa::path(tag = "organisations", operation_id = "open_eligibility_case", request_body = HearingRequest,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 201, description = "Opened", body = EligibilityCaseView)))]
#[post("/v1/organisations/{id}/eligibility-cases")]
pub async fn open(call: Call, body: Body<HearingRequest>) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::GovernOrganisation)?;
    let id: OrganisationId = call.id("id")?;
    let HearingRequest { facts, due_on } = body.0;
    call.write(move |tx| {
        let (case, reader) = store::open(tx, &acting, id, facts, due_on)?;
        let (location, version) = (format!("/v1/organisations/{id}/eligibility-cases/{}", case.id), case.version);
        reply::created(location, version, &EligibilityCaseView::new(case, &reader, tx.now()))
    })
    .await
}

async fn step(call: Call, command: EligibilityCommand, said: String) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(store::action(command))?;
    let ids = (call.id("id")?, call.id("case_id")?);
    call.write(move |tx| {
        let (case, reader) = store::take(tx, &acting, ids, precondition, command, said)?;
        reply::ok(case.version, &EligibilityCaseView::new(case, &reader, tx.now()))
    })
    .await
}

/// Answer in a hearing
///
/// A signatory says the organisation's side of the matter, until the hearing is due.
#[utoipa::path(tag = "organisations", operation_id = "answer_hearing", request_body = HearingAnswer,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000019"),
        ("case_id" = EligibilityCaseId, Path, description = "The case", example = "01932b6e-7a00-7021-8000-000000000001")),
    responses((status = 200, description = "On record", body = EligibilityCaseView)))]
#[post("/v1/organisations/{id}/eligibility-cases/{case_id}/answer")]
pub async fn answer(call: Call, body: Body<HearingAnswer>) -> Result<HttpResponse, Problem> {
    step(call, EligibilityCommand::Answer, body.0.text).await
}

/// Put an organisation on hold
///
/// Staff decides, for a reason and after the hearing, that the organisation cannot have support or premises for now.
#[utoipa::path(tag = "organisations", operation_id = "hold_eligibility", request_body = Reason,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000019"),
        ("case_id" = EligibilityCaseId, Path, description = "The case", example = "01932b6e-7a00-7021-8000-000000000001")),
    responses((status = 200, description = "On hold", body = EligibilityCaseView)))]
#[post("/v1/organisations/{id}/eligibility-cases/{case_id}/hold")]
pub async fn hold(call: Call, body: Body<Reason>) -> Result<HttpResponse, Problem> {
    step(call, EligibilityCommand::Hold, body.0.reason).await
}

/// Drop a case
///
/// Nothing came of it; the organisation is told so.
#[utoipa::path(tag = "organisations", operation_id = "drop_eligibility_case", request_body = Reason,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000019"),
        ("case_id" = EligibilityCaseId, Path, description = "The case", example = "01932b6e-7a00-7021-8000-000000000001")),
    responses((status = 200, description = "Dropped", body = EligibilityCaseView)))]
#[post("/v1/organisations/{id}/eligibility-cases/{case_id}/drop")]
pub async fn drop(call: Call, body: Body<Reason>) -> Result<HttpResponse, Problem> {
    step(call, EligibilityCommand::Drop, body.0.reason).await
}

/// Lift a hold
///
/// Staff takes the decision back when things have been put right.
#[utoipa::path(tag = "organisations", operation_id = "lift_eligibility_hold", request_body = Reason,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000062"),
        ("case_id" = EligibilityCaseId, Path, description = "The case", example = "01932b6e-7a00-7021-8000-000000000002")),
    responses((status = 200, description = "Lifted", body = EligibilityCaseView)))]
#[post("/v1/organisations/{id}/eligibility-cases/{case_id}/lift")]
pub async fn lift(call: Call, body: Body<Reason>) -> Result<HttpResponse, Problem> {
    step(call, EligibilityCommand::Lift, body.0.reason).await
}
