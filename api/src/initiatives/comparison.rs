//! What a change would change, field by field.

use access::Action;
use actix_web::{HttpResponse, get};
use initiatives::{Content, Initiative};
use kernel::InitiativeId;
use persistence::{Error, initiatives as store};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{call::Call, problem::Problem, reply};

/// One field in which the text that is written on differs from the approved one.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldChange {
    /// The name of the field in the text.
    field: &'static str,
    /// What the public reads; absent where there was nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    before: Option<Value>,
    /// What it would read; absent where there would be nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    after: Option<Value>,
}

/// The approved text beside the one that is written on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    initiative_id: InitiativeId,
    /// Whether an approved text exists; without one, everything is new.
    is_change: bool,
    /// The fields that differ, in the order of the text.
    changes: Vec<FieldChange>,
}

impl Comparison {
    fn new(initiative: &Initiative) -> Result<Self, Error> {
        let content = |content: &Content| serde_json::to_value(content).map_err(Error::internal);
        let approved = initiative.approved.as_ref().map(|revision| &revision.content);
        let nothing = Content::titled("");
        let (old, new) = (approved.unwrap_or(&nothing), initiative.working.as_ref().map(|revision| &revision.content));
        let new = new.unwrap_or(old);
        let (mut before, mut after) = (content(old)?, content(new)?);
        let take = |side: &mut Value, field: &str| side.as_object_mut().and_then(|members| members.remove(field));
        let changes = old.changes(new).into_iter().map(|field| FieldChange {
            field,
            before: take(&mut before, field).filter(|_| approved.is_some()),
            after: take(&mut after, field),
        });
        Ok(Self { initiative_id: initiative.id, is_change: approved.is_some(), changes: changes.collect() })
    }
}

/// What a change would change
///
/// For members and staff: the approved text beside the one that is written on or waits for review, field by field.
#[utoipa::path(tag = "initiatives", operation_id = "compare_initiative",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "The fields that differ", body = Comparison)))]
#[get("/v1/initiatives/{id}/comparison")]
pub async fn compare(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadInitiativeFile)?;
    let id = call.id("id")?;
    call.read(move |connection| {
        let file = store::get_file(connection, &acting, id)?;
        Ok(reply::list(&Comparison::new(&file.stored.initiative)?)?.into())
    })
    .await
}
