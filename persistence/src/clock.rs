//! The one place where time and new identifiers come from.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

/// The clock of one running service: the machine's, or one that a test sets.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    ids: Arc<Mutex<ContextV7>>,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    #[must_use]
    pub fn system() -> Self {
        Self { source: Source::System, ids: Arc::default() }
    }

    /// A clock that stands still until [`Clock::set`] moves it.
    #[must_use]
    pub fn manual(now: DateTime<Utc>) -> Self {
        Self { source: Source::Manual(Arc::new(AtomicI64::new(now.timestamp_micros()))), ids: Arc::default() }
    }

    /// Moves a manual clock; the machine's clock is nobody's to move.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Source::Manual(micros) = &self.source {
            micros.store(now.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// The instant, in whole microseconds: PostgreSQL keeps no more, and an instant must compare equal
    /// to itself after it has been stored.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.source {
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            Source::System => Utc::now().timestamp_micros(),
            Source::Manual(micros) => micros.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or_default()
    }

    /// A new UUIDv7 (RFC 9562), later than every one before it from this clock.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let context = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos()))
    }
}
