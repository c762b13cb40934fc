//! Tokens for trying things out. Demo databases alone have a key to sign them with.

use actix_web::{HttpResponse, http::header::HOST, post};
use kernel::{Fault, Finding};
use persistence::DoorRule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    auth::Persona,
    call::Call,
    json::{Body, Input, limits},
    problem::Problem,
};

/// Whom to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"persona": "association-chair"}))]
pub struct DemoTokenRequest {
    /// One of: citizen, association-chair, association-editor, grants-officer, committee-member, premises-manager, caretaker,
    /// institution-contact, prize-secretary, juror, centre-adviser, municipal-employee, editor, administrator, auditor,
    /// records-officer, integration.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    persona: String,
}

impl Input for DemoTokenRequest {
    fn findings(&self) -> Vec<Finding> {
        let unknown = Persona::named(&self.persona).is_none();
        let unknown = unknown.then(|| Finding::new("/persona", Fault::Malformed { expected: Persona::NAMES.join(", ") }));
        limits(self).into_iter().chain(unknown).collect()
    }
}

/// A token to paste into Authorize.
#[derive(Debug, Serialize, ToSchema)]
pub struct DemoToken {
    /// The token.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until it expires.
    expires_in: u32,
}

/// Get a token as a ready-made persona
///
/// In demo mode only, and only for whoever calls this machine by a local name. Paste the token into *Authorize*.
#[utoipa::path(tag = "demo", operation_id = "create_demo_token", security(()), request_body = DemoTokenRequest,
    responses((status = 200, description = "A token, good for eight hours", body = DemoToken),
        (status = 404, description = "This service is not in demo mode", body = crate::problem::ProblemDocument, content_type = "application/problem+json")))]
#[post("/demo/tokens")]
pub async fn token(call: Call, body: Body<DemoTokenRequest>) -> Result<HttpResponse, Problem> {
    let app = call.app();
    let key = app.demo.as_ref().filter(|_| app.demo_public || named_locally(&call)).ok_or(DoorRule::NotFound)?;
    let persona = Persona::named(&body.0.persona).ok_or(DoorRule::NotFound)?;
    let access_token = key.token(&persona, app.clock.now(), app.clock.new_id()).map_err(persistence::Error::internal)?;
    Ok(HttpResponse::Ok().json(DemoToken { access_token, token_type: "Bearer", expires_in: 8 * 3600 }))
}

/// A page on the web can make a browser call this machine, but not by this machine's own name.
fn named_locally(call: &Call) -> bool {
    let host = call.request().headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    matches!(name, "localhost" | "127.0.0.1" | "::1")
}
