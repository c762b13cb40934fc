//! How an organisation stands: whether somebody signs for it, and what was decided about it.

use access::{Acting, Action, Reader};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::{
    dsl::{count_star, exists, not, select},
    prelude::*,
};
use kernel::{Datum, Event, MembershipId, OrganisationId, PersonId, ProblemType, SigningFreezeId, Visibility, string_enum, zone};
use organisations::{
    EligibilityCase, EligibilityStatus, Membership, MembershipRole, MembershipRule, MembershipStatus, Organisation, OrganisationKind,
    OrganisationRule, Reasoned, SigningCommand, SigningFreeze, SigningRule, Standing,
};

use super::{
    Row, Stored, eligibility, event, find,
    memberships::{membership_event, membership_of, store_membership},
    readable, store, within_reach,
};
use crate::{
    AnyConnection, DoorRule, Error, Precondition, Tag, Tx,
    db::naive,
    initiatives as catalogued,
    page::{Page, PageRequest, cursor_part, id_column},
    persons,
    schema::{eligibility_cases, memberships, organisations as table, signing_freezes as freezes, successions},
};

#[derive(Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = freezes, treat_none_as_null = true)]
struct FreezeRow {
    id: String,
    organisation_id: String,
    reason: String,
    frozen_at: NaiveDateTime,
    lifted_reason: Option<String>,
    lifted_at: Option<NaiveDateTime>,
}

impl FreezeRow {
    fn new(freeze: &SigningFreeze) -> Self {
        let SigningFreeze { id, organisation, frozen, lifted } = freeze.clone();
        let (lifted_reason, lifted_at) = lifted.map(|lifted| (lifted.reason, naive(lifted.at))).unzip();
        Self {
            id: id.to_string(),
            organisation_id: organisation.to_string(),
            reason: frozen.reason,
            frozen_at: naive(frozen.at),
            lifted_reason,
            lifted_at,
        }
    }

    fn freeze(self) -> Result<SigningFreeze, Error> {
        Ok(SigningFreeze {
            id: id_column(&self.id)?,
            organisation: id_column(&self.organisation_id)?,
            frozen: Reasoned { reason: self.reason, at: self.frozen_at.and_utc() },
            lifted: self.lifted_reason.zip(self.lifted_at).map(|(reason, at)| Reasoned { reason, at: at.and_utc() }),
        })
    }
}

/// The last time that signing was suspended, over or not.
pub(crate) fn latest_freeze(connection: &mut AnyConnection, id: OrganisationId) -> Result<Option<SigningFreeze>, Error> {
    let of_it = freezes::table.filter(freezes::organisation_id.eq(id.to_string()));
    let row: Option<FreezeRow> = of_it.order(freezes::id.desc()).first(connection).optional()?;
    row.map(FreezeRow::freeze).transpose()
}

fn confirmed_signatory() -> memberships::BoxedQuery<'static, <AnyConnection as diesel::Connection>::Backend> {
    memberships::table
        .filter(memberships::role.eq(MembershipRole::Signatory.as_str()).and(memberships::status.eq(MembershipStatus::Confirmed.as_str())))
        .into_boxed()
}

/// Whether there is anybody who signs for it, where somebody must.
fn is_unattended(connection: &mut AnyConnection, organisation: &Organisation) -> Result<bool, Error> {
    if !organisation.needs_signatory() {
        return Ok(false);
    }
    let signatories = confirmed_signatory().filter(memberships::organisation_id.eq(organisation.id.to_string()));
    Ok(signatories.select(count_star()).first::<i64>(connection)? == 0)
}

/// What can keep an organisation from committing itself.
pub(crate) fn of(connection: &mut AnyConnection, organisation: &Organisation) -> Result<Standing, Error> {
    let id = organisation.id.to_string();
    let open = freezes::table.filter(freezes::organisation_id.eq(&id).and(freezes::lifted_at.is_null()));
    let held = eligibility_cases::table
        .filter(eligibility_cases::organisation_id.eq(&id).and(eligibility_cases::status.eq(EligibilityStatus::Held.as_str())));
    Ok(Standing {
        unattended: is_unattended(connection, organisation)?,
        frozen: select(exists(open)).get_result(connection)?,
        held: select(exists(held)).get_result(connection)?,
    })
}

