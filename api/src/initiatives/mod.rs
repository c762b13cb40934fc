//! Initiatives: the public catalogue, and the files behind it.

pub mod comparison;
mod forms;
pub mod principles;
pub mod steps;
mod views;

use access::Action;
use actix_web::{HttpResponse, get, patch, post};
use initiatives::Content;
use kernel::{InitiativeId, OrganisationId};
use persistence::{
    DoorRule,
    catalogue::{self, Filter, Order},
    initiatives as store,
};
use serde::Deserialize;
use utoipa::IntoParams;

pub use forms::{InitiativeQuery, NewInitiative};
pub use views::{
    InitiativeFile, InitiativeFilePage, InitiativeFileSummary, InitiativePage, InitiativeProfile, InitiativeSummary, InitiativeView,
    OrganisationReference,
};

use crate::{
    app::Public,
    call::Call,
    json::{Body, Patch},
    page::Place,
    problem::Problem,
    reply,
};

/// Search the catalogue of volunteer initiatives
///
/// Every filter narrows the list further; a filter given several times means any of its values. `q` knows Danish: *besøgsvenner* finds
/// *besøgsven*, and *Aarhus* finds *Århus*.
#[utoipa::path(tag = "initiatives", operation_id = "list_initiatives", security(()), params(InitiativeQuery),
    responses((status = 200, description = "A page of initiatives", body = InitiativePage)))]
#[get("/v1/initiatives")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let (now, freshness) = (call.app().clock.now(), call.app().freshness);
    call.public_list(move |call| {
        let query: InitiativeQuery = call.query()?;
        let (page, place) = Place::new(call, query.limit, query.cursor.as_deref(), query.count)?;
        let (filter, order): (Filter, Order) = query.try_into()?;
        Ok(move |connection: &mut _| {
            let found = catalogue::list(connection, &filter, order, &freshness, now, &page)?;
            let valid_until = catalogue::next_change(connection, &freshness, now)?;
            let listed = InitiativePage::answer(&place, found, InitiativeSummary::from)?;
            Ok(Public { listed, dependence: filter.dependence(), valid_until })
        })
    })
    .await
}

/// One initiative
///
/// Everybody reads what is published. Members of the organisation and staff get the whole file: the approved text, the one being written on,
/// and what reviewers answered.
#[utoipa::path(tag = "initiatives", operation_id = "get_initiative", security((), ("bearer" = [])),
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "The published initiative, or its file", body = InitiativeView),
        (status = 410, description = "It was public once and has been archived", body = crate::problem::ProblemDocument, content_type = "application/problem+json")))]
#[get("/v1/initiatives/{id}")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let id: InitiativeId = call.id("id")?;
    let acting = call.reading(Action::ReadInitiativeFile);
    let (now, freshness) = (call.app().clock.now(), call.app().freshness);
    call.public(move |connection| {
        match store::get_file(connection, &acting, id) {
            Ok(file) => {
                let version = file.stored.initiative.version;
                let view = InitiativeView::File(Box::new(InitiativeFile::from(file)));
                return Ok(Public::depending_on(catalogue::dependence(id), reply::ok(version, &view)?.into()));
            }
            Err(error) if error.problem == DoorRule::NotFound.as_problem() => {}
            Err(error) => return Err(error),
        }
        let entry = catalogue::get(connection, id, &freshness, now)?;
        let valid_until = catalogue::next_change(connection, &freshness, now)?;
        let answer = reply::ok(entry.version, &InitiativeView::Profile(Box::new(InitiativeProfile::from(entry))))?;
        Ok(Public { listed: answer.into(), dependence: catalogue::dependence(id), valid_until })
    })
    .await
}

/// Draft an initiative
///
/// A draft needs no more than a title. Submit it when it is complete, and an editor publishes it.
#[utoipa::path(tag = "initiatives", operation_id = "draft_initiative", request_body = NewInitiative,
    responses((status = 201, description = "Drafted", body = InitiativeFile)))]
#[post("/v1/initiatives")]
pub async fn draft(call: Call, body: Body<NewInitiative>) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::DraftInitiative)?;
    let NewInitiative { organisation_id, content } = body.0;
    call.write(move |tx| {
        let stored = store::draft(tx, &acting, organisation_id, content)?;
        let address = format!("/v1/initiatives/{}", stored.initiative.id);
        reply::created(address, stored.initiative.version, &InitiativeFile::from(store::opened(tx, &acting, stored)?))
    })
    .await
}

/// Write on an initiative
///
/// JSON Merge Patch. A draft changes as it stands. Of a published initiative, times, places, contact and other practical things change at once;
/// a new title, text, target group or principle answer waits as a revision, and the public keeps reading the approved one.
#[utoipa::path(tag = "initiatives", operation_id = "edit_initiative",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    request_body(content = Content, content_type = "application/merge-patch+json", example = json!({"summary": "Vi mødes hver tirsdag til kaffe og en gåtur."})),
    responses((status = 200, description = "Changed", body = InitiativeFile)))]
#[patch("/v1/initiatives/{id}")]
pub async fn edit(call: Call, patch: Patch) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::EditInitiative)?;
    let id = call.id("id")?;
    call.write(move |tx| {
        let stored = store::edit(tx, &acting, id, precondition, |present| patch.apply(present))?;
        reply::ok(stored.initiative.version, &InitiativeFile::from(store::opened(tx, &acting, stored)?))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileQuery {
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u8>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether `total` is wanted.
    count: Option<bool>,
}

/// An organisation's initiatives, drafts included
///
/// For its members and staff, the latest change first.
#[utoipa::path(tag = "initiatives", operation_id = "list_organisation_initiatives",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001"), FileQuery),
    responses((status = 200, description = "A page of initiative files", body = InitiativeFilePage)))]
#[get("/v1/organisations/{id}/initiatives")]
pub async fn of_organisation(call: Call) -> Result<HttpResponse, Problem> {
    let query: FileQuery = call.query()?;
    let (page, place) = Place::new(&call, query.limit, query.cursor.as_deref(), query.count)?;
    let acting = call.may(Action::ReadInitiativeFile)?;
    let id = call.id("id")?;
    call.read(move |connection| {
        let found = store::list_files(connection, &acting, Some(id), &[], &page)?;
        InitiativeFilePage::answer(&place, found, |stored| InitiativeFileSummary::from(&stored))
    })
    .await
}
