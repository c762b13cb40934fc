//! Letters on their way out.
//!
//! A letter names its kind, its recipient and what it is about; what it says is put together when it goes, from what is
//! true then. It is sent at most once: that it is about to go is committed before it goes, and a process that dies in
//! between leaves a letter of which nobody knows whether it went. Such a one is not sent again by itself.

use chrono::{NaiveDate, TimeDelta};
use diesel::{dsl::count_star, prelude::*};
use initiatives::{Message, Status, Verdict};
use kernel::{EligibilityCaseId, InitiativeId, InvitationId, MessageId, OrganisationId, string_enum};
use organisations::{EligibilityStatus, End, Ending, InvitationStatus, MembershipRole};
use uuid::Uuid;

use crate::{
    AnyConnection, Error, Tx,
    confirmations::{self, Purpose},
    db::naive,
    initiatives as catalogued,
    jobs::{self, JobKind},
    messages,
    organisations::{self as registered, eligibility, invitations, standing},
    page::{id_column, word},
    schema::mails as table,
};

string_enum! {
    /// What a letter is.
    pub enum LetterKind {
        /// Staff has decided about an initiative.
        InitiativeDecided = "initiative_decided",
        /// Somebody should say that an entry still holds.
        InitiativeAging = "initiative_aging",
        /// Nobody has, and the entry is hidden.
        InitiativeHidden = "initiative_hidden",
        /// Nobody signs for an organisation until its signatories agree.
        SigningFrozen = "signing_frozen",
        /// They do.
        SigningUnfrozen = "signing_unfrozen",
        /// Something has happened in a case about an organisation's eligibility.
        EligibilityCase = "eligibility_case",
        /// The last signatory of an organisation has gone.
        OrganisationUnattended = "organisation_unattended",
        OrganisationDissolved = "organisation_dissolved",
        /// Somebody is asked to speak for an organisation.
        Invitation = "invitation",
        /// Whoever has written to an initiative should confirm their address.
        ConfirmMessage = "confirm_message",
        /// What they wrote.
        Message = "message",
    }
}

string_enum! {
    /// How far a letter has come.
    pub enum LetterStatus {
        Waiting = "waiting",
        /// About to go, or gone without a word of how it went.
        Sending = "sending",
        Sent = "sent",
        /// Refused for good by the server that should have taken it.
        Failed = "failed",
        /// Nobody knows whether it went.
        Unknown = "unknown",
    }
}

/// A letter, ready to be written and sent.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Stays the same when it is sent again after a refusal: the recipient's server can tell.
    pub id: Uuid,
    pub recipient: String,
    pub matter: Matter,
}

/// What a letter is about.
#[derive(Clone, Debug)]
pub enum Matter {
    InitiativeDecided {
        title: String,
        status: Status,
        verdict: Option<Verdict>,
        reason: Option<String>,
    },
    /// With the secret of a link that confirms it.
    InitiativeAging {
        title: String,
        hidden: bool,
        secret: String,
    },
    SigningFrozen {
        organisation: String,
        reason: String,
    },
    SigningUnfrozen {
        organisation: String,
        reason: String,
    },
    /// What was said last: the facts, the decision, or why it was taken back.
    EligibilityCase {
        organisation: String,
        status: EligibilityStatus,
        due_on: NaiveDate,
        said: String,
    },
    OrganisationUnattended {
        organisation: String,
    },
    OrganisationDissolved {
        organisation: String,
        on: NaiveDate,
        successor: Option<String>,
    },
    /// With the secret of a link that accepts it.
    Invitation {
        organisation: String,
        role: MembershipRole,
        secret: String,
    },
    /// With the secret of a link that sends it, and nothing of what it says: a stranger may have given another's address.
    ConfirmMessage {
        title: String,
        secret: String,
    },
    Message {
        title: String,
        message: Message,
    },
}

/// How sending a letter went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Sent,
    /// Certainly not sent; worth another try later.
    Later(String),
    /// Certainly not sent, and never to be.
    Refused(String),
    /// The connection broke where the letter may or may not have been taken.
    Unknown(String),
}

/// How many letters strangers can have sent to one address in a day: what they write does not go into them, but even a
/// bare link can be a nuisance.
const STRANGERS: i64 = 5;

/// Puts a letter into the post that somebody wants sent to an address which may be another's, unless there have been
/// enough of them.
pub(crate) fn post_to_stranger(tx: &mut Tx<'_>, kind: LetterKind, recipient: &str, subject: Uuid) -> Result<(), Error> {
    let since = naive(tx.now() - TimeDelta::days(1));
    let lately = table::table.filter(table::recipient.eq(recipient).and(table::created_at.gt(since)));
    let count: i64 = lately.select(count_star()).first(tx.connection)?;
    if count < STRANGERS { post(tx, kind, recipient, subject) } else { Ok(()) }
}

