//! The vocabulary by which initiatives are found: load, let the domain decide, store, and move what a merge moves.

use ::initiatives::{Scheme, Term, TermCommand, TermLabels, TermRefusal, TermStatus, Vocabulary};
use access::Acting;
use diesel::prelude::*;
use kernel::{Datum, Event, Subject, TermId, TermSlug, Visibility};

use crate::{
    AnyConnection, DoorRule, Error, Precondition, Tag, Tx,
    catalogue::{self, Filter},
    initiatives,
    page::{id_column, optional_id, word},
    schema::terms as table,
};

#[derive(Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true)]
struct Row {
    id: String,
    scheme: String,
    slug: String,
    label_da: String,
    label_en: String,
    status: String,
    parent_id: Option<String>,
    merged_into: Option<String>,
    version: i64,
}

impl Row {
    fn new(term: &Term) -> Self {
        let Term { id, scheme, slug, labels, parent, status, merged_into, version } = term.clone();
        Self {
            id: id.to_string(),
            scheme: scheme.as_str().into(),
            slug: slug.0,
            label_da: labels.da,
            label_en: labels.en,
            status: status.as_str().into(),
            parent_id: parent.map(|id| id.to_string()),
            merged_into: merged_into.map(|id| id.to_string()),
            version,
        }
    }

    fn term(self) -> Result<Term, Error> {
        Ok(Term {
            id: id_column(&self.id)?,
            scheme: word(&self.scheme, Scheme::parse)?,
            slug: TermSlug(self.slug),
            labels: TermLabels { da: self.label_da, en: self.label_en },
            status: word(&self.status, TermStatus::parse)?,
            parent: optional_id(self.parent_id.as_deref())?,
            merged_into: optional_id(self.merged_into.as_deref())?,
            version: self.version,
        })
    }
}

impl From<TermRefusal> for Error {
    fn from(refusal: TermRefusal) -> Self {
        match refusal {
            TermRefusal::Rule(rule) => rule.into(),
            TermRefusal::Input(finding) => Self::invalid(vec![finding]),
        }
    }
}

/// Every term of every tree, in the order of their Danish labels.
///
/// # Errors
/// Database failures.
pub fn vocabulary(connection: &mut AnyConnection) -> Result<Vocabulary, Error> {
    let rows: Vec<Row> = table::table.load(connection)?;
    let mut terms = rows.into_iter().map(Row::term).collect::<Result<Vec<_>, _>>()?;
    terms.sort_by_cached_key(|term| (crate::search::sort_key(&term.labels.da), term.slug.clone()));
    Ok(Vocabulary::new(terms))
}

/// A filter in today's words: an old one finds what took its place, and a broad one what is narrower, too.
///
/// # Errors
/// Database failures.
pub fn widened(connection: &mut AnyConnection, filter: Filter) -> Result<Filter, Error> {
    if !filter.names_terms() {
        return Ok(filter);
    }
    let vocabulary = vocabulary(connection)?;
    let wide = |scheme, slugs: &[String]| vocabulary.widened(scheme, slugs);
    Ok(Filter {
        target_groups: wide(Scheme::TargetGroup, &filter.target_groups),
        activities: wide(Scheme::Activity, &filter.activities),
        themes: wide(Scheme::Theme, &filter.themes),
        ..filter
    })
}

/// Terms are the municipality's business as a whole.
fn found<'a>(vocabulary: &'a Vocabulary, acting: &Acting, scheme: Scheme, slug: &str) -> Result<&'a Term, Error> {
    let term = vocabulary.find(scheme, slug).filter(|_| acting.reaches_all());
    term.ok_or_else(|| DoorRule::NotFound.into())
}

/// Adds a term.
///
/// # Errors
/// [`DoorRule::NotFound`] for whoever reaches none, [`TermRule`](::initiatives::TermRule); an unknown parent; database failures.
pub fn add(
    tx: &mut Tx<'_>,
    acting: &Acting,
    (scheme, slug): (Scheme, TermSlug),
    labels: TermLabels,
    parent: Option<&str>,
) -> Result<(Vocabulary, TermId), Error> {
    if !acting.reaches_all() {
        return Err(DoorRule::NotFound.into());
    }
    let id = TermId(tx.new_id());
    let term = vocabulary(tx.connection)?.add(id, scheme, slug, labels, parent)?;
    diesel::insert_into(table::table).values(Row::new(&term)).execute(tx.connection)?;
    tx.record(event("term.added", &term));
    changed(tx, id)
}

