//! The running service: its doors to the database, bounded.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ::files::Rendition;
use initiatives::Freshness;
use persistence::{
    AnyConnection, Clock, Command, Committed, Db, DoorRule, Error, Outcome, Tx,
    files::{self as kept, Piece},
    idempotency::Answer,
    jobs::{self, Hands},
    letters::{Delivery, Letter},
};
use tokio::{runtime::Handle, sync::Semaphore, task::JoinHandle};

use crate::{
    auth::{DemoKey, Issuers},
    cache::PublicCache,
    contract::Contract,
    files::{self, FileStore, room},
    limit,
    log::RequestLog,
    mail::Post,
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
    /// From the first byte of a file to its last.
    pub upload_time: Duration,
    /// Between two parts of a file.
    pub upload_pause: Duration,
    /// Bytes of files in memory, of all that are on their way in.
    pub upload_memory: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            body_bytes: 256 * 1024,
            body_time: Duration::from_secs(10),
            acquire: Duration::from_secs(3),
            work: Duration::from_secs(15),
            upload_time: Duration::from_secs(120),
            upload_pause: Duration::from_secs(10),
            upload_memory: 64 * 1024 * 1024,
        }
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
    /// Where the bytes of files lie.
    pub files: FileStore,
    pub cache: PublicCache,
    pub request_log: RequestLog,
    /// Rings when a write of this instance has committed.
    pub changed: tokio::sync::Notify,
    /// Set when the service is about to stop: readiness says so before the door closes.
    pub draining: AtomicBool,
    reading: Arc<Semaphore>,
    writing: Arc<Semaphore>,
    /// Room for files on their way in.
    pub(crate) uploading: Arc<Semaphore>,
    /// One picture at a time.
    pub(crate) rendering: Arc<Semaphore>,
    /// Where what blocks is done: one pool for all workers, since what every thread once needed it keeps.
    threads: Handle,
}

impl App {
    /// Within a runtime that lives for as long as anybody asks: its threads do what blocks.
    #[must_use]
    pub fn new(db: Db, clock: Clock, limits: Bounds, issuers: Issuers, contract: Contract) -> Self {
        // A turn for each connection: whoever waits for one waits here, and holds no thread meanwhile.
        let (readers, writers) = db.connections();
        Self {
            db,
            clock,
            contract,
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
            files: FileStore::in_memory(),
            cache: PublicCache::default(),
            request_log: RequestLog::default(),
            changed: tokio::sync::Notify::new(),
            draining: AtomicBool::new(false),
            reading: Arc::new(Semaphore::new(readers)),
            writing: Arc::new(Semaphore::new(writers)),
            uploading: room(limits.upload_memory),
            rendering: Arc::new(Semaphore::new(1)),
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
        let discard = |keys: &[String]| futures_executor::block_on(self.files.discard(keys));
        let round = jobs::run_due(
            &self.db,
            &self.clock,
            &Hands { freshness: self.freshness, message_retention: self.message_retention, mailer, discard: &discard },
        )?;
        if round.done > 0 {
            self.cache.written();
            self.changed.notify_waiters();
        }
        Ok(round)
    }

    /// Keeps pieces in the file store: what is to lie there is noted before it does, so that nothing can lie there unknown.
    pub(crate) async fn keep(&self, pieces: Vec<Piece>) -> Result<Vec<Rendition>, Problem> {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        let pieces = Arc::new(pieces);
        let noted = Arc::clone(&pieces);
        let renditions = self.blocking(&self.writing, Door::Write, move || kept::note(&db, &clock, &noted)).await?;
        for (rendition, piece) in renditions.iter().zip(pieces.iter()) {
            self.files.put(&rendition.key, piece.bytes.clone().into()).await.map_err(files::unavailable)?;
        }
        Ok(renditions)
    }

    /// Work that needs no database, off the threads that answer.
    pub(crate) fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        self.threads.spawn_blocking(work)
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
