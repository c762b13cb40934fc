//! What waits for an editor.

use access::Action;
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use initiatives::{Claim, Status};
use kernel::{InitiativeId, OrganisationId, PersonId, string_enum};
use persistence::initiatives::{self as store, Claimed, FIGURES_DAYS, QueueFilter, Waiting};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    call::Call,
    initiatives::{InitiativeFilePage, InitiativeFileSummary, OrganisationReference},
    page::{Place, page_view},
    problem::Problem,
    reply,
};

string_enum! {
    /// What sort of text waits.
    pub enum QueueKind {
        /// The first text of an initiative.
        First = "first" da("Ny") en("New"),
        /// A change of what is public already.
        Change = "change" da("Ændring") en("Change"),
    }
}

string_enum! {
    /// Whose a text in the queue is.
    pub enum QueueClaim {
        /// What I have taken.
        Mine = "mine" da("Min") en("Mine"),
        /// What nobody has taken.
        Free = "free" da("Ledig") en("Free"),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// First texts, or changes of what is public already.
    kind: Option<QueueKind>,
    /// What I have taken, or what nobody has.
    #[param(inline)]
    claimed: Option<QueueClaim>,
    /// Texts of one organisation.
    organisation_id: Option<OrganisationId>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u8>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether `total` is wanted.
    count: Option<bool>,
}

/// Who is at a text, and until when.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimView {
    /// The service's own id for the editor; see `GET /v1/me`.
    person_id: PersonId,
    /// When the text becomes free by itself.
    until: DateTime<Utc>,
}

impl From<Claim> for ClaimView {
    fn from(claim: Claim) -> Self {
        Self { person_id: claim.person, until: claim.until }
    }
}

/// A text that waits for an editor.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueItem {
    initiative_id: InitiativeId,
    organisation: OrganisationReference,
    kind: QueueKind,
    /// The title of the text that waits.
    title: String,
    /// When it was handed in.
    submitted_at: DateTime<Utc>,
    /// Who is at it, if anybody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<ClaimView>,
}

impl From<Waiting> for QueueItem {
    fn from(waiting: Waiting) -> Self {
        Self {
            initiative_id: waiting.initiative,
            organisation: OrganisationReference { id: waiting.organisation, name: waiting.organisation_name },
            kind: if waiting.is_change { QueueKind::Change } else { QueueKind::First },
            title: waiting.title,
            submitted_at: waiting.submitted_at,
            claim: waiting.claim.map(ClaimView::from),
        }
    }
}

page_view! {
    /// A page of the queue.
    QueuePage of QueueItem
}

/// The texts that wait for an editor
///
/// The longest waiting first. Take one with `claim`, so that no two work on it; publish, return or refuse it under `/v1/initiatives/{id}`.
#[utoipa::path(tag = "moderation", operation_id = "list_moderation_queue", params(QueueQuery),
    responses((status = 200, description = "A page of the queue", body = QueuePage)))]
#[get("/v1/moderation")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let query: QueueQuery = call.query()?;
    let (page, place) = Place::new(&call, query.limit, query.cursor.as_deref(), query.count)?;
    let acting = call.may(Action::ReadModerationQueue)?;
    let now = call.app().clock.now();
    let filter = QueueFilter {
        organisation: query.organisation_id,
        is_change: query.kind.map(|kind| kind == QueueKind::Change),
        claimed: query.claimed.map(|claim| if claim == QueueClaim::Mine { Claimed::Mine } else { Claimed::Nobodys }),
    };
    call.read(move |connection| QueuePage::answer(&place, store::queue(connection, &acting, filter, now, &page)?, QueueItem::from)).await
}

/// Take a text out of the queue
///
/// Nobody else can decide about it until it is released or two hours have gone by. Taking it again keeps it for longer.
#[utoipa::path(tag = "moderation", operation_id = "claim_review",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000158")),
    responses((status = 200, description = "Taken", body = ClaimView)))]
#[post("/v1/moderation/{id}/claim")]
pub async fn take(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::ClaimReview)?;
    let id = call.id("id")?;
    call.write(move |tx| reply::list(&ClaimView::from(store::claim(tx, &acting, id, precondition)?))).await
}

/// Put a text back into the queue
///
/// For whoever has taken it. Nothing happens to the text.
#[utoipa::path(tag = "moderation", operation_id = "release_review",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000158")),
    responses((status = 204, description = "Free again")))]
#[post("/v1/moderation/{id}/release")]
pub async fn give_back(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::ClaimReview)?;
    let id = call.id("id")?;
    call.write(move |tx| store::release(tx, &acting, id, precondition).map(|()| reply::no_content())).await
}

/// How the queue does.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueFiguresView {
    /// Texts that wait.
    #[schema(minimum = 0)]
    waiting: i64,
    /// When the longest waiting of them was handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_submitted_at: Option<DateTime<Utc>>,
    /// Days back that the following two reach.
    #[schema(minimum = 1)]
    days: i64,
    /// Texts decided in those days.
    #[schema(minimum = 0)]
    decided: usize,
    /// Hours from being handed in to the decision: half of them waited no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    median_hours: Option<i64>,
}

/// How long texts wait for an editor
///
/// What waits now, and the median waiting time of the last ninety days.
#[utoipa::path(tag = "moderation", operation_id = "get_moderation_figures",
    responses((status = 200, description = "The figures", body = QueueFiguresView)))]
#[get("/v1/moderation/figures")]
pub async fn figures(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadModerationQueue)?;
    let now = call.app().clock.now();
    call.read(move |connection| {
        let figures = store::queue_figures(connection, &acting, now)?;
        let view = QueueFiguresView {
            waiting: figures.waiting,
            oldest_submitted_at: figures.oldest_submitted_at,
            days: FIGURES_DAYS,
            decided: figures.decided,
            median_hours: figures.median.map(|median| median.num_hours()),
        };
        Ok(reply::list(&view)?.into())
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FilesQuery {
    /// Initiatives in any of these states; by default in all of them.
    #[serde(default)]
    status: Vec<Status>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u8>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether `total` is wanted.
    count: Option<bool>,
}

/// Every initiative, whatever its state
///
/// For staff; the latest change first.
#[utoipa::path(tag = "moderation", operation_id = "list_initiative_files", params(FilesQuery),
    responses((status = 200, description = "A page of initiative files", body = InitiativeFilePage)))]
#[get("/v1/moderation/initiatives")]
pub async fn files(call: Call) -> Result<HttpResponse, Problem> {
    let query: FilesQuery = call.query()?;
    let (page, place) = Place::new(&call, query.limit, query.cursor.as_deref(), query.count)?;
    let acting = call.may(Action::ReadModerationQueue)?;
    call.read(move |connection| {
        let found = store::list_files(connection, &acting, None, &query.status, &page)?;
        InitiativeFilePage::answer(&place, found, |stored| InitiativeFileSummary::from(&stored))
    })
    .await
}
