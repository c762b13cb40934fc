//! Terms of the taxonomies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Fault;

/// The address of a term in one of the taxonomies: lower-case words between hyphens or underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(pattern = "^[a-z0-9]+([_-][a-z0-9]+)*$", max_length = 60, example = "lonely-people")]
pub struct TermSlug(pub String);

impl TermSlug {
    /// What no taxonomy can hold is an unknown term, whatever the taxonomies are.
    ///
    /// # Errors
    /// [`Fault::UnknownTerm`].
    pub fn check(&self) -> Result<(), Fault> {
        let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if self.0.len() <= 60 && self.0.split(['-', '_']).all(word) { Ok(()) } else { Err(Fault::UnknownTerm) }
    }
}
