//! How an initiative becomes an entry.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use diesel::prelude::*;
use initiatives::{Content, Initiative, Place, Scheme, TermSlug, Weekday};
use kernel::OrganisationId;
use organisations::Organisation;
use serde::Serialize;

use super::Row;
use crate::{
    AnyConnection, Engine, Error, Tag, Tx,
    bulk::{self, Exchange, Sql, Table, engine, instant_text, json_list},
    db::naive,
    schema::catalogue,
    search::{beginnings, fold, sort_key, terms},
};

/// What an entry can be filtered by, value for value. In the order in which they usually narrow a list
/// down: where nothing is known about their sizes, the first is tried first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    Organisation,
    PostalCode,
    Town,
    Activity,
    Theme,
    TargetGroup,
    Guidepost,
    Welcome,
    Weekday,
    Participation,
    Language,
}

impl Facet {
    const fn name(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::PostalCode => "postal_code",
            Self::Town => "town",
            Self::Activity => "activity",
            Self::Theme => "theme",
            Self::TargetGroup => "target_group",
            Self::Guidepost => "guidepost",
            Self::Welcome => "welcomes",
            Self::Weekday => "weekday",
            Self::Participation => "participation",
            Self::Language => "language",
        }
    }

    const ALL: [Self; 11] = [
        Self::Organisation,
        Self::PostalCode,
        Self::Town,
        Self::Activity,
        Self::Theme,
        Self::TargetGroup,
        Self::Guidepost,
        Self::Welcome,
        Self::Weekday,
        Self::Participation,
        Self::Language,
    ];

    /// A facet and its value, out of a column.
    pub(super) fn parse(facet: &str) -> Option<(Self, &str)> {
        let (name, value) = facet.split_once(':')?;
        Some((Self::ALL.into_iter().find(|facet| facet.name() == name)?, value))
    }

    /// The facet with this value, the same whether it is written or asked for.
    pub(super) fn of(self, value: &str) -> String {
        let value = match self {
            Self::Town => fold(value.trim()),
            Self::Language => value.to_ascii_lowercase(),
            _ => value.to_owned(),
        };
        format!("{}:{value}", self.name())
    }
}

fn facets(organisation: &str, content: &Content) -> BTreeSet<String> {
    let mut facets = BTreeSet::from([Facet::Organisation.of(organisation)]);
    for (facet, terms) in
        [(Facet::TargetGroup, &content.target_groups), (Facet::Activity, &content.activities), (Facet::Theme, &content.themes)]
    {
        facets.extend(terms.iter().map(|term| facet.of(&term.0)));
    }
    facets.extend(content.guideposts.iter().map(|guidepost| Facet::Guidepost.of(guidepost.as_str())));
    facets.extend(content.welcomes.iter().map(|welcome| Facet::Welcome.of(welcome.as_str())));
    facets.extend(content.participation.iter().map(|participation| Facet::Participation.of(participation.as_str())));
    for tag in &content.languages {
        let primary = tag.split('-').next().unwrap_or(tag);
        facets.extend([Facet::Language.of(tag), Facet::Language.of(primary)]);
    }
    let dated = content.dates.iter().map(|slot| weekday(slot.date.weekday()));
    let weekdays = content.schedule.iter().map(|slot| slot.weekday).chain(dated);
    facets.extend(weekdays.map(|weekday| Facet::Weekday.of(weekday.as_str())));
    for (postal_code, town) in content.locations.iter().filter_map(Place::district) {
        facets.extend([Facet::PostalCode.of(postal_code), Facet::Town.of(town)]);
    }
    facets
}

const fn weekday(day: chrono::Weekday) -> Weekday {
    match day {
        chrono::Weekday::Mon => Weekday::Monday,
        chrono::Weekday::Tue => Weekday::Tuesday,
        chrono::Weekday::Wed => Weekday::Wednesday,
        chrono::Weekday::Thu => Weekday::Thursday,
        chrono::Weekday::Fri => Weekday::Friday,
        chrono::Weekday::Sat => Weekday::Saturday,
        chrono::Weekday::Sun => Weekday::Sunday,
    }
}

/// What an answer about one initiative depends on.
pub(super) fn of_initiative(id: &str) -> Tag {
    Tag::of(&format!("initiative:{id}"))
}

