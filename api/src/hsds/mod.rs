//! The catalogue as the Human Services Data Specification 3.0 wants to read it. Everything here is made of what the public reads anyway;
//! names and paging are the standard's, and nothing can be written.

mod views;

use access::Action;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use initiatives::Scheme;
use kernel::{Fault, Finding, InitiativeId, OrganisationId, TermId};
use persistence::{
    AnyConnection, DoorRule, Error, Tag,
    catalogue::{self, Filter},
    organisations::{self, Seen},
    taxonomies,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

pub use views::{HsdsAbout, HsdsOrganization, HsdsService, HsdsTaxonomy, HsdsTaxonomyTerm};
use views::{Reader, taxonomy_id};

use crate::{
    call::{Call, Listed},
    problem::Problem,
    public::Public,
    reply,
};

/// Items on a page, when nobody says.
const PER_PAGE: u8 = 25;

/// Pages that a list has at most: skipping costs the more the farther it goes. Whoever has read so far reads on with `modified_after`.
const PAGES: u16 = 1_000;

/// Declares the standard's page of something.
macro_rules! hsds_page {
    ($(#[$meta:meta])* $name:ident of $item:ident) => {
        $(#[$meta])*
        #[derive(Debug, Serialize, ToSchema)]
        pub struct $name {
            /// How many there are on all pages.
            #[schema(minimum = 0)]
            total_items: i64,
            /// How many pages there are.
            #[schema(minimum = 0)]
            total_pages: i64,
            /// Which page this is; the first is 1.
            #[schema(minimum = 1)]
            page_number: i64,
            /// How many are on this page.
            #[schema(minimum = 0)]
            size: usize,
            /// Whether this is the first page.
            first_page: bool,
            /// Whether this is the last page.
            last_page: bool,
            /// Whether there is nothing on it.
            empty: bool,
            /// What is on it.
            contents: Vec<$item>,
        }

        impl $name {
            fn answer(page: Page, total_items: i64, contents: Vec<$item>) -> Result<Listed, Error> {
                let total_pages = (total_items + page.size - 1) / page.size;
                let view = Self {
                    total_items,
                    total_pages,
                    page_number: page.number,
                    size: contents.len(),
                    first_page: page.number == 1,
                    last_page: page.number >= total_pages,
                    empty: contents.is_empty(),
                    contents,
                };
                Ok(reply::list(&view)?.into())
            }
        }
    };
}

hsds_page! {
    /// A page of services.
    HsdsServicePage of HsdsService
}
hsds_page! {
    /// A page of organizations.
    HsdsOrganizationPage of HsdsOrganization
}
hsds_page! {
    /// A page of taxonomies.
    HsdsTaxonomyPage of HsdsTaxonomy
}
hsds_page! {
    /// A page of terms.
    HsdsTaxonomyTermPage of HsdsTaxonomyTerm
}

/// Which page is wanted.
#[derive(Clone, Copy)]
struct Page {
    number: i64,
    size: i64,
}

impl Page {
    fn new(page: Option<u16>, per_page: Option<u8>) -> Result<Self, Problem> {
        let (number, size) = (page.unwrap_or(1), per_page.unwrap_or(PER_PAGE));
        let out_of_range = |pointer: &str, max: String| Finding::new(pointer, Fault::OutOfRange { min: "1".into(), max });
        let findings: Vec<Finding> = [
            (!(1..=PAGES).contains(&number)).then(|| out_of_range("?page", PAGES.to_string())),
            (!(1..=100).contains(&size)).then(|| out_of_range("?per_page", "100".into())),
        ]
        .into_iter()
        .flatten()
        .collect();
        if findings.is_empty() { Ok(Self { number: number.into(), size: size.into() }) } else { Err(Problem::invalid(findings)) }
    }

    const fn offset(self) -> i64 {
        (self.number - 1) * self.size
    }

    /// This page of what is all in memory.
    fn of<T>(self, all: Vec<T>) -> (i64, Vec<T>) {
        let number = |count: i64| usize::try_from(count).unwrap_or_default();
        let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
        (total, all.into_iter().skip(number(self.offset())).take(number(self.size)).collect())
    }
}

fn reader(call: &Call) -> Reader {
    Reader { language: call.language(), languages: call.languages().clone(), public_url: call.app().public_url.clone() }
}

fn searched(search: Option<String>) -> Result<Option<String>, Problem> {
    let long = search.as_ref().is_some_and(|search| search.chars().count() > 200);
    if long { Err(Problem::invalid(vec![Finding::new("?search", Fault::TooLong { max: 200 })])) } else { Ok(search) }
}

/// What this view of the catalogue is
///
/// The version of the Human Services Data Specification that it follows, and where that is described.
#[utoipa::path(tag = "hsds", operation_id = "get_hsds", security(()), responses((status = 200, description = "The version of the standard, and where it is described", body = HsdsAbout)))]
#[get("/hsds/")]
pub async fn about(call: Call) -> Result<HttpResponse, Problem> {
    let url = &call.app().public_url;
    let about = HsdsAbout { version: "3.0", profile: format!("{url}/docs/"), openapi_url: format!("{url}/openapi.json") };
    Ok(call.fixed(reply::list(&about)?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HsdsServiceQuery {
    /// Danish words, as `q` of the catalogue.
    #[param(max_length = 200)]
    search: Option<String>,
    /// Services with this term or a narrower one; the id of a term that was merged into another means the other.
    taxonomy_term_id: Option<TermId>,
    /// Services with any term of this taxonomy.
    taxonomy_id: Option<Uuid>,
    /// Services of one organization.
    organization_id: Option<OrganisationId>,
    /// Changed at or after this instant.
    modified_after: Option<DateTime<Utc>>,
    /// Whether everything that belongs to a service is wanted.
    full: Option<bool>,
    /// Which page. Whoever wants more than there can be reads on with `modified_after`.
    #[param(minimum = 1, maximum = 1000, default = 1)]
    page: Option<u16>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    per_page: Option<u8>,
}

impl HsdsServiceQuery {
    /// The catalogue's own filter; nothing where it names what is not there, and so finds nothing.
    fn filter(&self, search: Option<String>, connection: &mut AnyConnection) -> Result<Option<Filter>, Error> {
        let mut filter = Filter { q: search, organisation: self.organization_id, updated_since: self.modified_after, ..Filter::default() };
        if self.taxonomy_term_id.is_none() && self.taxonomy_id.is_none() {
            return Ok(Some(filter));
        }
        let vocabulary = taxonomies::vocabulary(connection)?;
        let named = |id: TermId| vocabulary.get(id).map(|term| (term.scheme, vec![term.slug.0.clone()]));
        let tree = |id: Uuid| {
            let scheme = *Scheme::ALL.iter().find(|scheme| taxonomy_id(**scheme) == id)?;
            Some((scheme, vocabulary.terms().iter().filter(|term| term.scheme == scheme).map(|term| term.slug.0.clone()).collect()))
        };
        let found: Option<(Scheme, Vec<String>)> = match (self.taxonomy_term_id.map(named), self.taxonomy_id.map(tree)) {
            // A term lies in one tree; in another there is nothing of it.
            (Some(term), Some(tree)) => term.filter(|(scheme, _)| tree.is_some_and(|(tree, _)| tree == *scheme)),
            (Some(term), None) => term,
            (None, tree) => tree.flatten(),
        };
        let Some((scheme, slugs)) = found else { return Ok(None) };
        let slugs = vocabulary.widened(scheme, &slugs);
        match scheme {
            Scheme::TargetGroup => filter.target_groups = slugs,
            Scheme::Activity => filter.activities = slugs,
            Scheme::Theme => filter.themes = slugs,
        }
        Ok(Some(filter))
    }
}

/// Services
///
/// What the catalogue holds, the latest changed last, so that nothing moves behind whoever is reading.
#[utoipa::path(tag = "hsds", operation_id = "list_hsds_services", security(()), params(HsdsServiceQuery),
    responses((status = 200, description = "A page of services", body = HsdsServicePage)))]
#[get("/hsds/services")]
pub async fn list_services(call: Call) -> Result<HttpResponse, Problem> {
    let (now, freshness) = (call.app().clock.now(), call.app().freshness);
    call.public_list(move |call| {
        let query: HsdsServiceQuery = call.query()?;
        let (page, search, reader) = (Page::new(query.page, query.per_page)?, searched(query.search.clone())?, reader(call));
        Ok(move |connection: &mut _| {
            let Some(filter) = query.filter(search, connection)? else {
                return Ok(Public::depending_on(Tag::TAXONOMIES.into(), HsdsServicePage::answer(page, 0, Vec::new())?));
            };
            let (entries, total) = catalogue::slice(connection, &filter, &freshness, now, (page.offset(), page.size))?;
            let valid_until = catalogue::next_change(connection, &freshness, now)?;
            let contents = if query.full == Some(true) {
                let vocabulary = taxonomies::vocabulary(connection)?;
                entries.iter().map(|entry| HsdsService::whole(entry, &vocabulary, None, &reader)).collect()
            } else {
                entries.iter().map(|entry| HsdsService::listed(entry, &reader)).collect()
            };
            let listed = HsdsServicePage::answer(page, total, contents)?;
            Ok(Public { listed, dependence: filter.dependence().or(Tag::TAXONOMIES), valid_until })
        })
    })
    .await
}

/// One service
///
/// With everything that belongs to it.
#[utoipa::path(tag = "hsds", operation_id = "get_hsds_service", security(()),
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "The service", body = HsdsService),
        (status = 410, description = "It was public once and has been archived", body = crate::problem::ProblemDocument, content_type = "application/problem+json")))]
