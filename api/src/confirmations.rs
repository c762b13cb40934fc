//! Links that were mailed, sent back by whoever has read the letter.

use actix_web::{HttpResponse, post};
use kernel::{Finding, InitiativeId, OrganisationId};
use persistence::confirmations::{self, Confirmed, Purpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    call::Call,
    json::{Body, Input, limits},
    problem::Problem,
    reply,
};

/// What stands behind `#` in a mailed link.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "3q2-7wMhYxkT0v8nLr5bQ1sZcPdUeWfA9gHjKlOiUyE"}))]
pub struct ConfirmationRequest {
    /// The secret out of the link.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    token: String,
}

impl Input for ConfirmationRequest {
    fn findings(&self) -> Vec<Finding> {
        limits(self)
    }
}

/// What the link has done.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmationView {
    purpose: Purpose,
    /// What it was for, in the language asked for.
    label: &'static str,
    /// The initiative that has been confirmed, or to which a message has gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    initiative_id: Option<InitiativeId>,
    /// The organisation to which whoever was invited belongs now.
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_id: Option<OrganisationId>,
}

/// Send back a mailed link
///
/// The secret stands behind `#` in the link, where mail scanners that follow links do not reach it. A link works once. Who is invited to an
/// organisation sends it with a token, and so says who they are.
#[utoipa::path(tag = "confirmations", operation_id = "redeem_confirmation", security((), ("bearer" = [])), request_body = ConfirmationRequest,
    responses((status = 200, description = "Done", body = ConfirmationView)))]
#[post("/v1/confirmations")]
pub async fn redeem(call: Call, body: Body<ConfirmationRequest>) -> Result<HttpResponse, Problem> {
    let (language, freshness) = (call.language(), call.app().freshness);
    call.write(move |tx| {
        let (purpose, initiative_id, organisation_id) = match confirmations::redeem(tx, &body.0.token, &freshness)? {
            Confirmed::Initiative(initiative) => (Purpose::ConfirmInitiative, Some(initiative.id), None),
            Confirmed::Membership(membership) => (Purpose::AcceptInvitation, None, Some(membership.organisation)),
            Confirmed::Message(message) => (Purpose::SendMessage, Some(message.initiative), None),
        };
        reply::list(&ConfirmationView { purpose, label: purpose.label(language), initiative_id, organisation_id })
    })
    .await
}