/// What an answer depends on that shows nothing but entries with this facet.
pub(super) fn of_facet(facet: &str) -> Tag {
    Tag::of(&format!("facet:{facet}"))
}

/// What an answer depends on that shows nothing but entries with a term that begins so.
pub(super) fn of_beginning(beginning: &str) -> Tag {
    Tag::of(&format!("word:{beginning}"))
}

/// One entry before it is written. Its content is the public view already.
#[derive(Debug)]
pub(crate) struct Projection {
    initiative: String,
    organisation: String,
    organisation_name: String,
    pub(super) content: Content,
    version: i64,
    published_at: NaiveDateTime,
    verified_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl Projection {
    /// The entry of an initiative; none while it is not public.
    pub(crate) fn of(initiative: &Initiative, organisation: &Organisation, updated_at: DateTime<Utc>) -> Option<Self> {
        let content = initiative.public()?.content.public_view(organisation.is_private_person());
        Some(Self {
            initiative: initiative.id.to_string(),
            organisation: organisation.id.to_string(),
            organisation_name: organisation.profile.name.clone(),
            content,
            version: initiative.version,
            published_at: naive(initiative.published_at?),
            verified_at: naive(initiative.verified_at?),
            updated_at: naive(updated_at),
        })
    }

    fn from_row(row: Row) -> Result<Self, Error> {
        Ok(Self {
            content: row.content()?,
            initiative: row.initiative_id,
            organisation: row.organisation_id,
            organisation_name: row.organisation_name,
            version: row.version,
            published_at: row.published_at,
            verified_at: row.verified_at,
            updated_at: row.updated_at,
        })
    }

    /// Everything by which an answer that shows or leaves out this entry may depend on it.
    fn tags(&self) -> BTreeSet<Tag> {
        let (title, body) = self.terms();
        let words = title.iter().chain(&body).flat_map(|term| beginnings(term));
        let facets = facets(&self.organisation, &self.content);
        let facets = facets.iter().map(|facet| of_facet(facet));
        facets.chain(words.map(of_beginning)).chain([Tag::CATALOGUE, of_initiative(&self.initiative)]).collect()
    }

    fn row(&self) -> Result<EntryRow<'_>, Error> {
        Ok(EntryRow {
            initiative_id: &self.initiative,
            organisation_id: &self.organisation,
            organisation_name: &self.organisation_name,
            sort_key: sort_key(&self.content.title),
            min_age: self.content.min_age.unwrap_or(0),
            max_age: self.content.max_age.map_or(NO_LIMIT, u16::from),
            version: self.version,
            published_at: instant_text(self.published_at),
            verified_at: instant_text(self.verified_at),
            updated_at: instant_text(self.updated_at),
            content: serde_json::to_string(&self.content).map_err(Error::internal)?,
        })
    }

    fn facet_rows(&self, seq: i64) -> impl Iterator<Item = FacetRow> + use<> {
        let updated_at = instant_text(self.updated_at);
        facets(&self.organisation, &self.content).into_iter().map(move |facet| FacetRow { facet, updated_at: updated_at.clone(), seq })
    }

    fn place_rows(&self, seq: i64) -> impl Iterator<Item = PlaceRow> {
        let places = self.content.locations.iter().filter_map(Place::coordinates).enumerate();
        places.map(move |(place, (latitude, longitude))| PlaceRow { seq, place, latitude, longitude })
    }

    /// The terms of the title, and those of everything else, the organisation's name included.
    fn terms(&self) -> (Vec<String>, Vec<String>) {
        let text = self.content.search_text();
        (terms(&text.title), terms(&format!("{}\n{}", text.body, self.organisation_name)))
    }

    fn words_row(&self, rowid: i64) -> WordsRow {
        let (title, body) = self.terms();
        WordsRow { rowid, title: title.join(" "), body: body.join(" ") }
    }

    fn vector_row(&self, seq: i64) -> VectorRow {
        let (title, body) = self.terms();
        let quoted = |terms: &[String]| terms.iter().map(|term| format!("'{term}'")).collect::<Vec<_>>().join(" ");
        VectorRow { seq, terms: quoted(&[body, title.clone()].concat()), title: quoted(&title) }
    }
}

