//! What waits for an editor.

use access::Action;
use actix_web::{HttpResponse, get};
use initiatives::Status;
use persistence::initiatives as store;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    call::Call,
    initiatives::{InitiativeFilePage, files},
    page::Place,
    problem::Problem,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// Initiatives in any of these states; by default those whose first text is in review.
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

/// The initiatives that wait for an editor
///
/// The latest change first. Every state can be asked for.
#[utoipa::path(tag = "moderation", operation_id = "list_moderation_queue", params(QueueQuery),
    responses((status = 200, description = "A page of initiative files", body = InitiativeFilePage)))]
#[get("/v1/moderation")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let query: QueueQuery = call.query()?;
    let (page, place) = Place::new(&call, query.limit, query.cursor.as_deref(), query.count)?;
    let acting = call.may(Action::ReadModerationQueue)?;
    let statuses = if query.status.is_empty() { vec![Status::InReview] } else { query.status };
    call.read(move |connection| files(&place, store::list_files(connection, &acting, None, &statuses, &page)?)).await
}