#[get("/hsds/services/{id}")]
pub async fn get_service(call: Call) -> Result<HttpResponse, Problem> {
    let id: InitiativeId = call.id("id")?;
    let (now, freshness, reader) = (call.app().clock.now(), call.app().freshness, reader(&call));
    call.public(move |connection| {
        let entry = catalogue::get(connection, id, &freshness, now)?;
        let valid_until = catalogue::next_change(connection, &freshness, now)?;
        let organisation = public_organisation(connection, entry.organisation)?;
        let vocabulary = taxonomies::vocabulary(connection)?;
        let organisation = organisation.map(|stored| HsdsOrganization::listed(&stored));
        let answer = reply::ok(entry.version, &HsdsService::whole(&entry, &vocabulary, organisation, &reader))?;
        let dependence = catalogue::dependence(id).or(Tag::TAXONOMIES).or(Tag::ORGANISATIONS);
        Ok(Public { listed: answer.into(), dependence, valid_until })
    })
    .await
}

/// An organisation as everybody may see it.
fn public_organisation(connection: &mut AnyConnection, id: OrganisationId) -> Result<Option<organisations::Stored>, Error> {
    match organisations::get(connection, &access::Acting::reading(None, Action::ReadOrganisationFile), id) {
        Ok(Seen::Public(stored)) => Ok(Some(stored)),
        Ok(Seen::File(_)) => Ok(None),
        Err(error) if error.problem == DoorRule::NotFound.as_problem() => Ok(None),
        Err(error) => Err(error),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HsdsOrganizationQuery {
    /// A part of the name.
    #[param(max_length = 200)]
    search: Option<String>,
    /// Which page.
    #[param(minimum = 1, maximum = 1000, default = 1)]
    page: Option<u16>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    per_page: Option<u8>,
}

/// Organizations
///
/// The verified ones, by name.
#[utoipa::path(tag = "hsds", operation_id = "list_hsds_organizations", security(()), params(HsdsOrganizationQuery),
    responses((status = 200, description = "A page of organizations", body = HsdsOrganizationPage)))]
