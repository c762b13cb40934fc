//! How employees of the municipality refer somebody to an initiative.

use access::Action;
use actix_web::{HttpResponse, delete, get, put};
use chrono::{DateTime, Utc};
use initiatives::{ReferralCapacity, ReferralContact, ReferralInformation, TermSlug, Welcome};
use kernel::{Finding, InitiativeId};
use persistence::{
    catalogue,
    referrals::{self as store, Filter, Referred},
    taxonomies,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{OrganisationReference, forms::words};
use crate::{
    call::Call,
    json::{Body, Input},
    page::{Place, page_view},
    parameters::{Narrowing, PostalCode, Town},
    problem::Problem,
    reply,
};

impl Input for ReferralInformation {
    fn findings(&self) -> Vec<Finding> {
        Self::findings(self)
    }
}

/// How somebody is referred to an initiative; never for the public.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferralView {
    initiative_id: InitiativeId,
    /// What the initiative is called.
    title: String,
    /// What it is, in one or two sentences.
    summary: String,
    organisation: OrganisationReference,
    /// What an employee does, step by step.
    how: String,
    /// Who is helped here, and who is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    suitable_for: Option<String>,
    capacity: ReferralCapacity,
    /// More about the capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_note: Option<String>,
    contact: ReferralContact,
    /// When it was last said.
    updated_at: DateTime<Utc>,
    /// Grows with every change.
    #[schema(minimum = 1)]
    version: i64,
}

impl From<Referred> for ReferralView {
    fn from(referred: Referred) -> Self {
        let Referred { referral, title, summary, organisation, organisation_name } = referred;
        let ReferralInformation { how, suitable_for, capacity, capacity_note, contact } = referral.information;
        Self {
            initiative_id: referral.initiative,
            title,
            summary,
            organisation: OrganisationReference { id: organisation, name: organisation_name },
            how,
            suitable_for,
            capacity,
            capacity_note,
            contact,
            updated_at: referral.updated_at,
            version: referral.version,
        }
    }
}

page_view! {
    /// A page of referral information.
    ReferralPage of ReferralView
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReferralQuery {
    /// Danish words, each of which must stand in the entry or in its referral information, with any ending.
    #[param(max_length = 200, example = "plads")]
    q: Option<String>,
    /// Whether there is room for one more.
    #[serde(default)]
    capacity: Vec<ReferralCapacity>,
    /// Terms of the taxonomy `target_group`.
    #[serde(default)]
    #[param(value_type = Vec<TermSlug>)]
    target_group: Vec<String>,
    /// Terms of the taxonomy `activity`.
    #[serde(default)]
    #[param(value_type = Vec<TermSlug>)]
    activity: Vec<String>,
    /// Groups that are welcome in particular.
    #[serde(default)]
    welcomes: Vec<Welcome>,
    /// Postal codes.
    #[serde(default)]
    #[param(value_type = Vec<PostalCode>, inline)]
    postal_code: Vec<String>,
    /// Towns, in any spelling.
    #[serde(default)]
    #[param(value_type = Vec<Town>, inline)]
    town: Vec<String>,
    /// An age in whole years.
    #[param(minimum = 0, maximum = 120)]
    age: Option<u8>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u8>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether `total` is wanted.
    count: Option<bool>,
}

impl TryFrom<ReferralQuery> for Filter {
    type Error = Problem;

    fn try_from(query: ReferralQuery) -> Result<Self, Problem> {
        let mut narrowing = Narrowing::default();
        narrowing.text("?q", query.q.as_ref(), 200);
        narrowing.terms("?target_group", &query.target_group);
        narrowing.terms("?activity", &query.activity);
        narrowing.postal_codes("?postal_code", &query.postal_code);
        narrowing.towns("?town", &query.town);
        narrowing.age("?age", query.age);
        if !narrowing.0.is_empty() {
            return Err(Problem::invalid(narrowing.0));
        }
        let entries = catalogue::Filter {
            target_groups: query.target_group,
            activities: query.activity,
            welcomes: words(&query.welcomes, |word| word.as_str()),
            postal_codes: query.postal_code,
            towns: query.town,
            age: query.age,
            ..catalogue::Filter::default()
        };
        Ok(Self { q: query.q, capacities: query.capacity, entries })
    }
}

/// Search among referral information
///
/// For employees of the municipality: how somebody is referred to what the public sees now, the latest changed first. No other search, count
/// or list knows these texts.
#[utoipa::path(tag = "referrals", operation_id = "list_referrals", params(ReferralQuery),
    responses((status = 200, description = "A page of referral information", body = ReferralPage)))]
#[get("/v1/referrals")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let query: ReferralQuery = call.query()?;
    let (page, place) = Place::new(&call, query.limit, query.cursor.as_deref(), query.count)?;
    let acting = call.may(Action::SearchReferrals)?;
    let (now, freshness) = (call.app().clock.now(), call.app().freshness);
    let filter = Filter::try_from(query)?;
    call.read(move |connection| {
        let filter = Filter { entries: taxonomies::widened(connection, filter.entries)?, ..filter };
        ReferralPage::answer(&place, store::list(connection, &acting, &filter, &freshness, now, &page)?, ReferralView::from)
    })
    .await
}

/// How somebody is referred to an initiative
///
/// For employees of the municipality as long as the public sees the initiative, and for its own organisation at any time.
#[utoipa::path(tag = "referrals", operation_id = "get_referral",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "How somebody is referred", body = ReferralView)))]
#[get("/v1/initiatives/{id}/referral")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadReferral)?;
    let file_reader = call.reading(Action::ReadInitiativeFile);
    let id = call.id("id")?;
    let (now, freshness) = (call.app().clock.now(), call.app().freshness);
    call.read(move |connection| {
        let referred = store::get(connection, &acting, &file_reader, id, &freshness, now)?;
        Ok(reply::ok(referred.referral.version, &ReferralView::from(referred))?.into())
    })
    .await
}

/// Say how somebody is referred
///
/// By the organisation, in the place of what it said before; `If-Match: *` where it has said nothing yet. Only employees read it, so it may
/// hold what they need and nobody else.
#[utoipa::path(tag = "referrals", operation_id = "put_referral", request_body = ReferralInformation,
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "Said", body = ReferralView)))]
#[put("/v1/initiatives/{id}/referral")]
pub async fn put(call: Call, body: Body<ReferralInformation>) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::WriteReferral)?;
    let id = call.id("id")?;
    call.write(move |tx| {
        let referred = store::put(tx, &acting, id, precondition, body.0)?;
        reply::ok(referred.referral.version, &ReferralView::from(referred))
    })
    .await
}

/// Take the referral information back
///
/// Employees no longer find it; the initiative itself stays as it is.
#[utoipa::path(tag = "referrals", operation_id = "withdraw_referral",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 204, description = "Taken back")))]
#[delete("/v1/initiatives/{id}/referral")]
pub async fn withdraw(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::WriteReferral)?;
    let id = call.id("id")?;
    call.write(move |tx| store::withdraw(tx, &acting, id, precondition).map(|()| reply::no_content())).await
}