#[derive(Serialize)]
struct EntryRow<'a> {
    initiative_id: &'a str,
    organisation_id: &'a str,
    organisation_name: &'a str,
    sort_key: String,
    min_age: u8,
    max_age: u16,
    version: i64,
    published_at: String,
    verified_at: String,
    updated_at: String,
    content: String,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct FacetRow {
    facet: String,
    updated_at: String,
    seq: i64,
}

#[derive(Serialize)]
struct PlaceRow {
    seq: i64,
    place: usize,
    latitude: f64,
    longitude: f64,
}

/// A row of SQLite's text index.
#[derive(Serialize)]
struct WordsRow {
    rowid: i64,
    title: String,
    body: String,
}

/// A row of PostgreSQL's, whose terms are those of the title, too.
#[derive(Serialize)]
struct VectorRow {
    seq: i64,
    title: String,
    terms: String,
}

/// Older than anybody gets.
const NO_LIMIT: u16 = 999;

const CATALOGUE: Table = Table {
    name: "catalogue",
    columns: &[
        ("initiative_id", "TEXT"),
        ("organisation_id", "TEXT"),
        ("organisation_name", "TEXT"),
        ("sort_key", "TEXT"),
        ("min_age", "INTEGER"),
        ("max_age", "INTEGER"),
        ("version", "BIGINT"),
        ("published_at", "TIMESTAMP"),
        ("verified_at", "TIMESTAMP"),
        ("updated_at", "TIMESTAMP"),
        ("content", "TEXT"),
    ],
};
const FACETS: Table = Table { name: "catalogue_facets", columns: &[("facet", "TEXT"), ("updated_at", "TIMESTAMP"), ("seq", "BIGINT")] };
const PLACES: Table = Table {
    name: "catalogue_places",
    columns: &[("seq", "BIGINT"), ("place", "INTEGER"), ("latitude", "DOUBLE PRECISION"), ("longitude", "DOUBLE PRECISION")],
};
const WORDS: Table = Table { name: "catalogue_search", columns: &[("rowid", ""), ("title", ""), ("body", "")] };
const VECTORS: Table = Table { name: "catalogue_search", columns: &[("seq", "BIGINT"), ("title", "TSVECTOR"), ("terms", "TSVECTOR")] };

/// Brings the catalogue in step with an initiative: a new entry where it is public, none where it is not.
pub(crate) fn project(tx: &mut Tx<'_>, initiative: &Initiative, organisation: &Organisation) -> Result<(), Error> {
    let old: Option<Row> =
        catalogue::table.filter(catalogue::initiative_id.eq(initiative.id.to_string())).first(tx.connection).optional()?;
    let new = Projection::of(initiative, organisation, tx.now());
    replace(tx, old.into_iter().collect(), |_| new.into_iter().collect())
}

/// Puts new entries in the place of old ones: whatever depends on either is stale afterwards.
pub(super) fn replace(tx: &mut Tx<'_>, old: Vec<Row>, new: impl FnOnce(Vec<Projection>) -> Vec<Projection>) -> Result<(), Error> {
    let seqs: Vec<i64> = old.iter().map(|row| row.seq).collect();
    let old = old.into_iter().map(Projection::from_row).collect::<Result<Vec<_>, _>>()?;
    tx.touch(old.iter().flat_map(Projection::tags));
    let new = new(old);
    tx.touch(new.iter().flat_map(Projection::tags));
    remove(tx.connection, &seqs)?;
    insert(tx.connection, &new)
}

/// Moves an entry's version with its initiative's, where the public reads the same as before.
pub(crate) fn set_version(tx: &mut Tx<'_>, initiative: &Initiative) -> Result<(), Error> {
    diesel::update(catalogue::table.filter(catalogue::initiative_id.eq(initiative.id.to_string())))
        .set(catalogue::version.eq(initiative.version))
        .execute(tx.connection)?;
    tx.touch([of_initiative(&initiative.id.to_string())]);
    Ok(())
}