#[get("/hsds/organizations")]
pub async fn list_organizations(call: Call) -> Result<HttpResponse, Problem> {
    call.public_list(|call| {
        let HsdsOrganizationQuery { search, page, per_page } = call.query()?;
        let (page, q) = (Page::new(page, per_page)?, searched(search)?);
        Ok(move |connection: &mut _| {
            let filter = organisations::Filter { q, ..organisations::Filter::default() };
            let (found, total) = organisations::slice(connection, &filter, (page.offset(), page.size))?;
            let listed = HsdsOrganizationPage::answer(page, total, found.iter().map(HsdsOrganization::listed).collect())?;
            Ok(Public::depending_on(Tag::ORGANISATIONS.into(), listed))
        })
    })
    .await
}

/// One organization
///
/// With what it offers.
#[utoipa::path(tag = "hsds", operation_id = "get_hsds_organization", security(()),
    params(("id" = OrganisationId, Path, description = "The organization", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 200, description = "The organization", body = HsdsOrganization),
        (status = 308, description = "It was merged into the organisation at `Location`", body = crate::problem::ProblemDocument, content_type = "application/problem+json")))]
#[get("/hsds/organizations/{id}")]
pub async fn get_organization(call: Call) -> Result<HttpResponse, Problem> {
    let id: OrganisationId = call.id("id")?;
    let (now, freshness, reader) = (call.app().clock.now(), call.app().freshness, reader(&call));
    call.public(move |connection| {
        let stored = public_organisation(connection, id)?.ok_or(DoorRule::NotFound)?;
        let filter = Filter { organisation: Some(id), ..Filter::default() };
        let (entries, _) = catalogue::slice(connection, &filter, &freshness, now, (0, 100))?;
        let valid_until = catalogue::next_change(connection, &freshness, now)?;
        let services = entries.iter().map(|entry| HsdsService::listed(entry, &reader)).collect();
        let answer = reply::ok(stored.organisation.version, &HsdsOrganization::whole(&stored, services))?;
        Ok(Public { listed: answer.into(), dependence: filter.dependence().or(Tag::ORGANISATIONS), valid_until })
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HsdsTaxonomyQuery {
    /// Which page.
    #[param(minimum = 1, maximum = 1000, default = 1)]
    page: Option<u16>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    per_page: Option<u8>,
}

/// Taxonomies
///
/// The trees in which the terms stand: target groups, activities and themes.
#[utoipa::path(tag = "hsds", operation_id = "list_hsds_taxonomies", security(()), params(HsdsTaxonomyQuery),
    responses((status = 200, description = "A page of taxonomies", body = HsdsTaxonomyPage)))]
#[get("/hsds/taxonomies")]
pub async fn list_taxonomies(call: Call) -> Result<HttpResponse, Problem> {
    let HsdsTaxonomyQuery { page, per_page } = call.query()?;
    let page = Page::new(page, per_page)?;
    let (total, contents) = page.of(Scheme::ALL.iter().map(|scheme| HsdsTaxonomy::new(*scheme, call.language())).collect());
    Ok(call.fixed(HsdsTaxonomyPage::answer(page, total, contents)?.answer))
}

/// One taxonomy
///
/// Its terms are at `/hsds/taxonomy_terms?taxonomy_id=`.
#[utoipa::path(tag = "hsds", operation_id = "get_hsds_taxonomy", security(()),
    params(("id" = Uuid, Path, description = "The taxonomy", example = "01932b6e-7a00-7101-8000-000000000002")),
    responses((status = 200, description = "The taxonomy", body = HsdsTaxonomy)))]
