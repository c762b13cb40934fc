//! What waits for one person, wherever in the house it does: for people who want one list, and not one for each domain.

use access::{Acting, Action, Identity, Reader};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use initiatives::{Content, Freshness, ReportStatus, RevisionState, Status};
use kernel::{OrganisationId, Subject, string_enum, zone};
use organisations::{EligibilityStatus, MembershipRole, MembershipStatus, Verification};

use crate::{
    AnyConnection, Error,
    db::naive,
    page::id_column,
    persons,
    schema::{
        catalogue, eligibility_cases as cases, initiatives as table, memberships, organisations as orgs, reports, review_claims as claims,
        revisions, successions,
    },
};

string_enum! {
    /// What somebody is waited for to do.
    pub enum TaskKind {
        /// An entry should be confirmed before it is hidden.
        ConfirmInitiative = "confirm_initiative" da("Bekræft, at opslaget stadig passer") en("Confirm that the entry still holds"),
        /// A text came back with a reason.
        ReviseInitiative = "revise_initiative" da("Ret teksten, og indsend den igen") en("Revise the text and submit it again"),
        /// An entry is out of the catalogue until it is put in order.
        CorrectInitiative = "correct_initiative" da("Ret opslaget, som er taget ned") en("Put the suspended entry in order"),
        /// Somebody wants to belong to the organisation.
        ConfirmMembership = "confirm_membership" da("Svar på en anmodning om medlemskab") en("Answer a request for membership"),
        /// The municipality has asked about the organisation's right to support, and waits for its answer.
        AnswerHearing = "answer_hearing" da("Svar i en høring") en("Answer in a hearing"),
        /// A text waits for an editor.
        ReviewInitiative = "review_initiative" da("Gennemgå en tekst") en("Review a text"),
        /// A report waits for a decision.
        DecideReport = "decide_report" da("Afgør en anmeldelse") en("Decide a report"),
        /// An organisation has not been checked.
        VerifyOrganisation = "verify_organisation" da("Godkend en forening") en("Verify an organisation"),
        /// An organisation without a signatory has asked for one.
        AppointSignatory = "appoint_signatory" da("Indsæt en tegningsberettiget") en("Appoint a signatory"),
        /// A hearing has been answered.
        DecideEligibility = "decide_eligibility" da("Afgør en sag om støtteret") en("Decide a case about eligibility"),
    }
}

/// One thing that waits.
#[derive(Clone, Debug)]
pub struct Task {
    pub kind: TaskKind,
    pub subject: Subject,
    /// What the thing is called.
    pub title: String,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub waiting_since: DateTime<Utc>,
    /// When it is too late, where there is such an instant.
    pub due_at: Option<DateTime<Utc>>,
}

/// Of each kind at most so many are shown: who has more of them works in the list made for it.
pub const MOST: i64 = 100;

/// Everything that waits for the acting person: what is due first, then what has waited longest.
///
/// # Errors
/// Database failures.
pub fn waiting(connection: &mut AnyConnection, acting: &Acting, freshness: &Freshness, now: DateTime<Utc>) -> Result<Vec<Task>, Error> {
    let Some(identity) = acting.identity() else { return Ok(Vec::new()) };
    let houses = houses(connection, acting)?;
    let all: Vec<String> = houses.iter().map(|(id, _)| id.clone()).collect();
    let led: Vec<String> = houses.into_iter().filter(|(_, role)| *role == MembershipRole::Signatory).map(|(id, _)| id).collect();
    let mut tasks = Vec::new();
    if !all.is_empty() {
        tasks.extend(to_confirm(connection, &all, freshness, now)?);
        tasks.extend(to_revise(connection, &all)?);
        tasks.extend(to_correct(connection, &all)?);
    }
    if !led.is_empty() {
        tasks.extend(to_admit(connection, &led)?);
        tasks.extend(to_answer(connection, &led)?);
    }
    let staff = Reader::new(Some(identity), None);
    if staff.may(Action::PublishInitiative) {
        tasks.extend(to_review(connection, identity, now)?);
    }
    if staff.may(Action::DecideReport) {
        tasks.extend(to_decide(connection)?);
    }
    if staff.may(Action::VerifyOrganisation) {
        tasks.extend(to_verify(connection)?);
    }
    if staff.may(Action::GovernOrganisation) {
        tasks.extend(to_appoint(connection)?);
        tasks.extend(to_rule(connection)?);
    }
    tasks.sort_by_key(|task| (task.due_at.is_none(), task.due_at, task.waiting_since));
    Ok(tasks)
}

