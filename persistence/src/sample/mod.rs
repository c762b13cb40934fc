//! Invented organisations and initiatives, for demonstration, for the contract's examples and, multiplied,
//! for measuring. The same every time: ids, texts and instants depend on running numbers alone, except
//! that everything was verified lately, by whatever clock.

mod pictures;
mod source;
mod variation;
mod write;

use std::{
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{connection::SimpleConnection, dsl::max, prelude::*};
use initiatives::Initiative;
use kernel::{InitiativeId, OrganisationId};
use organisations::Organisation;
use uuid::Uuid;

use crate::{
    AnyConnection, Clock, Command, Db, Engine, Error, Tx,
    schema::{initiatives as initiatives_table, organisations as organisations_table},
};
pub use pictures::objects;
use source::Base;
use write::Kind;

/// The issuer whose tokens the demo's personas carry.
pub const ISSUER: &str = "urn:frivillig:demo";

/// The id of a sample organisation, counted from 1.
#[must_use]
pub fn organisation_id(number: u64) -> OrganisationId {
    OrganisationId(id(Kind::Organisation, number))
}

/// The id of a sample initiative, counted from 1.
#[must_use]
pub fn initiative_id(number: u64) -> InitiativeId {
    InitiativeId(id(Kind::Initiative, number))
}

/// The shape of a UUIDv7. The number stands at its end in decimal, for people to read.
fn id(kind: Kind, number: u64) -> Uuid {
    let mut digits = 0;
    let mut rest = number;
    for place in 0..12 {
        digits |= u128::from(rest % 10) << (4 * place);
        rest /= 10;
    }
    Uuid::from_u128(0x0193_2b6e_7a00_7000_8000_0000_0000_0000 | (kind.nibbles() << 64) | digits)
}

/// The number at the end of a sample id.
fn number(id: &str) -> Option<u64> {
    let (_, digits) = id.rsplit_once('-')?;
    digits.parse().ok()
}

/// The day before which all samples were written.
const EPOCH: DateTime<Utc> = match DateTime::from_timestamp(1_793_520_000, 0) {
    Some(epoch) => epoch,
    None => DateTime::UNIX_EPOCH,
};

/// How far back samples reach.
const MONTHS: TimeDelta = TimeDelta::days(270);

/// No transaction may last longer than a second, so each writes as many initiatives as fit into a part of it,
/// and no more than these.
const CHUNK: RangeInclusive<u64> = 250..=4_000;
const BRISK: Duration = Duration::from_millis(250);

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub organisations: u64,
    pub initiatives: u64,
}

/// Writes the sample data into a new database, in the transaction that makes it one for demonstration.
///
/// # Errors
/// Database failures.
pub fn begin(tx: &mut Tx<'_>) -> Result<(), Error> {
    write::base(tx, &Base::read()?)
}

/// Writes the sample data, and variations of it until there are `scale` initiatives in all. What a load
/// before has written stays, and an interrupted one is carried on.
///
/// # Errors
/// Database failures.
pub fn load(db: &Db, clock: &Clock, scale: Option<u64>) -> Result<Summary, Error> {
    let base = Base::read()?;
    let command = Command {
        clock: clock.clone(),
        operation: "seed".into(),
        request_id: clock.new_id().to_string(),
        identity: None,
        idempotency: None,
    };
    let before = db.read(loaded).result?;
    let mut there = before;
    if there.initiatives == 0 {
        db.write(&command, |tx| write::base(tx, &base)).result?;
        there = Summary { organisations: base.organisations(), initiatives: base.initiatives() };
    }
    let wanted = scale.unwrap_or(0);
    let mut chunk = *CHUNK.start();
    while there.initiatives < wanted {
        let begun = Instant::now();
        there = db.write(&command, |tx| variations(tx, &base, there, chunk, wanted)).result?;
        let next = if begun.elapsed() < BRISK { chunk * 2 } else { chunk / 2 };
        chunk = next.clamp(*CHUNK.start(), *CHUNK.end());
    }
    for step in if wanted > 0 { tidying(db.engine()) } else { &[] } {
        db.write(&command, |tx| run(tx.connection, step)).result?;
    }
    Ok(Summary { organisations: there.organisations - before.organisations, initiatives: there.initiatives - before.initiatives })
}