/// Puts a letter into the post; it goes with the next round.
pub(crate) fn post(tx: &mut Tx<'_>, kind: LetterKind, recipient: &str, subject: Uuid) -> Result<(), Error> {
    let id = tx.new_id();
    let values = (
        table::id.eq(id.to_string()),
        table::kind.eq(kind.as_str()),
        table::recipient.eq(recipient),
        table::subject_id.eq(subject.to_string()),
        table::status.eq(LetterStatus::Waiting.as_str()),
        table::attempts.eq(0),
        table::created_at.eq(naive(tx.now())),
    );
    diesel::insert_into(table::table).values(values).execute(tx.connection)?;
    jobs::schedule(tx, JobKind::SendLetter, &id.to_string(), tx.now())
}

/// What there is to send for a letter that is due, after it has been noted that it goes. Nothing where it has lost its
/// reason meanwhile, or where somebody died over it.
pub(crate) fn begin(tx: &mut Tx<'_>, id: &str) -> Result<Option<Letter>, Error> {
    type Row = (String, String, String, String);
    let row: Option<Row> =
        table::table.find(id).select((table::kind, table::recipient, table::subject_id, table::status)).first(tx.connection).optional()?;
    let Some((kind, recipient, subject, status)) = row else { return Ok(None) };
    match word(&status, LetterStatus::parse)? {
        LetterStatus::Waiting => {}
        LetterStatus::Sending => {
            tracing::warn!(letter = id, "a letter was about to go when its process died; it is not sent again");
            set(tx, id, LetterStatus::Unknown)?;
            return Ok(None);
        }
        LetterStatus::Sent | LetterStatus::Failed | LetterStatus::Unknown => return Ok(None),
    }
    let Some(matter) = matter(tx, word(&kind, LetterKind::parse)?, &subject)? else {
        diesel::delete(table::table.find(id)).execute(tx.connection)?;
        return Ok(None);
    };
    let values = (table::status.eq(LetterStatus::Sending.as_str()), table::attempts.eq(table::attempts + 1));
    diesel::update(table::table.find(id)).set(values).execute(tx.connection)?;
    Ok(Some(Letter { id: id_column(id)?, recipient, matter }))
}

/// Notes how it went; says whether to try again.
pub(crate) fn finish(tx: &mut Tx<'_>, id: &str, delivery: &Delivery) -> Result<bool, Error> {
    let status = match delivery {
        Delivery::Sent => LetterStatus::Sent,
        Delivery::Later(_) => LetterStatus::Waiting,
        Delivery::Refused(_) => LetterStatus::Failed,
        Delivery::Unknown(_) => LetterStatus::Unknown,
    };
    set(tx, id, status)?;
    if status == LetterStatus::Sent {
        diesel::update(table::table.find(id)).set(table::sent_at.eq(naive(tx.now()))).execute(tx.connection)?;
    }
    Ok(status == LetterStatus::Waiting)
}

fn set(tx: &mut Tx<'_>, id: &str, status: LetterStatus) -> Result<(), Error> {
    diesel::update(table::table.find(id)).set(table::status.eq(status.as_str())).execute(tx.connection)?;
    Ok(())
}

fn matter(tx: &mut Tx<'_>, kind: LetterKind, subject: &str) -> Result<Option<Matter>, Error> {
    match kind {
        LetterKind::InitiativeDecided => {
            let Some(initiative) = catalogued::load(tx.connection, id_column(subject)?)?.map(|stored| stored.initiative) else {
                return Ok(None);
            };
            let title = initiative.current().map(|revision| revision.content.title.clone()).unwrap_or_default();
            let (verdict, reason) = initiative.reviewed.map(|review| (review.verdict, review.reason)).unzip();
            Ok(Some(Matter::InitiativeDecided { title, status: initiative.status, verdict, reason }))
        }
        LetterKind::InitiativeAging | LetterKind::InitiativeHidden => {
            let id: InitiativeId = id_column(subject)?;
            let found = catalogued::load(tx.connection, id)?.map(|stored| stored.initiative);
            let Some(initiative) = found.filter(|initiative| initiative.aging_told.is_some()) else { return Ok(None) };
            let Some(title) = initiative.public().map(|revision| revision.content.title.clone()) else { return Ok(None) };
            let secret = confirmations::issue(tx, Purpose::ConfirmInitiative, id.0)?;
            Ok(Some(Matter::InitiativeAging { title, hidden: kind == LetterKind::InitiativeHidden, secret }))
        }
        LetterKind::SigningFrozen | LetterKind::SigningUnfrozen => signing(tx, kind, id_column(subject)?),
        LetterKind::EligibilityCase => eligibility_case(tx, id_column(subject)?),
        LetterKind::OrganisationUnattended | LetterKind::OrganisationDissolved => ended(tx, id_column(subject)?),
        LetterKind::Invitation => invitation(tx, id_column(subject)?),
        LetterKind::ConfirmMessage | LetterKind::Message => message(tx, kind, id_column(subject)?),
    }
}

