//! The proof that somebody may act.

use crate::policy::{Action, Reach, Role, reach};

/// Somebody whose token has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `iss` of the token.
    pub issuer: String,
    /// `sub` of the token; a person is (issuer, subject).
    pub subject: String,
    /// Always holds [`Role::Citizen`].
    pub roles: Vec<Role>,
    /// The CVR number that a business token carries: proof of affiliation, not of signing power.
    pub cvr: Option<String>,
}

/// Why somebody may not act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nobody has signed in.
    Anonymous,
    /// No role of theirs, and no membership they could have, reaches the action.
    Forbidden,
}

/// The proof that somebody may do one thing, and how far. Every query about what is not public takes
/// one as an argument, and [`Acting::authorise`] is the only way to get one.
#[derive(Clone, Debug)]
pub struct Acting {
    identity: Option<Identity>,
    action: Action,
    reach: Reach,
}

impl Acting {
    /// # Errors
    /// [`Denied`] if nothing that the identity is, or could be through a membership, reaches the action.
    pub fn authorise(identity: Option<&Identity>, action: Action) -> Result<Self, Denied> {
        let identity = identity.ok_or(Denied::Anonymous)?;
        let by_role = identity.roles.iter().map(|role| reach(*role, action)).max().unwrap_or(Reach::Nothing);
        let by_membership = [Role::Signatory, Role::OrganisationEditor].iter().any(|role| reach(*role, action) > Reach::Nothing);
        if by_role == Reach::Nothing && !by_membership {
            return Err(Denied::Forbidden);
        }
        Ok(Self { identity: Some(identity.clone()), action, reach: by_role })
    }

    /// A reader of what is public, whether signed in or not: it reaches further only where their roles
    /// or memberships do, and otherwise nothing beyond the public.
    #[must_use]
    pub fn reading(identity: Option<&Identity>, action: Action) -> Self {
        Self::authorise(identity, action).unwrap_or_else(|_| Self { identity: identity.cloned(), action, reach: Reach::Nothing })
    }

    #[must_use]
    pub const fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// Whether the action reaches everything in the municipality.
    #[must_use]
    pub fn reaches_all(&self) -> bool {
        self.reach == Reach::Municipality
    }

    /// Whether the action reaches an organisation in which the person holds this role, if any.
    #[must_use]
    pub fn reaches(&self, membership: Option<Role>) -> bool {
        self.reaches_all() || membership.is_some_and(|role| reach(role, self.action) >= Reach::Own)
    }
}
