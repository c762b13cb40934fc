//! Organisations and the people who speak for them.

mod membership;
mod organisation;

pub use membership::{Membership, MembershipRole, MembershipRule, MembershipStatus, TRANSITIONS as MEMBERSHIP_TRANSITIONS};
pub use organisation::{Address, Contact, Organisation, OrganisationKind, OrganisationRule, Profile, Registration, Verification};
