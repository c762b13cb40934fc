//! How an initiative lies in its two tables.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use initiatives::{Aging, Content, Initiative, Review, Revision, RevisionState, Scheme, Status, TermSlug, Verdict};
use kernel::{FileId, InitiativeId, Principle};
use serde::Serialize;

use super::{Stored, review::subject};
use crate::{
    AnyConnection, DoorRule, Engine, Error, Tx,
    bulk::{Exchange, engine, instant, optional_instant},
    db::naive,
    files as kept,
    page::{id_column, word},
    schema::{initiatives as table, revisions},
};

#[derive(Debug, Queryable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = table, treat_none_as_null = true)]
pub(crate) struct InitiativeRow {
    id: String,
    organisation_id: String,
    status: String,
    revisions: i32,
    approved_revision_id: Option<String>,
    working_revision_id: Option<String>,
    verdict: Option<String>,
    verdict_reason: Option<String>,
    verdict_principle: Option<String>,
    #[serde(serialize_with = "optional_instant")]
    verdict_at: Option<NaiveDateTime>,
    #[serde(serialize_with = "optional_instant")]
    published_at: Option<NaiveDateTime>,
    #[serde(serialize_with = "optional_instant")]
    verified_at: Option<NaiveDateTime>,
    #[serde(serialize_with = "optional_instant")]
    archived_at: Option<NaiveDateTime>,
    version: i64,
    #[serde(serialize_with = "instant")]
    created_at: NaiveDateTime,
    #[serde(serialize_with = "instant")]
    updated_at: NaiveDateTime,
    aging_told: Option<String>,
}

impl InitiativeRow {
    pub(crate) fn new(stored: &Stored) -> Self {
        let Stored { initiative, organisation_name: _, created_at, updated_at } = stored;
        let Initiative {
            id,
            organisation,
            status,
            version,
            revisions,
            approved,
            working,
            published_at,
            verified_at,
            archived_at,
            aging_told,
            reviewed,
        } = initiative;
        let review = reviewed.as_ref();
        Self {
            id: id.to_string(),
            organisation_id: organisation.to_string(),
            status: status.as_str().into(),
            revisions: *revisions,
            approved_revision_id: approved.as_ref().map(|revision| revision.id.to_string()),
            working_revision_id: working.as_ref().map(|revision| revision.id.to_string()),
            verdict: review.map(|review| review.verdict.as_str().into()),
            verdict_reason: review.map(|review| review.reason.clone()),
            verdict_principle: review.and_then(|review| review.principle).map(|principle| principle.as_str().into()),
            verdict_at: review.map(|review| naive(review.at)),
            published_at: published_at.map(naive),
            verified_at: verified_at.map(naive),
            archived_at: archived_at.map(naive),
            version: *version,
            created_at: naive(*created_at),
            updated_at: naive(*updated_at),
            aging_told: aging_told.map(|told| told.as_str().into()),
        }
    }

    fn stored(self, organisation_name: String, revisions: &mut HashMap<String, Revision>) -> Result<Stored, Error> {
        let mut take = |id: Option<String>| -> Result<Option<Revision>, Error> {
            id.map(|id| revisions.remove(&id).ok_or_else(|| Error::internal("an initiative points to a revision that is not there")))
                .transpose()
        };
        let reviewed = match (self.verdict, self.verdict_reason, self.verdict_at) {
            (Some(verdict), Some(reason), Some(at)) => {
                let principle = self.verdict_principle.map(|principle| word(&principle, Principle::parse)).transpose()?;
                Some(Review { verdict: word(&verdict, Verdict::parse)?, reason, principle, at: at.and_utc() })
            }
            _ => None,
        };
        let initiative = Initiative {
            id: id_column(&self.id)?,
            organisation: id_column(&self.organisation_id)?,
            status: word(&self.status, Status::parse)?,
            version: self.version,
            revisions: self.revisions,
            approved: take(self.approved_revision_id)?,
            working: take(self.working_revision_id)?,
            published_at: self.published_at.map(|at| at.and_utc()),
            verified_at: self.verified_at.map(|at| at.and_utc()),
            archived_at: self.archived_at.map(|at| at.and_utc()),
            aging_told: self.aging_told.map(|told| word(&told, Aging::parse)).transpose()?,
            reviewed,
        };
        Ok(Stored { initiative, organisation_name, created_at: self.created_at.and_utc(), updated_at: self.updated_at.and_utc() })
    }
}

#[derive(Debug, Queryable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = revisions, treat_none_as_null = true)]
pub(crate) struct RevisionRow {
    id: String,
    initiative_id: String,
    number: i32,
    state: String,
    content: String,
    #[serde(serialize_with = "instant")]
    edited_at: NaiveDateTime,
    #[serde(serialize_with = "optional_instant")]
    submitted_at: Option<NaiveDateTime>,
}

impl RevisionRow {
    pub(crate) fn new(initiative: InitiativeId, revision: &Revision) -> Result<Self, Error> {
        let Revision { id, number, state, content, edited_at, submitted_at } = revision;
        Ok(Self {
            id: id.to_string(),
            initiative_id: initiative.to_string(),
            number: *number,
            state: state.as_str().into(),
            content: serde_json::to_string(content).map_err(Error::internal)?,
            edited_at: naive(*edited_at),
            submitted_at: submitted_at.map(naive),
        })
    }

