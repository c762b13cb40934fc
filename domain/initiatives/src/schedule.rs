//! When an initiative happens: wall-clock times in Europe/Copenhagen.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use kernel::{Fault, Findings, string_enum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

string_enum! {
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

impl LocalTime {
    /// `None` outside `00:00` to `24:00`.
    #[must_use]
    pub const fn new(hour: u8, minute: u8) -> Option<Self> {
        if hour < 24 && minute < 60 || hour == 24 && minute == 0 { Some(Self(hour as u16 * 60 + minute as u16)) } else { None }
    }

    /// Minutes since the day began.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
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

/// A time that comes back every week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklySlot {
    /// The day of the week.
    pub weekday: Weekday,
    /// When it begins, wall-clock time in Europe/Copenhagen.
    pub from: LocalTime,
    /// When it ends, the same day, wall-clock time in Europe/Copenhagen.
    pub to: LocalTime,
    /// What is special about it, such as weeks in which it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

/// A time on one date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatedSlot {
    /// The date in Europe/Copenhagen, between the years 2000 and 2199.
    pub date: NaiveDate,
    /// When it begins, wall-clock time in Europe/Copenhagen.
    pub from: LocalTime,
    /// When it ends, the same day, wall-clock time in Europe/Copenhagen.
    pub to: LocalTime,
    /// What is special about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

impl WeeklySlot {
    pub(crate) fn check(&self, at: &str, findings: &mut Findings) {
        check_slot(at, self.from, self.to, self.note.as_deref(), findings);
    }
}

impl DatedSlot {
    pub(crate) fn check(&self, at: &str, findings: &mut Findings) {
        // chrono reads years up to a quarter of a million; neither engine's DATE nor any calendar does.
        if !(2000..2200).contains(&self.date.year()) {
            findings.put(format!("{at}/date"), Fault::OutOfRange { min: "2000-01-01".to_owned(), max: "2199-12-31".to_owned() });
        }
        check_slot(at, self.from, self.to, self.note.as_deref(), findings);
    }
}

fn check_slot(at: &str, from: LocalTime, to: LocalTime, note: Option<&str>, findings: &mut Findings) {
    if from >= to {
        findings.put(format!("{at}/to"), Fault::InvalidPeriod);
    }
    findings.optional_text(&format!("{at}/note"), note, 200);
}

#[cfg(test)]
mod tests {
    use super::LocalTime;
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

    proptest! {
        #[test]
        fn a_time_survives_its_spelling(hour in 0_u8..24, minute in 0_u8..60) {
            let time = LocalTime::new(hour, minute);
            prop_assert_eq!(time.and_then(|time| time.to_string().parse().ok()), time);
            prop_assert_eq!(time.map(LocalTime::minutes), Some(u16::from(hour) * 60 + u16::from(minute)));
        }
    }
}
