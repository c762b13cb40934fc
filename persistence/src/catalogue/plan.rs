//! Which way to a page of the catalogue.
//!
//! A page must cost the same among a million entries as among ten thousand. There are two ways to that:
//! walk an index in the order of the list and look each entry's conditions up until the page is full, which
//! is cheap where many entries match; or take the few entries that meet one condition and sort them, which
//! is cheap where few do. Either is terrible in the other's place, and the engines' own estimates of what a
//! parameter will match are guesses. So the conditions are counted first, up to a bound, and the statement
//! is written so that the way in it is the one that is taken:
//!
//! * `CROSS JOIN` fixes the order of a join on SQLite;
//! * `OFFSET 0` keeps PostgreSQL from turning a look-up per entry into a join with everything;
//! * `MATERIALIZED` keeps both from unfolding the few;
//! * a `LIMIT` behind what was gathered tells PostgreSQL how few it is;
//! * `+seq` keeps SQLite from reading the hits of words in their order instead of the page's;
//! * what a page shows is fetched when it is full, and until then its indexes answer alone.

use chrono::NaiveDateTime;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Double, Integer},
};

use super::{Near, Row};
use crate::{
    AnyConnection, Engine, Error,
    bulk::{Sql, engine},
};

/// So many entries are fetched and sorted without regret.
const FEW: i64 = 1_000;

const METRES_PER_DEGREE: f64 = 111_195.0;

const COLUMNS: &str = "c.seq, c.initiative_id, c.organisation_id, c.organisation_name, c.sort_key, c.min_age, c.max_age, c.version, \
                       c.published_at, c.verified_at, c.updated_at, c.content";

/// Something that entries meet or do not.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// Has one of these facets.
    Facets(Vec<String>),
    /// Has a place in the circle.
    Near(Near),
    /// Changed at this instant or later.
    Since(NaiveDateTime),
    /// Is found by its words.
    Words(Words),
    /// Is not.
    WithoutWords(Words),
}

/// A text query in the engine's own language.
#[derive(Clone, Debug)]
pub(super) enum Words {
    Anywhere(String),
    InTitle(String),
}

impl Words {
    const fn query(&self) -> &String {
        match self {
            Self::Anywhere(query) | Self::InTitle(query) => query,
        }
    }

    /// The column on PostgreSQL. On SQLite the query itself says where to look.
    const fn vector(&self) -> &'static str {
        match self {
            Self::Anywhere(_) => "terms",
            Self::InTitle(_) => "title",
        }
    }
}

impl Condition {
    /// All entries that meet the condition, as a query for `seq`.
    pub(super) fn set(&self, engine: Engine, sql: &mut Sql) {
        match (self, engine) {
            (Self::Facets(facets), _) => sql.push("SELECT seq FROM catalogue_facets WHERE facet IN (").bind_all(facets).push(")"),
            (Self::Near(near), _) => {
                sql.push("SELECT p.seq FROM catalogue_places p WHERE ");
                near.contains(sql);
                sql
            }
            (Self::Since(at), _) => sql.push("SELECT seq FROM catalogue WHERE updated_at >= ").bind(*at),
            (Self::Words(words) | Self::WithoutWords(words), Engine::Sqlite) => {
                sql.push("SELECT rowid AS seq FROM catalogue_search WHERE catalogue_search MATCH ").bind(words.query().as_str())
            }
            (Self::Words(words) | Self::WithoutWords(words), Engine::Postgres) => {
                sql.push("SELECT seq FROM catalogue_search WHERE ").push(words.vector());
                sql.push(" @@ ").bind(words.query().as_str()).push("::tsquery")
            }
        };
    }