/// Puts an organisation's new name on its entries, and among the words by which they are found.
pub(crate) fn rename_organisation(tx: &mut Tx<'_>, id: OrganisationId, name: &str) -> Result<(), Error> {
    let rows: Vec<Row> =
        catalogue::table.filter(catalogue::organisation_id.eq(id.to_string())).order(catalogue::seq).load(tx.connection)?;
    let updated_at = naive(tx.now());
    let renamed = |entry| Projection { organisation_name: name.to_owned(), updated_at, ..entry };
    replace(tx, rows, |entries| entries.into_iter().map(renamed).collect())
}

/// Puts one term in the place of another in every entry that has it. Everything that shows an entry is stale afterwards.
pub(crate) fn exchange_term(tx: &mut Tx<'_>, scheme: Scheme, old: &TermSlug, new: &TermSlug) -> Result<(), Error> {
    let facet = match scheme {
        Scheme::TargetGroup => Facet::TargetGroup,
        Scheme::Activity => Facet::Activity,
        Scheme::Theme => Facet::Theme,
    };
    let (old_facet, new_facet) = (facet.of(&old.0), facet.of(&new.0));
    let exchange = Exchange { field: scheme.field(), old: &old.0, new: &new.0 };
    exchange.execute(tx.connection, "catalogue", |sql| {
        sql.push("seq IN (SELECT seq FROM catalogue_facets WHERE facet = ").bind(old_facet.as_str()).push(")");
    })?;
    let mut both = Sql::new("DELETE FROM catalogue_facets WHERE facet = ");
    both.bind(old_facet.as_str()).push(" AND seq IN (SELECT seq FROM catalogue_facets WHERE facet = ").bind(new_facet.as_str()).push(")");
    both.execute(tx.connection)?;
    let mut rest = Sql::new("UPDATE catalogue_facets SET facet = ");
    rest.bind(new_facet.as_str()).push(" WHERE facet = ").bind(old_facet.as_str());
    rest.execute(tx.connection)?;
    Ok(())
}

/// Takes entries away; what hangs on them in ordinary tables goes with them.
fn remove(connection: &mut AnyConnection, seqs: &[i64]) -> Result<(), Error> {
    if seqs.is_empty() {
        return Ok(());
    }
    if engine(connection) == Engine::Sqlite {
        let mut words = Sql::new("DELETE FROM catalogue_search WHERE rowid IN (SELECT value FROM json_each(");
        words.bind(json_list(seqs).as_str()).push("))");
        words.execute(connection)?;
    }
    diesel::delete(catalogue::table.filter(catalogue::seq.eq_any(seqs))).execute(connection)?;
    Ok(())
}

/// Writes entries, however many, in a fixed number of statements.
pub(crate) fn insert(connection: &mut AnyConnection, entries: &[Projection]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    bulk::insert(connection, &CATALOGUE, &entries.iter().map(Projection::row).collect::<Result<Vec<_>, _>>()?)?;
    let ids: Vec<&str> = entries.iter().map(|entry| entry.initiative.as_str()).collect();
    let seqs: HashMap<String, i64> = catalogue::table
        .filter(catalogue::initiative_id.eq_any(ids))
        .select((catalogue::initiative_id, catalogue::seq))
        .load::<(String, i64)>(connection)?
        .into_iter()
        .collect();
    let entries: Vec<(&Projection, i64)> =
        entries.iter().filter_map(|entry| seqs.get(&entry.initiative).map(|seq| (entry, *seq))).collect();
    let mut facets: Vec<FacetRow> = entries.iter().flat_map(|(entry, seq)| entry.facet_rows(*seq)).collect();
    // In the order of their index, which many rows then enter side by side.
    facets.sort_unstable();
    bulk::insert(connection, &FACETS, &facets)?;
    bulk::insert(connection, &PLACES, &entries.iter().flat_map(|(entry, seq)| entry.place_rows(*seq)).collect::<Vec<_>>())?;
    match engine(connection) {
        Engine::Sqlite => bulk::insert(connection, &WORDS, &entries.iter().map(|(entry, seq)| entry.words_row(*seq)).collect::<Vec<_>>()),
        Engine::Postgres => {
            bulk::insert(connection, &VECTORS, &entries.iter().map(|(entry, seq)| entry.vector_row(*seq)).collect::<Vec<_>>())
        }
    }
}
