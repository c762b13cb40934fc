//! The queue of texts that wait for an editor: who is at which, and how long they waited.

use access::Acting;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    dsl::{count_star, min},
    prelude::*,
};
use initiatives::{Claim, Command, Content, Initiative, InitiativeRule, RevisionState};
use kernel::{Assessment, AssessmentSide, Datum, InitiativeId, OrganisationId, Principle, PrincipleAnswer, Subject, Visibility, principle};

use super::{
    Stored,
    commands::{Told, event, take},
    within_reach,
};
use crate::{
    AnyConnection, DoorRule, Error, Precondition, Tx, assessments,
    db::naive,
    page::{Page, PageRequest, cursor_instant, cursor_part, id_column},
    persons,
    schema::{initiatives as table, organisations as orgs, review_claims as claims, reviews, revisions},
};

/// A text that waits for an editor.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub initiative: InitiativeId,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    /// Of the text that waits.
    pub title: String,
    /// Whether the public reads an earlier text already.
    pub is_change: bool,
    pub submitted_at: DateTime<Utc>,
    /// Who is at it, if anybody is.
    pub claim: Option<Claim>,
}

/// What the queue can be narrowed to.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueueFilter {
    pub organisation: Option<OrganisationId>,
    /// Changes of what is public already, or first texts.
    pub is_change: Option<bool>,
    /// What I have taken, or what nobody has.
    pub claimed: Option<Claimed>,
}

/// Whose a text in the queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    Mine,
    Nobodys,
}

/// The texts that wait for an editor, the longest waiting first.
///
/// # Errors
/// An invalid cursor; database failures.
pub fn queue(
    connection: &mut AnyConnection,
    acting: &Acting,
    filter: QueueFilter,
    now: DateTime<Utc>,
    page: &PageRequest,
) -> Result<Page<Waiting>, Error> {
    let me = acting.identity().map(|identity| persons::find(connection, identity)).transpose()?.flatten();
    let query = || {
        let taken = claims::claimed_until.assume_not_null().gt(naive(now));
        let mut query = revisions::table
            .inner_join(table::table.on(table::working_revision_id.eq(revisions::id.nullable())))
            .inner_join(orgs::table.on(orgs::id.eq(table::organisation_id)))
            .left_join(claims::table.on(claims::initiative_id.eq(table::id).and(claims::claimed_until.gt(naive(now)))))
            .filter(revisions::state.eq(RevisionState::InReview.as_str()))
            .into_boxed();
        if !acting.reaches_all() {
            query = query.filter(table::id.is_null());
        }
        if let Some(id) = filter.organisation {
            query = query.filter(table::organisation_id.eq(id.to_string()));
        }
        match filter.is_change {
            Some(true) => query = query.filter(table::approved_revision_id.is_not_null()),
            Some(false) => query = query.filter(table::approved_revision_id.is_null()),
            None => {}
        }
        match filter.claimed {
            Some(Claimed::Mine) => {
                let me = me.map(|me| me.to_string()).unwrap_or_default();
                query = query.filter(claims::person_id.assume_not_null().eq(me).and(taken));
            }
            Some(Claimed::Nobodys) => query = query.filter(claims::person_id.nullable().is_null()),
            None => {}
        }
        query
    };
    let submitted_at = revisions::submitted_at.assume_not_null();
    let mut rows = query();
    if let Some(after) = &page.after {
        let (at, id) = (cursor_instant(after, 0)?, cursor_part::<String>(after, 1)?);
        rows = rows.filter(submitted_at.ge(at).and(submitted_at.gt(at).or(revisions::id.gt(id))));
    }
    type Row = (String, String, String, String, Option<String>, String, NaiveDateTime, Option<(String, NaiveDateTime)>);
    let rows: Vec<Row> = rows
        .order((submitted_at.asc(), revisions::id.asc()))
        .limit(page.fetch())
        .select((
            revisions::id,
            table::id,
            table::organisation_id,
            orgs::name,
            table::approved_revision_id,
            revisions::content,
            submitted_at,
            (claims::person_id, claims::claimed_until).nullable(),
        ))
        .load(connection)?;
    let total = if page.count { Some(query().select(count_star()).first(connection)?) } else { None };
    let items = rows.into_iter().map(|(revision, id, organisation, organisation_name, approved, content, submitted_at, claim)| {
        let content: Content = serde_json::from_str(&content).map_err(Error::internal)?;
        let claim =
            claim.map(|(person, until)| Ok::<_, Error>(Claim { person: id_column(&person)?, until: until.and_utc() })).transpose()?;
        let waiting = Waiting {
            initiative: id_column(&id)?,
            organisation: id_column(&organisation)?,
            organisation_name,
            title: content.title,
            is_change: approved.is_some(),
            submitted_at: submitted_at.and_utc(),
            claim,
        };
        Ok((revision, waiting))
    });
    let items = items.collect::<Result<Vec<_>, Error>>()?;
    let keys = |(revision, waiting): &(String, Waiting)| vec![waiting.submitted_at.timestamp_micros().to_string(), revision.clone()];
    Page::cut(items, page, total, keys).try_map(|(_, waiting)| Ok(waiting))
}

