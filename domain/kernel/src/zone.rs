//! What a time on the wall clock in Europe/Copenhagen means as an instant, and the other way round.
//!
//! Twice a year the two part company. RFC 5545 § 3.3.5 says what is meant, and so do we: a time that the clock
//! skips is counted with the offset from before the gap (02:30 on 29 March 2026 is 03:30 summer time), and of a
//! time that the clock shows twice the first is meant (02:30 on 25 October 2026 is summer time).

use chrono::{DateTime, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::{Europe::Copenhagen, Tz};

/// The zone in which everything here happens.
pub const ZONE: Tz = Copenhagen;

/// The instant that a time on the wall clock means.
#[must_use]
pub fn instant(local: NaiveDateTime) -> DateTime<Utc> {
    match ZONE.from_local_datetime(&local) {
        MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => time.to_utc(),
        MappedLocalTime::None => {
            let day_before = local.checked_sub_days(Days::new(1)).unwrap_or(local);
            let offset = ZONE.offset_from_utc_datetime(&day_before).fix();
            local.checked_sub_offset(offset).unwrap_or(local).and_utc()
        }
    }
}

/// Whether the clock skips this time.
#[must_use]
pub fn is_skipped(local: NaiveDateTime) -> bool {
    matches!(ZONE.from_local_datetime(&local), MappedLocalTime::None)
}

/// What the wall clock shows at an instant.
#[must_use]
pub fn local(instant: DateTime<Utc>) -> NaiveDateTime {
    let utc = instant.naive_utc();
    utc.checked_add_offset(ZONE.offset_from_utc_datetime(&utc).fix()).unwrap_or(utc)
}

/// The date on the wall calendar at an instant.
#[must_use]
pub fn date(instant: DateTime<Utc>) -> NaiveDate {
    local(instant).date()
}

/// The instant at which a date begins.
#[must_use]
pub fn start_of(date: NaiveDate) -> DateTime<Utc> {
    instant(date.and_time(NaiveTime::MIN))
}

#[cfg(test)]
mod tests {
    use super::{date, instant, is_skipped, local, start_of};
    use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
    use proptest::prelude::*;

    fn wall(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_clock_means_what_rfc_5545_says() {
        for (on_the_wall, meant) in [
            ("2026-01-15 18:00", "2026-01-15T17:00:00Z"),
            ("2026-07-15 18:00", "2026-07-15T16:00:00Z"),
            // The hour from 02:00 to 03:00 does not exist.
            ("2026-03-29 01:59", "2026-03-29T00:59:00Z"),
            ("2026-03-29 02:00", "2026-03-29T01:00:00Z"),
            ("2026-03-29 02:30", "2026-03-29T01:30:00Z"),
            ("2026-03-29 03:00", "2026-03-29T01:00:00Z"),
            ("2026-03-29 18:00", "2026-03-29T16:00:00Z"),
            // The hour from 02:00 to 03:00 comes twice.
            ("2026-10-25 01:59", "2026-10-24T23:59:00Z"),
            ("2026-10-25 02:30", "2026-10-25T00:30:00Z"),
            ("2026-10-25 03:00", "2026-10-25T02:00:00Z"),
            ("2026-10-25 18:00", "2026-10-25T17:00:00Z"),
        ] {
            assert_eq!(instant(wall(on_the_wall)), utc(meant), "{on_the_wall}");
        }
        assert!(is_skipped(wall("2026-03-29 02:00")) && is_skipped(wall("2026-03-29 02:59")));
        assert!(!is_skipped(wall("2026-03-29 03:00")) && !is_skipped(wall("2026-10-25 02:30")));
    }

    #[test]
    fn the_days_of_the_clock_changes_have_23_and_25_hours() {
        for (day, hours) in [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)] {
            let day = NaiveDate::from_ymd_opt(day.0, day.1, day.2).unwrap();
            assert_eq!(start_of(day.succ_opt().unwrap()) - start_of(day), TimeDelta::hours(hours), "{day}");
        }
        assert_eq!(date(utc("2026-03-28T23:00:00Z")), NaiveDate::from_ymd_opt(2026, 3, 29).unwrap());
    }

    #[test]
    fn there_is_an_answer_at_the_ends_of_time() {
        for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let _ = (local(end), instant(end.naive_utc()), start_of(date(end)));
        }
    }

    proptest! {
        #[test]
        fn every_instant_is_on_the_wall_and_comes_back_unless_the_clock_shows_it_again(minutes in 0_i64..80_000_000) {
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
            prop_assert!(!is_skipped(local(now)));
            let back = instant(local(now));
            prop_assert!(back == now || back == now - TimeDelta::hours(1), "{} became {}", now, back);
        }
    }
}
