//! Lists of the catalogue.

use chrono::{DateTime, Utc};
use initiatives::Freshness;

use super::{
    Entry, Filter, Order, hidden_until,
    plan::{self, Bounds, Condition, Found, Key, Measured, Sorting, Walk, Words},
    project::{Facet, of_beginning, of_facet},
};
use crate::{
    AnyConnection, Engine, Error, Tag,
    bulk::{Sql, engine},
    db::naive,
    page::{Page, PageRequest, cursor_instant, cursor_part, foreign_cursor},
    search::{self, TextQuery},
    tags::Dependence,
};

impl Filter {
    /// Whether it is narrowed by terms, which may come to mean something else.
    #[must_use]
    pub(crate) const fn names_terms(&self) -> bool {
        !(self.target_groups.is_empty() && self.activities.is_empty() && self.themes.is_empty())
    }

    /// What a list depends on that is narrowed by this.
    #[must_use]
    pub fn dependence(&self) -> Dependence {
        let entries = self.on_entries();
        if self.names_terms() { entries.or(Tag::TAXONOMIES) } else { entries }
    }

    fn on_entries(&self) -> Dependence {
        let facets = self.conditions().into_iter().filter_map(|condition| match condition {
            Condition::Facets(facets) => Some(facets.iter().map(|facet| of_facet(facet)).collect()),
            _ => None,
        });
        let words = self.q.as_deref().map(search::telling).unwrap_or_default();
        let words = words.into_iter().map(|beginning| vec![of_beginning(&beginning)]);
        Dependence::on_each(facets.chain(words).collect(), Tag::CATALOGUE)
    }

    /// The words; nothing where what was asked for holds none, and so finds nothing.
    fn words(&self, connection: &AnyConnection) -> Option<Option<TextQuery>> {
        match self.q.as_deref() {
            None => Some(None),
            Some(q) => search::query(engine(connection), q).map(Some),
        }
    }

    /// Everything but the words, the most telling first.
    fn conditions(&self) -> Vec<Condition> {
        let organisation: Vec<String> = self.organisation.iter().map(ToString::to_string).collect();
        let facets = [
            (Facet::Organisation, &organisation),
            (Facet::PostalCode, &self.postal_codes),
            (Facet::Town, &self.towns),
            (Facet::Activity, &self.activities),
            (Facet::Theme, &self.themes),
            (Facet::TargetGroup, &self.target_groups),
            (Facet::Guidepost, &self.guideposts),
            (Facet::Welcome, &self.welcomes),
            (Facet::Weekday, &self.weekdays),
            (Facet::Participation, &self.participation),
            (Facet::Language, &self.languages),
        ];
        let facets = facets.into_iter().filter(|(_, values)| !values.is_empty()).map(|(facet, values)| {
            let mut values: Vec<String> = values.iter().map(|value| facet.of(value)).collect();
            values.sort_unstable();
            values.dedup();
            Condition::Facets(values)
        });
        let near = self.near.map(Condition::Near);
        let since = self.updated_since.map(|since| Condition::Since(naive(since)));
        facets.chain(near).chain(since).collect()
    }
}

impl Order {
    /// The order of a list, and of each of the two parts of a list by relevance.
    fn sorting(self, filter: &Filter) -> Sorting {
        match (self, filter.near) {
            (Self::Title, _) => Sorting::Title,
            (Self::OldestFirst, _) => Sorting::OldestFirst,
            (Self::Distance, Some(near)) => Sorting::Distance(near),
            (Self::Relevance | Self::NewestFirst | Self::Distance, _) => Sorting::NewestFirst,
        }
    }
}

/// An entry, and whether it stands in the first part of a list by relevance.
struct Hit {
    in_title: bool,
    found: Found,
}

/// Where a page begins: behind an entry of one of the parts.
struct Start {
    in_title: bool,
    key: Key,
}

