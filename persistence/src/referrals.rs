//! How employees refer somebody to an initiative. Nothing here touches what the public reads, its search or its cache.

use access::Acting;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    QueryableByName,
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use initiatives::{Content, Freshness, Initiative, InitiativeRule, Referral, ReferralCapacity, ReferralContact, ReferralInformation};
use kernel::{Datum, Event, InitiativeId, OrganisationId, Subject, Visibility};

use crate::{
    AnyConnection, DoorRule, Engine, Error, Precondition, Tx,
    bulk::{Sql, engine},
    catalogue,
    db::naive,
    initiatives as catalogued,
    page::{Page, PageRequest, cursor_instant, cursor_part, id_column, word},
    schema::referrals as table,
    search,
};

#[derive(Debug, Queryable, Selectable, QueryableByName, Insertable)]
#[diesel(table_name = table)]
struct Row {
    #[diesel(sql_type = Text)]
    initiative_id: String,
    #[diesel(sql_type = Text)]
    how: String,
    #[diesel(sql_type = Nullable<Text>)]
    suitable_for: Option<String>,
    #[diesel(sql_type = Text)]
    capacity: String,
    #[diesel(sql_type = Nullable<Text>)]
    capacity_note: Option<String>,
    #[diesel(sql_type = Text)]
    contact_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    contact_email: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    contact_phone: Option<String>,
    #[diesel(sql_type = Timestamp)]
    updated_at: NaiveDateTime,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

/// The columns of [`Row`].
const COLUMNS: &str = "r.initiative_id, r.how, r.suitable_for, r.capacity, r.capacity_note, r.contact_name, r.contact_email, \
                       r.contact_phone, r.updated_at, r.version";

impl Row {
    fn new(referral: Referral) -> Self {
        let Referral { initiative, information, updated_at, version } = referral;
        let ReferralInformation { how, suitable_for, capacity, capacity_note, contact } = information;
        let ReferralContact { name, email, phone } = contact;
        Self {
            initiative_id: initiative.to_string(),
            how,
            suitable_for,
            capacity: capacity.as_str().into(),
            capacity_note,
            contact_name: name,
            contact_email: email,
            contact_phone: phone,
            updated_at: naive(updated_at),
            version,
        }
    }

    fn referral(self) -> Result<Referral, Error> {
        let contact = ReferralContact { name: self.contact_name, email: self.contact_email, phone: self.contact_phone };
        let information = ReferralInformation {
            how: self.how,
            suitable_for: self.suitable_for,
            capacity: word(&self.capacity, ReferralCapacity::parse)?,
            capacity_note: self.capacity_note,
            contact,
        };
        let (initiative, updated_at) = (id_column(&self.initiative_id)?, self.updated_at.and_utc());
        Ok(Referral { initiative, information, updated_at, version: self.version })
    }
}

/// Referral information, and what it is about.
#[derive(Clone, Debug)]
pub struct Referred {
    pub referral: Referral,
    pub title: String,
    pub summary: String,
    pub organisation: OrganisationId,
    pub organisation_name: String,
}

fn of(connection: &mut AnyConnection, id: InitiativeId) -> Result<Option<(i64, Referral)>, Error> {
    let row: Option<(i64, Row)> =
        table::table.filter(table::initiative_id.eq(id.to_string())).select((table::seq, Row::as_select())).first(connection).optional()?;
    row.map(|(seq, row)| Ok((seq, row.referral()?))).transpose()
}

/// The referral information of one initiative: for its organisation and for whoever reads its file at any time, for other employees as
/// long as the public sees it.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Gone`]; database failures.
pub fn get(
    connection: &mut AnyConnection,
    acting: &Acting,
    file_reader: &Acting,
    id: InitiativeId,
    freshness: &Freshness,
    now: DateTime<Utc>,
) -> Result<Referred, Error> {
    let about = match catalogued::get_file(connection, file_reader, id) {
        Ok(file) => (current(&file.stored.initiative)?.clone(), file.organisation.id, file.stored.organisation_name),
        Err(error) if error.problem == DoorRule::NotFound.as_problem() && acting.reaches_all() => {
            let entry = catalogue::get(connection, id, freshness, now)?;
            (entry.content, entry.organisation, entry.organisation_name)
        }
        Err(error) => return Err(error),
    };
    let (content, organisation, organisation_name) = about;
    let (_, referral) = of(connection, id)?.ok_or(DoorRule::NotFound)?;
    Ok(Referred { referral, title: content.title, summary: content.summary, organisation, organisation_name })
}

fn current(initiative: &Initiative) -> Result<&Content, Error> {
    initiative.current().map(|revision| &revision.content).ok_or_else(|| Error::internal("an initiative without a revision"))
}

/// What a search among referrals can be narrowed to, beside everything that narrows the catalogue.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Every word must be found, in the entry or in its referral information.
    pub q: Option<String>,
    pub capacities: Vec<ReferralCapacity>,
    /// Its words aside, which are looked for in both places.
    pub entries: catalogue::Filter,
}

