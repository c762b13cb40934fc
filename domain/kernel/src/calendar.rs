//! The Danish calendar: public holidays, and working days as deadlines count them.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate};

use crate::{Weekday, string_enum};

string_enum! {
    /// A public holiday (helligdag), which is a day on which the national church has one.
    pub enum Holiday {
        /// Nytårsdag.
        NewYearsDay = "new_years_day",
        /// Skærtorsdag.
        MaundyThursday = "maundy_thursday",
        /// Langfredag.
        GoodFriday = "good_friday",
        /// Påskedag.
        EasterSunday = "easter_sunday",
        /// 2. påskedag.
        EasterMonday = "easter_monday",
        /// Store bededag, the fourth Friday after Easter, until 2023 (lov om konsekvenser ved afskaffelsen af store bededag som helligdag).
        GreatPrayerDay = "great_prayer_day",
        /// Kristi himmelfartsdag.
        AscensionDay = "ascension_day",
        /// Pinsedag.
        WhitSunday = "whit_sunday",
        /// 2. pinsedag.
        WhitMonday = "whit_monday",
        /// Juledag.
        ChristmasDay = "christmas_day",
        /// 2. juledag.
        SecondChristmasDay = "second_christmas_day",
    }
}

/// The first year without [`Holiday::GreatPrayerDay`].
const WITHOUT_GREAT_PRAYER_DAY: i32 = 2024;

/// The Sunday on which Easter falls in a year of the Gregorian calendar. `None` beyond the years that chrono counts.
// The anonymous Gregorian algorithm (Meeus, Jones, Butcher), with its own names for the steps.
#[must_use]
pub fn easter_sunday(year: i32) -> Option<NaiveDate> {
    let a = year.rem_euclid(19);
    let (b, c) = (year.div_euclid(100), year.rem_euclid(100));
    let (d, e) = (b.div_euclid(4), b.rem_euclid(4));
    let g = (8 * b + 13).div_euclid(25);
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, month.unsigned_abs(), day.unsigned_abs())
}

/// The public holiday that falls on a date. Where two fall on one, it is the first of them in [`Holiday::ALL`].
#[must_use]
pub fn holiday(date: NaiveDate) -> Option<Holiday> {
    fixed_holiday(date).or_else(|| movable_holiday(date))
}

fn fixed_holiday(date: NaiveDate) -> Option<Holiday> {
    match (date.month(), date.day()) {
        (1, 1) => Some(Holiday::NewYearsDay),
        (12, 25) => Some(Holiday::ChristmasDay),
        (12, 26) => Some(Holiday::SecondChristmasDay),
        _ => None,
    }
}

fn movable_holiday(date: NaiveDate) -> Option<Holiday> {
    match date.signed_duration_since(easter_sunday(date.year())?).num_days() {
        -3 => Some(Holiday::MaundyThursday),
        -2 => Some(Holiday::GoodFriday),
        0 => Some(Holiday::EasterSunday),
        1 => Some(Holiday::EasterMonday),
        26 if date.year() < WITHOUT_GREAT_PRAYER_DAY => Some(Holiday::GreatPrayerDay),
        39 => Some(Holiday::AscensionDay),
        49 => Some(Holiday::WhitSunday),
        50 => Some(Holiday::WhitMonday),
        _ => None,
    }
}

/// A day that comes back every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayOfYear {
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

/// Which days the municipality works on: Monday to Friday, but for public holidays and the days on which it is closed.
///
/// The closing days are data. Unless told otherwise they are Constitution Day (5 June), 24 December and 31 December:
/// none is a public holiday, and all three are treated as one where laws count deadlines (forældelsesloven § 27, stk. 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingDays {
    /// Closed on these days in every year.
    pub yearly: BTreeSet<DayOfYear>,
    /// Closed on these dates.
    pub dates: BTreeSet<NaiveDate>,
}

impl Default for WorkingDays {
    fn default() -> Self {
        let yearly = [(6, 5), (12, 24), (12, 31)].map(|(month, day)| DayOfYear { month, day });
        Self { yearly: yearly.into(), dates: BTreeSet::new() }
    }
}

impl WorkingDays {
    #[must_use]
    pub fn is_working(&self, date: NaiveDate) -> bool {
        let weekend = matches!(Weekday::of(date), Weekday::Saturday | Weekday::Sunday);
        let closed = self.yearly.contains(&DayOfYear { month: date.month(), day: date.day() }) || self.dates.contains(&date);
        !weekend && !closed && holiday(date).is_none()
    }

    /// The `count`-th working day after a date; the date itself for 0.
    #[must_use]
    pub fn add(&self, date: NaiveDate, count: u16) -> NaiveDate {
        self.walk(date, count, |date| date.checked_add_days(Days::new(1)))
    }

    /// The `count`-th working day before a date; the date itself for 0. Who must give a notice of `count` working
    /// days gives it on this date at the latest.
    #[must_use]
    pub fn subtract(&self, date: NaiveDate, count: u16) -> NaiveDate {
        self.walk(date, count, |date| date.checked_sub_days(Days::new(1)))
    }

    /// The first date of which a notice of `count` working days can still be given on `today`: with `count` working
    /// days between, of which today may be one.
    #[must_use]
    pub fn first_with_notice(&self, today: NaiveDate, count: u16) -> NaiveDate {
        match (count, today.pred_opt()) {
            (0, _) | (_, None) => today,
            (_, Some(yesterday)) => self.add(yesterday, count).succ_opt().unwrap_or(NaiveDate::MAX),
        }
    }

