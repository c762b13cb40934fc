//! A picture beside the text.

use kernel::{FileId, Findings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A picture, and what it shows for those who cannot see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InitiativeImage)]
pub struct Image {
    /// The file that holds it: one of the organisation's own, ready and for the purpose `image`.
    pub file: FileId,
    /// What there is to see, for those who cannot see it (billedbeskrivelse): write what you would say over the telephone, such as
    /// "To ældre mænd griner over et spil skak". Write it in the language of the text.
    #[schema(min_length = 1, max_length = 300)]
    pub alt: String,
    /// Who took or drew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 120)]
    pub credit: Option<String>,
}

impl Image {
    pub(crate) fn check(&self, at: &str, findings: &mut Findings) {
        let Self { file: _, alt, credit } = self;
        findings.required_text(&format!("{at}/alt"), alt, 300);
        findings.optional_text(&format!("{at}/credit"), credit.as_deref(), 120);
    }
}
