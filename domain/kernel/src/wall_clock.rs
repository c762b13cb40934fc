//! Times as people in Denmark read them off the wall.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

crate::string_enum! {
    /// A day of the week.
    pub enum Weekday {
        Monday = "monday" da("Mandag") en("Monday"),
        Tuesday = "tuesday" da("Tirsdag") en("Tuesday"),
        Wednesday = "wednesday" da("Onsdag") en("Wednesday"),
        Thursday = "thursday" da("Torsdag") en("Thursday"),
        Friday = "friday" da("Fredag") en("Friday"),
        Saturday = "saturday" da("Lørdag") en("Saturday"),
        Sunday = "sunday" da("Søndag") en("Sunday"),
    }
}

/// A time on the clock in Europe/Copenhagen, `HH:MM`. `24:00` is the end of the day, so that an
/// evening may end at midnight; what runs past midnight is two slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", example = "19:00")]
pub struct LocalTime(u16);

impl Weekday {
    /// The day of the week that a date falls on.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        match date.weekday() {
            chrono::Weekday::Mon => Self::Monday,
            chrono::Weekday::Tue => Self::Tuesday,
            chrono::Weekday::Wed => Self::Wednesday,
            chrono::Weekday::Thu => Self::Thursday,
            chrono::Weekday::Fri => Self::Friday,
            chrono::Weekday::Sat => Self::Saturday,
            chrono::Weekday::Sun => Self::Sunday,
        }
    }
}

impl LocalTime {
    /// `None` outside `00:00` to `24:00`.
    #[must_use]
    pub const fn new(hour: u8, minute: u8) -> Option<Self> {
        if hour < 24 && minute < 60 || hour == 24 && minute == 0 { Some(Self(hour as u16 * 60 + minute as u16)) } else { None }
    }

    /// So many minutes after the day began, as the clock counts them. `None` beyond `24:00`.
    #[must_use]
    pub const fn from_minutes(minutes: u16) -> Option<Self> {
        if minutes <= 24 * 60 { Some(Self(minutes)) } else { None }
    }

    /// Minutes since the day began.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// This time on the clock on a date; `24:00` is the midnight with which the next date begins.
    /// What instant that is, [`zone::instant`](crate::zone::instant) knows.
    #[must_use]
    pub fn on(self, date: NaiveDate) -> NaiveDateTime {
        let midnight = date.and_time(NaiveTime::MIN);
        midnight.checked_add_signed(TimeDelta::minutes(self.0.into())).unwrap_or(midnight)
    }
}

/// The text is not a time on the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time of the form HH:MM between 00:00 and 24:00")]
pub struct InvalidTime;

impl FromStr for LocalTime {
    type Err = InvalidTime;

    /// Two digits, a colon, two digits, and nothing else: one time has one spelling.
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let digit = |byte: &u8| byte.is_ascii_digit().then(|| byte - b'0');
        let [h1, h2, b':', m1, m2] = text.as_bytes() else { return Err(InvalidTime) };
        let number = |tens, ones| Some(digit(tens)? * 10 + digit(ones)?);
        number(h1, h2).zip(number(m1, m2)).and_then(|(hour, minute)| Self::new(hour, minute)).ok_or(InvalidTime)
    }
}

impl TryFrom<String> for LocalTime {
    type Error = InvalidTime;

    fn try_from(text: String) -> Result<Self, InvalidTime> {
        text.parse()
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl From<LocalTime> for String {
    fn from(time: LocalTime) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{LocalTime, Weekday};
    use chrono::NaiveDate;
    use proptest::prelude::*;

    #[test]
    fn a_time_has_one_spelling() {
        assert_eq!("07:05".parse().ok(), LocalTime::new(7, 5));
        assert_eq!("24:00".parse().ok(), LocalTime::new(24, 0));
        for bad in ["", "7:05", "07.05", "24:01", "12:60", "+7:05", "07:05:00", " 07:05", "０７:05", "99:99"] {
            assert!(bad.parse::<LocalTime>().is_err(), "{bad}");
        }
        assert_eq!(LocalTime::new(24, 1), None);
    }

    #[test]
    fn a_day_has_its_name_and_ends_where_the_next_begins() {
        let sunday = NaiveDate::from_ymd_opt(2026, 3, 29).unwrap();
        assert_eq!((Weekday::of(sunday), Weekday::of(sunday.succ_opt().unwrap())), (Weekday::Sunday, Weekday::Monday));
        let [midnight, noon] = [(24, 0), (12, 0)].map(|(hour, minute)| LocalTime::new(hour, minute).unwrap());
        assert_eq!(midnight.on(sunday).to_string(), "2026-03-30 00:00:00");
        assert_eq!(noon.on(sunday).to_string(), "2026-03-29 12:00:00");
        assert_eq!(midnight.on(NaiveDate::MAX).date(), NaiveDate::MAX);
    }

    proptest! {
        #[test]
        fn a_time_survives_its_spelling(hour in 0_u8..24, minute in 0_u8..60) {
            let time = LocalTime::new(hour, minute);
            prop_assert_eq!(time.and_then(|time| time.to_string().parse().ok()), time);
            let minutes = u16::from(hour) * 60 + u16::from(minute);
            prop_assert_eq!(time.map(LocalTime::minutes), Some(minutes));
            prop_assert_eq!(LocalTime::from_minutes(minutes), time);
        }
    }
}