/// The organisations for which the person speaks, and in which role.
fn houses(connection: &mut AnyConnection, acting: &Acting) -> Result<Vec<(String, MembershipRole)>, Error> {
    let (_, own) = persons::own_memberships(connection, acting)?;
    let confirmed = own.into_iter().filter(|membership| membership.status == MembershipStatus::Confirmed);
    Ok(confirmed.map(|membership| (membership.organisation.to_string(), membership.role)).collect())
}

/// What a row says of a task: the thing's id, its organisation's id and name, and since when it waits.
type Row = (String, String, String, NaiveDateTime);

fn task(kind: TaskKind, subject: &'static str, (id, organisation, organisation_name, since): Row, title: String) -> Result<Task, Error> {
    Ok(Task {
        kind,
        subject: Subject { kind: subject, id: id_column(&id)? },
        title,
        organisation: id_column(&organisation)?,
        organisation_name,
        waiting_since: since.and_utc(),
        due_at: None,
    })
}

fn title(content: &str) -> Result<String, Error> {
    Ok(serde_json::from_str::<Content>(content).map_err(Error::internal)?.title)
}

fn of_initiatives(kind: TaskKind, rows: Vec<(Row, String)>) -> Result<Vec<Task>, Error> {
    rows.into_iter().map(|(row, content)| task(kind, "initiative", row, title(&content)?)).collect()
}

fn to_confirm(connection: &mut AnyConnection, houses: &[String], freshness: &Freshness, now: DateTime<Utc>) -> Result<Vec<Task>, Error> {
    let rows: Vec<(Row, String)> = catalogue::table
        .filter(catalogue::organisation_id.eq_any(houses).and(catalogue::verified_at.le(naive(now - freshness.interval))))
        .order(catalogue::verified_at.asc())
        .limit(MOST)
        .select((
            (catalogue::initiative_id, catalogue::organisation_id, catalogue::organisation_name, catalogue::verified_at),
            catalogue::content,
        ))
        .load(connection)?;
    let tasks = of_initiatives(TaskKind::ConfirmInitiative, rows)?.into_iter().map(|task| {
        let stale_after = freshness.stale_after(task.waiting_since);
        Task { waiting_since: stale_after, due_at: Some(stale_after + freshness.grace), ..task }
    });
    Ok(tasks.collect())
}

fn to_revise(connection: &mut AnyConnection, houses: &[String]) -> Result<Vec<Task>, Error> {
    let rows = table::table
        .inner_join(revisions::table.on(table::working_revision_id.eq(revisions::id.nullable())))
        .inner_join(orgs::table.on(orgs::id.eq(table::organisation_id)))
        .filter(table::organisation_id.eq_any(houses).and(table::verdict_at.is_not_null()))
        .filter(table::status.ne_all([Status::Suspended.as_str(), Status::Archived.as_str()]))
        .filter(revisions::state.eq(RevisionState::Draft.as_str()))
        .order((table::verdict_at.asc(), table::id.asc()))
        .limit(MOST)
        .select(((table::id, table::organisation_id, orgs::name, table::verdict_at.assume_not_null()), revisions::content))
        .load(connection)?;
    of_initiatives(TaskKind::ReviseInitiative, rows)
}

fn to_correct(connection: &mut AnyConnection, houses: &[String]) -> Result<Vec<Task>, Error> {
    let rows = table::table
        .inner_join(revisions::table.on(table::approved_revision_id.eq(revisions::id.nullable())))
        .inner_join(orgs::table.on(orgs::id.eq(table::organisation_id)))
        .filter(table::organisation_id.eq_any(houses).and(table::status.eq(Status::Suspended.as_str())))
        .filter(table::verdict_at.is_not_null())
        .order((table::verdict_at.asc(), table::id.asc()))
        .limit(MOST)
        .select(((table::id, table::organisation_id, orgs::name, table::verdict_at.assume_not_null()), revisions::content))
        .load(connection)?;
    of_initiatives(TaskKind::CorrectInitiative, rows)
}

fn to_admit(connection: &mut AnyConnection, houses: &[String]) -> Result<Vec<Task>, Error> {
    let rows: Vec<Row> = memberships::table
        .inner_join(orgs::table.on(orgs::id.eq(memberships::organisation_id)))
        .filter(memberships::organisation_id.eq_any(houses).and(memberships::status.eq(MembershipStatus::Requested.as_str())))
        .order((memberships::created_at.asc(), memberships::id.asc()))
        .limit(MOST)
        .select((memberships::id, orgs::id, orgs::name, memberships::created_at))
        .load(connection)?;
    of_organisations(TaskKind::ConfirmMembership, "membership", rows)
}