fn claim_on(connection: &mut AnyConnection, id: InitiativeId) -> Result<Option<Claim>, Error> {
    let row: Option<(String, NaiveDateTime)> =
        claims::table.find(id.to_string()).select((claims::person_id, claims::claimed_until)).first(connection).optional()?;
    row.map(|(person, until)| Ok(Claim { person: id_column(&person)?, until: until.and_utc() })).transpose()
}

fn in_review(tx: &mut Tx<'_>, acting: &Acting, id: InitiativeId, precondition: Precondition) -> Result<Initiative, Error> {
    let (stored, _) = within_reach(tx.connection, acting, id)?;
    precondition.accept(stored.initiative.version)?;
    // The same refusal as that of a decision: there is nothing to take.
    stored.initiative.after(Command::Return)?;
    Ok(stored.initiative)
}

/// Takes a text out of the queue, or keeps it for longer.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`ClaimRule`](initiatives::ClaimRule), [`InitiativeRule`]; database failures.
pub fn claim(tx: &mut Tx<'_>, acting: &Acting, id: InitiativeId, precondition: Precondition) -> Result<Claim, Error> {
    let initiative = in_review(tx, acting, id, precondition)?;
    let person = tx.person()?;
    let claim = Claim::take(claim_on(tx.connection, id)?.as_ref(), person, tx.now())?;
    forget_claim(tx, id)?;
    let values =
        (claims::initiative_id.eq(id.to_string()), claims::person_id.eq(person.to_string()), claims::claimed_until.eq(naive(claim.until)));
    diesel::insert_into(claims::table).values(values).execute(tx.connection)?;
    tx.record(event("initiative.claimed", &initiative, Visibility::Staff));
    Ok(claim)
}

/// Puts a text back into the queue.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`ClaimRule`](initiatives::ClaimRule), [`InitiativeRule`]; database failures.
pub fn release(tx: &mut Tx<'_>, acting: &Acting, id: InitiativeId, precondition: Precondition) -> Result<(), Error> {
    let initiative = in_review(tx, acting, id, precondition)?;
    allow(tx, id)?;
    forget_claim(tx, id)?;
    tx.record(event("initiative.released", &initiative, Visibility::Staff));
    Ok(())
}

fn allow(tx: &mut Tx<'_>, id: InitiativeId) -> Result<(), Error> {
    let (claim, person) = (claim_on(tx.connection, id)?, tx.person()?);
    Ok(Claim::allow(claim.as_ref(), person, tx.now())?)
}

fn forget_claim(tx: &mut Tx<'_>, id: InitiativeId) -> Result<(), Error> {
    diesel::delete(claims::table.find(id.to_string())).execute(tx.connection)?;
    Ok(())
}

/// Decides about the text that waits: by whoever has taken it, or by anybody if nobody has.
fn decide(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: InitiativeId,
    precondition: Precondition,
    (command, told): (Command, Told),
    act: impl FnOnce(Initiative, DateTime<Utc>) -> Result<Initiative, InitiativeRule>,
) -> Result<Stored, Error> {
    let (before, organisation) = within_reach(tx.connection, acting, id)?;
    precondition.accept(before.initiative.version)?;
    allow(tx, id)?;
    let submitted_at = before.initiative.working.as_ref().and_then(|working| working.submitted_at);
    let stored = take(tx, &before, &organisation, told, |initiative, _, now| Ok(act(initiative, now)?))?;
    let values = (
        reviews::id.eq(tx.new_id().to_string()),
        reviews::initiative_id.eq(id.to_string()),
        reviews::outcome.eq(command.as_str()),
        reviews::submitted_at.eq(naive(submitted_at.unwrap_or(tx.now()))),
        reviews::decided_at.eq(naive(tx.now())),
    );
    diesel::insert_into(reviews::table).values(values).execute(tx.connection)?;
    forget_claim(tx, id)?;
    Ok(stored)
}

/// Approves the revision in review, unless a principle has been judged not to be met.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`ClaimRule`](initiatives::ClaimRule), [`InitiativeRule`]; database failures.
pub fn publish(tx: &mut Tx<'_>, acting: &Acting, id: InitiativeId, precondition: Precondition) -> Result<Stored, Error> {
    let denied = principle::denied(&assessments::of(tx.connection, subject(id))?);
    decide(tx, acting, id, precondition, (Command::Publish, ("initiative.published", None)), |initiative, now| match denied {
        Some(_) => initiative.after(Command::Publish).and(Err(InitiativeRule::PrincipleDenied)),
        None => initiative.publish(now),
    })
}

