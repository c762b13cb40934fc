//! The two doors to the database: [`Db::read`] and [`Db::write`].
//!
//! One writer at a time on both engines. Check-then-act in Rust is therefore true, sequence order is commit
//! order, and the named constraints are the second lock on the door. What this module refuses to do: retry
//! after COMMIT was sent, run two effects in two transactions, or guess an engine from a mistyped address.

use std::{
    cell::Cell,
    collections::BTreeSet,
    path::PathBuf,
    time::{Duration, Instant},
};

use access::{Acting, Identity};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    Connection, PgConnection, SqliteConnection,
    connection::{AnsiTransactionManager, InstrumentationEvent, SimpleConnection, TransactionManager},
    prelude::*,
    r2d2::{self, ManageConnection, Pool, PooledConnection},
};
use kernel::{Event, PersonId};

use crate::{Clock, DoorRule, Error, Tag, idempotency, journal, persons, tags};

/// A connection to either engine. One type, so that free functions compose in one transaction.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl std::fmt::Debug for AnyConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Postgres(_) => "AnyConnection::Postgres",
            Self::Sqlite(_) => "AnyConnection::Sqlite",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Sqlite,
}

/// Where a database is. Chosen by the scheme of the address, never by trial and error: a mistyped
/// address would otherwise create an empty SQLite file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Target {
    /// # Errors
    /// A sentence that says what is wrong with the address.
    pub fn parse(address: &str) -> Result<Self, String> {
        if let Some(path) = address.strip_prefix("sqlite://") {
            return if path.is_empty() || path.contains(['?', '#', '\0']) {
                Err("sqlite:// must be followed by a plain file path, such as sqlite://frivillig.db".into())
            } else {
                Ok(Self::Sqlite(path.into()))
            };
        }
        if !address.starts_with("postgres://") && !address.starts_with("postgresql://") {
            return Err("it must begin with sqlite:// or postgres://".into());
        }
        let mut url = url::Url::parse(address).map_err(|error| format!("it is not an address: {error}"))?;
        // A server that vanished must be noticed: the system's own patience is hours.
        for (name, value) in [("connect_timeout", "5"), ("tcp_user_timeout", "10000"), ("application_name", "frivillig")] {
            if !url.query_pairs().any(|(key, _)| key == name) {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        Ok(Self::Postgres(url.into()))
    }

    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Whether a server on another machine would be reached without TLS.
    #[must_use]
    pub fn is_unprotected(&self) -> bool {
        let Self::Postgres(address) = self else { return false };
        let Ok(url) = url::Url::parse(address) else { return true };
        let query = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let host = query("host").or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default();
        let local = host.is_empty()
            || host.starts_with('/')
            || host.starts_with("%2F")
            || matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]" | "::1");
        let protected = query("sslmode").is_some_and(|mode| matches!(mode.as_str(), "require" | "verify-ca" | "verify-full"));
        !local && !protected
    }
}

/// How many connections to keep, and how long to wait for what.
#[derive(Clone, Debug)]
pub struct Options {
    /// SQLite reads with the processor of this machine, PostgreSQL mostly waits for the network between.
    pub readers: fn(Engine) -> u32,
    /// How long a command or query waits for a connection before it answers `busy`.
    pub acquire: Duration,
    /// How long one statement may run on PostgreSQL, and how long SQLite waits for its lock.
    pub statement: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let readers = |engine| match engine {
            Engine::Sqlite => 4,
            Engine::Postgres => 8,
        };
        Self { readers, acquire: Duration::from_secs(3), statement: Duration::from_secs(10) }
    }
}

#[derive(Debug)]
struct Manager {
    target: Target,
    statement: Duration,
    writes: bool,
}

