//! Organisations, how they stand, and the people who speak for them.

mod declaration;
mod invitation;
mod membership;
mod organisation;
mod standing;

pub use declaration::{Declaration, DeclarationKind, DeclarationRule, declared};
pub use invitation::{
    INVITATION, INVITATION_TRANSITIONS, Invitation, InvitationCommand, InvitationRule, InvitationStatus, invitation_mermaid,
};
// The kind of organisation matters to other domains too.
pub use kernel::OrganisationKind;
pub use membership::{Membership, MembershipRole, MembershipRule, MembershipStatus, TRANSITIONS as MEMBERSHIP_TRANSITIONS};
pub use organisation::{Address, Contact, End, Ending, Organisation, OrganisationRule, Profile, Registration, Verification};
pub use standing::{
    ELIGIBILITY_TRANSITIONS, EligibilityCase, EligibilityCommand, EligibilityRule, EligibilityStatus, Reasoned, SIGNING_TRANSITIONS,
    Signing, SigningCommand, SigningFreeze, SigningRule, Standing, eligibility_mermaid, signing_mermaid,
};
