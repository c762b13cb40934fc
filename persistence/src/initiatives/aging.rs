//! What time does to entries: who must be told, and when an entry has left the catalogue.

use diesel::prelude::*;
use initiatives::{Aging, Freshness, Status};
use kernel::{Event, InitiativeId, Subject, Visibility};

use super::{
    commands::{entry, event},
    load, row,
};
use crate::{Error, Tx, db::naive, page::id_column, schema::initiatives as table};

/// Entries in one transaction.
const CHUNK: i64 = 200;

/// Notes which entries have aged since somebody last looked; says whether that was all of them.
pub(crate) fn age(tx: &mut Tx<'_>, freshness: &Freshness) -> Result<bool, Error> {
    let ids = aged(tx, freshness)?;
    let all = i64::try_from(ids.len()).unwrap_or(CHUNK) < CHUNK;
    for id in ids {
        let id: InitiativeId = id_column(&id)?;
        let Some(before) = load(tx.connection, id)? else { continue };
        let now = tx.now();
        let Some((initiative, aging)) = before.initiative.clone().age(freshness, now) else { continue };
        row::note_age(tx, &initiative)?;
        tx.record(match aging {
            Aging::Due => event("initiative.aged", &initiative, Visibility::Organisation),
            // The public list has lost it, and whoever follows the feed must take it off theirs.
            Aging::Hidden => {
                let subject = Subject { kind: "initiative", id: id.0 };
                Event::new("initiative.hidden", subject, Visibility::Public).of(initiative.organisation).with("entry", entry(false))
            }
        });
    }
    Ok(all)
}

fn aged(tx: &mut Tx<'_>, freshness: &Freshness) -> Result<Vec<String>, Error> {
    let (due, hidden) = (naive(tx.now() - freshness.interval), naive(tx.now() - freshness.interval - freshness.grace));
    let public = || table::table.filter(table::status.eq(Status::Published.as_str())).select(table::id);
    let mut ids: Vec<String> =
        public().filter(table::aging_told.is_null().and(table::verified_at.assume_not_null().le(due))).limit(CHUNK).load(tx.connection)?;
    let room = CHUNK - i64::try_from(ids.len()).unwrap_or(CHUNK);
    ids.extend(
        public()
            .filter(table::aging_told.eq(Aging::Due.as_str()).and(table::verified_at.assume_not_null().le(hidden)))
            .limit(room)
            .load::<String>(tx.connection)?,
    );
    Ok(ids)
}
