//! The running service: its doors to the database, bounded.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{HttpResponse, http::Uri};
use initiatives::Freshness;
use persistence::{
    AnyConnection, Clock, Command, Committed, Db, Dependence, DoorRule, Error, Outcome, Tx,
    idempotency::Answer,
    jobs::{self, Hands},
    letters::{Delivery, Letter},
    tags,
};
use tokio::{runtime::Handle, sync::Semaphore};

use crate::{
    auth::{DemoKey, Issuers},
    cache::{Entry, Key, PublicCache},
    call::{Call, Listed},
    limit,
    log::RequestLog,
    mail::Post,
    openapi::Contract,
    problem::Problem,
};

/// How long and how large things may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes in a body.
    pub body_bytes: usize,
    /// From the first byte of a body to its last.
    pub body_time: Duration,
    /// Waiting for a turn at the database.
    pub acquire: Duration,
    /// A whole command or query.
    pub work: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { body_bytes: 256 * 1024, body_time: Duration::from_secs(10), acquire: Duration::from_secs(3), work: Duration::from_secs(15) }
    }
}

/// Everything that handlers share.
#[derive(Debug)]
pub struct App {
    pub db: Db,
    pub clock: Clock,
    pub limits: Bounds,
    pub contract: Contract,
    pub issuers: Issuers,
    /// The demo issuer's key, in demo mode.
    pub demo: Option<DemoKey>,
    /// Whether demo tokens are given to callers who name another host than this machine.
    pub demo_public: bool,
    pub rate_limits: Option<limit::Limits>,
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Origins that may send more than public reads.
    pub cors_origins: Vec<String>,
    pub metrics_token: Option<String>,
    pub public_url: String,
    pub freshness: Freshness,
    /// How long messages to contacts are kept after they were confirmed.
    pub message_retention: chrono::TimeDelta,
    /// Sends letters; without it they wait.
    pub post: Option<Post>,
    pub cache: PublicCache,
    pub request_log: RequestLog,
    /// Rings when a write of this instance has committed.
    pub changed: tokio::sync::Notify,
    /// Set when the service is about to stop: readiness says so before the door closes.
    pub draining: AtomicBool,
    reading: Arc<Semaphore>,
    writing: Arc<Semaphore>,
    /// Where what blocks is done: one pool for all workers, since what every thread once needed it keeps.
    threads: Handle,
}

impl App {
    /// Within a runtime that lives for as long as anybody asks: its threads do what blocks.
    #[must_use]
    pub fn new(db: Db, clock: Clock, limits: Bounds, issuers: Issuers) -> Self {
        // A turn for each connection: whoever waits for one waits here, and holds no thread meanwhile.
        let (readers, writers) = db.connections();
        Self {
            db,
            clock,
            contract: Contract::of_this_service(),
            issuers,
            demo: None,
            demo_public: false,
            rate_limits: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            metrics_token: None,
            public_url: "http://127.0.0.1:8080".into(),
            freshness: Freshness::default(),
            message_retention: chrono::TimeDelta::days(30),
            post: None,
            cache: PublicCache::default(),
            request_log: RequestLog::default(),
            changed: tokio::sync::Notify::new(),
            draining: AtomicBool::new(false),
            reading: Arc::new(Semaphore::new(readers)),
            writing: Arc::new(Semaphore::new(writers)),
            threads: Handle::current(),
            limits,
        }
    }

