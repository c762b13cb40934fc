//! Due work: one table, claimed through the write door by any instance.
//!
//! What only needs the database is done in the transaction that notes it as done. What reaches outside – a letter, a file – is noted
//! as begun, done, and noted as done. Work that fails stays due, later and later.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    dsl::{count_star, min},
    prelude::*,
};
use files::FileRule;
use initiatives::Freshness;

use crate::{
    AnyConnection, Clock, Command, Db, Error, Tx, confirmations,
    db::naive,
    files as kept, idempotency, initiatives as catalogued,
    letters::{self, Delivery, Letter},
    messages, outbox,
    schema::jobs,
};

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Forget answers that are kept for retries no longer.
    ForgetAnswers,
    /// Forget letters and links of long ago.
    ForgetLetters,
    /// Forget messages that have gone, or that nobody has confirmed.
    ForgetMessages,
    /// Say which entries of the catalogue have aged.
    AgeInitiatives,
    /// Throw away files that nothing uses.
    DiscardFiles,
    /// Send one letter.
    SendLetter,
}

impl JobKind {
    pub const ALL: [Self; 6] =
        [Self::ForgetAnswers, Self::ForgetLetters, Self::ForgetMessages, Self::AgeInitiatives, Self::DiscardFiles, Self::SendLetter];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForgetAnswers => "forget_answers",
            Self::ForgetLetters => "forget_letters",
            Self::ForgetMessages => "forget_messages",
            Self::AgeInitiatives => "age_initiatives",
            Self::DiscardFiles => "discard_files",
            Self::SendLetter => "send_letter",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// How long after it was done it comes round again, if it does.
    const fn interval(self) -> Option<TimeDelta> {
        match self {
            Self::ForgetAnswers | Self::ForgetMessages | Self::AgeInitiatives | Self::DiscardFiles => Some(TimeDelta::hours(1)),
            Self::ForgetLetters => Some(TimeDelta::days(1)),
            Self::SendLetter => None,
        }
    }
}

/// What work needs of the outside.
#[derive(Clone, Copy)]
pub struct Hands<'a> {
    pub freshness: Freshness,
    /// How long messages are kept after they were confirmed.
    pub message_retention: TimeDelta,
    /// Sends a letter; without it letters wait.
    pub mailer: Option<&'a (dyn Fn(&Letter) -> Delivery + Sync)>,
    /// Throws away what lies in the file store under these keys, or says why it cannot.
    pub discard: &'a (dyn Fn(&[String]) -> Result<(), String> + Sync),
}

impl std::fmt::Debug for Hands<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hands")
            .field("freshness", &self.freshness)
            .field("message_retention", &self.message_retention)
            .field("mails", &self.mailer.is_some())
            .finish_non_exhaustive()
    }
}

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub done: u64,
    /// Failed, and due again later.
    pub failed: u64,
}

struct Job {
    id: String,
    kind: JobKind,
    key: String,
    attempts: i32,
}

/// How long an instance may take over a job before another one takes it up.
const CLAIM: TimeDelta = TimeDelta::minutes(5);

/// Jobs in one round: housekeeping of other sorts wants its turn, too.
const ROUND: u64 = 500;

pub(crate) fn command(clock: &Clock, operation: &str) -> Command {
    Command { clock: clock.clone(), operation: operation.into(), request_id: clock.new_id().to_string(), identity: None, idempotency: None }
}

/// Writes the letters that are due, and does everything that is: each job for itself, as the system.
///
/// # Errors
/// Database failures that keep it from finding out what is due. A job that fails stays due.
pub fn run_due(db: &Db, clock: &Clock, hands: &Hands<'_>) -> Result<Round, Error> {
    come_round(db, clock)?;
    outbox::advance(db, clock)?;
    let mut round = Round::default();
    while round.done + round.failed < ROUND {
        let Some(job) = next(db, clock, hands)? else {
            // What was done may have to be told.
            if outbox::advance(db, clock)? > 0 { continue } else { break }
        };
        match work(db, clock, &job, hands) {
            Ok(()) => round.done += 1,
            Err(error) => {
                tracing::error!(kind = job.kind.as_str(), attempts = job.attempts, %error, "due work failed and stays due");
                db.write(&command(clock, job.kind.as_str()), |tx| put_off(tx, &job)).result?;
                round.failed += 1;
            }
        }
    }
    Ok(round)
}

