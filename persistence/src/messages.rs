//! Messages to the contacts of entries: taken, confirmed, handed on, forgotten.
//!
//! Neither the journal nor a letter in the table of letters holds anything of them but their id.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use initiatives::{Freshness, MESSAGE_LINK, Message, MessageRule};
use kernel::{Datum, Event, InitiativeId, MessageId, OrganisationId, Subject, Visibility};

use crate::{
    AnyConnection, Error, Precondition, Tx, catalogue, confirmations::ConfirmationRule, db::naive, letters, outbox, page::id_column,
    schema::messages as table,
};

#[derive(Queryable, Insertable)]
#[diesel(table_name = table)]
struct Row {
    id: String,
    initiative_id: String,
    name: String,
    email: String,
    text: String,
    received_at: NaiveDateTime,
    confirmed_at: Option<NaiveDateTime>,
}

impl Row {
    fn new(message: &Message) -> Self {
        let Message { id, initiative, name, email, text, received_at, confirmed_at } = message.clone();
        Self {
            id: id.to_string(),
            initiative_id: initiative.to_string(),
            name,
            email,
            text,
            received_at: naive(received_at),
            confirmed_at: confirmed_at.map(naive),
        }
    }

    fn message(self) -> Result<Message, Error> {
        Ok(Message {
            id: id_column(&self.id)?,
            initiative: id_column(&self.initiative_id)?,
            name: self.name,
            email: self.email,
            text: self.text,
            received_at: self.received_at.and_utc(),
            confirmed_at: self.confirmed_at.map(|at| at.and_utc()),
        })
    }
}

/// The name under which the journal holds the id of a message.
pub(crate) const MESSAGE_ID: &str = "message_id";

fn event(name: &'static str, message: &Message, organisation: OrganisationId, visibility: Visibility) -> Event {
    let subject = Subject { kind: "initiative", id: message.initiative.0 };
    Event::new(name, subject, visibility).of(organisation).with(MESSAGE_ID, Datum::Id(message.id.0))
}

/// One message, for whatever the service itself has to do with it.
pub(crate) fn load(connection: &mut AnyConnection, id: MessageId) -> Result<Option<Message>, Error> {
    let row: Option<Row> = table::table.find(id.to_string()).first(connection).optional()?;
    row.map(Row::message).transpose()
}

/// An entry that the public sees now, and whose readers can write to somebody.
fn writable(tx: &mut Tx<'_>, initiative: InitiativeId, freshness: &Freshness) -> Result<catalogue::Entry, Error> {
    let now = tx.now();
    let entry = catalogue::get(tx.connection, initiative, freshness, now)?;
    outbox::addressee(tx, initiative, Some(entry.organisation))?.ok_or(MessageRule::NobodyToWriteTo)?;
    Ok(entry)
}

/// Somebody wants to write to the contact of an entry.
///
/// # Errors
/// [`DoorRule::NotFound`](crate::DoorRule::NotFound) and [`DoorRule::Gone`](crate::DoorRule::Gone) for what the public cannot read,
/// [`DoorRule::Stale`](crate::DoorRule::Stale), [`MessageRule`]; database failures.
pub fn receive(
    tx: &mut Tx<'_>,
    initiative: InitiativeId,
    precondition: Precondition,
    freshness: &Freshness,
    (name, email, text): (String, String, String),
) -> Result<(), Error> {
    let entry = writable(tx, initiative, freshness)?;
    precondition.accept(entry.version)?;
    let (id, received_at) = (MessageId(tx.new_id()), tx.now());
    let message = Message { id, initiative, name, email, text, received_at, confirmed_at: None };
    diesel::insert_into(table::table).values(Row::new(&message)).execute(tx.connection)?;
    tx.record(event("initiative.message_received", &message, entry.organisation, Visibility::Staff));
    Ok(())
}

/// Whoever wrote has shown that the address is theirs: the message goes.
///
/// # Errors
/// [`ConfirmationRule::Expired`] when it has been forgotten; as [`receive`] for the entry.
pub(crate) fn confirm(tx: &mut Tx<'_>, id: MessageId, freshness: &Freshness) -> Result<Message, Error> {
    let message = load(tx.connection, id)?.ok_or(ConfirmationRule::Expired)?;
    let entry = writable(tx, message.initiative, freshness)?;
    diesel::update(table::table.find(id.to_string())).set(table::confirmed_at.eq(naive(tx.now()))).execute(tx.connection)?;
    tx.record(event("initiative.message_confirmed", &message, entry.organisation, Visibility::Organisation));
    Ok(message)
}

/// Messages in one transaction.
const CHUNK: i64 = 200;

/// Forgets messages that were not confirmed in time, and others so long after they were; says whether that was all of them.
pub(crate) fn forget(tx: &mut Tx<'_>, retention: TimeDelta) -> Result<bool, Error> {
    let (unconfirmed, confirmed) = (naive(tx.now() - MESSAGE_LINK), naive(tx.now() - retention));
    let over = table::confirmed_at.is_null().and(table::received_at.le(unconfirmed));
    let over = over.or(table::confirmed_at.is_not_null().and(table::confirmed_at.assume_not_null().le(confirmed)));
    let due: Vec<(String, String)> = table::table
        .filter(table::received_at.le(unconfirmed.max(confirmed)).and(over))
        .order(table::received_at.asc())
        .limit(CHUNK)
        .select((table::id, table::email))
        .load(tx.connection)?;
    for (id, email) in &due {
        letters::forget_about(tx, email, id)?;
        diesel::delete(table::table.find(id)).execute(tx.connection)?;
    }
    Ok(i64::try_from(due.len()).unwrap_or(CHUNK) < CHUNK)
}
