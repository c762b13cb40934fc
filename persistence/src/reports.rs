//! Reports of entries: anybody makes them, staff decides.

use access::Acting;
use chrono::NaiveDateTime;
use diesel::{dsl::count_star, prelude::*};
use initiatives::{Freshness, Report, ReportCommand, ReportDecision, ReportReason, ReportStatus, Status};
use kernel::{Datum, Event, InitiativeId, ReportId, Subject, Visibility};

use crate::{
    AnyConnection, DoorRule, Error, Precondition, Tx, catalogue,
    db::naive,
    initiatives as catalogued,
    page::{Page, PageRequest, cursor_instant, cursor_part, id_column, word},
    schema::reports as table,
};

#[derive(Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true)]
struct Row {
    id: String,
    initiative_id: String,
    reason: String,
    text: Option<String>,
    status: String,
    decision_reason: Option<String>,
    decided_at: Option<NaiveDateTime>,
    received_at: NaiveDateTime,
    version: i64,
}

impl Row {
    fn new(report: &Report) -> Self {
        let Report { id, initiative, reason, text, status, received_at, decision, version } = report.clone();
        let (decision_reason, decided_at) = decision.map(|decision| (decision.reason, naive(decision.at))).unzip();
        Self {
            id: id.to_string(),
            initiative_id: initiative.to_string(),
            reason: reason.as_str().into(),
            text,
            status: status.as_str().into(),
            decision_reason,
            decided_at,
            received_at: naive(received_at),
            version,
        }
    }

    fn report(self) -> Result<Report, Error> {
        let decision = self.decision_reason.zip(self.decided_at).map(|(reason, at)| ReportDecision { reason, at: at.and_utc() });
        Ok(Report {
            id: id_column(&self.id)?,
            initiative: id_column(&self.initiative_id)?,
            reason: word(&self.reason, ReportReason::parse)?,
            text: self.text,
            status: word(&self.status, ReportStatus::parse)?,
            received_at: self.received_at.and_utc(),
            decision,
            version: self.version,
        })
    }
}

fn event(name: &'static str, report: &Report) -> Event {
    Event::new(name, Subject { kind: "report", id: report.id.0 }, Visibility::Staff)
}

/// Somebody says that an entry is not as it should be.
///
/// # Errors
/// [`DoorRule::NotFound`] and [`DoorRule::Gone`] for what the public cannot read, [`DoorRule::Stale`]; database failures.
pub fn receive(
    tx: &mut Tx<'_>,
    initiative: InitiativeId,
    precondition: Precondition,
    freshness: &Freshness,
    (reason, text): (ReportReason, Option<String>),
) -> Result<(), Error> {
    let now = tx.now();
    let entry = catalogue::get(tx.connection, initiative, freshness, now)?;
    precondition.accept(entry.version)?;
    let report = Report::receive(ReportId(tx.new_id()), initiative, reason, text, now);
    diesel::insert_into(table::table).values(Row::new(&report)).execute(tx.connection)?;
    let subject = Subject { kind: "initiative", id: initiative.0 };
    let reported = Event::new("initiative.reported", subject, Visibility::Staff).of(entry.organisation);
    tx.record(reported.with("report_id", Datum::Id(report.id.0)));
    Ok(())
}

/// What reports can be narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub statuses: Vec<ReportStatus>,
    pub initiative: Option<InitiativeId>,
}

/// Reports, the oldest first.
///
/// # Errors
/// [`DoorRule::NotFound`] for whoever reaches none; an invalid cursor; database failures.
pub fn list(connection: &mut AnyConnection, acting: &Acting, filter: &Filter, page: &PageRequest) -> Result<Page<Report>, Error> {
    require(acting)?;
    let query = || {
        let mut query = table::table.into_boxed();
        if !filter.statuses.is_empty() {
            query = query.filter(table::status.eq_any(filter.statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>()));
        }
        if let Some(id) = filter.initiative {
            query = query.filter(table::initiative_id.eq(id.to_string()));
        }
        query
    };
    let mut rows = query();
    if let Some(after) = &page.after {
        let (at, id) = (cursor_instant(after, 0)?, cursor_part::<String>(after, 1)?);
        rows = rows.filter(table::received_at.ge(at).and(table::received_at.gt(at).or(table::id.gt(id))));
    }
    let items: Vec<Row> = rows.order((table::received_at.asc(), table::id.asc())).limit(page.fetch()).load(connection)?;
    let total = if page.count { Some(query().select(count_star()).first(connection)?) } else { None };
    Page::cut(items, page, total, |row| vec![row.received_at.and_utc().timestamp_micros().to_string(), row.id.clone()]).try_map(Row::report)
}

/// Reports are the municipality's business as a whole.
fn require(acting: &Acting) -> Result<(), Error> {
    if acting.reaches_all() { Ok(()) } else { Err(DoorRule::NotFound.into()) }
}

/// One report.
///
/// # Errors
/// [`DoorRule::NotFound`]; database failures.
pub fn get(connection: &mut AnyConnection, acting: &Acting, id: ReportId) -> Result<Report, Error> {
    require(acting)?;
    let row: Option<Row> = table::table.find(id.to_string()).first(connection).optional()?;
    row.ok_or(DoorRule::NotFound)?.report()
}

/// Decides a report; upheld, it takes the entry out of the catalogue, for the same reason.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::Stale`], [`ReportRule`](initiatives::ReportRule); database failures.
pub fn decide(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: ReportId,
    precondition: Precondition,
    command: ReportCommand,
    reason: &str,
) -> Result<Report, Error> {
    let before = get(tx.connection, acting, id)?;
    precondition.accept(before.version)?;
    let seen = before.version;
    let report = before.decide(command, reason.to_owned(), tx.now())?;
    let same = table::table.find(id.to_string()).filter(table::version.eq(seen));
    if diesel::update(same).set(Row::new(&report)).execute(tx.connection)? != 1 {
        return Err(DoorRule::Stale.into());
    }
    if report.status == ReportStatus::Upheld {
        suspend(tx, acting, report.initiative, reason)?;
    }
    let name = if report.status == ReportStatus::Upheld { "report.upheld" } else { "report.dismissed" };
    tx.record(event(name, &report));
    Ok(report)
}

/// What has left the catalogue meanwhile need not be taken out of it.
fn suspend(tx: &mut Tx<'_>, acting: &Acting, id: InitiativeId, reason: &str) -> Result<(), Error> {
    let published = catalogued::load(tx.connection, id)?.is_some_and(|stored| stored.initiative.status == Status::Published);
    if published {
        catalogued::suspend(tx, acting, id, Precondition::Missing, reason.to_owned())?;
    }
    Ok(())
}
