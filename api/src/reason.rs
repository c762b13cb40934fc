//! Why somebody does something to somebody else's thing.

use kernel::{Fault, Finding};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::json::{Input, limits};

/// Why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Skriv, hvem man kan ringe til, og hvornår I mødes."}))]
pub struct Reason {
    /// Why, for those concerned to read.
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// A reason of blanks is none.
pub fn blank(reason: &str) -> Option<Finding> {
    (!reason.is_empty() && reason.trim().is_empty()).then(|| Finding::new("/reason", Fault::Required))
}

impl Input for Reason {
    fn findings(&self) -> Vec<Finding> {
        limits(self).into_iter().chain(blank(&self.reason)).collect()
    }
}