    /// Whether the entry whose `seq` stands in `at` meets the condition.
    fn holds(&self, at: &str, engine: Engine, sql: &mut Sql) {
        match (self, engine) {
            (Self::Facets(facets), _) => {
                sql.push(&format!("EXISTS (SELECT 1 FROM catalogue_facets g WHERE g.seq = {at}.seq AND g.facet IN ("));
                sql.bind_all(facets).push(") LIMIT 1 OFFSET 0)");
            }
            (Self::Near(near), _) => {
                sql.push(&format!("EXISTS (SELECT 1 FROM catalogue_places p WHERE p.seq = {at}.seq AND "));
                near.contains(sql);
                sql.push(" LIMIT 1 OFFSET 0)");
            }
            (Self::Since(since), _) => {
                sql.push("c.updated_at >= ").bind(*since);
            }
            (Self::Words(_) | Self::WithoutWords(_), Engine::Sqlite) => {
                let not = if matches!(self, Self::Words(_)) { "" } else { "NOT " };
                sql.push(&format!("+{at}.seq {not}IN ("));
                self.set(engine, sql);
                sql.push(")");
            }
            (Self::Words(words) | Self::WithoutWords(words), Engine::Postgres) => {
                let not = if matches!(self, Self::Words(_)) { "" } else { "NOT " };
                let vector = words.vector();
                sql.push(&format!("{not}EXISTS (SELECT 1 FROM catalogue_search s WHERE s.seq = {at}.seq AND s.{vector} @@ "));
                sql.bind(words.query().as_str()).push("::tsquery LIMIT 1 OFFSET 0)");
            }
        }
    }

    /// The one facet whose index holds the entries in the order of their changes already.
    const fn single_facet(&self) -> Option<&String> {
        match self {
            Self::Facets(facets) => match facets.as_slice() {
                [facet] => Some(facet),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Near {
    /// Degrees of longitude shrink towards the poles; there is no trigonometry in SQLite.
    fn metres_per_longitude(&self) -> f64 {
        METRES_PER_DEGREE * self.latitude.to_radians().cos().max(0.01)
    }

    /// Whether the place at hand, `p`, lies in the circle. The box around it is for the index.
    fn contains(&self, sql: &mut Sql) {
        let (high, wide) = (self.radius / METRES_PER_DEGREE, self.radius / self.metres_per_longitude());
        sql.push("p.latitude BETWEEN ").bind(self.latitude - high).push(" AND ").bind(self.latitude + high);
        sql.push(" AND p.longitude BETWEEN ").bind(self.longitude - wide).push(" AND ").bind(self.longitude + wide).push(" AND ");
        self.distance(sql);
        sql.push(" <= ").bind(self.radius * self.radius);
    }

    /// The square of the distance to the place at hand, in metres: on a municipality the earth is flat.
    fn distance(&self, sql: &mut Sql) {
        square("p.longitude", self.longitude, self.metres_per_longitude(), sql);
        sql.push(" + ");
        square("p.latitude", self.latitude, METRES_PER_DEGREE, sql);
    }
}

/// Metres between two places on the same flat earth.
pub(crate) fn metres_between((latitude, longitude): (f64, f64), (other_latitude, other_longitude): (f64, f64)) -> f64 {
    let near = Near { latitude, longitude, radius: 0.0 };
    let north = (latitude - other_latitude) * METRES_PER_DEGREE;
    north.hypot((longitude - other_longitude) * near.metres_per_longitude())
}

fn square(column: &str, origin: f64, scale: f64, sql: &mut Sql) {
    for factor in ["(", " * "] {
        sql.push(factor).push("((").push(column).push(" - ").bind(origin).push(") * ").bind(scale).push(")");
    }
    sql.push(")");
}

/// A condition, and how many entries meet it, counted up to a few.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub condition: Condition,
    pub size: i64,
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = Integer)]
    place: i32,
    #[diesel(sql_type = BigInt)]
    size: i64,
}

impl Measured {
    /// A condition that nobody has counted, and that is taken for a wide one.
    pub(super) const fn unknown(condition: Condition) -> Self {
        Self { condition, size: FEW + 1 }
    }