fn start(after: &[String], order: Order, sorting: Sorting) -> Result<Start, Error> {
    let (in_title, keys) = match (order, after) {
        (Order::Relevance, [part, keys @ ..]) if part == "1" || part == "0" => (part == "1", keys),
        (Order::Relevance, _) => return Err(foreign_cursor()),
        (_, keys) => (true, keys),
    };
    let seq = cursor_part(keys, 1)?;
    let key = match sorting {
        Sorting::NewestFirst | Sorting::OldestFirst => Key::Updated(cursor_instant(keys, 0)?, seq),
        Sorting::Title => Key::Title(cursor_part(keys, 0)?, seq),
        Sorting::Distance(_) => Key::Distance(cursor_part(keys, 0).and_then(finite)?, seq),
    };
    Ok(Start { in_title, key })
}

fn finite(number: f64) -> Result<f64, Error> {
    if number.is_finite() { Ok(number) } else { Err(foreign_cursor()) }
}

fn keys(hit: &Hit, order: Order, sorting: Sorting) -> Vec<String> {
    let Found { entry, distance } = &hit.found;
    let first = match sorting {
        Sorting::NewestFirst | Sorting::OldestFirst => entry.updated_at.and_utc().timestamp_micros().to_string(),
        Sorting::Title => entry.sort_key.clone(),
        Sorting::Distance(_) => distance.to_string(),
    };
    let part = (order == Order::Relevance).then(|| if hit.in_title { "1" } else { "0" }.to_owned());
    part.into_iter().chain([first, entry.seq.to_string()]).collect()
}

/// A part of a list: all of it but for relevance and distance, whose parts come one after the other.
struct Part<'a> {
    in_title: bool,
    conditions: Vec<&'a Measured>,
    sorting: Sorting,
    /// What the part before holds already.
    beyond: Option<Key>,
}

/// A page of the catalogue, in at most four statements; by distance it may take two more.
///
/// # Errors
/// An invalid cursor; database failures.
pub fn list(
    connection: &mut AnyConnection,
    filter: &Filter,
    order: Order,
    freshness: &Freshness,
    now: DateTime<Utc>,
    page: &PageRequest,
) -> Result<Page<Entry>, Error> {
    let sorting = order.sorting(filter);
    let start = page.after.as_ref().map(|after| start(after, order, sorting)).transpose()?;
    let mut conditions = filter.conditions();
    let Some(words) = filter.words(connection) else {
        return Ok(Page { items: Vec::new(), next: None, total: page.count.then_some(0) });
    };
    let narrowing = conditions.len();
    if let Some(TextQuery { anywhere, in_title }) = words {
        conditions.push(Condition::Words(Words::Anywhere(anywhere)));
        conditions.extend((order == Order::Relevance).then_some(Condition::Words(Words::InTitle(in_title))));
    }
    let measured = if plan::is_open(&conditions, sorting) {
        plan::measure(connection, conditions)?
    } else {
        conditions.into_iter().map(Measured::unknown).collect()
    };
    let rest = rest(&measured);
    let parts = parts(connection, &measured, &rest, sorting, start.as_ref())?;
    let bounds = Bounds { hidden_until: hidden_until(freshness, now), age: filter.age };
    let hits = walk(connection, parts, start, bounds, page.fetch())?;
    // What is in the title is anywhere, too.
    let counted = measured.get(..=narrowing).unwrap_or(&measured);
    let total = if page.count { Some(plan::count(connection, counted, bounds)?) } else { None };
    Page::cut(hits, page, total, |hit| keys(hit, order, sorting)).try_map(|hit| hit.found.entry.entry(freshness, now))
}

/// So many entries behind the first so many, the latest changed last, and how many there are in all. For standards that number their
/// pages: skipping costs the more the farther it goes, so whoever offers it says how far that may be.
///
/// # Errors
/// Database failures.
pub fn slice(
    connection: &mut AnyConnection,
    filter: &Filter,
    freshness: &Freshness,
    now: DateTime<Utc>,
    (skip, limit): (i64, i64),
) -> Result<(Vec<Entry>, i64), Error> {
    let Some(conditions) = counted_conditions(connection, filter) else { return Ok((Vec::new(), 0)) };
    let measured = plan::measure(connection, conditions)?;
    let bounds = Bounds { hidden_until: hidden_until(freshness, now), age: filter.age };
    let total = plan::count(connection, &measured, bounds)?;
    let walk = Walk { conditions: measured.iter().collect(), bounds, sorting: Sorting::OldestFirst, after: None, skip, limit };
    let found = if skip < total { walk.go(connection)? } else { Vec::new() };
    Ok((found.into_iter().map(|found| found.entry.entry(freshness, now)).collect::<Result<_, _>>()?, total))
}

