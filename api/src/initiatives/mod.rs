//! Initiatives: the public catalogue, and the files behind it.

pub mod comparison;
mod formats;
mod forms;
pub mod principles;
pub mod referrals;
pub mod steps;
mod views;

use access::Action;
use actix_web::{HttpResponse, get, patch, post};
use initiatives::Content;
use kernel::{InitiativeId, OrganisationId};
use persistence::{
    DoorRule,
    catalogue::{self, Entry, Filter, Order},
    files, initiatives as store, taxonomies,
};
use serde::Deserialize;
use utoipa::IntoParams;

pub use formats::FeatureCollection;
use formats::{Csv, JSON_LD, Lines, Map};
pub use forms::{InitiativeQuery, NewInitiative};
pub use views::{
    InitiativeFile, InitiativeFilePage, InitiativeFileSummary, InitiativePage, InitiativeProfile, InitiativeSummary, InitiativeView,
    OrganisationReference,
};

use crate::{
    call::{Call, Listed},
    export::{self, Format},
    json::{Body, Patch},
    page::Place,
    problem::Problem,
    public::Public,
    reply,
};

/// Search the catalogue of volunteer initiatives
///
/// Every filter narrows the list further; a filter given several times means any of its values. `q` knows Danish: *besøgsvenner* finds
/// *besøgsven*, and *Aarhus* finds *Århus*. A term finds the narrower ones under it, too, and one that was merged into another finds what
/// that one does. `Accept` chooses the form: a page of JSON, or everything that was found as a spreadsheet
/// (`text/csv`), as lines (`application/jsonl`) or on a map (`application/geo+json`), whatever `limit` and `cursor` say.
#[utoipa::path(tag = "initiatives", operation_id = "list_initiatives", security(()), params(InitiativeQuery),
    responses((status = 200, description = "A page of initiatives, or all of them in another form", content(
        (InitiativePage = "application/json"),
        (String = "text/csv; charset=utf-8; header=present"),
        (String = "application/jsonl"),
        (FeatureCollection = "application/geo+json"),
    ))))]
#[get("/v1/initiatives")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let languages = call.languages().clone();
    match call.media_type() {
        Csv::MEDIA_TYPE => whole(call, Csv(languages)).await,
        Lines::MEDIA_TYPE => whole(call, Lines(languages)).await,
        Map::MEDIA_TYPE => whole(call, Map(languages)).await,
        _ => page(call).await,
    }
}

async fn page(call: Call) -> Result<HttpResponse, Problem> {
    let (now, freshness) = (call.app().clock.now(), call.app().freshness);
    call.public_list(move |call| {
        let query: InitiativeQuery = call.query()?;
        let (page, place) = Place::new(call, query.limit, query.cursor.as_deref(), query.count)?;
        let (with_facets, languages) = (query.facets == Some(true), call.languages().clone());
        let (filter, order): (Filter, Order) = query.try_into()?;
        Ok(move |connection: &mut _| {
            let filter = taxonomies::widened(connection, filter)?;
            let found = catalogue::list(connection, &filter, order, &freshness, now, &page)?;
            let valid_until = catalogue::next_change(connection, &freshness, now)?;
            let counts = with_facets.then(|| catalogue::facets(connection, &filter, &freshness, now)).transpose()?;
            let facets = counts.map(|counts| counts.into_iter().collect());
            let (next_cursor, link) = place.next(&found);
            let items = found.items.into_iter().map(|entry| InitiativeSummary::new(entry, &languages)).collect();
            let answer = reply::list(&InitiativePage { items, next_cursor, total: found.total, facets })?;
            Ok(Public { listed: Listed { link, ..answer.into() }, dependence: filter.dependence(), valid_until })
        })
    })
    .await
}

/// Everything that was found, streamed.
async fn whole<F: Format<Entry>>(call: Call, format: F) -> Result<HttpResponse, Problem> {
    let (now, freshness) = (call.app().clock.now(), call.app().freshness);
    let query: InitiativeQuery = call.query()?;
    let (filter, order): (Filter, Order) = query.try_into()?;
    export::stream(call, "initiatives", format, move |call, page| {
        let filter = filter.clone();
        async move {
            let page = move |connection: &mut _| {
                let filter = taxonomies::widened(connection, filter)?;
                catalogue::list(connection, &filter, order, &freshness, now, &page)
            };
            call.app().read(page).await
        }
    })
    .await
}

/// One initiative
///
/// Everybody reads what is published. Members of the organisation and staff get the whole file: the approved text, the one being written on,
/// and what reviewers answered. `Accept: application/ld+json` asks for the published text in the words of schema.org.
#[utoipa::path(tag = "initiatives", operation_id = "get_initiative", security((), ("bearer" = [])),
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "The published initiative, or its file", content(
            (InitiativeView = "application/json"),
            (Object = "application/ld+json"),
        )),
        (status = 410, description = "It was public once and has been archived", body = crate::problem::ProblemDocument, content_type = "application/problem+json")))]
#[get("/v1/initiatives/{id}")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let id: InitiativeId = call.id("id")?;
    let acting = call.reading(Action::ReadInitiativeFile);
    let (now, freshness, languages) = (call.app().clock.now(), call.app().freshness, call.languages().clone());
    let linked = (call.media_type() == JSON_LD).then(|| call.app().public_url.clone());
    call.public(move |connection| {
        match store::get_file(connection, &acting, id) {
            Ok(file) if linked.is_none() => {
                let version = file.stored.initiative.version;
                let view = InitiativeView::File(Box::new(InitiativeFile::from(file)));
                return Ok(Public::depending_on(catalogue::dependence(id), reply::ok(version, &view)?.into()));
            }
            Ok(_) => {}
            Err(error) if error.problem == DoorRule::NotFound.as_problem() => {}
            Err(error) => return Err(error),
        }
        let entry = catalogue::get(connection, id, &freshness, now)?;
        let valid_until = catalogue::next_change(connection, &freshness, now)?;
        let pictures: Vec<_> = entry.content.images.iter().map(|image| image.file).collect();
        let renditions = files::renditions(connection, &pictures)?;
        let listed = match linked {
            Some(public_url) => {
                Listed::of(JSON_LD, reply::ok(entry.version, &formats::linked(&entry, &renditions, &languages, &public_url))?)
            }
            None => {
                let version = entry.version;
                reply::ok(version, &InitiativeView::Profile(Box::new(InitiativeProfile::new(entry, &renditions, &languages))))?.into()
            }
        };
        Ok(Public { listed, dependence: catalogue::dependence(id), valid_until })
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
