//! Starting and stopping.

use std::{
    net::{SocketAddr, TcpListener},
    process::ExitCode,
    sync::atomic::Ordering,
    time::Duration,
};

use actix_web::{HttpServer, rt::System, web::Data};
use clap::Parser;
use persistence::{
    Clock, Command, Db, DoorRule, Error, Options, Target,
    jobs::Round,
    settings::{self, Setting},
};

use crate::{
    app::{App, Bounds},
    auth::{DemoKey, Issuers, Persona},
    config::{Cli, Config, Settings, Switch, Task},
    health,
    limit::Limits,
    log::{self, RequestLog},
    mail::{self, Post},
    outbound::{self, Outbound},
    renewal, routes,
};

/// How long what is in flight may take after the order to stop.
const GRACE_SECONDS: u64 = 20;

/// In which readiness says no while the door is still open, so that a balancer stops sending before it closes.
const NOTICE: Duration = Duration::from_secs(1);

/// How often due work is looked for.
const JOB_ROUND: Duration = Duration::from_secs(15);

/// How soon after a command at the earliest.
const GATHER: Duration = Duration::from_millis(500);

/// Runs the program: reads the settings, does the task, says in one line why it could not.
#[must_use]
pub fn run() -> ExitCode {
    let Cli { task, settings } = Cli::parse();
    match perform(task.unwrap_or(Task::Serve), settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            complain(&reason);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the operator reads it, also where no log is kept")]
fn complain(reason: &str) {
    eprintln!("frivillig: {reason}");
}

#[expect(clippy::print_stdout, reason = "this is what the subcommands are for")]
fn say(text: &str) {
    println!("{text}");
}

fn perform(task: Task, settings: Settings) -> Result<(), String> {
    if matches!(task, Task::Openapi) {
        say(routes::contract().document().trim_end());
        return Ok(());
    }
    let config = settings.check()?;
    let trust = Trust::new(&config).map_err(|error| format!("AUTH_ISSUERS: {error}"))?;
    let clock = Clock::system();
    match task {
        Task::Serve => serve(&config, trust, clock),
        Task::Migrate => open(&config).map(|_| say("The schema is up to date.")),
        Task::CheckConfig => {
            say("The configuration is good.");
            Ok(())
        }
        Task::Token { persona } => token(&config, &clock, &persona),
        Task::Seed { scale } => seed(&config, &clock, scale),
        Task::Openapi => Ok(()),
    }
}

/// Whose tokens are believed, and how to ask them for their keys.
struct Trust {
    issuers: Option<Issuers>,
    outbound: Option<Outbound>,
}

impl Trust {
    fn new(config: &Config) -> Result<Self, String> {
        let issuers = config.settings.auth_issuers.as_deref().map(Issuers::from_file).transpose()?;
        let outbound = issuers.as_ref().filter(|issuers| issuers.discovered().next().is_some()).map(|issuers| {
            let Settings { outbound_networks, outbound_without_tls, .. } = &config.settings;
            let outbound = Outbound::new(outbound_networks.clone(), *outbound_without_tls, outbound::Bounds::default())
                .map_err(|error| format!("nobody can be called through TLS: {error}"))?;
            issuers.check(&outbound).map(|()| outbound)
        });
        Ok(Self { issuers, outbound: outbound.transpose()? })
    }
}

fn open(config: &Config) -> Result<Db, String> {
    let options = Options { acquire: Bounds::default().acquire, ..Options::default() };
    Db::open(&config.target, &options).map_err(|error| format!("DATABASE_URL: {error}"))
}

/// What a database is for, as it is written into the database itself.
const DEMO: &str = "demo";
const PRODUCTION: &str = "production";

const NOT_FOR_DEMO: &str = "DEMO=true, but the database was not created for demonstration; use a new one";

const DEMO_STAYS_HERE: &str =
    "LISTEN_ADDR: demo mode gives tokens to everybody and listens on this machine alone; DEMO_PUBLIC=true allows more";

/// A database that has been opened and is what the settings say it is.
struct Opened {
    db: Db,
    demo: Option<DemoKey>,
}

impl Opened {
    /// `sample` says whether a new demo database gets its sample data.
    fn new(config: &Config, clock: &Clock, sample: bool) -> Result<Self, String> {
        let db = open(config)?;
        let wanted = config.settings.demo;
        // In one snapshot: what another instance writes meanwhile must not look like the work of people.
        let seen = db.read(|connection| Ok((settings::get(connection, Setting::Purpose)?, persistence::journal::last(connection)? == 0)));
        let purpose = match seen.result.map_err(|error| error.to_string())? {
            (Some(purpose), _) => purpose,
            (None, empty) => {
                let demo = wanted.unwrap_or(empty && is_demo_by_default(config));
                if demo && !empty {
                    return Err(NOT_FOR_DEMO.into());
                }
                stamp(&db, clock, demo, sample)?
            }
        };
        let stamped = match (purpose == DEMO, wanted) {
            (true, Some(false)) => return Err("DEMO=false, but the database was created for demonstration; use another one".into()),
            (true, _) if config.settings.auth_issuers.is_some() => {
                return Err("AUTH_ISSUERS is set, but the database was created for demonstration; use another one".into());
            }
            (false, Some(true)) => return Err(NOT_FOR_DEMO.into()),
            (stamped, _) => stamped,
        };
        let demo = if stamped {
            let key = db.read(|connection| settings::get(connection, Setting::DemoKey)).result.map_err(|error| error.to_string())?;
            Some(DemoKey::from_text(&key.ok_or("the demo database has lost its key")?)?)
        } else {
            None
        };
        Ok(Self { db, demo })
    }
}

/// Whether anybody has been at work in a database.
fn holds_something(db: &Db) -> Result<bool, String> {
    db.read(persistence::journal::last).result.map(|last| last > 0).map_err(|error| error.to_string())
}

/// What a new database is for when nobody says it.
fn is_demo_by_default(config: &Config) -> bool {
    matches!(config.target, Target::Sqlite(_)) && config.settings.auth_issuers.is_none()
}

/// Says for good what a database is for, in one transaction with everything that belongs to it: whoever starts at the same
/// time, or after this start was cut short, finds all of it or nothing. The first one decides, and all get its answer.
fn stamp(db: &Db, clock: &Clock, demo: bool, sample: bool) -> Result<String, String> {
    let key = if demo { Some(DemoKey::generate()?) } else { None };
    let write = || {
        db.write(&system(clock, "seed"), |tx| {
            if let Some(purpose) = settings::present(tx, Setting::Purpose)? {
                return Ok(purpose);
            }
            let purpose = if demo { DEMO } else { PRODUCTION };
            settings::put(tx, Setting::Purpose, purpose)?;
            if let Some(key) = &key {
                settings::put(tx, Setting::DemoKey, &key.to_text())?;
            }
            if demo && sample {
                persistence::sample::begin(tx)?;
            }
            Ok(purpose.to_owned())
        })
        .result
    };
    // Another instance may be writing the sample data, which can take longer than a command waits at the gate.
    let busy = |outcome: &Result<String, Error>| outcome.as_ref().is_err_and(|error| error.problem == DoorRule::Busy.as_problem());
    let stamped = (0..5).map(|_| write()).find(|outcome| !busy(outcome)).unwrap_or_else(write);
    stamped.map_err(|error| error.to_string())
}

fn system(clock: &Clock, operation: &str) -> Command {
    Command { clock: clock.clone(), operation: operation.into(), request_id: clock.new_id().to_string(), identity: None, idempotency: None }
}

fn token(config: &Config, clock: &Clock, name: &str) -> Result<(), String> {
    let persona = Persona::named(name).ok_or_else(|| format!("{name} is nobody; choose one of {}", Persona::NAMES.join(", ")))?;
    let key =
        Opened::new(config, clock, true)?.demo.ok_or("the database was not created for demonstration; tokens come from its issuer")?;
    say(&key.token(&persona, clock.now(), clock.new_id())?);
    Ok(())
}

fn seed(config: &Config, clock: &Clock, scale: u64) -> Result<(), String> {
    let opened = Opened::new(config, clock, false)?;
    if opened.demo.is_none() {
        return Err("invented data goes into a database created for demonstration; set DEMO=true with a new one".into());
    }
    if holds_something(&opened.db)? {
        return Err("the database is not empty; use a new one".into());
    }
    let summary = persistence::sample::load(&opened.db, clock, Some(scale)).map_err(|error| error.to_string())?;
    say(&format!("{summary:?}"));
    Ok(())
}

fn serve(config: &Config, trust: Trust, clock: Clock) -> Result<(), String> {
    let (lines, requests) = log::to_stderr(config.settings.log_format);
    let served = serve_with_log(config, trust, clock, requests);
    lines.flush();
    served
}

fn serve_with_log(config: &Config, trust: Trust, clock: Clock, requests: RequestLog) -> Result<(), String> {
    let exposed = !config.settings.listen_addr.ip().is_loopback() && !config.settings.demo_public;
    let new = matches!(&config.target, Target::Sqlite(path) if !path.exists());
    // Before anything is opened where it can be known by then: what is refused must not leave a database behind.
    if exposed && config.settings.demo.unwrap_or(new && is_demo_by_default(config)) {
        return Err(DEMO_STAYS_HERE.into());
    }
    // The address first: a port in use must not leave a database behind.
    let listener = listen(config.settings.listen_addr)?;
    let opened = Opened::new(config, &clock, true)?;
    if exposed && opened.demo.is_some() {
        return Err(DEMO_STAYS_HERE.into());
    }
    health::recorder();
    System::new().block_on(async {
        let mut app = assemble(config, opened, trust.issuers, clock)?;
        app.request_log = requests;
        if app.demo.is_some()
            && let Err(error) = app.files.put_samples(&app.db).await
        {
            tracing::warn!(error, "the pictures of the sample data cannot be laid into the file store");
        }
        if let Some(outbound) = &trust.outbound {
            renewal::keep_fresh(&app.issuers, outbound, &app.clock, renewal::Pace::default()).await;
        }
        run_until_told(listener, Data::new(app)).await
    })
}

fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    let bind = || -> std::io::Result<TcpListener> {
        let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(1024)?;
        Ok(socket.into())
    };
    bind().map_err(|error| format!("LISTEN_ADDR: cannot listen on {address}: {error}"))
}

fn assemble(config: &Config, opened: Opened, issuers: Option<Issuers>, clock: Clock) -> Result<App, String> {
    let issuers = match (issuers, &opened.demo) {
        (Some(issuers), _) => issuers,
        (None, Some(key)) => Issuers::demo(key)?,
        (None, None) => {
            tracing::warn!("AUTH_ISSUERS is not set: nobody can sign in, and only what is public can be read");
            Issuers::default()
        }
    };
    let settings = &config.settings;
    let rate_limits = (settings.rate_limit == Switch::On).then(|| Limits::new(&clock));
    let mut app = App::new(opened.db, clock, Bounds::default(), issuers, routes::contract());
    app.demo = opened.demo;
    app.demo_public = settings.demo_public;
    app.rate_limits = rate_limits;
    app.trusted_proxies.clone_from(&settings.trusted_proxies);
    app.cors_origins.clone_from(&settings.cors_origins);
    app.metrics_token.clone_from(&settings.metrics_token);
    app.public_url.clone_from(&config.public_url);
    app.files = config.files.clone();
    app.freshness = config.freshness;
    app.message_retention = chrono::TimeDelta::days(config.settings.message_retention_days);
    app.post = post(config, app.demo.is_some())?;
    Ok(app)
}

/// Who takes letters: the mail server that is set, in demo mode a folder, otherwise nobody yet.
fn post(config: &Config, demo: bool) -> Result<Option<Post>, String> {
    let mailer = match &config.settings.smtp_url {
        Some(url) => mail::smtp(url).map_err(|error| format!("SMTP_URL: {error}"))?,
        None if demo => mail::folder(config.mail_folder()),
        None => {
            tracing::warn!("SMTP_URL is not set: letters wait until it is");
            return Ok(None);
        }
    };
    Ok(Some(Post::new(mailer, config.mail_from.clone(), config.link_base_url.clone())))
}

async fn run_until_told(listener: TcpListener, app: Data<App>) -> Result<(), String> {
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let shared = app.clone();
    let server = HttpServer::new(move || routes::application(shared.clone()))
        .workers(std::thread::available_parallelism().map_or(2, usize::from))
        .client_request_timeout(Duration::from_secs(5))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(GRACE_SECONDS)
        .disable_signals()
        .listen(listener)
        .map_err(|error| error.to_string())?
        .run();
    let handle = server.handle();
    greet(address, &app);
    actix_web::rt::spawn(rounds(app.clone()));
    actix_web::rt::spawn(async move {
        told_to_stop().await;
        app.draining.store(true, Ordering::SeqCst);
        app.changed.notify_waiters();
        tokio::time::sleep(NOTICE).await;
        handle.stop(true).await;
    });
    server.await.map_err(|error| error.to_string())
}

fn greet(address: SocketAddr, app: &App) {
    say(&format!(
        "Frivillig listens on http://{address}\n  Swagger UI   http://{address}/docs/\n  Contract     http://{address}/openapi.json"
    ));
    if app.demo.is_some() {
        say(&format!(
            "  Demo tokens  curl -s -X POST http://{address}/demo/tokens -H 'Content-Type: application/json' -d '{{\"persona\": \"association-chair\"}}'"
        ));
    }
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Due work and housekeeping, one round after the other for as long as the service lives.
async fn rounds(app: Data<App>) {
    loop {
        let changed = app.changed.notified();
        let shared = app.clone();
        match tokio::task::spawn_blocking(move || shared.run_due()).await {
            Ok(Ok(Round { done, failed })) => {
                metrics::counter!("frivillig_jobs_total", "outcome" => "done").increment(done);
                metrics::counter!("frivillig_jobs_total", "outcome" => "failed").increment(failed);
            }
            Ok(Err(error)) => tracing::error!(%error, "what is due cannot be found out"),
            Err(error) => tracing::error!(%error, "due work panicked and stays due"),
        }
        if let Some(limits) = &app.rate_limits {
            limits.forget_the_quiet();
        }
        // Figures pile up one by one until they are summed; without a scraper nobody else would.
        if let Some(figures) = health::recorder() {
            figures.run_upkeep();
        }
        // What somebody has just done may have to be told to somebody else; a moment later more of it goes in one round.
        if tokio::time::timeout(JOB_ROUND, changed).await.is_ok() {
            tokio::time::sleep(GATHER).await;
        }
    }
}