#[get("/hsds/taxonomies/{id}")]
pub async fn get_taxonomy(call: Call) -> Result<HttpResponse, Problem> {
    let id: TermId = call.id("id")?;
    let scheme = Scheme::ALL.iter().find(|scheme| taxonomy_id(**scheme) == id.0).ok_or(DoorRule::NotFound)?;
    Ok(call.fixed(reply::list(&HsdsTaxonomy::new(*scheme, call.language()))?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HsdsTaxonomyTermQuery {
    /// Terms of one taxonomy.
    taxonomy_id: Option<Uuid>,
    /// Terms right under one.
    parent_id: Option<TermId>,
    /// Which page.
    #[param(minimum = 1, maximum = 1000, default = 1)]
    page: Option<u16>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    per_page: Option<u8>,
}

/// Terms
///
/// The words by which services are found; what was merged into another term is not listed.
#[utoipa::path(tag = "hsds", operation_id = "list_hsds_taxonomy_terms", security(()), params(HsdsTaxonomyTermQuery),
    responses((status = 200, description = "A page of terms", body = HsdsTaxonomyTermPage)))]
#[get("/hsds/taxonomy_terms")]
pub async fn list_terms(call: Call) -> Result<HttpResponse, Problem> {
    call.public_list(|call| {
        let HsdsTaxonomyTermQuery { taxonomy_id: tree, parent_id, page, per_page } = call.query()?;
        let (page, language) = (Page::new(page, per_page)?, call.language());
        Ok(move |connection: &mut _| {
            let vocabulary = taxonomies::vocabulary(connection)?;
            let wanted = vocabulary.terms().iter().filter(|term| {
                let (in_tree, under) =
                    (tree.is_none_or(|tree| taxonomy_id(term.scheme) == tree), parent_id.is_none() || term.parent == parent_id);
                term.merged_into.is_none() && in_tree && under
            });
            let (total, contents) = page.of(wanted.map(|term| HsdsTaxonomyTerm::new(term, language)).collect());
            Ok(Public::depending_on(Tag::TAXONOMIES.into(), HsdsTaxonomyTermPage::answer(page, total, contents)?))
        })
    })
    .await
}

/// One term
///
/// The address of a term that was merged into another leads there.
#[utoipa::path(tag = "hsds", operation_id = "get_hsds_taxonomy_term", security(()),
    params(("id" = TermId, Path, description = "The term", example = "01932b6e-7a00-7100-8000-000000000001")),
    responses((status = 200, description = "The term", body = HsdsTaxonomyTerm), (status = 308, description = "It was merged into the term at `Location`")))]
#[get("/hsds/taxonomy_terms/{id}")]
pub async fn get_term(call: Call) -> Result<HttpResponse, Problem> {
    let (id, language): (TermId, _) = (call.id("id")?, call.language());
    call.public(move |connection| {
        let vocabulary = taxonomies::vocabulary(connection)?;
        let found = vocabulary.get(id).ok_or(DoorRule::NotFound)?;
        let meant = vocabulary.meaning(found);
        let answer = if meant.id == id {
            reply::ok(meant.version, &HsdsTaxonomyTerm::new(meant, language))?
        } else {
            reply::moved(format!("/hsds/taxonomy_terms/{}", meant.id))
        };
        Ok(Public::depending_on(Tag::TAXONOMIES.into(), answer.into()))
    })
    .await
}
