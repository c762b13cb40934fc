//! The program itself, as a process that can be killed, and the databases that it works on.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use access::Role;
use api::auth::Persona;
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query, sql_types,
};
use persistence::{Clock, Engine, Target};

use super::http::{Ask, Reply, Wire};
use crate::{
    cluster::Cluster,
    world::{Content, KEY, Scratch},
};

/// Two cores shared with everything else that is being built and tested: this bounds a hang, nothing else.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program with these settings and nothing else from the environment.
pub fn program<N: AsRef<OsStr>, V: AsRef<OsStr>>(settings: impl IntoIterator<Item = (N, V)>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frivillig-under-test"));
    // What a program without a folder of its own writes beside itself must not land among the sources.
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    let files = format!("file://{}", std::env::temp_dir().join(format!("frivillig_files_{}", std::process::id())).display());
    command
        .env_clear()
        .env("FILE_STORE_URL", files)
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .env("RATE_LIMIT", "off")
        .envs(settings)
        .stdin(Stdio::null());
    command
}

/// Runs the program to its end. One that serves instead of ending is stopped, and the test fails.
pub fn ends(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
    let begun = Instant::now();
    while child.try_wait().expect("the child is ours").is_none() {
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            let output = child.wait_with_output().expect("the child is ours");
            panic!("the program should have ended, and said {}", String::from_utf8_lossy(&output.stdout));
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().expect("the child is ours")
}

/// One running service. It is killed when the value is dropped; Ctrl-C reaches it by itself.
#[derive(Debug)]
pub struct Service {
    child: Child,
    pub address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Service {
    /// Returns when the service says that it is ready. The port is the kernel's choice, so nobody can take it first.
    pub fn start(target: &Target) -> Self {
        Self::launch(program([("DATABASE_URL", url(target)), ("RUST_LOG", "warn".into())]))
    }

    pub fn launch(command: Command) -> Self {
        Self::try_launch(command).unwrap_or_else(|said| panic!("the service did not come up: {said}"))
    }

    /// The service, or what it said before it ended.
    pub fn try_launch(mut command: Command) -> Result<Self, String> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
        let log = Arc::new(Mutex::new(String::new()));
        drain(child.stderr.take().expect("it is piped"), Arc::clone(&log));
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut greeting = String::new();
        output.read_line(&mut greeting).expect("the child's output is text");
        let Some(address) = greeting.trim_end().rsplit("http://").next().and_then(|address| address.parse().ok()) else {
            let _ = child.wait();
            thread::sleep(Duration::from_millis(50));
            return Err(log.lock().unwrap_or_else(PoisonError::into_inner).clone());
        };
        // Nobody reads on, and a full pipe would stop the service.
        drain(output, Arc::default());
        let service = Self { child, address, log };
        service.becomes_ready(PATIENCE);
        Ok(service)
    }

    pub fn becomes_ready(&self, within: Duration) {
        let begun = Instant::now();
        while !self.is_ready() {
            assert!(begun.elapsed() < within, "the service is not ready: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_ready(&self) -> bool {
        Wire::open(self.address).and_then(|mut wire| wire.ask(&Ask::get("/health/ready"))).is_ok_and(|reply| reply.status == 200)
    }

    pub fn wire(&self) -> Wire {
        Wire::open(self.address).expect("the service accepts connections")
    }

    /// One question on a connection of its own.
    pub fn ask(&self, ask: &Ask) -> Reply {
        self.wire().ask(ask).unwrap_or_else(|error| panic!("{error}: {}", self.log()))
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// SIGKILL: nothing in the process gets to do anything about it.
    pub fn kill(mut self) {
        self.child.kill().expect("the child is ours");
        self.child.wait().expect("the child is ours");
    }

    /// SIGTERM, as from a supervisor.
    pub fn tell_to_stop(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()), "kill(1) works");
    }

    pub fn ended(&mut self, within: Duration) -> Option<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < within {
            if let Some(status) = self.child.try_wait().expect("the child is ours") {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// SIGTERM, and the end that should follow.
    pub fn stop(mut self) {
        self.tell_to_stop();
        let status = self.ended(PATIENCE).expect("the service stops when told to");
        assert!(status.success(), "{status}: {}", self.log());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn drain(source: impl Read + Send + 'static, into: Arc<Mutex<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            let mut kept = into.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push_str(&line);
            kept.push('\n');
        }
    });
}

/// The address of a database, for `DATABASE_URL`.
pub fn url(target: &Target) -> String {
    match target {
        Target::Sqlite(path) => format!("sqlite://{}", path.display()),
        Target::Postgres(url) => url.clone(),
    }
}

/// A database that is migrated, empty and stamped for demonstration with the suite's own key, so that tests can sign
/// tokens for everybody.
pub fn stamped(engine: Engine) -> Scratch {
    let scratch = Scratch::new(engine, Content::Nothing);
    stamp(&scratch.target);
    scratch
}

/// The same on a server of the caller's own, whose commits survive its restart.
pub fn stamped_on(cluster: &Cluster) -> Target {
    execute(&Target::Postgres(cluster.maintenance_url()), "CREATE DATABASE frivillig");
    let target = Target::parse(&cluster.url("frivillig")).expect("it is an address");
    persistence::Db::open(&target, &persistence::Options::default()).expect("a new database is migrated");
    stamp(&target);
    target
}

fn stamp(target: &Target) {
    execute(target, &format!("INSERT INTO settings (name, value) VALUES ('purpose', 'demo'), ('demo_key', '{}')", KEY.to_text()));
}

/// A token for now.
pub fn token(subject: &str, roles: &[Role], cvr: Option<&str>) -> String {
    let persona = Persona { subject: subject.to_owned(), roles: roles.to_vec(), cvr: cvr.map(str::to_owned) };
    let clock = Clock::system();
    KEY.token(&persona, clock.now(), clock.new_id()).expect("the key signs")
}

pub fn citizen(subject: &str) -> String {
    token(subject, &[], None)
}

pub fn editor() -> String {
    token("editor", &[Role::Editor], None)
}

/// A look past the service, and the hand that holds its locks.
pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Cell {
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    value: Option<String>,
}

impl Raw {
    pub fn open(target: &Target) -> Self {
        let mut raw = match target {
            Target::Sqlite(path) => Self::Sqlite(SqliteConnection::establish(&path.to_string_lossy()).expect("the file opens")),
            Target::Postgres(url) => Self::Postgres(PgConnection::establish(url).expect("the server answers")),
        };
        if matches!(raw, Self::Sqlite(_)) {
            raw.run("PRAGMA busy_timeout=20000");
        }
        raw
    }

    pub fn run(&mut self, sql: &str) {
        self.try_run(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub fn try_run(&mut self, sql: &str) -> diesel::QueryResult<()> {
        match self {
            Self::Sqlite(connection) => connection.batch_execute(sql),
            Self::Postgres(connection) => connection.batch_execute(sql),
        }
    }

    /// The column `value` of a query, as text.
    pub fn column(&mut self, sql: &str) -> Vec<String> {
        let rows: diesel::QueryResult<Vec<Cell>> = match self {
            Self::Sqlite(connection) => sql_query(sql).load(connection),
            Self::Postgres(connection) => sql_query(sql).load(connection),
        };
        rows.unwrap_or_else(|error| panic!("{sql}: {error}")).into_iter().map(|cell| cell.value.unwrap_or_default()).collect()
    }

    pub fn number(&mut self, sql: &str) -> i64 {
        let value = self.column(&format!("SELECT CAST(({sql}) AS TEXT) AS value"));
        value.first().and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{sql} is not a number: {value:?}"))
    }
}

pub fn execute(target: &Target, sql: &str) {
    Raw::open(target).run(sql);
}
