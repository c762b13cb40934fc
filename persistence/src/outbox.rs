//! From the journal to letters: who must hear of what has happened.
//!
//! The journal is followed by a cursor that moves in the transaction in which the letters are written, so that each entry is
//! looked at once, by whichever instance comes first.

use diesel::prelude::*;
use kernel::{InitiativeId, InvitationId, MessageId, OrganisationId};
use uuid::Uuid;

use crate::{
    AnyConnection, Clock, Db, Error, Tx, initiatives as catalogued, jobs,
    letters::{self, LetterKind},
    messages::{self, MESSAGE_ID},
    organisations::{invitations, standing},
    page::{id_column, optional_id},
    schema::{cursors, journal, organisations},
};

/// The name of the cursor.
const LETTERS: &str = "letters";

/// Entries in one transaction.
const CHUNK: i64 = 200;

struct Happened {
    name: String,
    subject: Uuid,
    organisation: Option<OrganisationId>,
    /// JSON object of ids, codes and names of fields.
    data: String,
}

/// Writes the letters that are due for everything that has happened; says how many entries it looked at.
pub(crate) fn advance(db: &Db, clock: &Clock) -> Result<usize, Error> {
    let mut looked_at = 0;
    while db.read(|connection| Ok(crate::journal::last(connection)? > reached(connection)?)).result? {
        looked_at += db.write(&jobs::command(clock, "outbox"), chunk).result?;
    }
    Ok(looked_at)
}

fn reached(connection: &mut AnyConnection) -> Result<i64, Error> {
    Ok(cursors::table.find(LETTERS).select(cursors::sequence).first(connection)?)
}

fn chunk(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let from = reached(tx.connection)?;
    let rows: Vec<(i64, String, String, Option<String>, String, String)> = journal::table
        .filter(journal::sequence.gt(from))
        .order(journal::sequence.asc())
        .limit(CHUNK)
        .select((journal::sequence, journal::name, journal::subject_id, journal::organisation_id, journal::data, journal::operation))
        .load(tx.connection)?;
    let Some((last, ..)) = rows.last() else { return Ok(0) };
    diesel::update(cursors::table.find(LETTERS)).set(cursors::sequence.eq(*last)).execute(tx.connection)?;
    let looked_at = rows.len();
    // Nobody has to hear of what was invented.
    for (_, name, subject, organisation, data, _) in rows.into_iter().filter(|(.., operation)| operation != "seed") {
        let happened = Happened { name, subject: id_column(&subject)?, organisation: optional_id(organisation.as_deref())?, data };
        tell(tx, &happened)?;
    }
    Ok(looked_at)
}

fn tell(tx: &mut Tx<'_>, happened: &Happened) -> Result<(), Error> {
    let (kind, recipients) = match happened.name.as_str() {
        "initiative.published" | "initiative.returned" | "initiative.refused" | "initiative.suspended" | "initiative.cleared" => {
            (LetterKind::InitiativeDecided, of_organisation(tx, happened.organisation)?.into_iter().collect())
        }
        "initiative.aged" => (LetterKind::InitiativeAging, of_initiative(tx, happened)?.into_iter().collect()),
        "initiative.hidden" => (LetterKind::InitiativeHidden, of_initiative(tx, happened)?.into_iter().collect()),
        "organisation.signing_frozen" => (LetterKind::SigningFrozen, signatories(tx, happened)?),
        "organisation.signing_unfrozen" => (LetterKind::SigningUnfrozen, signatories(tx, happened)?),
        "eligibility_case.opened" | "eligibility_case.held" | "eligibility_case.dropped" | "eligibility_case.lifted" => {
            (LetterKind::EligibilityCase, signatories(tx, happened)?)
        }
        "organisation.unattended" => (LetterKind::OrganisationUnattended, signatories(tx, happened)?),
        "organisation.dissolved" => (LetterKind::OrganisationDissolved, signatories(tx, happened)?),
        "invitation.made" => return invite(tx, InvitationId(happened.subject)),
        "initiative.message_received" => return ask_writer(tx, happened),
        "initiative.message_confirmed" => return hand_on(tx, happened),
        _ => return Ok(()),
    };
    recipients.iter().try_for_each(|recipient| letters::post(tx, kind, recipient, happened.subject))
}

fn signatories(tx: &mut Tx<'_>, happened: &Happened) -> Result<Vec<String>, Error> {
    happened.organisation.map_or_else(|| Ok(Vec::new()), |id| standing::addressees(tx.connection, id))
}

fn invite(tx: &mut Tx<'_>, id: InvitationId) -> Result<(), Error> {
    let Some(invitation) = invitations::load(tx.connection, id)? else { return Ok(()) };
    letters::post_to_stranger(tx, LetterKind::Invitation, &invitation.email, id.0)
}

/// Whether the address is the writer's own.
fn ask_writer(tx: &mut Tx<'_>, happened: &Happened) -> Result<(), Error> {
    let Some(message) = messages::load(tx.connection, message_id(happened)?)? else { return Ok(()) };
    letters::post_to_stranger(tx, LetterKind::ConfirmMessage, &message.email, message.id.0)
}

fn hand_on(tx: &mut Tx<'_>, happened: &Happened) -> Result<(), Error> {
    let id = message_id(happened)?;
    of_initiative(tx, happened)?.map_or(Ok(()), |recipient| letters::post(tx, LetterKind::Message, &recipient, id.0))
}

fn message_id(happened: &Happened) -> Result<MessageId, Error> {
    let data: serde_json::Value = serde_json::from_str(&happened.data).map_err(Error::internal)?;
    id_column(data.get(MESSAGE_ID).and_then(|id| id.as_str()).unwrap_or_default())
}

fn of_organisation(tx: &mut Tx<'_>, organisation: Option<OrganisationId>) -> Result<Option<String>, Error> {
    let Some(id) = organisation else { return Ok(None) };
    let email: Option<Option<String>> =
        organisations::table.find(id.to_string()).select(organisations::contact_email).first(tx.connection).optional()?;
    Ok(email.flatten())
}

fn of_initiative(tx: &mut Tx<'_>, happened: &Happened) -> Result<Option<String>, Error> {
    addressee(tx, InitiativeId(happened.subject), happened.organisation)
}

/// Whoever is named at the initiative knows best about it.
pub(crate) fn addressee(tx: &mut Tx<'_>, initiative: InitiativeId, organisation: Option<OrganisationId>) -> Result<Option<String>, Error> {
    let found = catalogued::load(tx.connection, initiative)?;
    let contact = found.and_then(|stored| stored.initiative.approved).and_then(|revision| revision.content.contact);
    match contact.and_then(|contact| contact.email) {
        Some(email) => Ok(Some(email)),
        None => of_organisation(tx, organisation),
    }
}
