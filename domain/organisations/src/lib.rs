//! Organisations and the people who speak for them.

mod membership;
mod organisation;

// The kind of organisation matters to other domains too.
pub use kernel::OrganisationKind;
pub use membership::{Membership, MembershipRole, MembershipRule, MembershipStatus, TRANSITIONS as MEMBERSHIP_TRANSITIONS};
pub use organisation::{Address, Contact, Organisation, OrganisationRule, Profile, Registration, Verification};
