//! The vocabulary by which initiatives are found, and how editors maintain it.

use access::Action;
use actix_web::{HttpResponse, get, patch, post};
use initiatives::{Scheme, Term, TermCommand, TermLabels, TermRule, TermSlug, TermStatus, Vocabulary};
use kernel::{Fault, Finding, Findings, Language, TermId};
use persistence::{DoorRule, Error, Tag, Tx, idempotency::Answer, taxonomies as store};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    actions::ActionView,
    call::Call,
    json::{Body, Input, Patch, limits},
    problem::Problem,
    public::Public,
    reply,
};

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

/// What people read instead of a slug.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermLabelsForm {
    /// In Danish.
    #[validate(length(min = 1, max = 120))]
    #[schema(min_length = 1, max_length = 120)]
    da: String,
    /// In English.
    #[validate(length(min = 1, max = 120))]
    #[schema(min_length = 1, max_length = 120)]
    en: String,
}

impl TermLabelsForm {
    fn new(labels: &TermLabels) -> Self {
        Self { da: labels.da.clone(), en: labels.en.clone() }
    }

    /// A label of blanks is none.
    fn blank(&self) -> Vec<Finding> {
        let mut findings = Findings::default();
        for (at, label) in [("/labels/da", &self.da), ("/labels/en", &self.en)] {
            if !label.is_empty() {
                findings.filled(at, label);
            }
        }
        findings.into_inner()
    }

    fn into_domain(self) -> TermLabels {
        TermLabels { da: self.da, en: self.en }
    }
}

/// A term whose place another has taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct MergedTerm {
    id: TermId,
    /// The word that requests and answers used.
    slug: TermSlug,
}

/// One term.
#[derive(Debug, Serialize, ToSchema)]
pub struct TermView {
    id: TermId,
    scheme: Scheme,
    /// The word that requests and answers use.
    slug: TermSlug,
    /// What people read, in the language asked for.
    label: String,
    /// The label in every language.
    labels: TermLabelsForm,
    /// The broader term under which it lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<TermSlug>,
    status: TermStatus,
    /// Terms that were merged into this one; whoever still uses their words means it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    merged: Vec<MergedTerm>,
    /// Grows with every change.
    #[schema(minimum = 1)]
    version: i64,
    /// What its reader may do with it. Left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Vec<ActionView>>,
}

impl TermView {
    fn new(vocabulary: &Vocabulary, term: &Term, language: Language) -> Self {
        let labels = &term.labels;
        let merged = vocabulary.terms().iter().filter(|other| other.merged_into == Some(term.id));
        Self {
            id: term.id,
            scheme: term.scheme,
            slug: term.slug.clone(),
            label: if language == Language::Da { labels.da.clone() } else { labels.en.clone() },
            labels: TermLabelsForm::new(labels),
            parent: term.parent.and_then(|parent| vocabulary.get(parent)).map(|parent| parent.slug.clone()),
            status: term.status,
            merged: merged.map(|other| MergedTerm { id: other.id, slug: other.slug.clone() }).collect(),
            version: term.version,
            actions: None,
        }
    }

    fn single(vocabulary: &Vocabulary, term: &Term, reader: Reader) -> Self {
        let commands = if reader.maintains { TermCommand::ALL } else { &[] };
        let blocked = |command: &TermCommand| term.after(*command).err().map(TermRule::as_problem);
        let actions = commands.iter().map(|command| ActionView::new(command.as_str(), blocked(command))).collect();
        Self { actions: Some(actions), ..Self::new(vocabulary, term, reader.language) }
    }
}

/// For whom a term is shown.
#[derive(Clone, Copy)]
struct Reader {
    language: Language,
    maintains: bool,
}

impl Reader {
    fn of(call: &Call) -> Self {
        Self { language: call.language(), maintains: call.may(Action::MaintainTaxonomies).is_ok() }
    }
}

/// A new term.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"slug": "board_games", "labels": {"da": "Brætspil", "en": "Board games"}, "parent": "games_and_play"}))]
pub struct NewTerm {
    /// The word that requests and answers use. It never changes.
    slug: TermSlug,
    #[validate(nested)]
    labels: TermLabelsForm,
    /// The slug of the broader term under which it lies.
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    parent: Option<String>,
}

