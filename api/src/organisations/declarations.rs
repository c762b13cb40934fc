//! What organisations declare for a year.

use access::Action;
use actix_web::{HttpResponse, get, put};
use chrono::{DateTime, Utc};
use kernel::{OrganisationId, PersonId};
use organisations::{Declaration, DeclarationKind};
use persistence::{DoorRule, organisations::declarations as store};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{call::Call, problem::Problem, reply};

/// That something was declared, and nothing of what is behind it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeclarationView {
    kind: DeclarationKind,
    /// The year for which it holds.
    year: i32,
    /// When it was declared.
    declared_at: DateTime<Utc>,
    /// The service's own id for whoever declared it, for the organisation.
    declared_by: PersonId,
}

impl From<Declaration> for DeclarationView {
    fn from(declaration: Declaration) -> Self {
        let Declaration { kind, year, declared_at, declared_by } = declaration;
        Self { kind, year, declared_at, declared_by }
    }
}

/// Everything that an organisation has declared.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeclarationList {
    /// The latest year first.
    items: Vec<DeclarationView>,
}

/// What an organisation has declared
///
/// For its members and staff.
#[utoipa::path(tag = "organisations", operation_id = "list_declarations",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 200, description = "Every declaration", body = DeclarationList)))]
#[get("/v1/organisations/{id}/declarations")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadOrganisationFile)?;
    let id = call.id("id")?;
    call.read(move |connection| {
        let items = store::list(connection, &acting, id)?.into_iter().map(DeclarationView::from).collect();
        Ok(reply::list(&DeclarationList { items })?.into())
    })
    .await
}

/// Declare something for a year
///
/// A signatory does so for the present year or, in December, for the next. Declaring it again changes nothing. `If-Match` names the version of
/// the organisation, or `*`.
#[utoipa::path(tag = "organisations", operation_id = "declare",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001"),
        ("kind" = DeclarationKind, Path, description = "What is declared", example = "democracy"),
        ("year" = String, Path, pattern = "^[0-9]{4}$", description = "For which year", example = "2026")),
    responses((status = 200, description = "Declared", body = DeclarationView)))]
#[put("/v1/organisations/{id}/declarations/{kind}/{year}")]
pub async fn declare(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::Declare)?;
    let id = call.id("id")?;
    let kind = DeclarationKind::parse(call.path("kind")).ok_or(DoorRule::NotFound)?;
    let year = call.id("year")?;
    call.write(move |tx| {
        let (stored, declaration) = store::declare(tx, &acting, id, precondition, (kind, year))?;
        reply::ok(stored.organisation.version, &DeclarationView::from(declaration))
    })
    .await
}
