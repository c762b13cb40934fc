//! How an organisation stands, and what staff decides about that.

use access::{Acting, Action};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Finding, Language, OrganisationId};
use organisations::{OrganisationKind, Reasoned, Verification};
use persistence::{
    Error, Precondition, Tx,
    organisations::{
        Stored, merging,
        standing::{self as store, Concern, File},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{OrganisationFile, views::EndView};
use crate::{
    actions::ActionView,
    call::Call,
    json::{Body, Input},
    page::{Place, page_view},
    problem::Problem,
    reason::Reason,
    reply,
};

/// Something that keeps an organisation from committing itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObstacleView {
    /// The code of the problem with which commitments are refused; see `GET /problems`.
    code: &'static str,
    /// What it is, in the language asked for.
    title: &'static str,
    /// What to do about it, in the language asked for.
    detail: &'static str,
}

/// What was said, and when.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementView {
    /// The words.
    text: String,
    /// When they were said.
    at: DateTime<Utc>,
}

impl From<Reasoned> for StatementView {
    fn from(said: Reasoned) -> Self {
        Self { text: said.reason, at: said.at }
    }
}

/// How an organisation stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingView {
    organisation_id: OrganisationId,
    /// Whether it can commit itself: submit an initiative, book a room, apply for money, approve an agreement.
    may_commit: bool,
    /// What keeps it from that; what weighs most comes first.
    obstacles: Vec<ObstacleView>,
    /// Why signing is suspended, while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    frozen: Option<StatementView>,
    /// Since when somebody asks for a signatory, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    succession_started_at: Option<DateTime<Utc>>,
    /// Where it is no more: how it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<EndView>,
    /// What its reader may do about it.
    actions: Vec<ActionView>,
    /// The version of the organisation.
    #[schema(minimum = 1)]
    version: i64,
}

impl StandingView {
    pub(super) fn new(file: &File, language: Language) -> Self {
        let organisation = &file.stored.organisation;
        let obstacles: Vec<_> = file.obstacles().into_iter().map(|rule| (rule.as_problem(), rule.as_problem().wording(language))).collect();
        Self {
            organisation_id: organisation.id,
            may_commit: obstacles.is_empty(),
            obstacles: obstacles
                .into_iter()
                .map(|(problem, wording)| ObstacleView { code: problem.code, title: wording.title, detail: wording.advice })
                .collect(),
            frozen: file.freeze.clone().map(|open| open.frozen.into()),
            succession_started_at: file.succession,
            end: organisation.end.as_ref().map(EndView::from),
            actions: file.actions().into_iter().map(|(verb, blocked)| ActionView::new(verb, blocked)).collect(),
            version: organisation.version,
        }
    }
}

/// How an organisation stands
///
/// For its members and staff: whether it can commit itself, and if not, why not and what to do.
#[utoipa::path(tag = "organisations", operation_id = "get_standing",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 200, description = "How it stands", body = StandingView)))]
#[get("/v1/organisations/{id}/standing")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadOrganisationFile)?;
    let (id, language) = (call.id("id")?, call.language());
    call.read(move |connection| {
        let file = store::get(connection, &acting, id)?;
        Ok(reply::ok(file.stored.organisation.version, &StandingView::new(&file, language))?.into())
    })
    .await
}

/// Takes one step, if the caller may and the version fits.
async fn step(
    call: Call,
    action: Action,
    take: impl FnOnce(&mut Tx<'_>, &Acting, OrganisationId, Precondition) -> Result<File, Error> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(action)?;
    let (id, language) = (call.id("id")?, call.language());
    call.write(move |tx| {
        let file = take(tx, &acting, id, precondition)?;
        reply::ok(file.stored.organisation.version, &StandingView::new(&file, language))
    })
    .await
}

/// Suspend signing
///
/// Staff does so when signatories are in dispute. Until signing is restored, the organisation commits itself to nothing, and neither side makes
/// or unmakes members. Both sides are told.
#[utoipa::path(tag = "organisations", operation_id = "freeze_signing", request_body = Reason,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 200, description = "Suspended", body = StandingView)))]
#[post("/v1/organisations/{id}/freeze")]
pub async fn freeze(call: Call, body: Body<Reason>) -> Result<HttpResponse, Problem> {
    step(call, Action::GovernOrganisation, |tx, acting, id, precondition| store::freeze(tx, acting, id, precondition, body.0.reason)).await
}

/// Restore signing
///
/// Staff does so when the parties agree, or somebody has decided between them. Both sides are told.
#[utoipa::path(tag = "organisations", operation_id = "unfreeze_signing", request_body = Reason,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000061")),
    responses((status = 200, description = "Restored", body = StandingView)))]