impl Input for NewTerm {
    fn findings(&self) -> Vec<Finding> {
        let slug = self
            .slug
            .check()
            .err()
            .map(|_| Finding::new("/slug", Fault::Malformed { expected: "lower-case words between hyphens or underscores".into() }));
        limits(self).into_iter().chain(slug).chain(self.labels.blank()).collect()
    }
}

/// What can be changed about a term.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"labels": {"da": "Besøgsvenner", "en": "Visiting friends"}}))]
pub struct TermForm {
    #[validate(nested)]
    labels: TermLabelsForm,
    /// The slug of the broader term under which it lies; null for none.
    #[validate(length(max = 60))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 60)]
    parent: Option<String>,
}

impl Input for TermForm {
    fn findings(&self) -> Vec<Finding> {
        limits(self).into_iter().chain(self.labels.blank()).collect()
    }
}

/// What takes a term's place.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"into": "exercise"}))]
pub struct TermMerge {
    /// The slug of an active term of the same tree.
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    into: String,
}

impl Input for TermMerge {
    fn findings(&self) -> Vec<Finding> {
        limits(self)
    }
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

fn scheme(call: &Call) -> Result<Scheme, Problem> {
    Scheme::parse(call.path("scheme")).ok_or_else(|| DoorRule::NotFound.into())
}

fn address(term: &Term) -> String {
    format!("/v1/taxonomies/{}/{}", term.scheme.as_str(), term.slug.0)
}

/// One tree with its terms
///
/// Each term with its label in the language asked for and the term above it. The words are those that the filters of the catalogue take.
/// What was merged into another term is not listed but stands in `merged` of that one.
#[utoipa::path(tag = "taxonomies", operation_id = "get_taxonomy", security(()),
    params(("scheme" = Scheme, Path, description = "Which tree", example = "activity")),
    responses((status = 200, description = "The tree with its terms", body = Taxonomy)))]
#[get("/v1/taxonomies/{scheme}")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let (scheme, language) = (scheme(&call)?, call.language());
    call.public(move |connection| {
        let vocabulary = store::vocabulary(connection)?;
        let listed = vocabulary.terms().iter().filter(|term| term.scheme == scheme && term.merged_into.is_none());
        let terms = listed.map(|term| TermView::new(&vocabulary, term, language)).collect();
        let answer = reply::list(&Taxonomy { scheme, label: scheme.label(language), terms })?;
        Ok(Public::depending_on(Tag::TAXONOMIES.into(), answer.into()))
    })
    .await
}

/// One term
///
/// The address of a term that was merged into another leads there.
#[utoipa::path(tag = "taxonomies", operation_id = "get_term", security((), ("bearer" = [])),
    params(("scheme" = Scheme, Path, description = "Which tree", example = "activity"), ("slug" = TermSlug, Path, description = "The term", example = "visiting_friend")),
    responses((status = 200, description = "The term", body = TermView), (status = 308, description = "It was merged into the term at `Location`")))]
#[get("/v1/taxonomies/{scheme}/{slug}")]
pub async fn get_term(call: Call) -> Result<HttpResponse, Problem> {
    let (scheme, slug, reader) = (scheme(&call)?, call.path("slug").to_owned(), Reader::of(&call));
    call.public(move |connection| {
        let vocabulary = store::vocabulary(connection)?;
        let term = vocabulary.find(scheme, &slug).ok_or(DoorRule::NotFound)?;
        let meant = vocabulary.meaning(term);
        let answer = if meant.id == term.id {
            reply::ok(term.version, &TermView::single(&vocabulary, term, reader))?
        } else {
            reply::moved(address(meant))
        };
        Ok(Public::depending_on(Tag::TAXONOMIES.into(), answer.into()))
    })
    .await
}

/// Add a term
///
/// For editors. The slug stays what it is for as long as the term lives; what people read can be changed.
#[utoipa::path(tag = "taxonomies", operation_id = "add_term", request_body = NewTerm,
    params(("scheme" = Scheme, Path, description = "Which tree", example = "activity")),
    responses((status = 201, description = "Added", body = TermView)))]
