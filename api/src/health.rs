//! For those who run the service: whether it lives, whether it can work, and how it does.

use std::sync::{OnceLock, atomic::Ordering};

use actix_web::{HttpResponse, get, http::header::CONTENT_TYPE};
use chrono::{DateTime, Utc};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use persistence::{
    DoorRule, jobs,
    letters::{self, LetterStatus},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{call::Call, keys::IssuerKeys, problem::Problem};

/// Whether the process lives.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`; anything else is a problem document.
    status: &'static str,
}

/// Whether the service can work, and whether it gets done what is due.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Always `ok`; anything else is a problem document.
    status: &'static str,
    work: DueWork,
    /// The issuers that are asked for their keys. Without them nobody of theirs can sign in; what is public goes on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    issuers: Vec<IssuerHealth>,
}

/// Work that the service does by itself: letters, housekeeping, what dates bring about.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueWork {
    /// How much is due and not done.
    #[schema(minimum = 0)]
    due: i64,
    /// Since when the oldest of it has been.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<DateTime<Utc>>,
    /// How much has failed at least once and is tried again later.
    #[schema(minimum = 0)]
    failing: i64,
}

/// How well the keys of an issuer are known.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuerHealth {
    /// The name of the issuer, which is its address.
    issuer: String,
    /// Whether its keys are `fresh`, `kept` from before since it cannot be asked, or still `missing`.
    keys: IssuerKeys,
}

/// Whether the process lives
///
/// Touches nothing: it answers at once even when the database does not.
#[utoipa::path(tag = "operations", operation_id = "get_liveness", security(()), responses((status = 200, description = "It lives", body = Health)))]
#[get("/health/live")]
pub async fn live(_call: Call) -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Whether the service can work
///
/// Asks the database. Says no from the moment the service is told to stop, so that no new work is sent to it.
#[utoipa::path(tag = "operations", operation_id = "get_readiness", security(()), responses((status = 200, description = "It can work", body = Readiness)))]
#[get("/health/ready")]
pub async fn ready(call: Call) -> Result<HttpResponse, Problem> {
    if call.app().draining.load(Ordering::SeqCst) {
        return Err(DoorRule::Busy.into());
    }
    let now = call.app().clock.now();
    let backlog = call.app().read(move |connection| jobs::backlog(connection, now)).await?;
    let work = DueWork { due: backlog.due, since: backlog.since, failing: backlog.failing };
    let issuers = call.app().issuers.standings().into_iter().map(|(issuer, keys)| IssuerHealth { issuer: issuer.to_owned(), keys });
    Ok(HttpResponse::Ok().json(Readiness { status: "ok", work, issuers: issuers.collect() }))
}

/// Figures for Prometheus
///
/// Closed unless the operator has set `METRICS_TOKEN`.
#[utoipa::path(tag = "operations", operation_id = "get_metrics", security(("metrics" = [])), responses(
    (status = 200, description = "Figures in the Prometheus text format", body = String, content_type = "text/plain; version=0.0.4; charset=utf-8"),
    (status = 401, description = "Without the operator's token", body = crate::problem::ProblemDocument, content_type = "application/problem+json")))]
#[get("/metrics")]
pub async fn metrics(call: Call) -> Result<HttpResponse, Problem> {
    let now = call.app().clock.now();
    let (backlog, letters) = call.app().read(move |connection| Ok((jobs::backlog(connection, now)?, letters::counts(connection)?))).await?;
    let waited = backlog.since.map_or(0, |since| (now - since).num_seconds());
    gauge("frivillig_jobs_due", None, backlog.due);
    gauge("frivillig_jobs_failing", None, backlog.failing);
    gauge("frivillig_jobs_waited_seconds", None, waited);
    for status in LetterStatus::ALL {
        let count = letters.iter().find(|(known, _)| known == status).map_or(0, |(_, count)| *count);
        gauge("frivillig_letters", Some(status.as_str()), count);
    }
    let figures = recorder().map(PrometheusHandle::render).unwrap_or_default();
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")).body(figures))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn gauge(name: &'static str, status: Option<&'static str>, value: i64) {
    match status {
        Some(status) => ::metrics::gauge!(name, "status" => status).set(value as f64),
        None => ::metrics::gauge!(name).set(value as f64),
    }
}

/// The one recorder of the process; `None` when something else in the process records already.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let buckets = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    HANDLE
        .get_or_init(|| {
            let statements = Matcher::Full("frivillig_statements".into());
            let builder = PrometheusBuilder::new().set_buckets(&buckets).ok()?;
            builder.set_buckets_for_metric(statements, &[2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0, 50.0]).ok()?.install_recorder().ok()
        })
        .as_ref()
}
