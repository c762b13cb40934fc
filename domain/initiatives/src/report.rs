//! Somebody says that an entry is not as it should be, and staff looks into it.

use chrono::{DateTime, Utc};
use kernel::{InitiativeId, ReportId, machine, rules, string_enum};

string_enum! {
    /// What is wrong with an entry, in the words of whoever reports it.
    pub enum ReportReason {
        /// It no longer happens, or not like this.
        Outdated = "outdated" da("Passer ikke længere") en("Out of date"),
        /// Times, places or people are not right.
        Incorrect = "incorrect" da("Forkerte oplysninger") en("Wrong information"),
        /// Paid work or a business.
        Commercial = "commercial" da("Ikke frivilligt arbejde") en("Not volunteering"),
        /// Against the law or against people.
        Offensive = "offensive" da("Stødende eller ulovligt") en("Offensive or unlawful"),
        /// Somebody could come to harm.
        Unsafe = "unsafe" da("Utrygt for deltagerne") en("Unsafe for participants"),
        /// The same thing stands there twice.
        Duplicate = "duplicate" da("Findes allerede") en("A duplicate"),
        Other = "other" da("Andet") en("Something else"),
    }
}

string_enum! {
    /// How far a report has come.
    pub enum ReportStatus {
        Open = "open" da("Åben") en("Open"),
        /// It was right: the entry is out of the catalogue until it is put in order.
        Upheld = "upheld" da("Taget til følge") en("Upheld"),
        Dismissed = "dismissed" da("Ikke taget til følge") en("Dismissed"),
    }
}

string_enum! {
    /// What staff can do with a report.
    pub enum ReportCommand {
        Uphold = "uphold" da("Tag til følge") en("Uphold"),
        Dismiss = "dismiss" da("Afvis") en("Dismiss"),
    }
}

/// Every step there is.
pub const REPORT_TRANSITIONS: &[(ReportStatus, ReportCommand, ReportStatus)] = &[
    (ReportStatus::Open, ReportCommand::Uphold, ReportStatus::Upheld),
    (ReportStatus::Open, ReportCommand::Dismiss, ReportStatus::Dismissed),
];

/// [`REPORT_TRANSITIONS`] as a Mermaid state diagram.
#[must_use]
pub fn report_mermaid() -> String {
    let states: Vec<_> = ReportStatus::ALL.iter().map(|status| status.as_str()).collect();
    let arrows: Vec<_> = REPORT_TRANSITIONS.iter().map(|(from, by, to)| (from.as_str(), by.as_str(), to.as_str())).collect();
    machine::draw(&[("report", ReportStatus::Open.as_str())], &states, &arrows)
}

rules! {
    /// Why a step of a report was refused.
    pub enum ReportRule {
        Decided = Conflict "report-decided"
            da("Anmeldelsen er allerede afgjort", "Se afgørelsen på anmeldelsen. Er noget nyt galt, så anmeld opslaget igen.")
            en("The report has been decided already", "See the decision on the report. If something new is wrong, report the entry again."),
    }
}

/// What staff decided about a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportDecision {
    /// For the file, and for the organisation when the report was upheld.
    pub reason: String,
    pub at: DateTime<Utc>,
}

/// A report of an entry of the catalogue (anmeldelse). Whoever makes it need not say who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub id: ReportId,
    pub initiative: InitiativeId,
    pub reason: ReportReason,
    /// More about it, for staff alone.
    pub text: Option<String>,
    pub status: ReportStatus,
    pub received_at: DateTime<Utc>,
    pub decision: Option<ReportDecision>,
    pub version: i64,
}

impl Report {
    #[must_use]
    pub const fn receive(id: ReportId, initiative: InitiativeId, reason: ReportReason, text: Option<String>, now: DateTime<Utc>) -> Self {
        Self { id, initiative, reason, text, status: ReportStatus::Open, received_at: now, decision: None, version: 1 }
    }

    /// Where a step would lead now.
    ///
    /// # Errors
    /// [`ReportRule::Decided`].
    pub fn after(&self, command: ReportCommand) -> Result<ReportStatus, ReportRule> {
        machine::step(REPORT_TRANSITIONS, self.status, &command).ok_or(ReportRule::Decided)
    }

    /// Decides it.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn decide(self, command: ReportCommand, reason: String, now: DateTime<Utc>) -> Result<Self, ReportRule> {
        let status = self.after(command)?;
        Ok(Self { status, decision: Some(ReportDecision { reason, at: now }), version: self.version + 1, ..self })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kernel::{InitiativeId, ReportId};
    use uuid::Uuid;

    use super::{REPORT_TRANSITIONS, Report, ReportCommand, ReportReason, ReportRule, ReportStatus};

    #[test]
    fn every_state_meets_every_command() {
        for status in ReportStatus::ALL {
            for command in ReportCommand::ALL {
                let open =
                    Report::receive(ReportId(Uuid::nil()), InitiativeId(Uuid::nil()), ReportReason::Outdated, None, DateTime::UNIX_EPOCH);
                let decided = Report { status: *status, ..open }.decide(*command, "Set på".to_owned(), DateTime::UNIX_EPOCH);
                let step = REPORT_TRANSITIONS.iter().find(|(from, by, _)| (from, by) == (status, command));
                match step {
                    Some((_, _, to)) => assert!(decided.is_ok_and(|report| report.status == *to && report.version == 2)),
                    None => assert_eq!(decided, Err(ReportRule::Decided)),
                }
            }
        }
    }
}