    /// Where the calendar ends, it stays at the end.
    fn walk(&self, from: NaiveDate, count: u16, next: impl Fn(NaiveDate) -> Option<NaiveDate>) -> NaiveDate {
        std::iter::successors(Some(from), |date| next(*date))
            .skip(1)
            .filter(|date| self.is_working(*date))
            .take(count.into())
            .last()
            .unwrap_or(from)
    }
}

#[cfg(test)]
mod tests {
    use super::{Holiday, WorkingDays, easter_sunday, holiday};
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn easter_falls_where_it_fell_and_will_fall() {
        for easter in [
            "1818-03-22",
            "1943-04-25",
            "1954-04-18",
            "1981-04-19",
            "2000-04-23",
            "2008-03-23",
            "2019-04-21",
            "2023-04-09",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
            "2100-03-28",
        ] {
            assert_eq!(easter_sunday(day(easter).year()), Some(day(easter)));
        }
        assert_eq!((easter_sunday(i32::MAX / 100), easter_sunday(0).is_some()), (None, true));
    }

    #[test]
    fn a_year_has_its_holidays_and_great_prayer_day_is_gone() {
        let of = |year: i32| -> Vec<_> {
            let days = day("2000-01-01").with_year(year).unwrap().iter_days().take_while(|date| date.year() == year);
            days.filter_map(|date| Some((date.to_string(), holiday(date)?))).collect()
        };
        let expected = [
            ("2026-01-01", Holiday::NewYearsDay),
            ("2026-04-02", Holiday::MaundyThursday),
            ("2026-04-03", Holiday::GoodFriday),
            ("2026-04-05", Holiday::EasterSunday),
            ("2026-04-06", Holiday::EasterMonday),
            ("2026-05-14", Holiday::AscensionDay),
            ("2026-05-24", Holiday::WhitSunday),
            ("2026-05-25", Holiday::WhitMonday),
            ("2026-12-25", Holiday::ChristmasDay),
            ("2026-12-26", Holiday::SecondChristmasDay),
        ];
        assert_eq!(of(2026), expected.map(|(date, name)| (date.to_owned(), name)));
        assert!(of(2023).contains(&("2023-05-05".to_owned(), Holiday::GreatPrayerDay)));
        assert!(of(2024).iter().all(|(_, name)| *name != Holiday::GreatPrayerDay));
        assert_eq!((of(2023).len(), of(2024).len()), (11, 10));
    }

    #[test]
    fn easter_and_christmas_are_long() {
        let working = WorkingDays::default();
        assert_eq!(working.add(day("2026-04-01"), 1), day("2026-04-07"));
        assert_eq!(working.subtract(day("2026-04-07"), 1), day("2026-04-01"));
        assert_eq!(working.subtract(day("2026-04-08"), 3), day("2026-03-31"));
        assert_eq!(working.add(day("2026-12-23"), 1), day("2026-12-28"));
        assert_eq!(working.add(day("2026-12-30"), 1), day("2027-01-04"));
        assert_eq!(working.add(day("2026-04-04"), 0), day("2026-04-04"));
    }

    #[test]
    fn constitution_day_is_no_holiday_and_no_working_day_and_both_is_data() {
        let constitution_day = day("2026-06-05");
        assert_eq!(holiday(constitution_day), None);
        assert!(!WorkingDays::default().is_working(constitution_day));
        let open = WorkingDays { yearly: [].into(), dates: [day("2026-05-15")].into() };
        assert!(open.is_working(constitution_day) && open.is_working(day("2026-12-24")));
        assert!(!open.is_working(day("2026-05-15")) && open.is_working(day("2027-05-14")));
    }

    #[test]
    fn today_counts_as_one_of_the_days_between_if_it_is_one() {
        let working = WorkingDays::default();
        assert_eq!(working.first_with_notice(day("2026-11-27"), 1), day("2026-11-28"));
        assert_eq!(working.first_with_notice(day("2026-11-28"), 1), day("2026-12-01"));
        assert_eq!(working.first_with_notice(day("2026-11-28"), 0), day("2026-11-28"));
    }

    #[test]
    fn the_calendar_has_two_ends() {
        let working = WorkingDays::default();
        assert!(working.add(NaiveDate::MAX, 9) <= NaiveDate::MAX && working.subtract(NaiveDate::MIN, 9) >= NaiveDate::MIN);
        assert_eq!(working.first_with_notice(NaiveDate::MIN, 9), NaiveDate::MIN);
    }

    proptest! {
        #[test]
        fn the_first_date_with_notice_is_the_first_one(start in 0_u32..4000, count in 0_u16..15) {
            let (working, today) = (WorkingDays::default(), NaiveDate::from_yo_opt(2020, 1).unwrap() + chrono::Days::new(start.into()));
            let first = working.first_with_notice(today, count);
            prop_assert!(today <= working.subtract(first, count));
            if first > today {
                prop_assert!(today > working.subtract(first.pred_opt().unwrap(), count));
            }
        }

        #[test]
        fn what_is_added_can_be_subtracted(start in 0_u32..4000, count in 1_u16..30) {
            let (working, today) = (WorkingDays::default(), NaiveDate::from_yo_opt(2020, 1).unwrap() + chrono::Days::new(start.into()));
            let there = working.add(today, count);
            prop_assert!(working.is_working(there) && there > today);
            prop_assert_eq!(working.add(working.subtract(there, count), count), there);
        }
    }
}