/// Sees to it that everything that comes round stands in the table.
fn come_round(db: &Db, clock: &Clock) -> Result<(), Error> {
    let wanted: Vec<JobKind> = JobKind::ALL.into_iter().filter(|kind| kind.interval().is_some()).collect();
    let missing = |connection: &mut AnyConnection| -> Result<Vec<JobKind>, Error> {
        let there: Vec<String> = jobs::table.filter(jobs::key.eq("")).select(jobs::kind).load(connection)?;
        Ok(wanted.iter().filter(|kind| !there.iter().any(|there| there == kind.as_str())).copied().collect())
    };
    if db.read(missing).result?.is_empty() {
        return Ok(());
    }
    db.write(&command(clock, "schedule"), |tx| {
        let now = tx.now();
        missing(tx.connection)?.into_iter().try_for_each(|kind| schedule(tx, kind, "", now))
    })
    .result
}

/// Makes something due that is not yet.
pub(crate) fn schedule(tx: &mut Tx<'_>, kind: JobKind, key: &str, due_at: DateTime<Utc>) -> Result<(), Error> {
    let values = (
        jobs::id.eq(tx.new_id().to_string()),
        jobs::kind.eq(kind.as_str()),
        jobs::key.eq(key),
        jobs::due_at.eq(naive(due_at)),
        jobs::attempts.eq(0),
    );
    diesel::insert_into(jobs::table).values(values).execute(tx.connection)?;
    Ok(())
}

/// Takes the job that has been due the longest and that nobody else is at. It is looked for without the gate: mostly there
/// is none.
fn next(db: &Db, clock: &Clock, hands: &Hands<'_>) -> Result<Option<Job>, Error> {
    let now = naive(clock.now());
    if db.read(|connection| due(connection, hands, now)).result?.is_none() {
        return Ok(None);
    }
    db.write(&command(clock, "claim"), |tx| {
        let now = naive(tx.now());
        let Some(job) = due(tx.connection, hands, now)? else { return Ok(None) };
        let values = (jobs::claimed_until.eq(naive(tx.now() + CLAIM)), jobs::attempts.eq(jobs::attempts + 1));
        diesel::update(jobs::table.find(&job.id)).set(values).execute(tx.connection)?;
        Ok(Some(Job { attempts: job.attempts + 1, ..job }))
    })
    .result
}

fn due(connection: &mut AnyConnection, hands: &Hands<'_>, now: NaiveDateTime) -> Result<Option<Job>, Error> {
    // What a newer instance beside this one has scheduled is for that one to do.
    let able = JobKind::ALL.into_iter().filter(|kind| *kind != JobKind::SendLetter || hands.mailer.is_some());
    let row: Option<(String, String, String, i32)> = jobs::table
        .filter(jobs::due_at.le(now).and(jobs::claimed_until.is_null().or(jobs::claimed_until.assume_not_null().le(now))))
        .filter(jobs::kind.eq_any(able.map(JobKind::as_str).collect::<Vec<_>>()))
        .order((jobs::due_at.asc(), jobs::id.asc()))
        .select((jobs::id, jobs::kind, jobs::key, jobs::attempts))
        .first(connection)
        .optional()?;
    row.map(|(id, kind, key, attempts)| Ok(Job { id, kind: crate::page::word(&kind, JobKind::parse)?, key, attempts })).transpose()
}

