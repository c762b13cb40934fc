//! Public answers as finished bytes, each for as long as nothing that it depends on has changed.
//!
//! An entry knows the [`Tag`]s that it depends on and the generation at which it was asked for, which is at most that of
//! the rows it was made of. It holds while they have not moved beyond; see [`persistence::tags`]. Nobody removes
//! what no longer holds: the next who asks makes it anew, and what nobody asks for falls out when room is wanted.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Language, Languages};
use moka::{future::Cache, policy::EvictionPolicy};
use persistence::{Dependence, Tag};

use crate::{
    contract::Operation,
    problem::Problem,
    reply::{Caching, Finished},
};

/// Bytes that the cache may hold.
const CAPACITY: u64 = 24 * 1024 * 1024;

/// How long another instance's write may go unnoticed.
const REREAD: TimeDelta = TimeDelta::seconds(1);

/// A question: the address exactly as it was sent, the languages, and the form of the answer. Two spellings of one question are kept twice, and
/// neither has to be read before it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    #[must_use]
    pub fn new(target: &str, language: Language, languages: &Languages, media_type: &str) -> Self {
        Self([language.tag(), " ", &languages.key(), " ", media_type, " ", target].concat())
    }
}

/// An answer, what it depends on, and until when a clock alone cannot make it wrong.
#[derive(Clone, Debug)]
pub struct Entry {
    pub finished: Finished,
    /// Whose answer it is, for the log and the figures.
    pub operation: Arc<Operation>,
    pub valid_until: Option<DateTime<Utc>>,
    pub dependence: Dependence,
    /// Every write up to this generation was there to be read.
    pub generation: i64,
}

impl Entry {
    /// What a cache elsewhere may do with it.
    #[must_use]
    pub fn caching(&self, now: DateTime<Utc>) -> Caching {
        Caching::public_for(self.valid_until.map(|until| (until - now).num_seconds()))
    }
}

/// What this instance knows of the writes of all instances.
#[derive(Debug)]
struct Known {
    /// Whether anything has been read at all.
    begun: AtomicBool,
    /// To which generation each tag has moved, by its number.
    moved: Vec<AtomicI64>,
    /// Set after `moved`: whoever reads this one finds there all that belongs to it.
    generation: AtomicI64,
    /// Microseconds since 1970.
    read_at: AtomicI64,
    /// How many of our own writes are contained.
    writes: AtomicU64,
    updating: Mutex<()>,
}

/// Whether what is known of the writes of all instances will do.
enum Look {
    Known,
    /// It was read at this moment, which is a while ago.
    Due(i64),
    /// Nothing is known, or less than we have written ourselves.
    Needed,
}

/// The cache of one running service.
#[derive(Debug)]
pub struct PublicCache {
    entries: Cache<Key, Arc<Entry>>,
    known: Known,
    /// How many of our own writes have committed.
    writes: AtomicU64,
}

impl Default for PublicCache {
    fn default() -> Self {
        let weigh = |key: &Key, entry: &Arc<Entry>| u32::try_from(key.0.len() + entry.finished.weight()).unwrap_or(u32::MAX);
        let entries = Cache::builder().max_capacity(CAPACITY).weigher(weigh).eviction_policy(EvictionPolicy::lru()).build();
        let known = Known {
            begun: AtomicBool::default(),
            moved: (0..Tag::COUNT).map(|_| AtomicI64::default()).collect(),
            generation: AtomicI64::default(),
            read_at: AtomicI64::default(),
            writes: AtomicU64::default(),
            updating: Mutex::default(),
        };
        Self { entries, known, writes: AtomicU64::default() }
    }
}

impl PublicCache {
    /// Says that a write of ours has committed: the next reader must see it.
    pub fn written(&self) {
        self.writes.fetch_add(1, SeqCst);
    }

