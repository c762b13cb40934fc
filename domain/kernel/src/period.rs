//! A stretch of time between two instants.

use chrono::{DateTime, TimeDelta, Utc};

use crate::Fault;

/// A stretch of time that begins at one instant and ends before another. It is never empty, and two
/// periods of which one begins where the other ends have no instant in common: back to back is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl Period {
    /// # Errors
    /// [`Fault::InvalidPeriod`] when the end does not come after the start.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, Fault> {
        if start < end { Ok(Self { start, end }) } else { Err(Fault::InvalidPeriod) }
    }

    /// The first instant in it.
    #[must_use]
    pub const fn start(self) -> DateTime<Utc> {
        self.start
    }

    /// The first instant after it.
    #[must_use]
    pub const fn end(self) -> DateTime<Utc> {
        self.end
    }

    /// How much time really passes; over a clock change that is not what the wall clock shows.
    #[must_use]
    pub fn length(self) -> TimeDelta {
        self.end - self.start
    }

    #[must_use]
    pub fn contains(self, instant: DateTime<Utc>) -> bool {
        self.start <= instant && instant < self.end
    }

    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// What the two have in common.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end)).ok()
    }

    /// The period with so many minutes more on either side. Beyond what a clock can show, it stays as it is.
    #[must_use]
    pub fn padded(self, before: u16, after: u16) -> Self {
        let start = self.start.checked_sub_signed(TimeDelta::minutes(before.into())).unwrap_or(self.start);
        let end = self.end.checked_add_signed(TimeDelta::minutes(after.into())).unwrap_or(self.end);
        Self { start, end }
    }
}

#[cfg(test)]
mod tests {
    use super::Period;
    use crate::Fault;
    use chrono::{DateTime, TimeDelta, Utc};
    use proptest::prelude::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn period(start: i64, end: i64) -> Period {
        Period::new(at(start), at(end)).unwrap()
    }

    #[test]
    fn nothing_is_no_period() {
        assert_eq!(Period::new(at(1), at(1)), Err(Fault::InvalidPeriod));
        assert_eq!(Period::new(at(2), at(1)), Err(Fault::InvalidPeriod));
    }

    #[test]
    fn back_to_back_is_free() {
        let (first, second) = (period(0, 60), period(60, 90));
        assert!(!first.overlaps(second) && !second.overlaps(first) && first.intersection(second).is_none());
        assert!(first.contains(at(0)) && !first.contains(at(60)) && second.contains(at(60)));
        assert!(first.overlaps(period(59, 60)) && first.covers(period(59, 60)) && !first.covers(period(59, 61)));
        assert_eq!(first.intersection(period(30, 90)), Some(period(30, 60)));
        assert_eq!((second.length(), second.padded(10, 5)), (TimeDelta::minutes(30), period(50, 95)));
    }

    #[test]
    fn the_ends_of_time_do_not_move() {
        let always = Period::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC).unwrap();
        assert_eq!(always.padded(1, 1), always);
    }

    proptest! {
        #[test]
        fn two_periods_overlap_exactly_where_a_minute_lies_in_both(a in 0_i64..30, b in 1_i64..10, c in 0_i64..30, d in 1_i64..10) {
            let (one, other) = (period(a, a + b), period(c, c + d));
            let shared = (0..40).filter(|minute| one.contains(at(*minute)) && other.contains(at(*minute))).count();
            prop_assert_eq!(one.overlaps(other), shared > 0);
            prop_assert_eq!(one.overlaps(other), other.overlaps(one));
            prop_assert_eq!(one.intersection(other).map_or(0, |both| both.length().num_minutes()), i64::try_from(shared).unwrap());
            prop_assert_eq!(one.covers(other), one.intersection(other) == Some(other));
        }
    }
}
