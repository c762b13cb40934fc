//! Public answers as finished bytes, thrown away by generation.
//!
//! The generation is part of the key, so a stale entry is never found and needs no removing; it falls out when
//! room is wanted. An entry is at least as new as its key says, since it was read after the generation was.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use kernel::Language;
use moka::{future::Cache, policy::EvictionPolicy};
use persistence::Area;

use crate::{problem::Problem, reply::Finished};

/// Bytes that the cache may hold.
const CAPACITY: u64 = 32 * 1024 * 1024;

/// How long another instance's write may go unnoticed.
const REREAD: TimeDelta = TimeDelta::seconds(1);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    path: String,
    query: String,
    language: Language,
    generation: i64,
}

/// An answer, and until when a clock alone cannot make it wrong.
#[derive(Clone, Debug)]
pub struct Entry {
    pub finished: Finished,
    pub valid_until: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    generation: i64,
    read_at: DateTime<Utc>,
    writes_seen: u64,
}

/// The cache of one running service.
#[derive(Debug)]
pub struct PublicCache {
    entries: Cache<Key, Arc<Entry>>,
    known: Mutex<std::collections::HashMap<&'static [Area], Known>>,
    /// How many of our own writes have committed.
    writes: AtomicU64,
}

impl Default for PublicCache {
    fn default() -> Self {
        let weigh =
            |key: &Key, entry: &Arc<Entry>| u32::try_from(key.path.len() + key.query.len() + entry.finished.weight()).unwrap_or(u32::MAX);
        let entries = Cache::builder().max_capacity(CAPACITY).weigher(weigh).eviction_policy(EvictionPolicy::lru()).build();
        Self { entries, known: Mutex::default(), writes: AtomicU64::new(0) }
    }
}

impl PublicCache {
    /// Says that a write of ours has committed: the next reader must see it.
    pub fn written(&self) {
        self.writes.fetch_add(1, Ordering::SeqCst);
    }

    /// The generation of some areas, reread at most once a second and after every write of our own.
    pub async fn generation<F: Future<Output = Result<i64, Problem>>>(
        &self,
        areas: &'static [Area],
        now: DateTime<Utc>,
        reread: impl FnOnce() -> F,
    ) -> Result<i64, Problem> {
        let writes = self.writes.load(Ordering::SeqCst);
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = known.entry(areas).or_default();
            if entry.writes_seen == writes && entry.generation > 0 {
                if now - entry.read_at < REREAD {
                    return Ok(entry.generation);
                }
                // One request goes and looks; the others need not queue behind it.
                entry.read_at = now;
            }
        }
        let generation = reread().await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = known.entry(areas).or_default();
        entry.generation = entry.generation.max(generation);
        entry.writes_seen = entry.writes_seen.max(writes);
        entry.read_at = now;
        Ok(entry.generation)
    }

    /// The answer from the cache, or made once for all who ask at the same time.
    pub async fn get<F: Future<Output = Result<Entry, Problem>>>(
        &self,
        (path, query, language, generation): (String, String, Language, i64),
        now: DateTime<Utc>,
        make: impl Fn() -> F,
    ) -> Result<Arc<Entry>, Problem> {
        let key = Key { path, query, language, generation };
        let fresh = |entry: &Arc<Entry>| entry.valid_until.is_none_or(|until| now < until);
        if let Some(entry) = self.entries.get(&key).await {
            if fresh(&entry) {
                return Ok(entry);
            }
            self.entries.invalidate(&key).await;
        }
        let made = self.entries.try_get_with(key, async { make().await.map(Arc::new) }).await;
        made.map_err(|problem: Arc<Problem>| (*problem).clone())
    }
}
