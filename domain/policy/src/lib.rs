//! The volunteering policy as data: vision, guideposts with their goals, principles.
//!
//! The Danish text is the policy; the English one is a rendering. A revised policy is a new [`PolicyVersion`], and the old one
//! stays for whoever refers to it.

use chrono::NaiveDate;
use kernel::{Guidepost, Language, Principle};
use serde::{Deserialize, Serialize};

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The text itself.
    pub da: String,
    /// A rendering of it.
    pub en: String,
}

impl Text {
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Da => &self.da,
            Language::En => &self.en,
        }
    }
}

/// One of the goals: what the municipality wants to do ("Derfor vil vi …").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Stays the same from version to version, as long as the goal does.
    pub id: String,
    pub text: Text,
}

/// A guidepost (pejlemærke) with its goals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuidepostText {
    pub id: Guidepost,
    pub title: Text,
    pub text: Text,
    pub goals: Vec<Goal>,
}

/// A guiding principle (bærende princip).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrincipleText {
    pub id: Principle,
    pub title: Text,
    pub text: Text,
}

/// What a policy says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub title: Text,
    pub adopted_by: Text,
    pub vision: Vec<Text>,
    pub guideposts: Vec<GuidepostText>,
    pub principles: Vec<PrincipleText>,
}

impl Policy {
    /// What it says of a guidepost; every version has all five.
    #[must_use]
    pub fn guidepost(&self, id: Guidepost) -> Option<&GuidepostText> {
        self.guideposts.iter().find(|guidepost| guidepost.id == id)
    }

    /// What it says of a principle; every version has all five.
    #[must_use]
    pub fn principle(&self, id: Principle) -> Option<&PrincipleText> {
        self.principles.iter().find(|principle| principle.id == id)
    }
}

/// A policy, and from when on it holds: until the next one does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    pub id: String,
    pub valid_from: NaiveDate,
    pub policy: Policy,
}
