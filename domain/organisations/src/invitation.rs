//! An invitation to speak for an organisation, mailed as a link.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{InvitationId, OrganisationId, machine, rules, string_enum};

use crate::MembershipRole;

/// How long an invitation is good for.
pub const INVITATION: TimeDelta = TimeDelta::days(14);

string_enum! {
    /// How far an invitation has come.
    pub enum InvitationStatus {
        /// Mailed; it ends by itself after two weeks.
        Open = "open" da("Sendt") en("Sent"),
        /// Whoever was invited is a member.
        Accepted = "accepted" da("Accepteret") en("Accepted"),
        /// Taken back; its link is dead.
        Withdrawn = "withdrawn" da("Trukket tilbage") en("Withdrawn"),
    }
}

string_enum! {
    /// What can be done with an invitation.
    pub enum InvitationCommand {
        /// By whoever has the link, signed in.
        Accept = "accept" da("Acceptér") en("Accept"),
        /// By a signatory.
        Withdraw = "withdraw" da("Træk tilbage") en("Withdraw"),
    }
}

/// Every step there is.
pub const INVITATION_TRANSITIONS: &[(InvitationStatus, InvitationCommand, InvitationStatus)] = &[
    (InvitationStatus::Open, InvitationCommand::Accept, InvitationStatus::Accepted),
    (InvitationStatus::Open, InvitationCommand::Withdraw, InvitationStatus::Withdrawn),
];

/// [`INVITATION_TRANSITIONS`] as a Mermaid state diagram.
#[must_use]
pub fn invitation_mermaid() -> String {
    let states: Vec<_> = InvitationStatus::ALL.iter().map(|status| status.as_str()).collect();
    let arrows: Vec<_> = INVITATION_TRANSITIONS.iter().map(|(from, by, to)| (from.as_str(), by.as_str(), to.as_str())).collect();
    machine::draw(&[("invite", InvitationStatus::Open.as_str())], &states, &arrows)
}

rules! {
    /// Why a step of an invitation was refused.
    pub enum InvitationRule {
        Over = Conflict "invitation-over"
            da("Invitationen gælder ikke mere", "Den er accepteret, trukket tilbage eller udløbet. Bed organisationen om en ny.")
            en("The invitation no longer holds", "It was accepted, withdrawn or has expired. Ask the organisation for a new one."),
    }
}

/// An invitation. The address is between the organisation's signatories, staff and whoever reads mail there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub organisation: OrganisationId,
    pub email: String,
    pub role: MembershipRole,
    pub status: InvitationStatus,
    pub invited_at: DateTime<Utc>,
    pub version: i64,
}

impl Invitation {
    #[must_use]
    pub const fn new(id: InvitationId, organisation: OrganisationId, email: String, role: MembershipRole, now: DateTime<Utc>) -> Self {
        Self { id, organisation, email, role, status: InvitationStatus::Open, invited_at: now, version: 1 }
    }

    /// When it ends by itself.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.invited_at + INVITATION
    }

    /// Takes a step.
    ///
    /// # Errors
    /// [`InvitationRule::Over`].
    pub fn take(self, command: InvitationCommand, now: DateTime<Utc>) -> Result<Self, InvitationRule> {
        let expired = now >= self.expires_at();
        match machine::step(INVITATION_TRANSITIONS, self.status, &command) {
            Some(status) if !expired => Ok(Self { status, version: self.version + 1, ..self }),
            _ => Err(InvitationRule::Over),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kernel::{InvitationId, OrganisationId, machine};
    use uuid::Uuid;

    use super::{INVITATION, INVITATION_TRANSITIONS, Invitation, InvitationCommand, InvitationRule, InvitationStatus};
    use crate::MembershipRole;

    #[test]
    fn every_state_meets_every_command_in_time_and_too_late() {
        let now = DateTime::UNIX_EPOCH;
        for status in InvitationStatus::ALL {
            for command in InvitationCommand::ALL {
                let (id, organisation) = (InvitationId(Uuid::nil()), OrganisationId(Uuid::nil()));
                let new = Invitation::new(id, organisation, "bo@venner.example".into(), MembershipRole::Editor, now);
                let invitation = Invitation { status: *status, ..new };
                let expected = machine::step(INVITATION_TRANSITIONS, *status, command).ok_or(InvitationRule::Over);
                assert_eq!(invitation.clone().take(*command, now).map(|taken| taken.status), expected);
                assert_eq!(invitation.take(*command, now + INVITATION).err(), Some(InvitationRule::Over));
            }
        }
    }
}