#[post("/v1/taxonomies/{scheme}")]
pub async fn add(call: Call, body: Body<NewTerm>) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::MaintainTaxonomies)?;
    let (scheme, reader) = (scheme(&call)?, Reader::of(&call));
    let NewTerm { slug, labels, parent } = body.0;
    call.write(move |tx| {
        let (vocabulary, id) = store::add(tx, &acting, (scheme, slug), labels.into_domain(), parent.as_deref())?;
        let term = vocabulary.get(id).ok_or(DoorRule::Internal)?;
        reply::created(address(term), term.version, &TermView::single(&vocabulary, term, reader))
    })
    .await
}

/// Rename a term, or move it under another
///
/// JSON Merge Patch, for editors. Nothing comes to lie under itself.
#[utoipa::path(tag = "taxonomies", operation_id = "edit_term",
    params(("scheme" = Scheme, Path, description = "Which tree", example = "activity"), ("slug" = TermSlug, Path, description = "The term", example = "visiting_friend")),
    request_body(content = TermForm, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "Changed", body = TermView)))]
#[patch("/v1/taxonomies/{scheme}/{slug}")]
pub async fn edit(call: Call, patch: Patch) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    change(&call, move |tx, acting, at| {
        store::edit(tx, acting, at, precondition, |term, parent| {
            let present = TermForm { labels: TermLabelsForm::new(&term.labels), parent: parent.map(str::to_owned) };
            let TermForm { labels, parent } = patch.apply(&present)?;
            Ok((labels.into_domain(), parent))
        })
    })
    .await
}

/// Changes the term in the address, and answers with the one that stands there, or in its place, afterwards.
async fn change(
    call: &Call,
    act: impl FnOnce(&mut Tx<'_>, &access::Acting, (Scheme, &str)) -> Result<(Vocabulary, TermId), Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::MaintainTaxonomies)?;
    let (scheme, slug, reader) = (scheme(call)?, call.path("slug").to_owned(), Reader::of(call));
    call.write(move |tx| -> Result<Answer, Error> {
        let (vocabulary, id) = act(tx, &acting, (scheme, &slug))?;
        let term = vocabulary.get(id).ok_or(DoorRule::Internal)?;
        reply::ok(term.version, &TermView::single(&vocabulary, term, reader))
    })
    .await
}

/// Retire a term
///
/// For editors. It stays where it is in use, and cannot be chosen any more.
#[utoipa::path(tag = "taxonomies", operation_id = "retire_term",
    params(("scheme" = Scheme, Path, description = "Which tree", example = "activity"), ("slug" = TermSlug, Path, description = "The term", example = "visiting_friend")),
    responses((status = 200, description = "Retired", body = TermView)))]
#[post("/v1/taxonomies/{scheme}/{slug}/retire")]
pub async fn retire(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    change(&call, move |tx, acting, at| store::step(tx, acting, at, precondition, TermCommand::Retire)).await
}

/// Take a retired term into use again
///
/// For editors.
#[utoipa::path(tag = "taxonomies", operation_id = "restore_term",
    params(("scheme" = Scheme, Path, description = "Which tree", example = "activity"), ("slug" = TermSlug, Path, description = "The term", example = "visiting_friend")),
    responses((status = 200, description = "Restored", body = TermView)))]
#[post("/v1/taxonomies/{scheme}/{slug}/restore")]
pub async fn restore(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    change(&call, move |tx, acting, at| store::step(tx, acting, at, precondition, TermCommand::Restore)).await
}

/// Merge a term into another
///
/// For editors, and final. The other takes its place wherever it stands: in the tree, in what the public reads, and in what is being written. Its
/// address leads to the other from then on; whoever still filters by it, or writes it, means the other. Answers with the one that stays.
#[utoipa::path(tag = "taxonomies", operation_id = "merge_term", request_body = TermMerge,
    params(("scheme" = Scheme, Path, description = "Which tree", example = "activity"), ("slug" = TermSlug, Path, description = "The term", example = "walking_group")),
    responses((status = 200, description = "Merged; this is the term that stays", body = TermView)))]
#[post("/v1/taxonomies/{scheme}/{slug}/merge")]
pub async fn merge(call: Call, body: Body<TermMerge>) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    change(&call, move |tx, acting, at| store::merge(tx, acting, at, precondition, &body.0.into)).await
}