    fn revision(self) -> Result<Revision, Error> {
        let content: Content = serde_json::from_str(&self.content).map_err(Error::internal)?;
        Ok(Revision {
            id: id_column(&self.id)?,
            number: self.number,
            state: word(&self.state, RevisionState::parse)?,
            content,
            edited_at: self.edited_at.and_utc(),
            submitted_at: self.submitted_at.map(|at| at.and_utc()),
        })
    }
}

/// Rows with the revisions to which they point, all fetched in one statement.
pub(super) fn assemble(connection: &mut AnyConnection, rows: Vec<(InitiativeRow, String)>) -> Result<Vec<Stored>, Error> {
    let wanted: Vec<&String> = rows.iter().flat_map(|(row, _)| row.approved_revision_id.iter().chain(&row.working_revision_id)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<RevisionRow> = revisions::table.filter(revisions::id.eq_any(wanted)).load(connection)?;
    let mut found = found.into_iter().map(|row| Ok((row.id.clone(), row.revision()?))).collect::<Result<HashMap<_, _>, Error>>()?;
    rows.into_iter().map(|(row, name)| row.stored(name, &mut found)).collect()
}

/// Puts one term in the place of another in every text that holds it: what the public reads, what somebody writes on, and what
/// was approved once.
pub(crate) fn exchange_term(tx: &mut Tx<'_>, scheme: Scheme, old: &TermSlug, new: &TermSlug) -> Result<(), Error> {
    let (field, engine, quoted) = (scheme.field(), engine(tx.connection), format!("\"{}\"", old.0));
    Exchange { field, old: &old.0, new: &new.0 }.execute(tx.connection, "revisions", |sql| {
        // Most texts do not hold the word at all, and need not be read as JSON.
        match engine {
            Engine::Sqlite => {
                sql.push("instr(content, ").bind(quoted.as_str()).push(") > 0 AND EXISTS (SELECT 1 FROM json_each(content, '$.");
                sql.push(field).push("') WHERE value = ").bind(old.0.as_str()).push(")");
            }
            Engine::Postgres => {
                sql.push("position(").bind(quoted.as_str()).push(" IN content) > 0 AND jsonb_exists(content::jsonb -> '");
                sql.push(field).push("', ").bind(old.0.as_str()).push(")");
            }
        }
    })?;
    Ok(())
}

pub(super) fn insert(tx: &mut Tx<'_>, stored: &Stored) -> Result<(), Error> {
    diesel::insert_into(table::table).values(InitiativeRow::new(stored)).execute(tx.connection)?;
    store_revisions(tx, None, &stored.initiative)?;
    kept::use_by(tx, subject(stored.initiative.id), &BTreeSet::new(), &pictures(&stored.initiative))
}

/// Writes the next state over the one that was loaded.
pub(super) fn store(tx: &mut Tx<'_>, before: &Stored, initiative: Initiative) -> Result<Stored, Error> {
    let stored = Stored { initiative, updated_at: tx.now(), ..before.clone() };
    let same = table::table.find(before.initiative.id.to_string()).filter(table::version.eq(before.initiative.version));
    if diesel::update(same).set(InitiativeRow::new(&stored)).execute(tx.connection)? != 1 {
        return Err(DoorRule::Stale.into());
    }
    store_revisions(tx, Some(&before.initiative), &stored.initiative)?;
    kept::use_by(tx, subject(stored.initiative.id), &pictures(&before.initiative), &pictures(&stored.initiative))?;
    Ok(stored)
}

/// The files of everything that anybody reads of it.
fn pictures(initiative: &Initiative) -> BTreeSet<FileId> {
    let revisions = initiative.approved.iter().chain(&initiative.working);
    revisions.flat_map(|revision| &revision.content.images).map(|image| image.file).collect()
}

/// Writes how far the readers of an entry have been told of its age, and nothing else.
pub(super) fn note_age(tx: &mut Tx<'_>, initiative: &Initiative) -> Result<(), Error> {
    let same = table::table.find(initiative.id.to_string()).filter(table::version.eq(initiative.version));
    let rows = diesel::update(same).set(table::aging_told.eq(initiative.aging_told.map(Aging::as_str))).execute(tx.connection)?;
    if rows == 1 { Ok(()) } else { Err(DoorRule::Stale.into()) }
}

/// Approved revisions stay when another takes their place; a working one that nobody waits for any more
/// was never anybody's text but the writer's, and goes.
fn store_revisions(tx: &mut Tx<'_>, before: Option<&Initiative>, after: &Initiative) -> Result<(), Error> {
    let held = |initiative: Option<&Initiative>| -> Vec<Revision> {
        initiative.into_iter().flat_map(|initiative| initiative.approved.iter().chain(&initiative.working)).cloned().collect()
    };
    let (old, new) = (held(before), held(Some(after)));
    for revision in &new {
        let row = RevisionRow::new(after.id, revision)?;
        match old.iter().find(|old| old.id == revision.id) {
            Some(old) if old == revision => 0,
            Some(_) => diesel::update(revisions::table.find(revision.id.to_string())).set(row).execute(tx.connection)?,
            None => diesel::insert_into(revisions::table).values(row).execute(tx.connection)?,
        };
    }
    if let Some(dropped) = before.and_then(|before| before.working.as_ref()).filter(|working| new.iter().all(|new| new.id != working.id)) {
        diesel::delete(revisions::table.find(dropped.id.to_string())).execute(tx.connection)?;
    }
    Ok(())
}