impl Manager {
    fn open(&self) -> Result<AnyConnection, r2d2::Error> {
        let millis = self.statement.as_millis();
        let mut connection = match &self.target {
            Target::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(&path.to_string_lossy()).map_err(r2d2::Error::ConnectionError)?;
                let query_only = if self.writes { "OFF" } else { "ON" };
                let pragmas = format!(
                    "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA temp_store=MEMORY; \
                     PRAGMA cache_size=-2000; PRAGMA query_only={query_only};"
                );
                // busy_timeout first: everything after it may have to wait for a lock.
                connection.batch_execute(&format!("PRAGMA busy_timeout={millis}")).map_err(r2d2::Error::QueryError)?;
                turn_to_wal(&mut connection, self.statement).map_err(r2d2::Error::QueryError)?;
                connection.batch_execute(&pragmas).map_err(r2d2::Error::QueryError)?;
                AnyConnection::Sqlite(connection)
            }
            Target::Postgres(url) => {
                let mut connection = PgConnection::establish(url).map_err(r2d2::Error::ConnectionError)?;
                let settings = format!(
                    "SET TIME ZONE 'UTC'; SET statement_timeout={millis}; SET lock_timeout=5000; \
                     SET idle_in_transaction_session_timeout=15000; SET client_min_messages=warning; SET synchronous_commit=on;"
                );
                connection.batch_execute(&settings).map_err(r2d2::Error::QueryError)?;
                AnyConnection::Postgres(connection)
            }
        };
        connection.set_instrumentation(|event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                STATEMENTS.set(STATEMENTS.get() + 1);
            }
        });
        Ok(connection)
    }
}

/// Switches a new file to WAL; for every later connection there is nothing to switch. Instances that do it at the same
/// moment hold locks that the others need, and where waiting could be a deadlock SQLite does not wait, whatever the timeout.
fn turn_to_wal(connection: &mut SqliteConnection, patience: Duration) -> QueryResult<()> {
    let begun = Instant::now();
    loop {
        match connection.batch_execute("PRAGMA journal_mode=WAL") {
            Err(error) if error.to_string().contains("database is locked") && begun.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

impl ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, r2d2::Error> {
        self.open()
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), r2d2::Error> {
        connection.batch_execute("SELECT 1").map_err(r2d2::Error::QueryError)
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        std::thread::panicking() || r2d2::R2D2Connection::is_broken(connection)
    }
}

thread_local! {
    /// Statements begun on this thread since the last reset: a door's closure runs on one thread from end to end.
    static STATEMENTS: Cell<u32> = const { Cell::new(0) };
}

/// What came out of a door, and at what price.
#[derive(Debug)]
pub struct Outcome<T> {
    pub result: Result<T, Error>,
    /// How many statements it took, transaction control included.
    pub statements: u32,
}

/// Who asks for what: everything the write door needs to know of a command before it runs.
#[derive(Clone, Debug)]
pub struct Command {
    pub clock: Clock,
    /// Operation id in the contract, or the name of a job.
    pub operation: String,
    pub request_id: String,
    pub identity: Option<Identity>,
    pub idempotency: Option<idempotency::Key>,
}

/// The transaction of one command.
pub struct Tx<'c> {
    pub(crate) connection: &'c mut AnyConnection,
    clock: Clock,
    now: DateTime<Utc>,
    person: Option<PersonId>,
    events: Vec<Event>,
    touched: BTreeSet<Tag>,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("now", &self.now).field("events", &self.events.len()).finish_non_exhaustive()
    }
}

impl Tx<'_> {
    /// The instant of the command; it does not move while the command runs.
    #[must_use]
    pub const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    #[must_use]
    pub fn new_id(&self) -> uuid::Uuid {
        self.clock.new_id()
    }

    /// The person behind the command.
    ///
    /// # Errors
    /// [`DoorRule::Internal`] when an anonymous command needs a person: its operation should have asked for a token.
    pub fn person(&self) -> Result<PersonId, Error> {
        self.person.ok_or_else(|| Error::internal("a command without a person"))
    }

    /// Writes down what the command did; every command does something.
    pub fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Says that what the public reads of something has changed.
    pub(crate) fn touch(&mut self, tags: impl IntoIterator<Item = Tag>) {
        self.touched.extend(tags);
    }
}

/// What a command came to.
#[derive(Debug)]
pub struct Committed {
    pub answer: idempotency::Answer,
    /// Whether the answer is one from before, given again for a repeated key.
    pub replayed: bool,
}

/// A database, of either engine.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    readers: Pool<Manager>,
    writers: Pool<Manager>,
    acquire: Duration,
}