    /// Whether one of these, but for a circle, leaves few.
    pub(super) fn narrow(all: &[&Self]) -> bool {
        all.iter().any(|measured| measured.size <= FEW && !matches!(measured.condition, Condition::Near(_)))
    }
}

/// Counts what each condition leaves, in one statement.
pub(super) fn measure(connection: &mut AnyConnection, conditions: Vec<Condition>) -> Result<Vec<Measured>, Error> {
    if conditions.is_empty() {
        return Ok(Vec::new());
    }
    let engine = engine(connection);
    let mut sql = Sql::default();
    for (place, condition) in conditions.iter().enumerate() {
        sql.push(if place == 0 { "" } else { " UNION ALL " });
        sql.push(&format!("SELECT {place} AS place, count(*) AS size FROM (SELECT 1 AS one FROM ("));
        condition.set(engine, &mut sql);
        sql.push(&format!(") met LIMIT {}) few", FEW + 1));
    }
    let sizes: Vec<Size> = sql.load(connection)?;
    let size = |place: usize| sizes.iter().find(|size| usize::try_from(size.place) == Ok(place)).map_or(FEW + 1, |size| size.size);
    Ok(conditions.into_iter().enumerate().map(|(place, condition)| Measured { size: size(place), condition }).collect())
}

/// The order of a list, with all that it needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sorting {
    NewestFirst,
    OldestFirst,
    Title,
    Distance(Near),
}

/// Where in its order an entry stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    Updated(NaiveDateTime, i64),
    Title(String, i64),
    Distance(f64, i64),
}

impl Key {
    /// The square of a distance in metres; none for other keys.
    pub(super) const fn distance(&self) -> f64 {
        match self {
            Self::Distance(distance, _) => *distance,
            Self::Updated(..) | Self::Title(..) => 0.0,
        }
    }

    /// Of two distances the farther one.
    pub(super) fn farther(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(if one.distance() < other.distance() { other } else { one }),
            (one, other) => one.or(other),
        }
    }
}

/// What every entry is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub hidden_until: NaiveDateTime,
    pub age: Option<u8>,
}

impl Bounds {
    fn hold(&self, sql: &mut Sql) {
        sql.push("c.verified_at > ").bind(self.hidden_until);
        if let Some(age) = self.age.map(i64::from) {
            sql.push(" AND c.min_age <= ").bind(age).push(" AND c.max_age >= ").bind(age);
        }
    }
}

/// An entry, and how far away it is where that was asked.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Found {
    #[diesel(embed)]
    pub entry: Row,
    #[diesel(sql_type = Double)]
    pub distance: f64,
}

/// One page's worth of entries that meet all conditions.
#[derive(Clone, Debug)]
pub(super) struct Walk<'a> {
    pub conditions: Vec<&'a Measured>,
    pub bounds: Bounds,
    pub sorting: Sorting,
    pub after: Option<Key>,
    /// How many entries are passed over before the page begins.
    pub skip: i64,
    pub limit: i64,
}

/// Through what a walk enters the catalogue: the index of its order, or one of the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entrance {
    Order,
    Facet(usize),
    Few(usize),
    /// What lies in it, or what of the few does.
    Circle(Option<usize>),
}

/// Whether counting can change the way.
pub(super) fn is_open(conditions: &[Condition], sorting: Sorting) -> bool {
    match (sorting, conditions) {
        (_, []) => false,
        (Sorting::NewestFirst | Sorting::OldestFirst, [one]) => one.single_facet().is_none(),
        _ => true,
    }
}

