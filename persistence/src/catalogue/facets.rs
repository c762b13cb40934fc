//! How many entries of a list there are for each value by which it could be narrowed further.

use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Text},
};
use initiatives::Freshness;

use super::{
    Filter, hidden_until,
    plan::{self, Bounds},
    project::Facet,
    query,
};
use crate::{
    AnyConnection, Error,
    bulk::{Sql, engine},
};

/// How many entries have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub facet: Facet,
    pub value: String,
    pub count: i64,
}

#[derive(QueryableByName)]
struct Tally {
    #[diesel(sql_type = Text)]
    facet: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Counts the values of the entries that a filter leaves, the most common of each facet first.
///
/// # Errors
/// Database failures.
pub fn facets(connection: &mut AnyConnection, filter: &Filter, freshness: &Freshness, now: DateTime<Utc>) -> Result<Vec<Count>, Error> {
    let bounds = Bounds { hidden_until: hidden_until(freshness, now), age: filter.age };
    let Some(conditions) = query::counted_conditions(connection, filter) else { return Ok(Vec::new()) };
    let mut tallies = if conditions.is_empty() && bounds.age.is_none() {
        of_everything(connection, bounds)?
    } else {
        let mut sql = Sql::new("SELECT g.facet AS facet, count(*) AS count FROM catalogue_facets g WHERE g.seq IN (");
        plan::matching_seqs(&conditions, bounds, engine(connection), &mut sql);
        sql.push(") GROUP BY g.facet");
        sql.load(connection)?
    };
    tallies.retain(|tally| tally.count > 0);
    let mut counts: Vec<Count> = tallies
        .into_iter()
        .filter_map(|Tally { facet, count }| {
            let (facet, value) = Facet::parse(&facet)?;
            Some(Count { facet, value: value.to_owned(), count })
        })
        .collect();
    counts.sort_by(|a, b| (a.facet, b.count, &a.value).cmp(&(b.facet, a.count, &b.value)));
    Ok(counts)
}

/// Everything but what is hidden: the index of facets alone says how many there are, and few are hidden.
fn of_everything(connection: &mut AnyConnection, bounds: Bounds) -> Result<Vec<Tally>, Error> {
    let mut all: Vec<Tally> = Sql::new("SELECT facet, count(*) AS count FROM catalogue_facets GROUP BY facet").load(connection)?;
    let mut sql = Sql::new(
        "SELECT g.facet AS facet, count(*) AS count FROM catalogue c JOIN catalogue_facets g ON g.seq = c.seq WHERE c.verified_at <= ",
    );
    sql.bind(bounds.hidden_until).push(" GROUP BY g.facet");
    let hidden: Vec<Tally> = sql.load(connection)?;
    for tally in &mut all {
        tally.count -= hidden.iter().find(|hidden| hidden.facet == tally.facet).map_or(0, |hidden| hidden.count);
    }
    Ok(all)
}