    pub(crate) async fn write(
        &self,
        command: Command,
        act: impl FnOnce(&mut Tx<'_>) -> Result<Answer, Error> + Send + 'static,
    ) -> Result<Committed, Problem> {
        let db = self.db.clone();
        let committed = self.blocking(&self.writing, Door::Write, move || db.command(&command, act)).await?;
        self.cache.written();
        self.changed.notify_waiters();
        Ok(committed)
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut AnyConnection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let db = self.db.clone();
        self.blocking(&self.reading, Door::Read, move || db.read(query)).await
    }

    /// Does everything that is due.
    ///
    /// # Errors
    /// Database failures that keep it from finding out what is.
    pub fn run_due(&self) -> Result<jobs::Round, Error> {
        let mailer = self.post.as_ref().map(|post| |letter: &Letter| post.send(letter));
        let mailer = mailer.as_ref().map(|send| send as &(dyn Fn(&Letter) -> Delivery + Sync));
        let round =
            jobs::run_due(&self.db, &self.clock, &Hands { freshness: self.freshness, message_retention: self.message_retention, mailer })?;
        if round.done > 0 {
            self.cache.written();
            self.changed.notify_waiters();
        }
        Ok(round)
    }

    /// Hops to the blocking pool. A client that goes away drops the handler in the middle of its await, but not
    /// the closure: it runs to its end there, and a command is done or not done, never half.
    async fn blocking<T: Send + 'static>(
        &self,
        turns: &Arc<Semaphore>,
        door: Door,
        work: impl FnOnce() -> Outcome<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = tokio::time::timeout(self.limits.acquire, Arc::clone(turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(DoorRule::Busy.into()) };
        let stage = Arc::new(Stage::default());
        let inside = Arc::clone(&stage);
        let task = self.threads.spawn_blocking(move || {
            let _turn = turn;
            if inside.abandoned.load(Ordering::SeqCst) { None } else { Some(work()) }
        });
        match tokio::time::timeout(self.limits.work, task).await {
            Ok(Ok(Some(outcome))) => {
                metrics::histogram!("frivillig_statements", "door" => door.name()).record(outcome.statements);
                outcome.result.map_err(Problem::from)
            }
            Ok(Ok(None)) => Err(DoorRule::Busy.into()),
            Ok(Err(panicked)) => Err(Error::internal(panicked).into()),
            Err(_) => {
                stage.abandoned.store(true, Ordering::SeqCst);
                Err(if door == Door::Write { DoorRule::OutcomeUnknown } else { DoorRule::Busy }.into())
            }
        }
    }
}

#[derive(Default)]
struct Stage {
    /// Nobody waits for the answer any more; work that has not begun need not.
    abandoned: AtomicBool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Read,
    Write,
}

impl Door {
    const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// Something that everybody may read: from the cache for whoever sends no token, afresh for everybody else.
#[derive(Debug)]
pub struct Public {
    pub listed: Listed,
    pub dependence: Dependence,
    /// The next instant at which a date changes the answer.
    pub valid_until: Option<chrono::DateTime<chrono::Utc>>,
}

impl Public {
    /// What no date changes.
    #[must_use]
    pub const fn depending_on(dependence: Dependence, listed: Listed) -> Self {
        Self { listed, dependence, valid_until: None }
    }
}

/// The address as it was sent.
pub(crate) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", |target| target.as_str())
}

impl Call {
    /// Answers a public question, from the cache where that is allowed. The question is read out of the request only
    /// when the cache has no answer to it: what is in the cache has been asked before, and was a good question then.
    ///
    /// # Errors
    /// Whatever reading or answering the question refuses, or `busy`, `storage-unavailable`.
    pub async fn public_list<Q>(&self, ask: impl Fn(&Self) -> Result<Q, Problem>) -> Result<HttpResponse, Problem>
    where
        Q: FnOnce(&mut AnyConnection) -> Result<Public, Error> + Send + 'static,
    {
        if !self.is_anonymous() {
            let query = ask(self)?;
            return self.read(move |connection| query(connection).map(|public| public.listed)).await;
        }
        let app = self.app();
        let now = app.clock.now();
        let moved = |since| app.read(move |connection| tags::moved_since(connection, since));
        let generation = app.cache.generation(now, moved).await?;
        let operation = self.described().ok_or(DoorRule::Internal)?;
        let make = || async {
            let Public { listed, dependence, valid_until } = app.read(ask(self)?).await?;
            Ok(Entry { finished: listed.finished(), operation: Arc::clone(operation), valid_until, dependence, generation })
        };
        let key = Key::new(target(self.request().uri()), self.language(), self.languages(), self.media_type());
        let entry = app.cache.get(key, generation, now, make).await?;
        Ok(self.finish(&entry.finished, entry.caching(now)))
    }

    /// The same for a question that stands in the address alone.
    ///
    /// # Errors
    /// Whatever the query refuses, or `busy`, `storage-unavailable`.
    pub async fn public(
        &self,
        query: impl FnOnce(&mut AnyConnection) -> Result<Public, Error> + Send + Clone + 'static,
    ) -> Result<HttpResponse, Problem> {
        self.public_list(|_| Ok(query.clone())).await
    }
}