impl Db {
    /// Opens a database and brings its schema up to date; two instances starting at once migrate once.
    ///
    /// # Errors
    /// A sentence for the operator: the database cannot be reached, or its schema is newer than this program.
    pub fn open(target: &Target, options: &Options) -> Result<Self, String> {
        let manager = |writes| Manager { target: target.clone(), statement: options.statement, writes };
        let mut connection = manager(true).open().map_err(|error| one_line(&error.to_string()))?;
        crate::migrate::migrate(&mut connection).map_err(|error| error.to_string())?;
        let pool = |writes, size| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(1))
                .test_on_check_out(false)
                .connection_timeout(options.acquire)
                .idle_timeout(None)
                .max_lifetime(None)
                .build_unchecked(manager(writes))
        };
        // On SQLite one connection writes; on PostgreSQL a second one waits at the gate while the first answers.
        let writers = if target.engine() == Engine::Sqlite { 1 } else { 2 };
        Ok(Self {
            engine: target.engine(),
            readers: pool(false, (options.readers)(target.engine())),
            writers: pool(true, writers),
            acquire: options.acquire,
        })
    }

    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// How many can read at a time, and how many write or wait at the gate.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        let size = |pool: &Pool<Manager>| usize::try_from(pool.max_size()).unwrap_or(usize::MAX);
        (size(&self.readers), size(&self.writers))
    }

    /// Runs a query over one snapshot.
    pub fn read<T>(&self, query: impl FnOnce(&mut AnyConnection) -> Result<T, Error>) -> Outcome<T> {
        counted(|| {
            let mut connection = self.checkout(&self.readers)?;
            match &mut *connection {
                AnyConnection::Postgres(c) => {
                    AnsiTransactionManager::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
                }
                AnyConnection::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN")?,
            }
            let result = query(&mut connection);
            let ended = Manager::end(&mut connection, false);
            let value = result?;
            ended.map(|()| value).map_err(Error::from)
        })
    }

    /// Runs a command that answers somebody: at most once for its key.
    pub fn command(&self, command: &Command, act: impl FnOnce(&mut Tx<'_>) -> Result<idempotency::Answer, Error>) -> Outcome<Committed> {
        self.transact(command, |tx| {
            let Some(key) = &command.idempotency else {
                return Ok((Committed { answer: act(tx)?, replayed: false }, Journalling::Required));
            };
            match idempotency::recall(tx.connection, key, tx.now)? {
                Some(answer) => Ok((Committed { answer, replayed: true }, Journalling::Replay)),
                None => {
                    let answer = act(tx)?;
                    idempotency::remember(tx, key, &answer)?;
                    Ok((Committed { answer, replayed: false }, Journalling::Required))
                }
            }
        })
    }

    /// Runs a command that answers nobody: a job, the seed.
    pub fn write<T>(&self, command: &Command, act: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>) -> Outcome<T> {
        self.transact(command, |tx| Ok((act(tx)?, Journalling::Optional)))
    }

    fn transact<T>(&self, command: &Command, act: impl FnOnce(&mut Tx<'_>) -> Result<(T, Journalling), Error>) -> Outcome<T> {
        counted(|| {
            let mut connection = self.checkout(&self.writers)?;
            begin_gated(&mut connection)?;
            let done = run(&mut connection, command, act);
            match done {
                Ok(value) => commit(&mut connection).map(|()| value),
                Err(refusal) => {
                    // A failed rollback leaves the connection broken, and the pool throws it away.
                    let _ = Manager::end(&mut connection, false);
                    Err(refusal)
                }
            }
        })
    }

    fn checkout(&self, pool: &Pool<Manager>) -> Result<PooledConnection<Manager>, Error> {
        pool.get_timeout(self.acquire).map_err(|error| {
            let saturated = pool.state().connections == pool.max_size();
            Error::caused(if saturated { DoorRule::Busy } else { DoorRule::Storage }, error)
        })
    }
}

impl Manager {
    fn end(connection: &mut AnyConnection, commit: bool) -> QueryResult<()> {
        type M = <AnyConnection as Connection>::TransactionManager;
        if commit { M::commit_transaction(connection) } else { M::rollback_transaction(connection) }
    }
}

/// Whether a command must have written to the journal by its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Journalling {
    Required,
    Optional,
    Replay,
}

