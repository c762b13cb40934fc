//! Cases about whether an organisation may have support and premises.

use access::{Acting, Action, Reader};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use kernel::{EligibilityCaseId, OrganisationId};
use organisations::{EligibilityCase, EligibilityCommand, EligibilityStatus, Reasoned};

use super::{readable, standing::case_event, within_reach};
use crate::{
    AnyConnection, DoorRule, Error, Precondition, Tx,
    db::naive,
    page::{id_column, word},
    persons,
    schema::eligibility_cases as table,
};

#[derive(Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true)]
struct Row {
    id: String,
    organisation_id: String,
    status: String,
    facts: String,
    opened_at: NaiveDateTime,
    due_on: NaiveDate,
    answer: Option<String>,
    answered_at: Option<NaiveDateTime>,
    decision_reason: Option<String>,
    decided_at: Option<NaiveDateTime>,
    lifted_reason: Option<String>,
    lifted_at: Option<NaiveDateTime>,
    version: i64,
}

impl Row {
    fn new(case: &EligibilityCase) -> Self {
        let EligibilityCase { id, organisation, status, facts, opened_at, due_on, answer, decision, lifted, version } = case.clone();
        let parts = |said: Option<Reasoned>| said.map(|said| (said.reason, naive(said.at))).unzip();
        let ((answer, answered_at), (decision_reason, decided_at), (lifted_reason, lifted_at)) =
            (parts(answer), parts(decision), parts(lifted));
        Self {
            id: id.to_string(),
            organisation_id: organisation.to_string(),
            status: status.as_str().into(),
            facts,
            opened_at: naive(opened_at),
            due_on,
            answer,
            answered_at,
            decision_reason,
            decided_at,
            lifted_reason,
            lifted_at,
            version,
        }
    }

    fn case(self) -> Result<EligibilityCase, Error> {
        let said =
            |reason: Option<String>, at: Option<NaiveDateTime>| reason.zip(at).map(|(reason, at)| Reasoned { reason, at: at.and_utc() });
        Ok(EligibilityCase {
            id: id_column(&self.id)?,
            organisation: id_column(&self.organisation_id)?,
            status: word(&self.status, EligibilityStatus::parse)?,
            facts: self.facts,
            opened_at: self.opened_at.and_utc(),
            due_on: self.due_on,
            answer: said(self.answer, self.answered_at),
            decision: said(self.decision_reason, self.decided_at),
            lifted: said(self.lifted_reason, self.lifted_at),
            version: self.version,
        })
    }
}

/// The right that a step needs.
#[must_use]
pub const fn action(command: EligibilityCommand) -> Action {
    match command {
        EligibilityCommand::Answer => Action::AnswerHearing,
        EligibilityCommand::Hold | EligibilityCommand::Drop | EligibilityCommand::Lift => Action::GovernOrganisation,
    }
}

/// The last case about an organisation.
pub(crate) fn latest(connection: &mut AnyConnection, organisation: OrganisationId) -> Result<Option<EligibilityCase>, Error> {
    let of_it = table::table.filter(table::organisation_id.eq(organisation.to_string()));
    let row: Option<Row> = of_it.order(table::id.desc()).first(connection).optional()?;
    row.map(Row::case).transpose()
}

/// One case, whoever asks: for what the service itself has to do with it.
pub(crate) fn load(connection: &mut AnyConnection, id: EligibilityCaseId) -> Result<Option<EligibilityCase>, Error> {
    let row: Option<Row> = table::table.find(id.to_string()).first(connection).optional()?;
    row.map(Row::case).transpose()
}

/// The cases about an organisation, the latest first: there is one at a time.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Moved`]; database failures.
pub fn list(
    connection: &mut AnyConnection,
    acting: &Acting,
    organisation: OrganisationId,
) -> Result<(Vec<EligibilityCase>, Reader), Error> {
    readable(connection, acting, organisation)?;
    let of_it = table::table.filter(table::organisation_id.eq(organisation.to_string()));
    let rows: Vec<Row> = of_it.order(table::id.desc()).limit(100).load(connection)?;
    Ok((rows.into_iter().map(Row::case).collect::<Result<_, _>>()?, persons::reader(connection, acting, organisation)?))
}

/// One case.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Moved`]; database failures.
pub fn get(
    connection: &mut AnyConnection,
    acting: &Acting,
    (organisation, id): (OrganisationId, EligibilityCaseId),
) -> Result<(EligibilityCase, Reader), Error> {
    readable(connection, acting, organisation)?;
    let case = load(connection, id)?.filter(|case| case.organisation == organisation).ok_or(DoorRule::NotFound)?;
    Ok((case, persons::reader(connection, acting, organisation)?))
}

/// Begins a case with a hearing.
///
/// # Errors
/// [`DoorRule::NotFound`], [`EligibilityRule`](organisations::EligibilityRule), [`OrganisationRule`](organisations::OrganisationRule);
/// database failures.
pub fn open(
    tx: &mut Tx<'_>,
    acting: &Acting,
    organisation: OrganisationId,
    facts: String,
    due_on: NaiveDate,
) -> Result<(EligibilityCase, Reader), Error> {
    within_reach(tx.connection, acting, organisation)?.organisation.live()?;
    let latest = latest(tx.connection, organisation)?;
    let case = EligibilityCase::open(latest.as_ref(), EligibilityCaseId(tx.new_id()), organisation, (facts, due_on), tx.now())?;
    diesel::insert_into(table::table).values(Row::new(&case)).execute(tx.connection)?;
    tx.record(case_event("eligibility_case.opened", &case));
    Ok((case, persons::reader(tx.connection, acting, organisation)?))
}

/// Takes a step in a case, with what is said about it.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`EligibilityRule`](organisations::EligibilityRule); database failures.
pub fn take(
    tx: &mut Tx<'_>,
    acting: &Acting,
    (organisation, id): (OrganisationId, EligibilityCaseId),
    precondition: Precondition,
    command: EligibilityCommand,
    said: String,
) -> Result<(EligibilityCase, Reader), Error> {
    within_reach(tx.connection, acting, organisation)?;
    let before = load(tx.connection, id)?.filter(|case| case.organisation == organisation).ok_or(DoorRule::NotFound)?;
    let seen = before.version;
    precondition.accept(seen)?;
    let case = before.take(command, said, tx.now())?;
    let same = table::table.find(id.to_string()).filter(table::version.eq(seen));
    if diesel::update(same).set(Row::new(&case)).execute(tx.connection)? != 1 {
        return Err(DoorRule::Stale.into());
    }
    tx.record(case_event(
        match command {
            EligibilityCommand::Answer => "eligibility_case.answered",
            EligibilityCommand::Hold => "eligibility_case.held",
            EligibilityCommand::Drop => "eligibility_case.dropped",
            EligibilityCommand::Lift => "eligibility_case.lifted",
        },
        &case,
    ));
    Ok((case, persons::reader(tx.connection, acting, organisation)?))
}
