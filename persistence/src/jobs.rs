//! Due work: one table, claimed through the write door by any instance.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::{Clock, Command, Db, Error, Tx, db::naive, idempotency, schema::jobs};

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Forget answers that are kept for retries no longer.
    ForgetAnswers,
}

impl JobKind {
    pub const ALL: [Self; 1] = [Self::ForgetAnswers];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForgetAnswers => "forget_answers",
        }
    }

    const fn interval(self) -> TimeDelta {
        match self {
            Self::ForgetAnswers => TimeDelta::hours(1),
        }
    }

    fn run(self, tx: &mut Tx<'_>) -> Result<usize, Error> {
        match self {
            Self::ForgetAnswers => idempotency::forget(tx),
        }
    }
}

/// How long an instance may take over a job before another one takes it up.
const CLAIM: TimeDelta = TimeDelta::minutes(5);

/// Runs everything that is due, each job in a transaction of its own as the system actor.
///
/// # Errors
/// Database failures; the job stays due, and is taken up again when its claim runs out.
pub fn run_due(db: &Db, clock: &Clock) -> Result<usize, Error> {
    let mut ran = 0;
    for kind in JobKind::ALL {
        let command = Command {
            clock: clock.clone(),
            operation: kind.as_str().into(),
            request_id: clock.new_id().to_string(),
            identity: None,
            idempotency: None,
        };
        if db.write(&command, |tx| claim(tx, kind)).result? {
            db.write(&command, |tx| kind.run(tx).and_then(|_| finish(tx, kind))).result?;
            ran += 1;
        }
    }
    Ok(ran)
}

/// Takes a job that is due and that nobody else is at; a kind that was never scheduled is due at once.
fn claim(tx: &mut Tx<'_>, kind: JobKind) -> Result<bool, Error> {
    let now = tx.now();
    let row: Option<(chrono::NaiveDateTime, Option<chrono::NaiveDateTime>)> =
        jobs::table.filter(jobs::kind.eq(kind.as_str())).select((jobs::due_at, jobs::claimed_until)).first(tx.connection).optional()?;
    let until = naive(now + CLAIM);
    match row {
        None => {
            let values = (
                jobs::id.eq(tx.new_id().to_string()),
                jobs::kind.eq(kind.as_str()),
                jobs::due_at.eq(naive(now)),
                jobs::claimed_until.eq(until),
                jobs::attempts.eq(1),
            );
            diesel::insert_into(jobs::table).values(values).execute(tx.connection)?;
            Ok(true)
        }
        Some((due, claimed)) if due <= naive(now) && claimed.is_none_or(|until| until <= naive(now)) => {
            diesel::update(jobs::table.filter(jobs::kind.eq(kind.as_str())))
                .set((jobs::claimed_until.eq(until), jobs::attempts.eq(jobs::attempts + 1)))
                .execute(tx.connection)?;
            Ok(true)
        }
        Some(_) => Ok(false),
    }
}

fn finish(tx: &mut Tx<'_>, kind: JobKind) -> Result<(), Error> {
    let next = naive(tx.now() + kind.interval());
    diesel::update(jobs::table.filter(jobs::kind.eq(kind.as_str())))
        .set((jobs::due_at.eq(next), jobs::claimed_until.eq(None::<chrono::NaiveDateTime>), jobs::attempts.eq(0)))
        .execute(tx.connection)?;
    Ok(())
}
