//! The change feed: what has happened, in the order in which it did.

use std::{sync::atomic::Ordering, time::Duration};

use access::Action;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use kernel::{Fault, Finding, OrganisationId};
use persistence::journal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    call::Call,
    page::DEFAULT_LIMIT,
    problem::Problem,
    reply::{self, Caching},
};

/// Seconds that a reader may wait for the next event.
const MAX_WAIT: u64 = 30;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// The last sequence number you have; what comes after it is returned.
    #[param(minimum = 0, default = 0)]
    after: Option<i64>,
    /// How many at most.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u8>,
    /// Seconds to wait when there is nothing yet.
    #[param(minimum = 0, maximum = 30, default = 0)]
    wait: Option<u64>,
}

/// One thing that happened. It names things, never people, and carries no text that anybody wrote.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Larger than that of everything that happened before.
    #[schema(minimum = 1)]
    sequence: i64,
    /// When it was committed to.
    occurred_at: DateTime<Utc>,
    /// What happened, such as `initiative.published`.
    name: String,
    /// What sort of thing it happened to.
    subject_kind: String,
    /// Which one.
    subject_id: Uuid,
    /// The organisation concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_id: Option<OrganisationId>,
    /// Who may read it: `public`, `organisation` or `staff`.
    visibility: String,
    /// Ids, codes and names of fields.
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    data: Box<RawValue>,
}

/// Events, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventList {
    /// What happened, oldest first.
    items: Vec<EventView>,
    /// What to send as `after` next time.
    #[schema(minimum = 0)]
    last_sequence: i64,
}

/// What has changed since
///
/// Everybody reads what is public, members also what concerns their organisation, staff everything. Remember `last_sequence` and ask again
/// with it: nothing is lost and nothing comes twice. With `wait` the answer comes as soon as there is something. A public event of an initiative
/// says in `data.entry` whether there is an entry to read now (`shown`) or not (`gone`).
#[utoipa::path(tag = "events", operation_id = "list_events", security((), ("bearer" = [])), params(EventQuery),
    responses((status = 200, description = "What happened", body = EventList)))]
#[get("/v1/events")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let query: EventQuery = call.query()?;
    let (after, limit, wait) = check(&query)?;
    let acting = call.reading(Action::ReadEvents);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(wait);
    loop {
        let (reader, changed) = (acting.clone(), call.app().changed.notified());
        let events = call.app().read(move |connection| journal::after(connection, &reader, after, i64::from(limit))).await?;
        // What another instance writes is noticed within a second; what this one writes, at once.
        let patience = deadline.saturating_duration_since(tokio::time::Instant::now()).min(Duration::from_secs(1));
        // A service that is about to stop keeps nobody waiting.
        if !events.is_empty() || patience.is_zero() || call.app().draining.load(Ordering::SeqCst) {
            let last_sequence = events.last().map_or(after, |event| event.sequence);
            let items = events.into_iter().map(view).collect::<Result<_, _>>()?;
            let answer = reply::list(&EventList { items, last_sequence })?;
            return Ok(call.finish(&reply::Finished::new(answer, None, reply::JSON), Caching::Never));
        }
        let _ = tokio::time::timeout(patience, changed).await;
    }
}

fn check(query: &EventQuery) -> Result<(i64, u8, u64), Problem> {
    let (after, limit, wait) = (query.after.unwrap_or(0), query.limit.unwrap_or(DEFAULT_LIMIT), query.wait.unwrap_or(0));
    let range = |min: i64, max: i64| Fault::OutOfRange { min: min.to_string(), max: max.to_string() };
    let findings: Vec<Finding> = [
        (after < 0, "?after", range(0, i64::MAX)),
        (!(1..=100).contains(&limit), "?limit", range(1, 100)),
        (wait > MAX_WAIT, "?wait", range(0, 30)),
    ]
    .into_iter()
    .filter_map(|(wrong, pointer, fault)| wrong.then(|| Finding::new(pointer, fault)))
    .collect();
    if findings.is_empty() { Ok((after, limit, wait)) } else { Err(Problem::invalid(findings)) }
}

fn view(event: journal::Published) -> Result<EventView, persistence::Error> {
    Ok(EventView {
        sequence: event.sequence,
        occurred_at: event.occurred_at,
        name: event.name,
        subject_kind: event.subject_kind,
        subject_id: event.subject_id,
        organisation_id: event.organisation,
        visibility: event.visibility,
        data: RawValue::from_string(event.data).map_err(persistence::Error::internal)?,
    })
}