fn work(db: &Db, clock: &Clock, job: &Job, hands: &Hands<'_>) -> Result<(), Error> {
    let command = command(clock, job.kind.as_str());
    match (job.kind, hands.mailer) {
        (JobKind::SendLetter, Some(mailer)) => {
            let Some(letter) = db.write(&command, |tx| letters::begin(tx, &job.key)).result? else {
                return db.write(&command, |tx| finish(tx, job, true)).result;
            };
            let delivery = mailer(&letter);
            if let Delivery::Later(reason) | Delivery::Refused(reason) | Delivery::Unknown(reason) = &delivery {
                tracing::warn!(letter = job.key, attempts = job.attempts, reason, "a letter was not sent");
            }
            db.write(&command, |tx| if letters::finish(tx, &job.key, &delivery)? { put_off(tx, job) } else { finish(tx, job, true) }).result
        }
        (JobKind::DiscardFiles, _) => {
            let keys = db.write(&command, kept::discard).result?;
            (hands.discard)(&keys).map_err(|cause| Error::caused_by(FileRule::StoreUnavailable, cause))?;
            db.write(&command, |tx| {
                let all = kept::forget(tx, &keys)?;
                finish(tx, job, all)
            })
            .result
        }
        _ => {
            db.write(&command, |tx| {
                let all = within(tx, job.kind, hands)?;
                finish(tx, job, all)
            })
            .result
        }
    }
}

/// Work that needs nothing but the database; says whether all of it is done.
fn within(tx: &mut Tx<'_>, kind: JobKind, hands: &Hands<'_>) -> Result<bool, Error> {
    match kind {
        JobKind::ForgetAnswers => idempotency::forget(tx).map(|_| true),
        JobKind::ForgetLetters => {
            letters::forget(tx)?;
            confirmations::forget(tx).map(|()| true)
        }
        JobKind::ForgetMessages => messages::forget(tx, hands.message_retention),
        JobKind::AgeInitiatives => catalogued::age(tx, &hands.freshness),
        JobKind::DiscardFiles | JobKind::SendLetter => Ok(true),
    }
}

/// Notes that a job is done: what comes round is due again after its interval, or at once if there is more of it.
fn finish(tx: &mut Tx<'_>, job: &Job, all: bool) -> Result<(), Error> {
    let Some(interval) = job.kind.interval() else {
        diesel::delete(jobs::table.find(&job.id)).execute(tx.connection)?;
        return Ok(());
    };
    let next = tx.now() + if all { interval } else { TimeDelta::zero() };
    reschedule(tx, job, next, 0)
}

/// The more often a job has failed, the longer it waits: a minute, two, four, and so on to six hours.
fn put_off(tx: &mut Tx<'_>, job: &Job) -> Result<(), Error> {
    let doublings = u32::try_from(job.attempts.clamp(1, 10) - 1).unwrap_or(0);
    let wait = TimeDelta::minutes(1_i64 << doublings).min(TimeDelta::hours(6));
    let next = tx.now() + wait;
    reschedule(tx, job, next, job.attempts)
}

fn reschedule(tx: &mut Tx<'_>, job: &Job, due_at: DateTime<Utc>, attempts: i32) -> Result<(), Error> {
    let values = (jobs::due_at.eq(naive(due_at)), jobs::claimed_until.eq(None::<NaiveDateTime>), jobs::attempts.eq(attempts));
    diesel::update(jobs::table.find(&job.id)).set(values).execute(tx.connection)?;
    Ok(())
}

/// What is due and not done, for the operator.
#[derive(Clone, Copy, Debug)]
pub struct Backlog {
    pub due: i64,
    /// Since when the oldest of it has been.
    pub since: Option<DateTime<Utc>>,
    /// Failed at least once and not done since.
    pub failing: i64,
}

/// # Errors
/// Database failures.
pub fn backlog(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<Backlog, Error> {
    let (due, since): (i64, Option<NaiveDateTime>) =
        jobs::table.filter(jobs::due_at.le(naive(now))).select((count_star(), min(jobs::due_at))).first(connection)?;
    let failing = jobs::table.filter(jobs::attempts.gt(1)).select(count_star()).first(connection)?;
    Ok(Backlog { due, since: since.map(|since| since.and_utc()), failing })
}
