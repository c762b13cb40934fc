//! Initiatives: load, let the domain decide, store, and keep the public catalogue in step.

mod aging;
mod commands;
mod review;
mod row;

use access::{Acting, Action, Reader};
use chrono::{DateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use initiatives::{Command, Initiative, InitiativeRule, Refused, Status};
use kernel::{Fault, Finding, InitiativeId, OrganisationId, ProblemType};
use organisations::{Organisation, OrganisationRule, Standing};

pub(crate) use aging::age;
pub use commands::{archive, clear, confirm, draft, edit, pause, resume, revise, submit, suspend};
pub(crate) use commands::{archive_all, confirm_by_link, entry, hand_over};
pub use review::{
    Claimed, FIGURES_DAYS, QueueFigures, QueueFilter, Waiting, assess, assessments_of, claim, publish, queue, queue_figures, refuse,
    release, return_to_draft,
};
pub(crate) use row::{InitiativeRow, RevisionRow, exchange_term};

use crate::{
    AnyConnection, DoorRule, Error, Tx,
    organisations::{self as registered, standing},
    page::{Page, PageRequest, cursor_instant, cursor_part},
    persons,
    schema::{initiatives as table, organisations as orgs},
};

/// An initiative with everything that its members and staff may read of it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub initiative: Initiative,
    pub organisation_name: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// An initiative before somebody who may read its file.
#[derive(Clone, Debug)]
pub struct File {
    pub stored: Stored,
    pub organisation: Organisation,
    standing: Standing,
    reader: Reader,
}

/// The right that a command needs.
#[must_use]
pub const fn action(command: Command) -> Action {
    match command {
        Command::Edit | Command::Revise => Action::EditInitiative,
        Command::Submit => Action::SubmitInitiative,
        Command::Publish => Action::PublishInitiative,
        Command::Return => Action::ReturnInitiative,
        Command::Refuse => Action::RefuseInitiative,
        Command::Pause | Command::Resume => Action::PauseInitiative,
        Command::Suspend | Command::Clear => Action::SuspendInitiative,
        Command::Confirm => Action::ConfirmInitiative,
        Command::Archive => Action::ArchiveInitiative,
    }
}

impl File {
    /// What its reader may do with it, and what stands against it now.
    #[must_use]
    pub fn actions(&self) -> Vec<(Command, Option<&'static ProblemType>)> {
        let blocked = |command| {
            let organisation = if command == Command::Submit { self.organisation.may_commit(&self.standing).err() } else { None };
            let initiative = self.stored.initiative.blocked(command).map(InitiativeRule::as_problem);
            organisation.map(OrganisationRule::as_problem).or(initiative)
        };
        let mine = Command::ALL.iter().copied().filter(|command| self.reader.may(action(*command)));
        mine.map(|command| (command, blocked(command))).collect()
    }
}

impl From<Refused> for Error {
    fn from(Refused { rule, findings }: Refused) -> Self {
        Self { findings, ..InitiativeRule::into(rule) }
    }
}

/// The whole file of an initiative, for the organisation's members and for staff.
///
/// # Errors
/// [`DoorRule::NotFound`], also when it is there but not for this reader; database failures.
pub fn get_file(connection: &mut AnyConnection, acting: &Acting, id: InitiativeId) -> Result<File, Error> {
    let (stored, organisation) = within_reach(connection, acting, id)?;
    let reader = persons::reader(connection, acting, organisation.id)?;
    let standing = standing::of(connection, &organisation)?;
    Ok(File { stored, organisation, standing, reader })
}

/// The file of an initiative with which somebody has just done something.
///
/// # Errors
/// Database failures.
pub fn opened(tx: &mut Tx<'_>, acting: &Acting, stored: Stored) -> Result<File, Error> {
    let organisation = registered::load(tx.connection, stored.initiative.organisation)?;
    let reader = persons::reader(tx.connection, acting, organisation.id)?;
    let standing = standing::of(tx.connection, &organisation)?;
    Ok(File { stored, organisation, standing, reader })
}

/// Files, the latest changed first. Members name their organisation; staff may ask for all at once.
/// No status means every status.
///
/// # Errors
/// [`DoorRule::NotFound`] for an organisation out of reach; a finding for a member who names none; an invalid
/// cursor; database failures.
pub fn list_files(
    connection: &mut AnyConnection,
    acting: &Acting,
    organisation: Option<OrganisationId>,
    statuses: &[Status],
    page: &PageRequest,
) -> Result<Page<Stored>, Error> {
    match organisation {
        Some(id) => registered::readable(connection, acting, id).map(|_| ())?,
        None if acting.reaches_all() => {}
        None => return Err(Error::invalid(vec![Finding::new("?organisation_id", Fault::Required)])),
    }
    let query = || {
        let mut query = table::table.inner_join(orgs::table.on(orgs::id.eq(table::organisation_id))).into_boxed();
        if let Some(id) = organisation {
            query = query.filter(table::organisation_id.eq(id.to_string()));
        }
        if !statuses.is_empty() {
            query = query.filter(table::status.eq_any(statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>()));
        }
        query
    };
    let mut rows = query();
    if let Some(after) = &page.after {
        let (at, id) = (cursor_instant(after, 0)?, cursor_part::<String>(after, 1)?);
        rows = rows.filter(table::updated_at.le(at).and(table::updated_at.lt(at).or(table::id.lt(id))));
    }
    let rows: Vec<(InitiativeRow, String)> = rows
        .order((table::updated_at.desc(), table::id.desc()))
        .limit(page.fetch())
        .select((table::all_columns, orgs::name))
        .load(connection)?;
    let total = if page.count { Some(query().select(count_star()).first(connection)?) } else { None };
    let items = row::assemble(connection, rows)?;
    Ok(Page::cut(items, page, total, |stored| vec![stored.updated_at.timestamp_micros().to_string(), stored.initiative.id.to_string()]))
}

/// An initiative, whoever asks: for what the service itself has to do with it.
pub(crate) fn load(connection: &mut AnyConnection, id: InitiativeId) -> Result<Option<Stored>, Error> {
    let rows: Vec<(InitiativeRow, String)> = table::table
        .inner_join(orgs::table.on(orgs::id.eq(table::organisation_id)))
        .filter(table::id.eq(id.to_string()))
        .select((table::all_columns, orgs::name))
        .load(connection)?;
    Ok(row::assemble(connection, rows)?.pop())
}

/// Everything of one organisation, in the order in which it was drafted.
fn all_of(tx: &mut Tx<'_>, organisation: OrganisationId) -> Result<Vec<Stored>, Error> {
    let rows: Vec<(InitiativeRow, String)> = table::table
        .inner_join(orgs::table.on(orgs::id.eq(table::organisation_id)))
        .filter(table::organisation_id.eq(organisation.to_string()))
        .order(table::id.asc())
        .select((table::all_columns, orgs::name))
        .load(tx.connection)?;
    row::assemble(tx.connection, rows)
}

/// An initiative of an organisation that the acting person's action reaches; every other one looks like
/// a missing one.
pub(crate) fn within_reach(connection: &mut AnyConnection, acting: &Acting, id: InitiativeId) -> Result<(Stored, Organisation), Error> {
    // Nobody in particular reaches nothing, and most readers are nobody: that is no question for the database.
    acting.identity().ok_or(DoorRule::NotFound)?;
    let stored = load(connection, id)?.ok_or(DoorRule::NotFound)?;
    let organisation = registered::within_reach(connection, acting, stored.initiative.organisation)?.organisation;
    Ok((stored, organisation))
}

#[cfg(test)]
mod tests;
