//! Somebody before a thing: what they may do with it.

use crate::{
    acting::Identity,
    policy::{Action, Reach, Role, reach},
};

/// Somebody, and what they are in the organisation behind the thing at hand. For telling people what they may do; what is
/// really done takes an [`Acting`](crate::Acting).
#[derive(Clone, Debug)]
pub struct Reader {
    roles: Vec<Role>,
    membership: Option<Role>,
}

impl Reader {
    #[must_use]
    pub fn new(identity: Option<&Identity>, membership: Option<Role>) -> Self {
        Self { roles: identity.map(|identity| identity.roles.clone()).unwrap_or_default(), membership }
    }

    /// Whether an action reaches the thing for them.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        let by_role = self.roles.iter().any(|role| reach(*role, action) == Reach::Municipality);
        by_role || self.membership.is_some_and(|role| reach(role, action) >= Reach::Own)
    }

    /// Whether they have signed in at all.
    #[must_use]
    pub fn is_somebody(&self) -> bool {
        !self.roles.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Reader;
    use crate::{Acting, Action, Identity, Role};

    #[test]
    fn what_somebody_is_told_is_what_they_may() {
        let actions = [Action::EditInitiative, Action::PublishInitiative, Action::VerifyOrganisation, Action::ConfirmMembership];
        for role in Role::FROM_TOKEN {
            let identity = Identity { issuer: "i".into(), subject: "s".into(), roles: vec![Role::Citizen, role], cvr: None };
            for membership in [None, Some(Role::Signatory), Some(Role::OrganisationEditor)] {
                let reader = Reader::new(Some(&identity), membership);
                for action in actions {
                    let acting = Acting::authorise(Some(&identity), action).is_ok_and(|acting| acting.reaches(membership));
                    assert_eq!(reader.may(action), acting, "{role:?} {membership:?} {action:?}");
                }
            }
        }
        assert!(actions.iter().all(|action| !Reader::new(None, None).may(*action)));
    }
}