/// Everything that narrows a list, for counting; nothing where it finds nothing.
pub(super) fn counted_conditions(connection: &AnyConnection, filter: &Filter) -> Option<Vec<Condition>> {
    let words = filter.words(connection)?.map(|words| Condition::Words(Words::Anywhere(words.anywhere)));
    Some(filter.conditions().into_iter().chain(words).collect())
}

/// The entries that a filter leaves, its words aside, as a query for `seq`.
pub(crate) fn matching(filter: &Filter, freshness: &Freshness, now: DateTime<Utc>, engine: Engine, sql: &mut Sql) {
    let bounds = Bounds { hidden_until: hidden_until(freshness, now), age: filter.age };
    plan::matching_seqs(&filter.conditions(), bounds, engine, sql);
}

/// The entries that are found by a query in the engine's own language, as a query for `seq`.
pub(crate) fn found_by(query: &str, engine: Engine, sql: &mut Sql) {
    Condition::Words(Words::Anywhere(query.to_owned())).set(engine, sql);
}

/// What a list by relevance holds after the entries with the words in their title; `None` for any other list.
fn rest(measured: &[Measured]) -> Option<Measured> {
    match &measured.last()?.condition {
        Condition::Words(words @ Words::InTitle(_)) => Some(Measured::unknown(Condition::WithoutWords(words.clone()))),
        _ => None,
    }
}

fn parts<'a>(
    connection: &mut AnyConnection,
    measured: &'a [Measured],
    rest: &'a Option<Measured>,
    sorting: Sorting,
    start: Option<&Start>,
) -> Result<Vec<Part<'a>>, Error> {
    let part = |in_title, conditions, sorting, beyond| Part { in_title, conditions, sorting, beyond };
    if let (Some(rest), [narrowing @ .., anywhere, title]) = (rest, measured) {
        let with = |other: &[&'a Measured]| narrowing.iter().chain(other.iter().copied()).collect();
        return Ok(vec![part(true, with(&[title]), sorting, None), part(false, with(&[anywhere, rest]), sorting, None)]);
    }
    let all: Vec<&Measured> = measured.iter().collect();
    let Sorting::Distance(near) = sorting else { return Ok(vec![part(true, all, sorting, None)]) };
    if Measured::narrow(&all) {
        return Ok(vec![part(true, all, sorting, None)]);
    }
    let passed = start.map_or(0.0, |start| start.key.distance().sqrt());
    let mut beyond = None;
    let circles = plan::circles(connection, near, passed)?.into_iter().map(|circle| {
        let inner = beyond.replace(Key::Distance(circle.radius * circle.radius, i64::MAX));
        part(true, all.clone(), Sorting::Distance(circle), inner)
    });
    Ok(circles.collect())
}

/// Fills one page from the parts of a list, beginning in the part where the page before ended.
fn walk(connection: &mut AnyConnection, parts: Vec<Part<'_>>, start: Option<Start>, bounds: Bounds, limit: i64) -> Result<Vec<Hit>, Error> {
    let mut hits = Vec::new();
    let mut room = limit;
    for Part { in_title, conditions, sorting, beyond } in parts {
        let after = match &start {
            Some(start) if start.in_title && !in_title => None,
            Some(start) if !start.in_title && in_title => continue,
            start => start.as_ref().map(|start| start.key.clone()),
        };
        let after = Key::farther(after, beyond);
        if room > 0 {
            let found = Walk { conditions, bounds, sorting, after, skip: 0, limit: room }.go(connection)?;
            room -= i64::try_from(found.len()).unwrap_or(room);
            hits.extend(found.into_iter().map(|found| Hit { in_title, found }));
        }
    }
    Ok(hits)
}