#[post("/v1/organisations/{id}/unfreeze")]
pub async fn unfreeze(call: Call, body: Body<Reason>) -> Result<HttpResponse, Problem> {
    step(call, Action::GovernOrganisation, |tx, acting, id, precondition| store::unfreeze(tx, acting, id, precondition, body.0.reason))
        .await
}

/// When it happened, and who carries on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"on": "2026-01-31", "successor_id": "01932b6e-7a00-7001-8000-000000000002"}))]
pub struct Dissolution {
    /// The day on which the organisation ended; not after today.
    on: NaiveDate,
    /// The organisation that carries on what it did, if one does.
    successor_id: Option<OrganisationId>,
}

impl Input for Dissolution {
    fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }
}

/// Say that an organisation is no more
///
/// Staff does so. What the organisation had in the catalogue is archived at once, for good.
#[utoipa::path(tag = "organisations", operation_id = "dissolve_organisation", request_body = Dissolution,
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000003")),
    responses((status = 200, description = "Dissolved", body = StandingView)))]
#[post("/v1/organisations/{id}/dissolve")]
pub async fn dissolve(call: Call, body: Body<Dissolution>) -> Result<HttpResponse, Problem> {
    let Dissolution { on, successor_id } = body.0;
    step(call, Action::GovernOrganisation, move |tx, acting, id, precondition| {
        store::dissolve(tx, acting, id, precondition, (on, successor_id))
    })
    .await
}

/// Ask for a signatory
///
/// A member or staff does so where an organisation has none. Staff then appoints a member, or confirms somebody who asks to be its signatory.
#[utoipa::path(tag = "organisations", operation_id = "start_succession",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000060")),
    responses((status = 200, description = "Asked for", body = StandingView)))]
#[post("/v1/organisations/{id}/succession")]
pub async fn succession(call: Call) -> Result<HttpResponse, Problem> {
    step(call, Action::StartSuccession, store::start_succession).await
}

/// Which registration stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"into_id": "01932b6e-7a00-7001-8000-000000000002"}))]
pub struct Merger {
    /// The organisation that has everything afterwards.
    into_id: OrganisationId,
}

impl Input for Merger {
    fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }
}

/// Merge an organisation into another
///
/// Staff does so when the same organisation was registered twice. Entries, members and declarations go to the one that stays, and the old address
/// leads there (308). It cannot be undone.
#[utoipa::path(tag = "organisations", operation_id = "merge_organisation", request_body = Merger,
    params(("id" = OrganisationId, Path, description = "The organisation that goes", example = "01932b6e-7a00-7001-8000-000000000004")),
    responses((status = 200, description = "Merged: the organisation that stays", body = OrganisationFile)))]
#[post("/v1/organisations/{id}/merge")]
pub async fn merge(call: Call, body: Body<Merger>) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::GovernOrganisation)?;
    let id = call.id("id")?;
    call.write(move |tx| {
        let stored = merging::merge(tx, &acting, id, precondition, body.0.into_id)?;
        reply::ok(stored.organisation.version, &OrganisationFile::new(&stored))
    })
    .await
}

/// An organisation that staff should see to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConcernView {
    id: OrganisationId,
    kind: OrganisationKind,
    /// What it is called.
    name: String,
    verification: Verification,
    /// The version of the organisation.
    #[schema(minimum = 1)]
    version: i64,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl From<Stored> for ConcernView {
    fn from(Stored { organisation, updated_at, .. }: Stored) -> Self {
        let (id, kind, verification, version) = (organisation.id, organisation.kind, organisation.verification, organisation.version);
        Self { id, kind, name: organisation.profile.name, verification, version, updated_at }
    }
}

page_view! {
    /// A page of organisations that staff should see to.
    ConcernPage of ConcernView
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConcernQuery {
    /// Why they need attention; by default because nobody signs for them.
    #[param(inline)]
    concern: Option<Concern>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u8>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether `total` is wanted.
    count: Option<bool>,
}

/// Organisations that staff should see to
///
/// For staff: without a signatory, in dispute, under review, on hold, not verified yet; and those that are no more.
#[utoipa::path(tag = "moderation", operation_id = "list_concerns", params(ConcernQuery),
    responses((status = 200, description = "A page of organisations", body = ConcernPage)))]
#[get("/v1/moderation/organisations")]
pub async fn concerns(call: Call) -> Result<HttpResponse, Problem> {
    let query: ConcernQuery = call.query()?;
    let (page, place) = Place::new(&call, query.limit, query.cursor.as_deref(), query.count)?;
    let acting = call.may(Action::ReadConcerns)?;
    let concern = query.concern.unwrap_or(Concern::Unattended);
    call.read(move |connection| ConcernPage::answer(&place, store::list(connection, &acting, concern, &page)?, ConcernView::from)).await
}