/// A letter that says what no longer holds is not sent.
fn signing(tx: &mut Tx<'_>, kind: LetterKind, id: OrganisationId) -> Result<Option<Matter>, Error> {
    let organisation = registered::load(tx.connection, id)?.profile.name;
    let latest = standing::latest_freeze(tx.connection, id)?;
    Ok(latest.and_then(|freeze| match (kind, freeze.lifted) {
        (LetterKind::SigningFrozen, None) => Some(Matter::SigningFrozen { organisation, reason: freeze.frozen.reason }),
        (LetterKind::SigningUnfrozen, Some(lifted)) => Some(Matter::SigningUnfrozen { organisation, reason: lifted.reason }),
        _ => None,
    }))
}

fn eligibility_case(tx: &mut Tx<'_>, id: EligibilityCaseId) -> Result<Option<Matter>, Error> {
    let Some(case) = eligibility::load(tx.connection, id)? else { return Ok(None) };
    let organisation = registered::load(tx.connection, case.organisation)?.profile.name;
    let said = match case.status {
        EligibilityStatus::Hearing | EligibilityStatus::Answered => Some(case.facts),
        EligibilityStatus::Held | EligibilityStatus::Dropped => case.decision.map(|decision| decision.reason),
        EligibilityStatus::Lifted => case.lifted.map(|lifted| lifted.reason),
    };
    Ok(said.map(|said| Matter::EligibilityCase { organisation, status: case.status, due_on: case.due_on, said }))
}

fn ended(tx: &mut Tx<'_>, id: OrganisationId) -> Result<Option<Matter>, Error> {
    let organisation = registered::load(tx.connection, id)?;
    let name = organisation.profile.name.clone();
    Ok(match organisation.end.clone() {
        None if standing::of(tx.connection, &organisation)?.unattended => Some(Matter::OrganisationUnattended { organisation: name }),
        Some(End { ending: Ending::Dissolved, on, successor }) => {
            let successor = successor.map(|id| registered::load(tx.connection, id)).transpose()?.map(|successor| successor.profile.name);
            Some(Matter::OrganisationDissolved { organisation: name, on, successor })
        }
        _ => None,
    })
}

fn invitation(tx: &mut Tx<'_>, id: InvitationId) -> Result<Option<Matter>, Error> {
    let open = invitations::load(tx.connection, id)?.filter(|invitation| invitation.status == InvitationStatus::Open);
    let Some(invitation) = open.filter(|invitation| tx.now() < invitation.expires_at()) else { return Ok(None) };
    let organisation = registered::load(tx.connection, invitation.organisation)?.profile.name;
    let secret = confirmations::issue(tx, Purpose::AcceptInvitation, id.0)?;
    Ok(Some(Matter::Invitation { organisation, role: invitation.role, secret }))
}

fn message(tx: &mut Tx<'_>, kind: LetterKind, id: MessageId) -> Result<Option<Matter>, Error> {
    let Some(message) = messages::load(tx.connection, id)? else { return Ok(None) };
    let approved = catalogued::load(tx.connection, message.initiative)?.and_then(|stored| stored.initiative.approved);
    let Some(title) = approved.map(|revision| revision.content.title) else { return Ok(None) };
    Ok(match (kind, message.confirmed_at) {
        (LetterKind::ConfirmMessage, None) => {
            let secret = confirmations::issue(tx, Purpose::SendMessage, id.0)?;
            Some(Matter::ConfirmMessage { title, secret })
        }
        (LetterKind::Message, Some(_)) => Some(Matter::Message { title, message }),
        _ => None,
    })
}

/// Forgets what was sent to somebody about a thing.
pub(crate) fn forget_about(tx: &mut Tx<'_>, recipient: &str, subject: &str) -> Result<(), Error> {
    diesel::delete(table::table.filter(table::recipient.eq(recipient).and(table::subject_id.eq(subject)))).execute(tx.connection)?;
    Ok(())
}

/// How long a letter's recipient is kept after it was written.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Forgets letters of long ago, and with them to whom they went.
pub(crate) fn forget(tx: &mut Tx<'_>) -> Result<(), Error> {
    diesel::delete(table::table.filter(table::created_at.le(naive(tx.now() - KEPT)))).execute(tx.connection)?;
    Ok(())
}

/// How many letters there are of each status, for the operator.
///
/// # Errors
/// Database failures.
pub fn counts(connection: &mut AnyConnection) -> Result<Vec<(LetterStatus, i64)>, Error> {
    let rows: Vec<(String, i64)> = table::table.group_by(table::status).select((table::status, count_star())).load(connection)?;
    rows.into_iter().map(|(status, count)| Ok((word(&status, LetterStatus::parse)?, count))).collect()
}
