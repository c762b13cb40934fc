//! The vocabulary by which initiatives are found.

use actix_web::{HttpResponse, get};
use initiatives::{Scheme, TermStatus};
use kernel::Language;
use persistence::{DoorRule, Tag, taxonomies};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{call::Call, problem::Problem, public::Public, reply};

/// A tree of terms.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaxonomySummary {
    scheme: Scheme,
    /// What it is called, in the language asked for.
    label: &'static str,
    /// Where its terms are.
    href: String,
}

/// Every tree of terms.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaxonomyList {
    /// The trees.
    items: Vec<TaxonomySummary>,
}

/// A tree of terms with its terms.
#[derive(Debug, Serialize, ToSchema)]
pub struct Taxonomy {
    scheme: Scheme,
    /// What it is called, in the language asked for.
    label: &'static str,
    /// In the order of their Danish labels.
    terms: Vec<TermView>,
}

/// One term.
#[derive(Debug, Serialize, ToSchema)]
pub struct TermView {
    /// The word that requests and answers use.
    slug: String,
    /// What people read, in the language asked for.
    label: String,
    status: TermStatus,
}

/// The trees of terms
///
/// Which trees there are – target groups, activities, themes – and where each is found.
#[utoipa::path(tag = "taxonomies", operation_id = "list_taxonomies", security(()), responses((status = 200, description = "Every tree of terms", body = TaxonomyList)))]
#[get("/v1/taxonomies")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let items = Scheme::ALL.iter().map(|scheme| TaxonomySummary {
        scheme: *scheme,
        label: scheme.label(call.language()),
        href: format!("/v1/taxonomies/{}", scheme.as_str()),
    });
    Ok(call.fixed(reply::list(&TaxonomyList { items: items.collect() })?))
}

/// One tree with its terms
///
/// Each term with its label in the language asked for and the term above it. The words are those that the filters of the catalogue take.
#[utoipa::path(tag = "taxonomies", operation_id = "get_taxonomy", security(()),
    params(("scheme" = Scheme, Path, description = "Which tree", example = "activity")),
    responses((status = 200, description = "The tree with its terms", body = Taxonomy)))]
#[get("/v1/taxonomies/{scheme}")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let scheme = Scheme::parse(call.path("scheme")).ok_or(DoorRule::NotFound)?;
    let language = call.language();
    call.public(move |connection| {
        let terms = taxonomies::terms_of(connection, scheme)?.into_iter().map(|term| TermView {
            slug: term.slug,
            label: if language == Language::Da { term.label_da } else { term.label_en },
            status: term.status,
        });
        let answer = reply::list(&Taxonomy { scheme, label: scheme.label(language), terms: terms.collect() })?;
        Ok(Public::depending_on(Tag::TAXONOMIES.into(), answer.into()))
    })
    .await
}
