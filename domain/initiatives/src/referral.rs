//! How an employee of the municipality sends somebody to an initiative: for colleagues, never for the public.

use chrono::{DateTime, Utc};
use kernel::{Fault, Finding, Findings, InitiativeId, identifier, string_enum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

string_enum! {
    /// Whether there is room for one more.
    pub enum ReferralCapacity {
        Open = "open" da("Har plads") en("Has room"),
        WaitingList = "waiting_list" da("Venteliste") en("Waiting list"),
        Full = "full" da("Har ikke plads") en("Full"),
    }
}

/// Whom an employee speaks to; of no use to anybody without an e-mail address or a phone number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferralContact {
    /// Who answers.
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    /// E-mail address, for employees alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 254, format = "email")]
    pub email: Option<String>,
    /// Phone number in E.164, for employees alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = r"^\+[1-9][0-9]{7,14}$")]
    pub phone: Option<String>,
}

/// What an organisation tells the municipality's employees about referring somebody to an initiative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "how": "Ring til Karen, og aftal et første møde sammen med borgeren.",
    "suitable_for": "Ældre, der bor alene. Ikke egnet ved aktivt misbrug.",
    "capacity": "waiting_list",
    "capacity_note": "Vi regner med plads igen efter påske.",
    "contact": {"name": "Karen Holm", "phone": "+4572333333"}
}))]
pub struct ReferralInformation {
    /// What an employee does, step by step.
    #[schema(min_length = 1, max_length = 4000)]
    pub how: String,
    /// Who is helped here, and who is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub suitable_for: Option<String>,
    /// Whether there is room for one more.
    pub capacity: ReferralCapacity,
    /// More about it, such as how long one waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 280)]
    pub capacity_note: Option<String>,
    pub contact: ReferralContact,
}

impl ReferralInformation {
    /// Everything that is wrong with it.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let Self { how, suitable_for, capacity: _, capacity_note, contact: ReferralContact { name, email, phone } } = self;
        let mut findings = Findings::default();
        findings.required_text("/how", how, 4000);
        findings.optional_text("/suitable_for", suitable_for.as_deref(), 2000);
        findings.optional_text("/capacity_note", capacity_note.as_deref(), 280);
        findings.required_text("/contact/name", name, 120);
        findings.hold("/contact/email", email.as_deref().map_or(Ok(()), identifier::email));
        findings.hold("/contact/phone", phone.as_deref().map_or(Ok(()), identifier::phone));
        if email.is_none() && phone.is_none() {
            findings.put("/contact/phone", Fault::Required);
        }
        findings.into_inner()
    }

    /// The words by which employees find it.
    #[must_use]
    pub fn search_text(&self) -> String {
        [Some(&self.how), self.suitable_for.as_ref(), self.capacity_note.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// The referral information of one initiative (henvisning).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    pub initiative: InitiativeId,
    pub information: ReferralInformation,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use kernel::{Fault, Finding};

    use super::{ReferralCapacity, ReferralContact, ReferralInformation};

    #[test]
    fn somebody_must_be_reachable() {
        let contact = ReferralContact { name: "Karen".to_owned(), email: None, phone: None };
        let mute = ReferralInformation {
            how: "Ring".to_owned(),
            suitable_for: None,
            capacity: ReferralCapacity::Open,
            capacity_note: None,
            contact,
        };
        assert_eq!(mute.findings(), [Finding::new("/contact/phone", Fault::Required)]);
        let contact = ReferralContact { email: Some("karen@forening.example".to_owned()), ..mute.contact.clone() };
        assert_eq!(ReferralInformation { contact, ..mute }.findings(), []);
    }
}