#[derive(QueryableByName)]
struct Hit {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(embed)]
    referral: Row,
    #[diesel(sql_type = Text)]
    organisation_id: String,
    #[diesel(sql_type = Text)]
    organisation_name: String,
    #[diesel(sql_type = Text)]
    content: String,
}

#[derive(QueryableByName)]
struct Total {
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// Referral information about what the public sees now, the latest changed first.
///
/// # Errors
/// [`DoorRule::NotFound`] for whoever does not reach it; an invalid cursor; database failures.
pub fn list(
    connection: &mut AnyConnection,
    acting: &Acting,
    filter: &Filter,
    freshness: &Freshness,
    now: DateTime<Utc>,
    page: &PageRequest,
) -> Result<Page<Referred>, Error> {
    if !acting.reaches_all() {
        return Err(DoorRule::NotFound.into());
    }
    let engine = engine(connection);
    let words = filter.q.as_deref().map(|q| search::each(engine, q)).unwrap_or_default();
    if filter.q.is_some() && words.is_empty() {
        return Ok(Page { items: Vec::new(), next: None, total: page.count.then_some(0) });
    }
    let matching = |shown: &str| {
        let mut sql = Sql::new(shown);
        sql.push(" FROM referrals r JOIN catalogue c ON c.initiative_id = r.initiative_id WHERE c.seq IN (");
        catalogue::matching(&filter.entries, freshness, now, engine, &mut sql);
        sql.push(")");
        for word in &words {
            sql.push(" AND (r.seq IN (");
            found_by(word, engine, &mut sql);
            sql.push(") OR c.seq IN (");
            catalogue::found_by(word, engine, &mut sql);
            sql.push("))");
        }
        if !filter.capacities.is_empty() {
            let capacities: Vec<String> = filter.capacities.iter().map(|capacity| capacity.as_str().to_owned()).collect();
            sql.push(" AND r.capacity IN (").bind_all(&capacities).push(")");
        }
        sql
    };
    let mut sql = matching(&format!("SELECT r.seq, {COLUMNS}, c.organisation_id, c.organisation_name, c.content"));
    if let Some(after) = &page.after {
        let (at, seq): (_, i64) = (cursor_instant(after, 0)?, cursor_part(after, 1)?);
        sql.push(" AND (r.updated_at, r.seq) < (").bind(at).push(", ").bind(seq).push(")");
    }
    sql.push(&format!(" ORDER BY r.updated_at DESC, r.seq DESC LIMIT {}", page.fetch()));
    let hits: Vec<Hit> = sql.load(connection)?;
    let total =
        if page.count { matching("SELECT count(*) AS total").load::<Total>(connection)?.pop().map(|total| total.total) } else { None };
    let keys = |hit: &Hit| vec![hit.referral.updated_at.and_utc().timestamp_micros().to_string(), hit.seq.to_string()];
    Page::cut(hits, page, total, keys).try_map(|hit| {
        let content: Content = serde_json::from_str(&hit.content).map_err(Error::internal)?;
        Ok(Referred {
            referral: hit.referral.referral()?,
            title: content.title,
            summary: content.summary,
            organisation: id_column(&hit.organisation_id)?,
            organisation_name: hit.organisation_name,
        })
    })
}

fn found_by(word: &str, engine: Engine, sql: &mut Sql) {
    match engine {
        Engine::Sqlite => sql.push("SELECT rowid FROM referral_search WHERE referral_search MATCH ").bind(word),
        Engine::Postgres => sql.push("SELECT seq FROM referral_search WHERE terms @@ ").bind(word).push("::tsquery"),
    };
}

/// Says how somebody is referred, in the place of what was said before.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::PreconditionRequired`], [`DoorRule::Stale`], [`InitiativeRule::Archived`]; database failures.
pub fn put(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: InitiativeId,
    precondition: Precondition,
    information: ReferralInformation,
) -> Result<Referred, Error> {
    let (stored, organisation) = catalogued::within_reach(tx.connection, acting, id)?;
    let before = of(tx.connection, id)?;
    precondition.require_of(before.as_ref().map(|(_, referral)| referral.version))?;
    if stored.initiative.archived_at.is_some() {
        return Err(InitiativeRule::Archived.into());
    }
    let version = before.as_ref().map_or(1, |(_, referral)| referral.version + 1);
    let referral = Referral { initiative: id, information, updated_at: tx.now(), version };
    if let Some((seq, _)) = before {
        remove(tx, seq)?;
    }
    store(tx, referral.clone())?;
    tx.record(
        event("initiative.referral_changed", &stored.initiative).with("capacity", Datum::Code(referral.information.capacity.as_str())),
    );
    let Content { title, summary, .. } = current(&stored.initiative)?.clone();
    Ok(Referred { referral, title, summary, organisation: organisation.id, organisation_name: stored.organisation_name })
}

/// Takes it back: employees no longer find it.
///
/// # Errors
/// [`DoorRule::NotFound`], also where nothing was said; [`DoorRule::PreconditionRequired`], [`DoorRule::Stale`]; database failures.
pub fn withdraw(tx: &mut Tx<'_>, acting: &Acting, id: InitiativeId, precondition: Precondition) -> Result<(), Error> {
    let (stored, _) = catalogued::within_reach(tx.connection, acting, id)?;
    let said = of(tx.connection, id)?;
    precondition.require_of(said.as_ref().map(|(_, referral)| referral.version))?;
    let (seq, _) = said.ok_or(DoorRule::NotFound)?;
    remove(tx, seq)?;
    tx.record(event("initiative.referral_withdrawn", &stored.initiative));
    Ok(())
}

fn event(name: &'static str, initiative: &Initiative) -> Event {
    Event::new(name, Subject { kind: "initiative", id: initiative.id.0 }, Visibility::Organisation).of(initiative.organisation)
}

/// Writes a referral, and the words by which employees find it.
pub(crate) fn store(tx: &mut Tx<'_>, referral: Referral) -> Result<(), Error> {
    let terms = search::terms(&referral.information.search_text());
    let seq: i64 = diesel::insert_into(table::table).values(Row::new(referral)).returning(table::seq).get_result(tx.connection)?;
    let mut sql = Sql::default();
    match engine(tx.connection) {
        Engine::Sqlite => {
            sql.push("INSERT INTO referral_search (rowid, terms) VALUES (").bind(seq).push(", ").bind(terms.join(" ").as_str()).push(")");
        }
        Engine::Postgres => {
            let terms = terms.iter().map(|term| format!("'{term}'")).collect::<Vec<_>>().join(" ");
            sql.push("INSERT INTO referral_search (seq, terms) VALUES (").bind(seq).push(", ").bind(terms.as_str()).push("::tsvector)");
        }
    }
    sql.execute(tx.connection)?;
    Ok(())
}

/// On PostgreSQL the words go with the row.
fn remove(tx: &mut Tx<'_>, seq: i64) -> Result<(), Error> {
    if engine(tx.connection) == Engine::Sqlite {
        let mut words = Sql::new("DELETE FROM referral_search WHERE rowid = ");
        words.bind(seq);
        words.execute(tx.connection)?;
    }
    diesel::delete(table::table.filter(table::seq.eq(seq))).execute(tx.connection)?;
    Ok(())
}
