//! The names and numbers of an organisation, now and before.

use access::Action;
use actix_web::{HttpResponse, get, put};
use chrono::{DateTime, Utc};
use kernel::{Finding, OrganisationId};
use organisations::Registration;
use persistence::organisations::history::{self as store, Former};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::OrganisationFile;
use crate::{
    call::Call,
    json::{Body, Input},
    problem::Problem,
    reply,
};

/// A name and numbers that no longer hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormerView {
    /// What the organisation was called.
    name: String,
    /// CVR number.
    #[serde(skip_serializing_if = "Option::is_none")]
    cvr: Option<String>,
    /// P-number of the production unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    p_number: Option<String>,
    /// When others took their place.
    until: DateTime<Utc>,
}

impl From<Former> for FormerView {
    fn from(Former { name, cvr, p_number, until }: Former) -> Self {
        Self { name, cvr, p_number, until }
    }
}

/// What an organisation was called and numbered before.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormerList {
    /// The latest first.
    items: Vec<FormerView>,
}

/// What an organisation was called before
///
/// For its members and staff: former names and numbers, and those of registrations that were merged into it.
#[utoipa::path(tag = "organisations", operation_id = "list_former_registrations",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 200, description = "Former names and numbers", body = FormerList)))]
#[get("/v1/organisations/{id}/history")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadOrganisationFile)?;
    let id = call.id("id")?;
    call.read(move |connection| {
        let items = store::list(connection, &acting, id)?.into_iter().map(FormerView::from).collect();
        Ok(reply::list(&FormerList { items })?.into())
    })
    .await
}

/// The numbers under which registers know an organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"cvr": "13748136"}))]
pub struct Numbers {
    /// CVR number: eight digits with a matching check digit.
    #[schema(min_length = 8, max_length = 8, pattern = "^[0-9]{8}$")]
    cvr: Option<String>,
    /// P-number of the production unit: ten digits.
    #[schema(min_length = 10, max_length = 10, pattern = "^[0-9]{10}$")]
    p_number: Option<String>,
}

impl Input for Numbers {
    fn findings(&self) -> Vec<Finding> {
        Registration { cvr: self.cvr.clone(), p_number: self.p_number.clone(), unit_id: None }.findings()
    }
}

/// Give an organisation other numbers
///
/// Staff does so when the registers do. The old numbers stay in its history; what was decided under them keeps them.
#[utoipa::path(tag = "organisations", operation_id = "renumber_organisation", request_body = Numbers,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000048")),
    responses((status = 200, description = "Changed", body = OrganisationFile)))]
#[put("/v1/organisations/{id}/registration")]
pub async fn renumber(call: Call, body: Body<Numbers>) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::GovernOrganisation)?;
    let id = call.id("id")?;
    let Numbers { cvr, p_number } = body.0;
    call.write(move |tx| {
        let stored = store::renumber(tx, &acting, id, precondition, (cvr, p_number))?;
        reply::ok(stored.organisation.version, &OrganisationFile::new(&stored))
    })
    .await
}
