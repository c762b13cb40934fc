//! Messages to the contacts of entries.

use actix_web::{HttpResponse, post};
use kernel::{Finding, InitiativeId};
use persistence::messages as store;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    call::Call,
    json::{Body, Input, limits, wrong_email},
    problem::Problem,
    reply,
};

/// What somebody wants to say to the contact of an entry.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Jens Holm", "email": "jens@holm.example", "text": "Jeg vil gerne hjælpe om tirsdagen. Hvornår mødes I?"}))]
pub struct MessageRequest {
    /// Who writes.
    #[validate(length(min = 1, max = 120))]
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// Where the link to confirm is mailed to, and the answer goes.
    #[validate(length(max = 254))]
    #[schema(max_length = 254)]
    email: String,
    /// What they write.
    #[validate(length(min = 1, max = 4000))]
    #[schema(min_length = 1, max_length = 4000)]
    text: String,
}

impl Input for MessageRequest {
    fn findings(&self) -> Vec<Finding> {
        limits(self).into_iter().chain(wrong_email(Some(&self.email))).collect()
    }
}

/// Write to the contact of an initiative
///
/// Anybody may write, without seeing the contact's address. A link is mailed to the writer first; when it comes back, the message goes to the
/// contact, or else to the organisation, who answer to the writer's address. A message whose link does not come back within a week is
/// forgotten.
#[utoipa::path(tag = "initiatives", operation_id = "write_to_initiative", security((), ("bearer" = [])), request_body = MessageRequest,
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 204, description = "A link has been mailed to the address given, unless it has had many of them today")))]
#[post("/v1/initiatives/{id}/messages")]
pub async fn receive(call: Call, body: Body<MessageRequest>) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    call.sparingly()?;
    let id = call.id("id")?;
    let freshness = call.app().freshness;
    let MessageRequest { name, email, text } = body.0;
    call.write(move |tx| store::receive(tx, id, precondition, &freshness, (name, email, text)).map(|()| reply::no_content())).await
}
