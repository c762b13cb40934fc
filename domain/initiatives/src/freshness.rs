//! How long an entry may stand without anybody saying that it still holds.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::string_enum;

use crate::Initiative;

string_enum! {
    /// What age does to an entry.
    pub enum Aging {
        /// Flagged, and still public: somebody should say that it holds.
        Due = "due",
        /// Out of the catalogue until somebody does.
        Hidden = "hidden",
    }
}

/// The spans after which an entry ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Afterwards it is flagged.
    pub interval: TimeDelta,
    /// Afterwards, counted from the end of the interval, it is hidden.
    pub grace: TimeDelta,
}

impl Default for Freshness {
    fn default() -> Self {
        Self { interval: TimeDelta::days(365), grace: TimeDelta::days(60) }
    }
}

impl Freshness {
    /// When somebody should say again that it holds.
    #[must_use]
    pub fn stale_after(&self, verified_at: DateTime<Utc>) -> DateTime<Utc> {
        verified_at + self.interval
    }

    /// When it leaves the catalogue if nobody does.
    #[must_use]
    pub fn hidden_after(&self, verified_at: DateTime<Utc>) -> DateTime<Utc> {
        verified_at + self.interval + self.grace
    }

    /// What age has done to an entry that was verified then.
    #[must_use]
    pub fn aging(&self, verified_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Aging> {
        if self.hidden_after(verified_at) <= now {
            Some(Aging::Hidden)
        } else if self.stale_after(verified_at) <= now {
            Some(Aging::Due)
        } else {
            None
        }
    }
}

impl Initiative {
    /// What age has done to a public entry and nobody has been told yet, and the initiative once they have. It is
    /// bookkeeping and no command: the version stays, for nobody's change is in conflict with it.
    #[must_use]
    pub fn age(self, freshness: &Freshness, now: DateTime<Utc>) -> Option<(Self, Aging)> {
        self.public()?;
        let aging = freshness.aging(self.verified_at?, now)?;
        (self.aging_told < Some(aging)).then_some((Self { aging_told: Some(aging), ..self }, aging))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use kernel::{InitiativeId, OrganisationId, RevisionId};
    use uuid::Uuid;

    use super::{Aging, Freshness};
    use crate::{Initiative, samples::complete};

    fn published(at: DateTime<Utc>) -> Initiative {
        let nil = Uuid::nil();
        Initiative::draft(InitiativeId(nil), OrganisationId(nil), RevisionId(nil), complete(), at)
            .submit(at)
            .ok()
            .and_then(|submitted| submitted.publish(at).ok())
            .unwrap_or_else(|| panic!("the sample can be published"))
    }

    #[test]
    fn each_step_of_age_is_told_once_and_a_confirmation_begins_anew() {
        let (freshness, start) = (Freshness::default(), DateTime::UNIX_EPOCH);
        let day = |days| start + TimeDelta::days(days);
        let fresh = published(start);
        assert_eq!(fresh.clone().age(&freshness, day(364)), None);
        let Some((due, aging)) = fresh.clone().age(&freshness, day(365)) else { panic!("it is due") };
        assert_eq!(aging, Aging::Due);
        assert_eq!(due.version, fresh.version);
        assert_eq!(due.clone().age(&freshness, day(424)), None, "it has been told");
        let Some((hidden, aging)) = due.age(&freshness, day(425)) else { panic!("it is hidden") };
        assert_eq!(aging, Aging::Hidden);
        assert_eq!(hidden.clone().age(&freshness, day(900)), None);
        let confirmed = hidden.confirm(day(900)).unwrap_or_else(|rule| panic!("{rule:?}"));
        assert_eq!(confirmed.clone().age(&freshness, day(901)), None);
        assert!(confirmed.age(&freshness, day(900 + 365)).is_some_and(|(_, aging)| aging == Aging::Due));
        // Whoever slept through the first step is told of the second alone.
        assert!(fresh.clone().age(&freshness, day(1000)).is_some_and(|(_, aging)| aging == Aging::Hidden));
        let paused = fresh.pause().unwrap_or_else(|rule| panic!("{rule:?}"));
        assert_eq!(paused.age(&freshness, day(1000)), None, "what is not public does not age");
    }
}
