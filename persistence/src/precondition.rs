//! Which version a change was made against (`If-Match`).

use crate::{DoorRule, Error};

/// What a client says of the version that it has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// None was named.
    Missing,
    /// `If-Match: *`.
    Any,
    Version(i64),
}

impl Precondition {
    /// For changes that would overwrite what somebody else wrote: a version must be named.
    pub(crate) fn require(self, version: i64) -> Result<(), Error> {
        match self {
            Self::Missing => Err(DoorRule::PreconditionRequired.into()),
            named => named.accept(version),
        }
    }

    /// For what is put where there may be nothing yet, and so no version that anybody could have seen.
    pub(crate) fn require_of(self, version: Option<i64>) -> Result<(), Error> {
        match (self, version) {
            (named, Some(version)) => named.require(version),
            (Self::Missing, None) => Err(DoorRule::PreconditionRequired.into()),
            (Self::Version(_), None) => Err(DoorRule::Stale.into()),
            (Self::Any, None) => Ok(()),
        }
    }

    /// For transitions, which may name one.
    pub(crate) fn accept(self, version: i64) -> Result<(), Error> {
        match self {
            Self::Version(seen) if seen != version => Err(DoorRule::Stale.into()),
            _ => Ok(()),
        }
    }
}
