//! The volunteering policy itself: vision, guideposts with their goals, principles.

use actix_web::{HttpResponse, get};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Guidepost, Language, Principle, zone};
use persistence::{AnyConnection, Dependence, DoorRule, Error, policy as store};
use policy::{Goal, GuidepostText, PolicyVersion, PrincipleText};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{call::Call, problem::Problem, public::Public, reply};

/// A version of the policy, and from when on it holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyVersionView {
    /// The name of the version.
    version: String,
    /// From when on it holds, until the next one does.
    valid_from: NaiveDate,
}

/// A guidepost or a principle, and where its text is.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyPart {
    /// Stays the same from version to version.
    id: &'static str,
    /// What it is called.
    title: String,
    /// Where its text is.
    href: String,
}

/// The policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyView {
    /// The name of this version.
    version: String,
    /// From when on it holds.
    valid_from: NaiveDate,
    /// What it is called.
    title: String,
    /// Who adopted it.
    adopted_by: String,
    /// What it is to bring about.
    vision: Vec<String>,
    /// The five guideposts (pejlemærker).
    guideposts: Vec<PolicyPart>,
    /// The five guiding principles (bærende principper).
    principles: Vec<PolicyPart>,
    /// Every version there is, the oldest first.
    versions: Vec<PolicyVersionView>,
}

/// One goal: what the municipality wants to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct GoalView {
    /// Stays the same from version to version, as long as the goal does.
    id: String,
    /// The goal itself.
    text: String,
}

/// A guidepost with its goals.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuidepostView {
    id: Guidepost,
    /// The version of the policy.
    version: String,
    /// What it is called.
    title: String,
    /// What it is about.
    text: String,
    /// What the municipality therefore wants to do.
    goals: Vec<GoalView>,
}

/// A guiding principle.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrincipleView {
    id: Principle,
    /// The version of the policy.
    version: String,
    /// What it is called.
    title: String,
    /// What it says.
    text: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PolicyQuery {
    /// The version that holds on this date; by default today.
    #[param(example = "2026-11-25")]
    valid_on: Option<NaiveDate>,
}

/// Answers out of the version that holds on the date asked for. Today's changes when the next one begins to hold.
async fn answer<V: Serialize>(
    call: &Call,
    PolicyQuery { valid_on }: PolicyQuery,
    view: impl Fn(&mut AnyConnection, PolicyVersion, Language) -> Result<V, Error> + Send + Clone + 'static,
) -> Result<HttpResponse, Problem> {
    let (today, language) = (zone::date(call.app().clock.now()), call.language());
    call.public_list(|_| {
        let view = view.clone();
        Ok(move |connection: &mut AnyConnection| {
            let version = store::on(connection, valid_on.unwrap_or(today))?;
            let valid_until: Option<DateTime<Utc>> = match valid_on {
                Some(_) => None,
                None => store::next_after(connection, today)?.map(zone::start_of),
            };
            let answer = reply::list(&view(connection, version, language)?)?;
            Ok(Public { listed: answer.into(), dependence: Dependence::nothing(), valid_until })
        })
    })
    .await
}

/// The volunteering policy
///
/// Vision, guideposts and principles. The Danish text is the policy; the English one is a rendering. A revised policy is a new version, and the
/// old one can still be asked for.
#[utoipa::path(tag = "policy", operation_id = "get_policy", security(()), params(PolicyQuery),
    responses((status = 200, description = "The policy", body = PolicyView)))]
#[get("/v1/policy")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    answer(&call, call.query()?, |connection, PolicyVersion { id, valid_from, policy }, language| {
        let text = |text: &policy::Text| text.in_language(language).to_owned();
        let part = |kind, id, title| PolicyPart { id, title: text(title), href: format!("/v1/policy/{kind}/{id}") };
        let versions = store::versions(connection)?.into_iter().map(|(version, valid_from)| PolicyVersionView { version, valid_from });
        Ok(PolicyView {
            version: id,
            valid_from,
            title: text(&policy.title),
            adopted_by: text(&policy.adopted_by),
            vision: policy.vision.iter().map(text).collect(),
            guideposts: policy.guideposts.iter().map(|one| part("guideposts", one.id.as_str(), &one.title)).collect(),
            principles: policy.principles.iter().map(|one| part("principles", one.id.as_str(), &one.title)).collect(),
            versions: versions.collect(),
        })
    })
    .await
}

/// One guidepost with its goals
///
/// With its goals, in the language asked for and as the policy stood on the day asked for.
#[utoipa::path(tag = "policy", operation_id = "get_guidepost", security(()),
    params(("id" = Guidepost, Path, description = "Which one", example = "visibility"), PolicyQuery),
    responses((status = 200, description = "The guidepost", body = GuidepostView)))]
#[get("/v1/policy/guideposts/{id}")]
pub async fn guidepost(call: Call) -> Result<HttpResponse, Problem> {
    let query = call.query()?;
    let id = Guidepost::parse(call.path("id")).ok_or(DoorRule::NotFound)?;
    answer(&call, query, move |_, PolicyVersion { id: version, policy, .. }, language| {
        let GuidepostText { title, text, goals, .. } = policy.guidepost(id).ok_or(DoorRule::NotFound)?;
        let goal = |Goal { id, text }: &Goal| GoalView { id: id.clone(), text: text.in_language(language).to_owned() };
        Ok(GuidepostView {
            id,
            version,
            title: title.in_language(language).to_owned(),
            text: text.in_language(language).to_owned(),
            goals: goals.iter().map(goal).collect(),
        })
    })
    .await
}

/// One guiding principle
///
/// What volunteer work in the municipality keeps to, in the language asked for and as the policy stood on the day asked for.
#[utoipa::path(tag = "policy", operation_id = "get_principle", security(()),
    params(("id" = Principle, Path, description = "Which one", example = "supplement"), PolicyQuery),
    responses((status = 200, description = "The principle", body = PrincipleView)))]
#[get("/v1/policy/principles/{id}")]
pub async fn principle(call: Call) -> Result<HttpResponse, Problem> {
    let query = call.query()?;
    let id = Principle::parse(call.path("id")).ok_or(DoorRule::NotFound)?;
    answer(&call, query, move |_, PolicyVersion { id: version, policy, .. }, language| {
        let PrincipleText { title, text, .. } = policy.principle(id).ok_or(DoorRule::NotFound)?;
        Ok(PrincipleView { id, version, title: title.in_language(language).to_owned(), text: text.in_language(language).to_owned() })
    })
    .await
}