impl Walk<'_> {
    pub(super) fn go(&self, connection: &mut AnyConnection) -> Result<Vec<Found>, Error> {
        if self.conditions.iter().any(|measured| measured.size == 0) {
            return Ok(Vec::new());
        }
        let mut sql = Sql::default();
        self.statement(engine(connection), &mut sql);
        Ok(sql.load(connection)?)
    }

    fn entrance(&self) -> Entrance {
        let smallest_of = |fits: &dyn Fn(&Condition) -> bool| -> Option<(usize, i64)> {
            let fitting = self.conditions.iter().enumerate().filter(|(_, measured)| fits(&measured.condition));
            fitting.map(|(place, measured)| (place, measured.size)).min_by_key(|(_, size)| *size)
        };
        if let Sorting::Distance(_) = self.sorting {
            let few = smallest_of(&|condition| !matches!(condition, Condition::Near(_))).filter(|(_, size)| *size <= FEW);
            return Entrance::Circle(few.map(|(place, _)| place));
        }
        let in_order = matches!(self.sorting, Sorting::NewestFirst | Sorting::OldestFirst);
        let facet = smallest_of(&|condition| in_order && condition.single_facet().is_some());
        match (smallest_of(&|_| true), facet) {
            (Some((_, smallest)), Some((facet, size))) if size == smallest || smallest > FEW => Entrance::Facet(facet),
            (Some((few, size)), _) if size <= FEW => Entrance::Few(few),
            _ => Entrance::Order,
        }
    }

    /// Finds the page's entries first, and fetches what it shows of them afterwards.
    pub(super) fn statement(&self, engine: Engine, sql: &mut Sql) {
        let entrance = self.entrance();
        let (key, direction) = match (self.sorting, entrance) {
            (Sorting::NewestFirst, Entrance::Facet(_)) => ("f.updated_at", "DESC"),
            (Sorting::OldestFirst, Entrance::Facet(_)) => ("f.updated_at", "ASC"),
            (Sorting::NewestFirst, _) => ("c.updated_at", "DESC"),
            (Sorting::OldestFirst, _) => ("c.updated_at", "ASC"),
            (Sorting::Title, _) => ("c.sort_key", "ASC"),
            (Sorting::Distance(_), _) => ("m.distance", "ASC"),
        };
        let skip = if self.skip > 0 { format!(" OFFSET {}", self.skip) } else { String::new() };
        let page = |from: &str, key: &str, seq: &str| {
            format!(
                "{from} ORDER BY {key} {direction}, {seq} {direction} LIMIT {}{skip}) page CROSS JOIN catalogue c WHERE c.seq = page.seq \
                 ORDER BY page.place {direction}, page.seq {direction}",
                self.limit
            )
        };
        let shown = format!("SELECT {COLUMNS}, page.distance FROM (");
        match entrance {
            Entrance::Order | Entrance::Facet(_) => {
                sql.push(&shown);
                let at = self.matching(entrance, key, direction, engine, sql);
                sql.push(&page("", key, &format!("{at}.seq")));
            }
            Entrance::Few(_) | Entrance::Circle(_) => {
                self.gather(entrance, engine, sql);
                sql.push(", few AS MATERIALIZED (");
                self.matching(entrance, key, direction, engine, sql);
                sql.push(") ").push(&shown).push(&page("SELECT few.seq, few.place, few.distance FROM few", "few.place", "few.seq"));
            }
        }
    }

    fn condition(&self, place: usize) -> Option<&Condition> {
        self.conditions.get(place).map(|measured| &measured.condition)
    }

    /// What meets the one condition through which the walk enters. It is gathered without looking ahead:
    /// told that the first few will do, PostgreSQL reads whole tables in the hope of meeting them soon.
    fn gather(&self, entrance: Entrance, engine: Engine, sql: &mut Sql) {
        sql.push("WITH met AS MATERIALIZED (");
        let few = match (entrance, self.sorting) {
            (Entrance::Circle(few), Sorting::Distance(near)) => {
                sql.push("SELECT p.seq, min(");
                near.distance(sql);
                sql.push(") AS distance FROM catalogue_places p WHERE ");
                near.contains(sql);
                few
            }
            (Entrance::Few(few), _) => Some(few),
            _ => None,
        };
        let circle = matches!(entrance, Entrance::Circle(_));
        if let Some(condition) = few.and_then(|place| self.condition(place)) {
            sql.push(if circle { " AND p.seq IN (" } else { "" });
            condition.set(engine, sql);
            sql.push(if circle { ")" } else { "" });
        }
        sql.push(if circle { " GROUP BY p.seq)" } else { ")" });
    }

    /// Selects what meets everything and lies beyond the page before; gives the name of what holds `seq` first.
    fn matching(&self, entrance: Entrance, key: &str, direction: &str, engine: Engine, sql: &mut Sql) -> &'static str {
        let distance = if let Entrance::Circle(_) = entrance { "m.distance" } else { "CAST(0 AS DOUBLE PRECISION)" };
        let distinct = if let Entrance::Few(_) = entrance { "DISTINCT " } else { "" };
        sql.push(&format!("SELECT {distinct}c.seq AS seq, {key} AS place, {distance} AS distance FROM "));
        let at = self.enter(entrance, sql);
        self.bounds.hold(sql);
        for (place, measured) in self.conditions.iter().enumerate() {
            let met = match entrance {
                Entrance::Facet(entrance) | Entrance::Few(entrance) => place == entrance,
                Entrance::Circle(few) => few == Some(place) || matches!(measured.condition, Condition::Near(_)),
                Entrance::Order => false,
            };
            if !met {
                sql.push(" AND ");
                measured.condition.holds(at, engine, sql);
            }
        }
        self.begin(&format!("({key}, {at}.seq)"), direction, sql);
        at
    }

    /// Says where entries come from.
    fn enter(&self, entrance: Entrance, sql: &mut Sql) -> &'static str {
        match entrance {
            Entrance::Order => {
                sql.push("catalogue c WHERE ");
                "c"
            }
            Entrance::Facet(place) => {
                let facet = self.condition(place).and_then(Condition::single_facet);
                sql.push("catalogue_facets f CROSS JOIN catalogue c WHERE c.seq = f.seq AND f.facet = ");
                sql.bind(facet.map_or("", String::as_str)).push(" AND ");
                "f"
            }
            Entrance::Few(_) => {
                sql.push(&format!("(SELECT seq FROM met LIMIT {}) m CROSS JOIN catalogue c WHERE c.seq = m.seq AND ", FEW + 1));
                "m"
            }
            Entrance::Circle(_) => {
                sql.push("met m CROSS JOIN catalogue c WHERE c.seq = m.seq AND ");
                "m"
            }
        }
    }

    /// The comparison of rows is one that both engines turn into the beginning of an index range.
    fn begin(&self, row: &str, direction: &str, sql: &mut Sql) {
        let Some(after) = &self.after else { return };
        sql.push(&format!(" AND {row} {} (", if direction == "DESC" { "<" } else { ">" }));
        match after {
            Key::Updated(at, seq) => sql.bind(*at).push(", ").bind(*seq),
            Key::Title(title, seq) => sql.bind(title.as_str()).push(", ").bind(*seq),
            Key::Distance(distance, seq) => sql.bind(*distance).push(", ").bind(*seq),
        };
        sql.push(")");
    }
}

