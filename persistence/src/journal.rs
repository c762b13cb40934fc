//! The one journal: audit trail, change feed, and later the source of webhooks and mail.

use access::Acting;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use kernel::{Datum, Event, OrganisationId, PersonId, Visibility};
use organisations::MembershipStatus;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    AnyConnection, Command, Error,
    db::naive,
    page::optional_id,
    schema::{journal, memberships, persons},
};

pub(crate) struct Entry<'a> {
    pub occurred_at: DateTime<Utc>,
    pub person: Option<PersonId>,
    pub command: &'a Command,
    pub event: Event,
}

/// Called by the write door alone, behind the gate: sequence order is commit order.
pub(crate) fn append(connection: &mut AnyConnection, entry: &Entry<'_>) -> Result<(), Error> {
    let Entry { occurred_at, person, command, event } = entry;
    let data: Map<String, Value> = event.data.iter().map(|(key, datum)| ((*key).to_owned(), value(datum))).collect();
    let values = (
        journal::occurred_at.eq(naive(*occurred_at)),
        journal::person_id.eq(person.map(|id| id.to_string())),
        journal::operation.eq(&command.operation),
        journal::request_id.eq(&command.request_id),
        journal::name.eq(event.name),
        journal::subject_kind.eq(event.subject.kind),
        journal::subject_id.eq(event.subject.id.to_string()),
        journal::organisation_id.eq(event.organisation.map(|id| id.to_string())),
        journal::visibility.eq(event.visibility.as_str()),
        journal::data.eq(Value::Object(data).to_string()),
    );
    diesel::insert_into(journal::table).values(values).execute(connection)?;
    Ok(())
}

fn value(datum: &Datum) -> Value {
    match datum {
        Datum::Id(id) => json!(id),
        Datum::Code(code) => json!(code),
        Datum::Fields(fields) => json!(fields),
    }
}

/// One entry, as its readers see it: what happened, never who did it.
#[derive(Clone, Debug)]
pub struct Published {
    pub sequence: i64,
    pub occurred_at: DateTime<Utc>,
    pub name: String,
    pub subject_kind: String,
    pub subject_id: Uuid,
    pub organisation: Option<OrganisationId>,
    pub visibility: String,
    /// JSON object of ids, codes and names of fields.
    pub data: String,
}

type Row = (i64, chrono::NaiveDateTime, String, String, String, Option<String>, String, String);

/// What the reader may see after a sequence number, oldest first.
///
/// # Errors
/// Database failures.
pub fn after(connection: &mut AnyConnection, acting: &Acting, sequence: i64, limit: i64) -> Result<Vec<Published>, Error> {
    let mut query = journal::table
        .filter(journal::sequence.gt(sequence))
        .order(journal::sequence.asc())
        .limit(limit)
        .select((
            journal::sequence,
            journal::occurred_at,
            journal::name,
            journal::subject_kind,
            journal::subject_id,
            journal::organisation_id,
            journal::visibility,
            journal::data,
        ))
        .into_boxed();
    if !acting.reaches_all() {
        let own = own_organisations(connection, acting)?;
        let public = journal::visibility.eq(Visibility::Public.as_str());
        query = if own.is_empty() {
            query.filter(public)
        } else {
            let mine =
                journal::visibility.eq(Visibility::Organisation.as_str()).and(journal::organisation_id.eq_any(own).assume_not_null());
            query.filter(public.or(mine))
        };
    }
    query.load::<Row>(connection)?.into_iter().map(published).collect()
}

fn own_organisations(connection: &mut AnyConnection, acting: &Acting) -> Result<Vec<String>, Error> {
    let Some(identity) = acting.identity() else { return Ok(Vec::new()) };
    Ok(memberships::table
        .inner_join(persons::table.on(persons::id.eq(memberships::person_id)))
        .filter(persons::issuer.eq(&identity.issuer).and(persons::subject.eq(&identity.subject)))
        .filter(memberships::status.eq(MembershipStatus::Confirmed.as_str()))
        .select(memberships::organisation_id)
        .load(connection)?)
}

fn published((sequence, occurred_at, name, subject_kind, subject_id, organisation, visibility, data): Row) -> Result<Published, Error> {
    Ok(Published {
        sequence,
        occurred_at: occurred_at.and_utc(),
        name,
        subject_kind,
        subject_id: subject_id.parse().map_err(Error::internal)?,
        organisation: optional_id(organisation.as_deref())?,
        visibility,
        data,
    })
}

/// The last sequence number that anybody could have read.
///
/// # Errors
/// Database failures.
pub fn last(connection: &mut AnyConnection) -> Result<i64, Error> {
    let last: Option<i64> = journal::table.select(diesel::dsl::max(journal::sequence)).first(connection)?;
    Ok(last.unwrap_or(0))
}