/// Gives a term other labels, or another parent. `change` is given the term and the slug of its parent.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::PreconditionRequired`], [`DoorRule::Stale`], [`TermRule`](::initiatives::TermRule); an unknown
/// parent; database failures.
pub fn edit(
    tx: &mut Tx<'_>,
    acting: &Acting,
    (scheme, slug): (Scheme, &str),
    precondition: Precondition,
    change: impl FnOnce(&Term, Option<&str>) -> Result<(TermLabels, Option<String>), Error>,
) -> Result<(Vocabulary, TermId), Error> {
    let vocabulary = vocabulary(tx.connection)?;
    let before = found(&vocabulary, acting, scheme, slug)?;
    precondition.require(before.version)?;
    before.after(TermCommand::Edit)?;
    let parent = before.parent.and_then(|parent| vocabulary.get(parent)).map(|parent| parent.slug.0.as_str());
    let (labels, parent) = change(before, parent)?;
    let term = vocabulary.edit(before, labels, parent.as_deref())?;
    store(tx, &term)?;
    let fields = [("labels", term.labels != before.labels), ("parent", term.parent != before.parent)];
    let fields = fields.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect();
    tx.record(event("term.edited", &term).with("fields", Datum::Fields(fields)));
    changed(tx, term.id)
}

/// Retires a term, or takes it into use again.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`TermRule`](::initiatives::TermRule); database failures.
pub fn step(
    tx: &mut Tx<'_>,
    acting: &Acting,
    (scheme, slug): (Scheme, &str),
    precondition: Precondition,
    command: TermCommand,
) -> Result<(Vocabulary, TermId), Error> {
    let vocabulary = vocabulary(tx.connection)?;
    let before = found(&vocabulary, acting, scheme, slug)?;
    precondition.accept(before.version)?;
    let term = vocabulary.step(before, command)?;
    store(tx, &term)?;
    tx.record(event(if term.status == TermStatus::Retired { "term.retired" } else { "term.restored" }, &term));
    changed(tx, term.id)
}

/// Puts another term in the place of one, wherever it stands: in the trees, in every text that anybody has written or is writing, and
/// in the catalogue, in as many statements for ten thousand initiatives as for one. What organisations say has not changed, so
/// neither their versions nor the order of the latest changes move; the journal tells of the merge itself. Gives the term that stays.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`TermRule`](::initiatives::TermRule); an unknown or retired target; database failures.
pub fn merge(
    tx: &mut Tx<'_>,
    acting: &Acting,
    (scheme, slug): (Scheme, &str),
    precondition: Precondition,
    into: &str,
) -> Result<(Vocabulary, TermId), Error> {
    let vocabulary = vocabulary(tx.connection)?;
    let before = found(&vocabulary, acting, scheme, slug)?;
    precondition.accept(before.version)?;
    let terms = vocabulary.merge(before, into)?;
    for term in &terms {
        store(tx, term)?;
    }
    let [merged, target, ..] = terms.as_slice() else { return Err(Error::internal("a merge of less than two terms")) };
    initiatives::exchange_term(tx, scheme, &merged.slug, &target.slug)?;
    catalogue::exchange_term(tx, scheme, &merged.slug, &target.slug)?;
    tx.record(event("term.merged", merged).with("into", Datum::Id(target.id.0)));
    // Any list may show an entry that held it.
    tx.touch(Tag::all());
    changed(tx, target.id)
}

fn store(tx: &mut Tx<'_>, term: &Term) -> Result<(), Error> {
    let same = table::table.find(term.id.to_string()).filter(table::version.eq(term.version - 1));
    if diesel::update(same).set(Row::new(term)).execute(tx.connection)? == 1 { Ok(()) } else { Err(DoorRule::Stale.into()) }
}

/// The vocabulary after a change, in which the changed term is looked up.
fn changed(tx: &mut Tx<'_>, id: TermId) -> Result<(Vocabulary, TermId), Error> {
    tx.touch([Tag::TAXONOMIES]);
    Ok((vocabulary(tx.connection)?, id))
}

/// Everybody may know how the vocabulary has changed.
fn event(name: &'static str, term: &Term) -> Event {
    let subject = Subject { kind: "term", id: term.id.0 };
    Event::new(name, subject, Visibility::Public).with("scheme", Datum::Code(term.scheme.as_str()))
}
