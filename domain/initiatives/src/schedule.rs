//! When an initiative happens: wall-clock times in Europe/Copenhagen.

use chrono::{Datelike, NaiveDate};
use kernel::{Fault, Findings, LocalTime, Weekday};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