/// Whether an organisation may commit itself. Whatever domain a commitment is in, it asks here.
pub(crate) fn may_commit(connection: &mut AnyConnection, organisation: &Organisation) -> Result<(), Error> {
    let standing = of(connection, organisation)?;
    Ok(organisation.may_commit(&standing)?)
}

/// Everything that its members and staff may know of how an organisation stands.
#[derive(Clone, Debug)]
pub struct File {
    pub stored: Stored,
    pub standing: Standing,
    /// While signing is suspended.
    pub freeze: Option<SigningFreeze>,
    /// The last one, whatever came of it.
    pub case: Option<EligibilityCase>,
    /// Since when somebody wants a signatory for it.
    pub succession: Option<DateTime<Utc>>,
    reader: Reader,
}

impl File {
    /// What keeps the organisation from committing itself.
    #[must_use]
    pub fn obstacles(&self) -> Vec<OrganisationRule> {
        self.stored.organisation.obstacles(&self.standing)
    }

    /// What its reader may do about it, each with what stands against it now.
    #[must_use]
    pub fn actions(&self) -> Vec<(&'static str, Option<&'static ProblemType>)> {
        let ended = self.stored.organisation.live().err().map(OrganisationRule::as_problem);
        let frozen = self.standing.frozen.then_some(SigningRule::Frozen.as_problem());
        let free = (!self.standing.frozen).then_some(SigningRule::Free.as_problem());
        let unsettled = (self.standing.frozen || self.case.as_ref().is_some_and(EligibilityCase::is_open))
            .then_some(OrganisationRule::Unsettled.as_problem());
        let attended = (!self.standing.unattended).then_some(MembershipRule::Attended.as_problem());
        let govern = [
            (SigningCommand::Freeze.as_str(), ended.or(frozen)),
            (SigningCommand::Unfreeze.as_str(), free),
            ("dissolve", ended),
            ("merge", ended.or(unsettled)),
        ];
        let govern = govern.into_iter().filter(|_| self.reader.may(Action::GovernOrganisation));
        govern.chain(self.reader.may(Action::StartSuccession).then_some(("succession", ended.or(attended)))).collect()
    }
}

pub(super) fn open(connection: &mut AnyConnection, acting: &Acting, stored: Stored) -> Result<File, Error> {
    let id = stored.organisation.id;
    let succession: Option<NaiveDateTime> =
        successions::table.find(id.to_string()).select(successions::started_at).first(connection).optional()?;
    Ok(File {
        standing: of(connection, &stored.organisation)?,
        freeze: latest_freeze(connection, id)?.filter(|freeze| freeze.lifted.is_none()),
        case: eligibility::latest(connection, id)?,
        succession: succession.map(|at| at.and_utc()),
        reader: persons::reader(connection, acting, id)?,
        stored,
    })
}

/// How an organisation stands, for its members and for staff.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Moved`]; database failures.
pub fn get(connection: &mut AnyConnection, acting: &Acting, id: OrganisationId) -> Result<File, Error> {
    let stored = readable(connection, acting, id)?;
    open(connection, acting, stored)
}

/// Every step moves the version of the organisation: whoever saw it before sees another one now.
fn moved(tx: &mut Tx<'_>, acting: &Acting, before: &Stored) -> Result<File, Error> {
    let organisation = Organisation { version: before.organisation.version + 1, ..before.organisation.clone() };
    let stored = store(tx, before, organisation)?;
    tx.touch([Tag::ORGANISATIONS]);
    open(tx.connection, acting, stored)
}

/// Suspends signing, because there is a dispute about it.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`SigningRule`], [`OrganisationRule`]; database failures.
pub fn freeze(tx: &mut Tx<'_>, acting: &Acting, id: OrganisationId, precondition: Precondition, reason: String) -> Result<File, Error> {
    let before = within_reach(tx.connection, acting, id)?;
    precondition.accept(before.organisation.version)?;
    before.organisation.live()?;
    let latest = latest_freeze(tx.connection, id)?;
    let frozen = Reasoned { reason, at: tx.now() };
    let freeze = SigningFreeze::freeze(latest.as_ref(), SigningFreezeId(tx.new_id()), id, frozen)?;
    diesel::insert_into(freezes::table).values(FreezeRow::new(&freeze)).execute(tx.connection)?;
    tx.record(event("organisation.signing_frozen", id, Visibility::Organisation));
    moved(tx, acting, &before)
}

