//! Organisations that do alike, for whoever looks for company.

use access::Acting;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    QueryableByName,
    prelude::*,
    sql_types::{BigInt, Double, Text},
};
use initiatives::Freshness;
use kernel::OrganisationId;

use super::{Filter, Row, Stored, get, listed};
use crate::{AnyConnection, Error, bulk::Sql, catalogue, schema::organisations as table};

/// Those that share the most are looked at; how far away they are is asked of no others.
const CANDIDATES: i64 = 200;

/// So many are shown.
const SHOWN: usize = 20;

/// An organisation whose entries are like another's.
#[derive(Clone, Debug)]
pub struct Similar {
    pub stored: Stored,
    /// How many target groups and activities both have.
    pub shared: i64,
    /// Metres between the nearest of their public places; none where one of them shows none.
    pub distance: Option<f64>,
}

#[derive(QueryableByName)]
struct Alike {
    #[diesel(sql_type = Text)]
    organisation_id: String,
    #[diesel(sql_type = BigInt)]
    shared: i64,
}

#[derive(QueryableByName)]
struct Spot {
    #[diesel(sql_type = Text)]
    organisation_id: String,
    #[diesel(sql_type = Double)]
    latitude: f64,
    #[diesel(sql_type = Double)]
    longitude: f64,
}

impl Spot {
    const fn at(&self) -> (f64, f64) {
        (self.latitude, self.longitude)
    }
}

/// Verified organisations whose entries share target groups or activities with this one's: the nearest first, then those of whom nobody
/// knows how near they are, by how much they share. What the public cannot read counts for nothing.
///
/// # Errors
/// [`DoorRule::NotFound`](crate::DoorRule::NotFound); database failures.
pub fn similar(
    connection: &mut AnyConnection,
    acting: &Acting,
    id: OrganisationId,
    seeks_cooperation: Option<bool>,
    freshness: &Freshness,
    now: DateTime<Utc>,
) -> Result<Vec<Similar>, Error> {
    get(connection, acting, id)?;
    let (own, hidden_until) = (id.to_string(), catalogue::hidden_until(freshness, now));
    let mut sql = Sql::new(
        "SELECT c.organisation_id, count(DISTINCT g.facet) AS shared FROM catalogue c JOIN catalogue_facets g ON g.seq = c.seq WHERE g.facet IN (",
    );
    sql.push("SELECT f.facet FROM catalogue o JOIN catalogue_facets f ON f.seq = o.seq WHERE o.organisation_id = ").bind(own.as_str());
    sql.push(" AND o.verified_at > ").bind(hidden_until);
    sql.push(" AND (f.facet LIKE 'target_group:%' OR f.facet LIKE 'activity:%')) AND c.organisation_id <> ").bind(own.as_str());
    sql.push(" AND c.verified_at > ").bind(hidden_until);
    sql.push(&format!(" GROUP BY c.organisation_id ORDER BY shared DESC, c.organisation_id LIMIT {CANDIDATES}"));
    let alike: Vec<Alike> = sql.load(connection)?;
    let ids: Vec<String> = alike.iter().map(|alike| alike.organisation_id.clone()).collect();
    let filter = Filter { seeks_cooperation, ..Filter::default() };
    let rows: Vec<Row> = listed(&filter).filter(table::id.eq_any(&ids)).load(connection)?;
    let spots = spots(connection, &[vec![own.clone()], ids].concat(), hidden_until)?;
    let of = |id: &str| spots.iter().filter(|spot| spot.organisation_id == id).collect::<Vec<_>>();
    let here = of(&own);
    let mut all = Vec::new();
    for stored in rows.into_iter().map(Row::stored) {
        let stored = stored?;
        let id = stored.organisation.id.to_string();
        let shared = alike.iter().find(|alike| alike.organisation_id == id).map_or(0, |alike| alike.shared);
        let there = of(&id);
        let distance =
            here.iter().flat_map(|one| there.iter().map(|other| catalogue::metres_between(one.at(), other.at()))).min_by(f64::total_cmp);
        all.push(Similar { stored, shared, distance });
    }
    all.sort_by(|one, other| {
        let far = |similar: &Similar| similar.distance.unwrap_or(f64::INFINITY);
        far(one)
            .total_cmp(&far(other))
            .then(other.shared.cmp(&one.shared))
            .then(one.stored.organisation.id.cmp(&other.stored.organisation.id))
    });
    all.truncate(SHOWN);
    Ok(all)
}

/// Where the public finds their entries.
fn spots(connection: &mut AnyConnection, ids: &[String], hidden_until: NaiveDateTime) -> Result<Vec<Spot>, Error> {
    let mut sql = Sql::new(
        "SELECT DISTINCT c.organisation_id, p.latitude, p.longitude FROM catalogue c JOIN catalogue_places p ON p.seq = c.seq WHERE c.organisation_id IN (",
    );
    sql.bind_all(ids).push(") AND c.verified_at > ").bind(hidden_until);
    Ok(sql.load(connection)?)
}