fn to_answer(connection: &mut AnyConnection, houses: &[String]) -> Result<Vec<Task>, Error> {
    let rows: Vec<(Row, NaiveDate)> = cases::table
        .inner_join(orgs::table.on(orgs::id.eq(cases::organisation_id)))
        .filter(cases::organisation_id.eq_any(houses).and(cases::status.eq(EligibilityStatus::Hearing.as_str())))
        .order((cases::due_on.asc(), cases::id.asc()))
        .limit(MOST)
        .select(((cases::id, orgs::id, orgs::name, cases::opened_at), cases::due_on))
        .load(connection)?;
    let (rows, due): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let tasks = of_organisations(TaskKind::AnswerHearing, "eligibility_case", rows)?;
    // The whole of the last day counts.
    let due = due.into_iter().map(|day| day.succ_opt().map(zone::start_of));
    Ok(tasks.into_iter().zip(due).map(|(task, due_at)| Task { due_at, ..task }).collect())
}

/// The texts that nobody else is at.
fn to_review(connection: &mut AnyConnection, identity: &Identity, now: DateTime<Utc>) -> Result<Vec<Task>, Error> {
    let me = persons::find(connection, identity)?.map(|person| person.to_string()).unwrap_or_default();
    let claimed = claims::table.filter(claims::claimed_until.gt(naive(now)).and(claims::person_id.ne(me))).select(claims::initiative_id);
    let rows = table::table
        .inner_join(revisions::table.on(table::working_revision_id.eq(revisions::id.nullable())))
        .inner_join(orgs::table.on(orgs::id.eq(table::organisation_id)))
        .filter(revisions::state.eq(RevisionState::InReview.as_str()).and(revisions::submitted_at.is_not_null()))
        .filter(table::id.ne_all(claimed))
        .order((revisions::submitted_at.asc(), revisions::id.asc()))
        .limit(MOST)
        .select(((table::id, table::organisation_id, orgs::name, revisions::submitted_at.assume_not_null()), revisions::content))
        .load(connection)?;
    of_initiatives(TaskKind::ReviewInitiative, rows)
}

fn to_decide(connection: &mut AnyConnection) -> Result<Vec<Task>, Error> {
    let rows: Vec<(Row, String)> = reports::table
        .inner_join(table::table.on(table::id.eq(reports::initiative_id)))
        .inner_join(revisions::table.on(table::approved_revision_id.eq(revisions::id.nullable())))
        .inner_join(orgs::table.on(orgs::id.eq(table::organisation_id)))
        .filter(reports::status.eq(ReportStatus::Open.as_str()))
        .order((reports::received_at.asc(), reports::id.asc()))
        .limit(MOST)
        .select(((reports::id, orgs::id, orgs::name, reports::received_at), revisions::content))
        .load(connection)?;
    rows.into_iter().map(|(row, content)| task(TaskKind::DecideReport, "report", row, title(&content)?)).collect()
}

fn to_verify(connection: &mut AnyConnection) -> Result<Vec<Task>, Error> {
    let rows: Vec<Row> = orgs::table
        .filter(orgs::verification.eq(Verification::Unverified.as_str()))
        .order((orgs::created_at.asc(), orgs::id.asc()))
        .limit(MOST)
        .select((orgs::id, orgs::id, orgs::name, orgs::created_at))
        .load(connection)?;
    of_organisations(TaskKind::VerifyOrganisation, "organisation", rows)
}

fn to_appoint(connection: &mut AnyConnection) -> Result<Vec<Task>, Error> {
    let rows: Vec<Row> = successions::table
        .inner_join(orgs::table.on(orgs::id.eq(successions::organisation_id)))
        .order((successions::started_at.asc(), orgs::id.asc()))
        .limit(MOST)
        .select((orgs::id, orgs::id, orgs::name, successions::started_at))
        .load(connection)?;
    of_organisations(TaskKind::AppointSignatory, "organisation", rows)
}

fn to_rule(connection: &mut AnyConnection) -> Result<Vec<Task>, Error> {
    let rows: Vec<Row> = cases::table
        .inner_join(orgs::table.on(orgs::id.eq(cases::organisation_id)))
        .filter(cases::status.eq(EligibilityStatus::Answered.as_str()))
        .order((cases::opened_at.asc(), cases::id.asc()))
        .limit(MOST)
        .select((cases::id, orgs::id, orgs::name, cases::opened_at))
        .load(connection)?;
    of_organisations(TaskKind::DecideEligibility, "eligibility_case", rows)
}

/// Called as their organisation is.
fn of_organisations(kind: TaskKind, subject: &'static str, rows: Vec<Row>) -> Result<Vec<Task>, Error> {
    rows.into_iter().map(|row| (row.2.clone(), row)).map(|(name, row)| task(kind, subject, row, name)).collect()
}