#[derive(QueryableByName)]
struct Total {
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// How many entries meet all conditions.
pub(super) fn count(connection: &mut AnyConnection, conditions: &[Measured], bounds: Bounds) -> Result<i64, Error> {
    let mut sql = Sql::new("SELECT count(*) AS total FROM (");
    let conditions: Vec<Condition> = conditions.iter().map(|measured| measured.condition.clone()).collect();
    matching_seqs(&conditions, bounds, engine(connection), &mut sql);
    sql.push(") met");
    Ok(sql.load::<Total>(connection)?.pop().map_or(0, |total| total.total))
}

/// The entries that meet all conditions, as a query for `seq`.
pub(super) fn matching_seqs(conditions: &[Condition], bounds: Bounds, engine: Engine, sql: &mut Sql) {
    sql.push("SELECT c.seq FROM catalogue c WHERE ");
    bounds.hold(sql);
    for condition in conditions {
        sql.push(" AND c.seq IN (");
        condition.set(engine, sql);
        sql.push(")");
    }
}

/// Circles around the same place, one within the other, of which each is walked when the page is not full
/// after the one before. There is no index by distance: the first circle is as large as few entries allow.
pub(super) fn circles(connection: &mut AnyConnection, near: Near, passed: f64) -> Result<Vec<Near>, Error> {
    let mut halves = (0..9).map(|halvings| Near { radius: near.radius / f64::from(1_u32 << halvings), ..near });
    let sizes = measure(connection, halves.clone().map(Condition::Near).collect())?;
    let first = halves.clone().zip(sizes).find(|(_, measured)| measured.size <= FEW).map(|(circle, _)| circle).or(halves.next_back());
    // A page that begins far out must reach farther out.
    let first = first.map_or(near.radius, |circle| circle.radius).max(passed * 1.25);
    let mut radii: Vec<f64> = [first, first * 4.0, near.radius].into_iter().map(|radius| radius.min(near.radius)).collect();
    radii.dedup();
    Ok(radii.into_iter().map(|radius| Near { radius, ..near }).collect())
}
