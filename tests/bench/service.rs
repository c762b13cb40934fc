//! The processes that are measured, and the databases behind them.

use std::{
    env, fs,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::{Outcome, cluster, http::Client};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Builds the service as it is released, and says where it is: beside this program.
pub fn build() -> Outcome<PathBuf> {
    let program = env::current_exe()?.with_file_name("frivillig");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built =
        Command::new(cargo).args(["build", "--quiet", "--release", "--package", "api"]).current_dir(env!("CARGO_MANIFEST_DIR")).status()?;
    if built.success() && program.is_file() { Ok(program) } else { Err("the service could not be built in release mode".into()) }
}

/// Where databases are made, and thrown away with this value.
#[derive(Debug)]
pub struct Database {
    folder: PathBuf,
    /// With `fsync`, as in production.
    cluster: Option<cluster::Cluster>,
}

/// One seeded database.
#[derive(Clone, Debug)]
pub struct Store {
    pub rows: u64,
    /// For what the processes around it write.
    pub folder: PathBuf,
    url: String,
}

impl Database {
    pub fn new(engine: Engine) -> Outcome<Self> {
        let folder = env::temp_dir().join(format!("frivillig-bench-{}", process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, cluster: (engine == Engine::Postgres).then(|| cluster::dedicated(true)) })
    }

    /// A new database with so many initiatives.
    pub fn seeded(&mut self, program: &Path, rows: u64) -> Outcome<Store> {
        let folder = self.folder.join(rows.to_string());
        fs::create_dir_all(&folder)?;
        let store = match &self.cluster {
            None => Store { rows, url: format!("sqlite://{}", folder.join("bench.db").display()), folder },
            Some(cluster) => {
                let name = format!("bench_{rows}");
                let createdb = cluster.bin("createdb").ok_or("PostgreSQL's createdb is not installed")?;
                let created = Command::new(createdb).args(["--maintenance-db", &cluster.maintenance_url(), &name]).status()?;
                if !created.success() {
                    return Err("the database could not be created".into());
                }
                Store { rows, url: cluster.url(&name), folder }
            }
        };
        let seeded = store.command(program).args(["seed", "--scale", &rows.to_string()]).stdout(Stdio::null()).status()?;
        if seeded.success() { Ok(store) } else { Err("the database could not be seeded".into()) }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What cannot be removed lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The operator's token for figures.
const METRICS_TOKEN: &str = "for-the-bench-alone";

impl Store {
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("DATABASE_URL", &self.url).env("DEMO", "true").env("RATE_LIMIT", "off").env("LOG_FORMAT", "json");
        // As in the container image; see docs/operations.md.
        command.env("MALLOC_ARENA_MAX", "2");
        command.env("METRICS_TOKEN", METRICS_TOKEN).env_remove("RUST_LOG").env_remove("AUTH_ISSUERS").env_remove("PUBLIC_URL");
        command
    }
}

/// A process that ends with this value.
#[derive(Debug)]
pub struct Running {
    process: Child,
    pub address: SocketAddr,
}

impl Running {
    /// Starts the service on a database, and says how long it took to its first answer. It logs every request, as JSON
    /// and into a file, as it would for an operator.
    pub fn service(program: &Path, store: &Store) -> Outcome<(Self, Duration)> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let log = OpenOptions::new().create(true).append(true).open(store.log())?;
        let begun = Instant::now();
        let process = store
            .command(program)
            .env("LISTEN_ADDR", address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let running = Self { process, address };
        while begun.elapsed() < Duration::from_secs(30) {
            let ready = Client::new(address).and_then(|mut client| client.get("/health/ready", &[]));
            if ready.is_ok_and(|answer| answer.status == 200) {
                return Ok((running, begun.elapsed()));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Err("the service did not come up".into())
    }

    /// Starts the server that gives a service's answers from memory.
    pub fn ceiling(of: SocketAddr, questions: &Path) -> Outcome<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["ceiling", "--of", &of.to_string(), "--questions"]).arg(questions);
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let read = process.stdout.take().map(|said| BufReader::new(said).read_line(&mut line));
        let address = line.trim().parse();
        match (read, address) {
            (Some(Ok(_)), Ok(address)) => Ok(Self { process, address }),
            _ => {
                let _ = process.kill();
                Err("the ceiling did not come up".into())
            }
        }
    }

    /// Seconds of CPU that it has used.
    pub fn cpu_seconds(&self) -> Outcome<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().collect();
        // User and system time; the clock of /proc ticks a hundred times a second.
        let ticks: Option<f64> = fields.get(11..13).map(|ticks| ticks.iter().filter_map(|tick| tick.parse::<f64>().ok()).sum());
        ticks.map(|ticks| ticks / 100.0).ok_or_else(|| "the process is gone".into())
    }

    /// Its memory in MiB: now, and at the most.
    pub fn memory(&self) -> Outcome<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let of = |name: &str| -> Option<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.split_ascii_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
        };
        Ok((of("VmRSS:").ok_or("the process is gone")?, of("VmHWM:").ok_or("the process is gone")?))
    }

    /// The figures that the service itself keeps.
    pub fn figures(&self) -> Outcome<Figures> {
        let answer = Client::new(self.address)?.get("/metrics", &[("Authorization", &format!("Bearer {METRICS_TOKEN}"))])?;
        let text = String::from_utf8(answer.body)?;
        let sum = |name: &str, label: &str| -> f64 {
            let lines =
                text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{')) && line.contains(label));
            lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
        };
        Ok(Figures {
            requests: sum("frivillig_requests_total", "GET /v1/"),
            unchanged: sum("frivillig_requests_total", "status=\"304\""),
            reads: sum("frivillig_statements_count", "door=\"read\""),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Counts since the service began.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub requests: f64,
    pub unchanged: f64,
    pub reads: f64,
}

impl Store {
    fn log(&self) -> PathBuf {
        self.folder.join("service.log")
    }

    /// A measurement may write gigabytes of log.
    pub fn forget_log(&self) -> Outcome<()> {
        Ok(File::options().write(true).open(self.log())?.set_len(0)?)
    }
}

/// Somebody who changes an initiative once a second, for as long as this value lives.
#[derive(Debug)]
pub struct Writer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<u64, String>>>,
}

impl Writer {
    pub fn begin(address: SocketAddr) -> Outcome<Self> {
        let mut client = Client::new(address)?;
        let body = json!({ "persona": "association-chair" }).to_string();
        let given = client.send("POST", "/demo/tokens", &[("Content-Type", "application/json")], &body)?.json()?;
        let token = given.get("access_token").and_then(Value::as_str).ok_or("the service gave no token")?.to_owned();
        let of_the_chair = format!("/v1/initiatives?limit=1&organisation_id={}", persistence::sample::organisation_id(1));
        let found = client.get(&of_the_chair, &[])?.json()?;
        let id = found.pointer("/items/0/id").and_then(Value::as_str).ok_or("the association has no public initiative")?.to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = thread::spawn(move || write(client, &format!("/v1/initiatives/{id}"), &format!("Bearer {token}"), &told));
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Ends, and says how often it has written. A write that was refused spoils the measurement.
    pub fn end(mut self) -> Outcome<u64> {
        self.stop.store(true, Ordering::SeqCst);
        let thread = self.thread.take().ok_or("the writer has ended before")?;
        Ok(thread.join().map_err(|_| "the writer panicked")??)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

fn write(mut client: Client, path: &str, authorization: &str, stop: &AtomicBool) -> Result<u64, String> {
    let headers = [("Authorization", authorization), ("If-Match", "*"), ("Content-Type", "application/merge-patch+json")];
    let mut writes = 0;
    while !stop.load(Ordering::SeqCst) {
        let begun = Instant::now();
        let body = json!({ "accessibility_text": format!("Ring på, så kommer vi og åbner. Prøvet {writes} gange.") }).to_string();
        let answer = client.send("PATCH", path, &headers, &body).map_err(|error| error.to_string())?;
        if answer.status != 200 {
            return Err(format!("the write answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body)));
        }
        writes += 1;
        thread::sleep(Duration::from_secs(1).saturating_sub(begun.elapsed()));
    }
    Ok(writes)
}