/// Sends the revision in review back to be written on.
///
/// # Errors
/// As [`publish`].
pub fn return_to_draft(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: InitiativeId,
    precondition: Precondition,
    reason: String,
) -> Result<Stored, Error> {
    decide(tx, acting, id, precondition, (Command::Return, ("initiative.returned", None)), |initiative, now| {
        initiative.return_to_draft(reason, now)
    })
}

/// Refuses a first submission on a principle.
///
/// # Errors
/// As [`publish`].
pub fn refuse(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: InitiativeId,
    precondition: Precondition,
    reason: String,
    principle: Principle,
) -> Result<Stored, Error> {
    let told = ("initiative.refused", Some(("principle", Datum::Code(principle.as_str()))));
    decide(tx, acting, id, precondition, (Command::Refuse, told), |initiative, now| initiative.refuse(reason, principle, now))
}

pub(super) const fn subject(id: InitiativeId) -> Subject {
    Subject { kind: "initiative", id: id.0 }
}

/// What was answered to the principles about an initiative, by its organisation and by staff, in order.
///
/// # Errors
/// [`DoorRule::NotFound`]; database failures.
pub fn assessments_of(connection: &mut AnyConnection, acting: &Acting, id: InitiativeId) -> Result<Vec<Assessment>, Error> {
    within_reach(connection, acting, id)?;
    assessments::of(connection, subject(id))
}

/// Staff answers to a principle.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`InitiativeRule::Archived`]; database failures.
pub fn assess(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: InitiativeId,
    precondition: Precondition,
    principle: Principle,
    answer: &PrincipleAnswer,
) -> Result<Assessment, Error> {
    let (stored, _) = within_reach(tx.connection, acting, id)?;
    precondition.accept(stored.initiative.version)?;
    if stored.initiative.archived_at.is_some() {
        return Err(InitiativeRule::Archived.into());
    }
    let assessment = assessments::add(tx, subject(id), AssessmentSide::Assessed, principle, answer)?;
    let event = event("initiative.assessed", &stored.initiative, Visibility::Staff);
    tx.record(event.with("principle", Datum::Code(principle.as_str())).with("answer", Datum::Code(answer.answer.as_str())));
    Ok(assessment)
}

/// How the queue does.
#[derive(Clone, Copy, Debug)]
pub struct QueueFigures {
    pub waiting: i64,
    pub oldest_submitted_at: Option<DateTime<Utc>>,
    /// Decided in the last ninety days.
    pub decided: usize,
    /// From being handed in to the decision, of those.
    pub median: Option<TimeDelta>,
}

/// Days back that the figures of the queue reach.
pub const FIGURES_DAYS: i64 = 90;

/// # Errors
/// [`DoorRule::NotFound`] for whoever does not reach the queue; database failures.
pub fn queue_figures(connection: &mut AnyConnection, acting: &Acting, now: DateTime<Utc>) -> Result<QueueFigures, Error> {
    if !acting.reaches_all() {
        return Err(DoorRule::NotFound.into());
    }
    let (waiting, oldest): (i64, Option<NaiveDateTime>) = revisions::table
        .filter(revisions::state.eq(RevisionState::InReview.as_str()))
        .select((count_star(), min(revisions::submitted_at)))
        .first(connection)?;
    let rows: Vec<(NaiveDateTime, NaiveDateTime)> = reviews::table
        .filter(reviews::decided_at.gt(naive(now - TimeDelta::days(FIGURES_DAYS))))
        .select((reviews::submitted_at, reviews::decided_at))
        .load(connection)?;
    let mut waits: Vec<TimeDelta> = rows.into_iter().map(|(submitted, decided)| decided - submitted).collect();
    waits.sort_unstable();
    Ok(QueueFigures { waiting, oldest_submitted_at: oldest.map(|at| at.and_utc()), decided: waits.len(), median: median(&waits) })
}

/// The middle one, or the mean of the two in the middle.
fn median(sorted: &[TimeDelta]) -> Option<TimeDelta> {
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    Some(if sorted.len() % 2 == 1 { upper } else { (*sorted.get(half.checked_sub(1)?)? + upper) / 2 })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::median;

    #[test]
    fn the_median_is_the_middle() {
        let hours = |all: &[i64]| median(&all.iter().map(|hours| TimeDelta::hours(*hours)).collect::<Vec<_>>());
        assert_eq!(hours(&[]), None);
        assert_eq!(hours(&[3]), Some(TimeDelta::hours(3)));
        assert_eq!(hours(&[1, 3]), Some(TimeDelta::hours(2)));
        assert_eq!(hours(&[1, 2, 90]), Some(TimeDelta::hours(2)));
    }
}