/// How far a load has come: samples are numbered without gaps.
fn loaded(connection: &mut AnyConnection) -> Result<Summary, Error> {
    let organisations: Option<String> = organisations_table::table
        .filter(organisations_table::id.between(organisation_id(0).to_string(), organisation_id(999_999_999_999).to_string()))
        .select(max(organisations_table::id))
        .first(connection)?;
    let initiatives: Option<String> = initiatives_table::table
        .filter(initiatives_table::id.between(initiative_id(0).to_string(), initiative_id(999_999_999_999).to_string()))
        .select(max(initiatives_table::id))
        .first(connection)?;
    let count = |id: Option<String>| id.as_deref().and_then(number).unwrap_or(0);
    Ok(Summary { organisations: count(organisations), initiatives: count(initiatives) })
}

/// Writes the next chunk: some initiatives, and before them the organisations that they need, of which there
/// is one for every five initiatives in the end.
fn variations(tx: &mut Tx<'_>, base: &Base, there: Summary, chunk: u64, wanted: u64) -> Result<Summary, Error> {
    let initiatives = wanted.min(there.initiatives + chunk);
    let needed = |initiative: u64| {
        let span = (wanted / 5).saturating_sub(base.organisations()).max(1);
        base.organisations() + 1 + (initiative - base.initiatives() - 1) * span / (wanted - base.initiatives()).max(1)
    };
    let organisations: Vec<Organisation> =
        (there.organisations + 1..=needed(initiatives)).map(|number| variation::organisation(number, base)).collect();
    write::organisations(tx, &organisations)?;
    let batch: Vec<(Initiative, Organisation)> = (there.initiatives + 1..=initiatives)
        .map(|number| {
            let organisation = variation::organisation(needed(number), base);
            Ok((variation::initiative(number, wanted, &organisation, base, tx.now())?, organisation))
        })
        .collect::<Result<_, Error>>()?;
    write::initiatives(tx, &batch)?;
    Ok(Summary { organisations: needed(initiatives).max(there.organisations), initiatives })
}

/// After so many rows the engines' statistics say nothing true, and PostgreSQL's text index has a long
/// list of what it has yet to sort in. Each step is short enough for the gate.
const fn tidying(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Sqlite => &["PRAGMA analysis_limit=1000; ANALYZE"],
        Engine::Postgres => &[
            "SELECT gin_clean_pending_list('catalogue_search_terms_idx')",
            "ANALYZE organisations, memberships, persons, journal",
            "ANALYZE initiatives",
            "ANALYZE revisions",
            "ANALYZE catalogue",
            "ANALYZE catalogue_facets, catalogue_places",
            "ANALYZE catalogue_search",
        ],
    }
}

fn run(connection: &mut AnyConnection, step: &str) -> Result<(), Error> {
    match connection {
        AnyConnection::Sqlite(c) => c.batch_execute(step)?,
        AnyConnection::Postgres(c) => c.batch_execute(step)?,
    }
    Ok(())
}

/// When a sample was published: the first of so many months before the epoch, and the last shortly before it.
/// In the catalogue, too, what changes later has the higher number.
fn published_at(number: u64, of: u64) -> DateTime<Utc> {
    let share = |seconds: u64| seconds * of.saturating_sub(number) / of.max(1);
    EPOCH - TimeDelta::seconds(u64::try_from(MONTHS.num_seconds()).map(share).unwrap_or_default().try_into().unwrap_or_default())
}

/// When somebody last confirmed a sample: lately, but neither in the future nor before it was published.
fn verified_at(number: u64, published_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let days = i64::try_from(number * 7 % 120).unwrap_or(0);
    (now - TimeDelta::days(days)).max(published_at).min(now)
}

#[cfg(test)]
mod tests;
