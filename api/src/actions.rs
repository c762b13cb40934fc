//! What a reader can do with the thing before them.

use kernel::ProblemType;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that can be done to the thing, by this reader.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Action, example = json!({"verb": "submit", "allowed": false, "blocked_by": "initiative-incomplete"}))]
pub struct ActionView {
    /// The last part of its address, or `edit` for a change with `PATCH`.
    verb: &'static str,
    /// Whether it would be carried out now.
    allowed: bool,
    /// The code of the problem that stands against it; see `GET /problems`.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_by: Option<&'static str>,
}

impl ActionView {
    pub fn new(verb: &'static str, blocked: Option<&ProblemType>) -> Self {
        Self { verb, allowed: blocked.is_none(), blocked_by: blocked.map(|problem| problem.code) }
    }

    /// Something that is always open.
    pub fn open(verb: &'static str) -> Self {
        Self::new(verb, None)
    }
}