/// Restores it.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`SigningRule`]; database failures.
pub fn unfreeze(tx: &mut Tx<'_>, acting: &Acting, id: OrganisationId, precondition: Precondition, reason: String) -> Result<File, Error> {
    let before = within_reach(tx.connection, acting, id)?;
    precondition.accept(before.organisation.version)?;
    let freeze = SigningFreeze::unfreeze(latest_freeze(tx.connection, id)?, Reasoned { reason, at: tx.now() })?;
    diesel::update(freezes::table.find(freeze.id.to_string())).set(FreezeRow::new(&freeze)).execute(tx.connection)?;
    tx.record(event("organisation.signing_unfrozen", id, Visibility::Organisation));
    moved(tx, acting, &before)
}

/// Says that an organisation is no more. What it had in the catalogue is archived with it.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`OrganisationRule`]; database failures.
pub fn dissolve(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: OrganisationId,
    precondition: Precondition,
    (on, successor): (NaiveDate, Option<OrganisationId>),
) -> Result<File, Error> {
    let before = within_reach(tx.connection, acting, id)?;
    precondition.accept(before.organisation.version)?;
    let successor = match successor {
        Some(other) => Some(find(tx.connection, other)?.ok_or(OrganisationRule::SuccessorUnfit)?.organisation),
        None => None,
    };
    let today = zone::date(tx.now());
    let ended = before.organisation.clone().dissolve(on, successor.as_ref(), today)?;
    catalogued::archive_all(tx, &before.organisation)?;
    let stored = store(tx, &before, ended)?;
    diesel::delete(successions::table.find(id.to_string())).execute(tx.connection)?;
    let visibility = if stored.organisation.is_verified() { Visibility::Public } else { Visibility::Organisation };
    let dissolved = event("organisation.dissolved", id, visibility);
    tx.record(match &successor {
        Some(other) => dissolved.with("successor_id", Datum::Id(other.id.0)),
        None => dissolved,
    });
    tx.touch([Tag::ORGANISATIONS]);
    open(tx.connection, acting, stored)
}

/// Says so when the last signatory has gone: it is for staff to see to it.
pub(super) fn note_unattended(tx: &mut Tx<'_>, organisation: &Organisation) -> Result<(), Error> {
    if organisation.end.is_none() && is_unattended(tx.connection, organisation)? {
        tx.record(event("organisation.unattended", organisation.id, Visibility::Organisation));
    }
    Ok(())
}

/// Asks for a signatory where there is none. Asking again changes nothing.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`Attended`](MembershipRule::Attended), [`OrganisationRule`]; database failures.
pub fn start_succession(tx: &mut Tx<'_>, acting: &Acting, id: OrganisationId, precondition: Precondition) -> Result<File, Error> {
    let before = within_reach(tx.connection, acting, id)?;
    precondition.accept(before.organisation.version)?;
    before.organisation.live()?;
    if !is_unattended(tx.connection, &before.organisation)? {
        return Err(MembershipRule::Attended.into());
    }
    let (person, now): (PersonId, _) = (tx.person()?, naive(tx.now()));
    let begun = select(exists(successions::table.find(id.to_string()))).get_result::<bool>(tx.connection)?;
    if !begun {
        let values = (
            successions::organisation_id.eq(id.to_string()),
            successions::person_id.eq(person.to_string()),
            successions::started_at.eq(now),
        );
        diesel::insert_into(successions::table).values(values).execute(tx.connection)?;
    }
    tx.record(event("organisation.succession_started", id, Visibility::Organisation));
    open(tx.connection, acting, before)
}

/// Makes a member the signatory of an organisation that has none.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`MembershipRule`], [`OrganisationRule`]; database failures.
pub fn appoint(
    tx: &mut Tx<'_>,
    acting: &Acting,
    organisation: OrganisationId,
    id: MembershipId,
    precondition: Precondition,
) -> Result<Membership, Error> {
    let stored = within_reach(tx.connection, acting, organisation)?;
    let membership = membership_of(tx, organisation, id)?;
    let seen = membership.version;
    precondition.accept(seen)?;
    stored.organisation.live()?;
    let appointed = membership.appoint(is_unattended(tx.connection, &stored.organisation)?)?;
    store_membership(tx, seen, &appointed)?;
    attended(tx, organisation)?;
    tx.record(membership_event("membership.appointed", &appointed));
    Ok(appointed)
}

/// Somebody signs for it again, and nobody has to be looked for.
pub(super) fn attended(tx: &mut Tx<'_>, id: OrganisationId) -> Result<(), Error> {
    diesel::delete(successions::table.find(id.to_string())).execute(tx.connection)?;
    Ok(())
}