    /// The generation up to which all writes are known, asked for at most once a second and after every write of our own.
    pub async fn generation<F: Future<Output = Result<Vec<(Tag, i64)>, Problem>>>(
        &self,
        now: DateTime<Utc>,
        moved_since: impl FnOnce(i64) -> F,
    ) -> Result<i64, Problem> {
        let known = &self.known;
        let writes = self.writes.load(SeqCst);
        match self.look(now) {
            Look::Known => return Ok(known.generation.load(SeqCst)),
            // One request goes and looks; the others need not queue behind it.
            Look::Due(read_at) if known.read_at.compare_exchange(read_at, now.timestamp_micros(), SeqCst, SeqCst).is_err() => {
                return Ok(known.generation.load(SeqCst));
            }
            Look::Due(_) | Look::Needed => {}
        }
        let moved = moved_since(known.generation.load(SeqCst)).await?;
        let _updating = known.updating.lock().unwrap_or_else(PoisonError::into_inner);
        for (tag, generation) in &moved {
            if let Some(slot) = self.slot(*tag) {
                slot.fetch_max(*generation, SeqCst);
            }
        }
        let newest = moved.iter().map(|(_, generation)| *generation).max().unwrap_or_default();
        known.generation.fetch_max(newest, SeqCst);
        known.writes.fetch_max(writes, SeqCst);
        known.read_at.fetch_max(now.timestamp_micros(), SeqCst);
        known.begun.store(true, SeqCst);
        Ok(known.generation.load(SeqCst))
    }

    /// Whether it is time to ask again what has moved.
    fn look(&self, now: DateTime<Utc>) -> Look {
        let known = &self.known;
        if !known.begun.load(SeqCst) || known.writes.load(SeqCst) < self.writes.load(SeqCst) {
            return Look::Needed;
        }
        let read_at = known.read_at.load(SeqCst);
        let fresh = now.timestamp_micros() - read_at < REREAD.num_microseconds().unwrap_or_default();
        if fresh { Look::Known } else { Look::Due(read_at) }
    }

    /// The answer, where it is there, good enough, and nobody has to be asked whether it is.
    pub async fn ready(&self, key: &Key, now: DateTime<Utc>) -> Option<Arc<Entry>> {
        if !matches!(self.look(now), Look::Known) {
            return None;
        }
        let generation = self.known.generation.load(SeqCst);
        self.entries.get(key).await.filter(|entry| self.holds(entry, generation, now))
    }

    fn slot(&self, tag: Tag) -> Option<&AtomicI64> {
        self.known.moved.get(usize::try_from(tag.number()).ok()?)
    }

    /// Whether an entry is good enough for somebody who knows of all writes up to a generation.
    fn holds(&self, entry: &Entry, generation: i64, now: DateTime<Utc>) -> bool {
        let moved = |tag| self.slot(tag).is_none_or(|slot| slot.load(SeqCst) > entry.generation);
        entry.valid_until.is_none_or(|until| now < until) && (entry.generation >= generation || !entry.dependence.is_moved(moved))
    }

    /// The answer from the cache, or made once for all who ask at the same time.
    pub async fn get<F: Future<Output = Result<Entry, Problem>>>(
        &self,
        key: Key,
        generation: i64,
        now: DateTime<Utc>,
        make: impl Fn() -> F,
    ) -> Result<Arc<Entry>, Problem> {
        if let Some(entry) = self.entries.get(&key).await {
            if self.holds(&entry, generation, now) {
                return Ok(entry);
            }
            self.entries.invalidate(&key).await;
        }
        let made = self.entries.try_get_with_by_ref(&key, async { make().await.map(Arc::new) }).await;
        let entry = made.map_err(|problem: Arc<Problem>| (*problem).clone())?;
        if self.holds(&entry, generation, now) {
            return Ok(entry);
        }
        // Somebody was at it already who knew less, or asked before a date that has passed.
        let entry = Arc::new(make().await?);
        self.entries.insert(key, Arc::clone(&entry)).await;
        Ok(entry)
    }
}