fn counted<T>(act: impl FnOnce() -> Result<T, Error>) -> Outcome<T> {
    STATEMENTS.set(0);
    let result = act();
    Outcome { result, statements: STATEMENTS.get() }
}

fn begin_gated(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Postgres(c) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN")?;
            // The first statement, so that the snapshot is taken behind the gate. An advisory lock would not
            // do: the SELECT that takes it has its snapshot before it waits.
            c.batch_execute("LOCK TABLE write_gate IN EXCLUSIVE MODE").inspect_err(|_| {
                let _ = AnsiTransactionManager::rollback_transaction(c);
            })
        }
        AnyConnection::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
    }
}

fn run<T>(
    connection: &mut AnyConnection,
    command: &Command,
    act: impl FnOnce(&mut Tx<'_>) -> Result<(T, Journalling), Error>,
) -> Result<T, Error> {
    let now = command.clock.now();
    let mut tx = Tx { connection, clock: command.clock.clone(), now, person: None, events: Vec::new(), touched: BTreeSet::new() };
    tx.person = match &command.identity {
        Some(identity) => Some(persons::ensure(&mut tx, identity)?),
        None => None,
    };
    let (value, journalling) = act(&mut tx)?;
    if journalling == Journalling::Required && tx.events.is_empty() {
        return Err(Error::internal(format!("{} wrote nothing to the journal", command.operation)));
    }
    let (events, touched, person) = (std::mem::take(&mut tx.events), std::mem::take(&mut tx.touched), tx.person);
    for event in events {
        journal::append(tx.connection, &journal::Entry { occurred_at: now, person, command, event })?;
    }
    tags::advance(tx.connection, &touched)?;
    Ok(value)
}

/// Once COMMIT has been sent, only its answer tells whether it happened; a connection that breaks in
/// between leaves that unknown, and saying "failed" would be a guess.
fn commit(connection: &mut AnyConnection) -> Result<(), Error> {
    let postgres = matches!(connection, AnyConnection::Postgres(_));
    Manager::end(connection, true).map_err(|error| {
        let failure = Error::from(error);
        let _ = Manager::end(connection, false);
        if postgres && failure.problem != DoorRule::Busy.as_problem() {
            Error { problem: DoorRule::OutcomeUnknown.as_problem(), ..failure }
        } else {
            failure
        }
    })
}

/// The roles that a person's confirmed memberships give is data; see [`persons::membership_role`].
pub(crate) fn reaches(connection: &mut AnyConnection, acting: &Acting, organisation: kernel::OrganisationId) -> Result<bool, Error> {
    if acting.reaches_all() {
        return Ok(true);
    }
    let role = persons::membership_role(connection, acting, organisation)?;
    Ok(acting.reaches(role))
}

pub(crate) fn naive(instant: DateTime<Utc>) -> NaiveDateTime {
    instant.naive_utc()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Engine, Target};

    #[test]
    fn the_engine_is_chosen_by_scheme_and_never_guessed() {
        assert_eq!(Target::parse("sqlite://a/b.db").map(|t| t.engine()), Ok(Engine::Sqlite));
        assert_eq!(Target::parse("postgres://u@localhost/d").map(|t| t.engine()), Ok(Engine::Postgres));
        for wrong in ["nonsense.db", "sqlite:", "sqlite://", "mysql://a/b", "", "postgres:/x", "SQLITE://x"] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn another_machine_is_reached_through_tls() {
        for (address, unprotected) in [
            ("postgres://u:p@db.example/f", true),
            ("postgres://u:p@db.example/f?sslmode=prefer", true),
            ("postgres://u:p@db.example/f?sslmode=verify-full", false),
            ("postgres://u@localhost/f", false),
            ("postgres://u@127.0.0.1:5433/f", false),
            ("postgres:///f?host=/run/postgresql", false),
            ("postgres:///f?host=db.example", true),
            ("sqlite://f.db", false),
        ] {
            assert_eq!(Target::parse(address).map(|t| t.is_unprotected()), Ok(unprotected), "{address}");
        }
    }
}