string_enum! {
    /// Why an organisation needs somebody's attention.
    pub enum Concern {
        /// Nobody signs for it.
        Unattended = "unattended" da("Uden tegningsberettiget") en("Without a signatory"),
        /// Its signatories are in dispute.
        Frozen = "frozen" da("Tegningsretten er sat i bero") en("Signing is suspended"),
        /// A case about its eligibility waits for an answer or a decision.
        InHearing = "in_hearing" da("Sag om støtte i gang") en("Eligibility under review"),
        /// It cannot have support or premises.
        Held = "held" da("Udelukket fra støtte") en("On hold"),
        /// Nobody has checked it yet.
        Unverified = "unverified" da("Ikke godkendt endnu") en("Not verified yet"),
        Dissolved = "dissolved" da("Opløst") en("Dissolved"),
    }
}

/// Organisations that staff should see to, or that have a matter with staff, in the order of their ids.
///
/// # Errors
/// [`DoorRule::NotFound`] for whoever does not reach them; an invalid cursor; database failures.
pub fn list(connection: &mut AnyConnection, acting: &Acting, concern: Concern, page: &PageRequest) -> Result<Page<Stored>, Error> {
    if !acting.reaches_all() {
        return Err(DoorRule::NotFound.into());
    }
    let query = || {
        let live = table::table.filter(table::ending.is_null()).into_boxed();
        match concern {
            Concern::Unattended => {
                let signed = memberships::table
                    .filter(memberships::role.eq(MembershipRole::Signatory.as_str()))
                    .filter(memberships::status.eq(MembershipStatus::Confirmed.as_str()))
                    .select(memberships::organisation_id);
                live.filter(table::kind.ne(OrganisationKind::MunicipalInstitution.as_str()).and(not(table::id.eq_any(signed))))
            }
            Concern::Frozen => {
                live.filter(table::id.eq_any(freezes::table.filter(freezes::lifted_at.is_null()).select(freezes::organisation_id)))
            }
            Concern::InHearing => {
                let statuses = [EligibilityStatus::Hearing.as_str(), EligibilityStatus::Answered.as_str()];
                let cases = eligibility_cases::table.filter(eligibility_cases::status.eq_any(statuses));
                live.filter(table::id.eq_any(cases.select(eligibility_cases::organisation_id)))
            }
            Concern::Held => {
                let cases = eligibility_cases::table.filter(eligibility_cases::status.eq(EligibilityStatus::Held.as_str()));
                live.filter(table::id.eq_any(cases.select(eligibility_cases::organisation_id)))
            }
            Concern::Unverified => live.filter(table::verification.eq(organisations::Verification::Unverified.as_str())),
            Concern::Dissolved => table::table.filter(table::ending.eq(organisations::Ending::Dissolved.as_str())).into_boxed(),
        }
    };
    let mut rows = query();
    if let Some(after) = &page.after {
        rows = rows.filter(table::id.gt(cursor_part::<String>(after, 0)?));
    }
    let items: Vec<Row> = rows.order(table::id.asc()).limit(page.fetch()).load(connection)?;
    let total = if page.count { Some(query().select(count_star()).first(connection)?) } else { None };
    Page::cut(items, page, total, |row| vec![row.id.clone()]).try_map(Row::stored)
}

/// Everybody who should read a letter about how an organisation stands: each signatory whose address is known, and the
/// organisation's own address.
pub(crate) fn addressees(connection: &mut AnyConnection, id: OrganisationId) -> Result<Vec<String>, Error> {
    let own: Option<Option<String>> = table::table.find(id.to_string()).select(table::contact_email).first(connection).optional()?;
    let theirs: Vec<Option<String>> = confirmed_signatory()
        .filter(memberships::organisation_id.eq(id.to_string()))
        .order(memberships::id.asc())
        .select(memberships::email)
        .load(connection)?;
    let mut all: Vec<String> = Vec::new();
    for address in own.into_iter().chain(theirs).flatten() {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    Ok(all)
}

/// The event of a case, for the organisation and staff.
pub(super) fn case_event(name: &'static str, case: &EligibilityCase) -> Event {
    let subject = kernel::Subject { kind: "eligibility_case", id: case.id.0 };
    Event::new(name, subject, Visibility::Organisation).of(case.organisation)
}
