//! Organisations that do alike.

use access::Action;
use actix_web::{HttpResponse, get};
use kernel::OrganisationId;
use organisations::OrganisationKind;
use persistence::{
    Dependence, Tag,
    organisations::{Similar, similar},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{call::Call, problem::Problem, public::Public, reply};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SimilarQuery {
    /// Only those that look for others to do something together with, or only those that do not.
    seeks_cooperation: Option<bool>,
}

/// An organisation whose entries are like another's.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimilarOrganisation {
    id: OrganisationId,
    kind: OrganisationKind,
    /// What it is called.
    name: String,
    /// What it is for, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    /// Whether it looks for others to do something together with.
    seeks_cooperation: bool,
    /// What it would like to do together.
    #[serde(skip_serializing_if = "Option::is_none")]
    cooperation: Option<String>,
    /// How many target groups and activities both have.
    #[schema(minimum = 1)]
    shared: i64,
    /// Metres between the nearest of their public places, in whole hundreds; absent where one of them shows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    distance: Option<f64>,
}

impl From<Similar> for SimilarOrganisation {
    fn from(Similar { stored, shared, distance }: Similar) -> Self {
        let (id, kind, profile) = (stored.organisation.id, stored.organisation.kind, stored.organisation.public_profile());
        let (name, purpose) = (profile.name, profile.purpose);
        let (seeks_cooperation, cooperation) = (profile.seeks_cooperation, profile.cooperation);
        let distance = distance.map(|metres| (metres / 100.0).round() * 100.0);
        Self { id, kind, name, purpose, seeks_cooperation, cooperation, shared, distance }
    }
}

/// Organisations that do alike.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimilarList {
    /// The nearest first, at most twenty.
    items: Vec<SimilarOrganisation>,
}

/// Organisations that do alike
///
/// Whose entries in the catalogue share target groups or activities with this one's: the nearest first, then those that show no place, by how
/// much they share. With `seeks_cooperation=true` only those that look for others to do something together with.
#[utoipa::path(tag = "organisations", operation_id = "list_similar_organisations", security((), ("bearer" = [])),
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001"), SimilarQuery),
    responses((status = 200, description = "Those that do alike", body = SimilarList)))]
#[get("/v1/organisations/{id}/similar")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let id = call.id("id")?;
    let acting = call.reading(Action::ReadOrganisationFile);
    let (now, freshness) = (call.app().clock.now(), call.app().freshness);
    call.public_list(move |call| {
        let (acting, query): (_, SimilarQuery) = (acting.clone(), call.query()?);
        Ok(move |connection: &mut _| {
            let found = similar(connection, &acting, id, query.seeks_cooperation, &freshness, now)?;
            let listed = reply::list(&SimilarList { items: found.into_iter().map(SimilarOrganisation::from).collect() })?;
            let dependence = Dependence::from(Tag::CATALOGUE).or(Tag::ORGANISATIONS);
            let valid_until = persistence::catalogue::next_change(connection, &freshness, now)?;
            Ok(Public { listed: listed.into(), dependence, valid_until })
        })
    })
    .await
}
