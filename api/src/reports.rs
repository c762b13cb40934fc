//! Reports of entries: anybody makes them, staff decides.

use access::Action;
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use initiatives::{Report, ReportCommand, ReportReason, ReportStatus};
use kernel::{Finding, InitiativeId, ReportId};
use persistence::reports::{self as store, Filter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    actions::ActionView,
    call::Call,
    json::{Body, Input, limits},
    page::{Place, page_view},
    problem::Problem,
    reason::Reason,
    reply,
};

/// What is wrong with an entry.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "outdated", "text": "De mødes ikke længere om tirsdagen."}))]
pub struct ReportRequest {
    reason: ReportReason,
    /// More about it, for staff alone.
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    text: Option<String>,
}

impl Input for ReportRequest {
    fn findings(&self) -> Vec<Finding> {
        limits(self)
    }
}

/// A report, for staff.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportView {
    id: ReportId,
    initiative_id: InitiativeId,
    reason: ReportReason,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    status: ReportStatus,
    /// When it came.
    received_at: DateTime<Utc>,
    /// Why it was decided so.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_reason: Option<String>,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<DateTime<Utc>>,
    /// Grows with every change.
    #[schema(minimum = 1)]
    version: i64,
    /// What its reader may do with it.
    actions: Vec<ActionView>,
}

impl ReportView {
    fn new(report: Report, call: &Reader) -> Self {
        let commands = if call.decides { ReportCommand::ALL } else { &[] };
        let blocked = |command: &ReportCommand| report.after(*command).err().map(initiatives::ReportRule::as_problem);
        let actions = commands.iter().map(|command| ActionView::new(command.as_str(), blocked(command))).collect();
        let (decision_reason, decided_at) = report.decision.map(|decision| (decision.reason, decision.at)).unzip();
        Self {
            id: report.id,
            initiative_id: report.initiative,
            reason: report.reason,
            text: report.text,
            status: report.status,
            received_at: report.received_at,
            decision_reason,
            decided_at,
            version: report.version,
            actions,
        }
    }
}

/// What a reader of reports may do with them.
#[derive(Clone, Copy)]
struct Reader {
    decides: bool,
}

impl Reader {
    fn of(call: &Call) -> Self {
        Self { decides: call.may(Action::DecideReport).is_ok() }
    }
}

page_view! {
    /// A page of reports.
    ReportPage of ReportView
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// Reports in any of these states; by default those that wait for a decision.
    #[serde(default)]
    status: Vec<ReportStatus>,
    /// Reports of one entry.
    initiative_id: Option<InitiativeId>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u8>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether `total` is wanted.
    count: Option<bool>,
}

/// Report an entry of the catalogue
///
/// Anybody may say that an entry is not as it should be, without saying who they are. Staff looks into it.
#[utoipa::path(tag = "initiatives", operation_id = "report_initiative", security((), ("bearer" = [])), request_body = ReportRequest,
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 204, description = "Thank you; staff will look into it")))]
#[post("/v1/initiatives/{id}/reports")]
pub async fn receive(call: Call, body: Body<ReportRequest>) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    call.sparingly()?;
    let id = call.id("id")?;
    let freshness = call.app().freshness;
    let ReportRequest { reason, text } = body.0;
    call.write(move |tx| store::receive(tx, id, precondition, &freshness, (reason, text)).map(|()| reply::no_content())).await
}

/// Reports of entries
///
/// For staff; the oldest first.
#[utoipa::path(tag = "moderation", operation_id = "list_reports", params(ReportQuery),
    responses((status = 200, description = "A page of reports", body = ReportPage)))]
#[get("/v1/reports")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let query: ReportQuery = call.query()?;
    let (page, place) = Place::new(&call, query.limit, query.cursor.as_deref(), query.count)?;
    let acting = call.may(Action::ReadReports)?;
    let statuses = if query.status.is_empty() { vec![ReportStatus::Open] } else { query.status };
    let (filter, reader) = (Filter { statuses, initiative: query.initiative_id }, Reader::of(&call));
    call.read(move |connection| {
        ReportPage::answer(&place, store::list(connection, &acting, &filter, &page)?, |report| ReportView::new(report, &reader))
    })
    .await
}

/// One report
///
/// For staff.
#[utoipa::path(tag = "moderation", operation_id = "get_report",
    params(("id" = ReportId, Path, description = "The report", example = "01932b6e-7a00-7007-8000-000000000001")),
    responses((status = 200, description = "The report", body = ReportView)))]
#[get("/v1/reports/{id}")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadReports)?;
    let (id, reader) = (call.id("id")?, Reader::of(&call));
    call.read(move |connection| {
        let report = store::get(connection, &acting, id)?;
        Ok(reply::ok(report.version, &ReportView::new(report, &reader))?.into())
    })
    .await
}

async fn decide(call: Call, command: ReportCommand, reason: String) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::DecideReport)?;
    let (id, reader) = (call.id("id")?, Reader::of(&call));
    call.write(move |tx| {
        let report = store::decide(tx, &acting, id, precondition, command, &reason)?;
        reply::ok(report.version, &ReportView::new(report, &reader))
    })
    .await
}

/// Uphold a report
///
/// The entry leaves the catalogue, and its organisation reads why.
#[utoipa::path(tag = "moderation", operation_id = "uphold_report", request_body = Reason,
    params(("id" = ReportId, Path, description = "The report", example = "01932b6e-7a00-7007-8000-000000000001")),
    responses((status = 200, description = "Upheld", body = ReportView)))]
#[post("/v1/reports/{id}/uphold")]
pub async fn uphold(call: Call, body: Body<Reason>) -> Result<HttpResponse, Problem> {
    decide(call, ReportCommand::Uphold, body.0.reason).await
}

/// Dismiss a report
///
/// The entry stays as it is.
#[utoipa::path(tag = "moderation", operation_id = "dismiss_report", request_body = Reason,
    params(("id" = ReportId, Path, description = "The report", example = "01932b6e-7a00-7007-8000-000000000001")),
    responses((status = 200, description = "Dismissed", body = ReportView)))]
#[post("/v1/reports/{id}/dismiss")]
pub async fn dismiss(call: Call, body: Body<Reason>) -> Result<HttpResponse, Problem> {
    decide(call, ReportCommand::Dismiss, body.0.reason).await
}
