//! Who speaks for an organisation.

use kernel::{MembershipId, OrganisationId, PersonId, rules, string_enum};

string_enum! {
    /// What a member may do for the organisation.
    pub enum MembershipRole {
        /// Authorised signatory (tegningsberettiget): binds the organisation and confirms members.
        Signatory = "signatory" da("Tegningsberettiget") en("Signatory"),
        /// Writes in the organisation's name, and does not bind it.
        Editor = "editor" da("Redaktør") en("Editor"),
    }
}

string_enum! {
    /// How far a membership has come.
    pub enum MembershipStatus {
        /// Asked for by the person; it gives no right yet.
        Requested = "requested" da("Anmodet") en("Requested"),
        /// Confirmed by a signatory or by staff.
        Confirmed = "confirmed" da("Bekræftet") en("Confirmed"),
        /// Over: left, declined or ended. Final; a new one can be asked for.
        Ended = "ended" da("Ophørt") en("Ended"),
    }
}

/// The tie between a person and an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub id: MembershipId,
    pub organisation: OrganisationId,
    pub person: PersonId,
    pub role: MembershipRole,
    pub status: MembershipStatus,
    pub version: i64,
}

rules! {
    /// Why a command on a membership was refused.
    pub enum MembershipRule {
        Exists = Conflict "membership-exists"
            da("Der findes allerede et medlemskab eller en anmodning", "Se dine medlemskaber på GET /v1/me. Forlad det gamle, hvis rollen skal ændres.")
            en("There is already a membership or a request", "See your memberships at GET /v1/me. End the old one if the role is to change."),
        WrongStatus = Conflict "membership-status"
            da("Medlemskabet kan ikke ændres sådan fra sin nuværende tilstand", "Kun en anmodning kan bekræftes, kun et bekræftet medlem kan udpeges, og et afsluttet medlemskab kan ikke ændres.")
            en("The membership cannot change like this from its present state", "Only a request can be confirmed, only a confirmed member appointed, and an ended membership cannot change."),
        Attended = Conflict "organisation-attended"
            da("Organisationen har en tegningsberettiget", "Kun en organisation uden tegningsberettiget kan få en udpeget af kommunen. Ellers bekræfter den tegningsberettigede selv nye medlemmer.")
            en("The organisation has a signatory", "Only an organisation without one can have a signatory appointed by the municipality. Otherwise its signatory confirms new members."),
    }
}

/// Every step a membership can take: state, command, new state.
pub const TRANSITIONS: &[(MembershipStatus, &str, MembershipStatus)] = &[
    (MembershipStatus::Requested, "confirm", MembershipStatus::Confirmed),
    (MembershipStatus::Requested, "end", MembershipStatus::Ended),
    (MembershipStatus::Confirmed, "appoint", MembershipStatus::Confirmed),
    (MembershipStatus::Confirmed, "end", MembershipStatus::Ended),
];

impl Membership {
    /// The membership of whoever registers an organisation: its first signatory.
    #[must_use]
    pub const fn of_registrant(id: MembershipId, organisation: OrganisationId, person: PersonId) -> Self {
        Self { id, organisation, person, role: MembershipRole::Signatory, status: MembershipStatus::Confirmed, version: 1 }
    }

    /// # Errors
    /// [`MembershipRule::Exists`] when the person has a live membership or request there already.
    pub fn request(
        id: MembershipId,
        organisation: OrganisationId,
        person: PersonId,
        role: MembershipRole,
        live: Option<&Self>,
    ) -> Result<Self, MembershipRule> {
        match live {
            Some(_) => Err(MembershipRule::Exists),
            None => Ok(Self { id, organisation, person, role, status: MembershipStatus::Requested, version: 1 }),
        }
    }

    /// # Errors
    /// [`MembershipRule::WrongStatus`].
    pub fn confirm(self) -> Result<Self, MembershipRule> {
        self.step("confirm")
    }

    /// Makes a member the signatory of an organisation that has none.
    ///
    /// # Errors
    /// [`MembershipRule::Attended`], [`MembershipRule::WrongStatus`].
    pub fn appoint(self, unattended: bool) -> Result<Self, MembershipRule> {
        if !unattended {
            return Err(MembershipRule::Attended);
        }
        Ok(Self { role: MembershipRole::Signatory, ..self.step("appoint")? })
    }

    /// Anybody may leave, at once and without a reason.
    ///
    /// # Errors
    /// [`MembershipRule::WrongStatus`].
    pub fn end(self) -> Result<Self, MembershipRule> {
        self.step("end")
    }

    fn step(self, command: &str) -> Result<Self, MembershipRule> {
        let (_, _, status) =
            TRANSITIONS.iter().find(|(from, name, _)| *from == self.status && *name == command).ok_or(MembershipRule::WrongStatus)?;
        Ok(Self { status: *status, version: self.version + 1, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::{Membership, MembershipRole, MembershipRule, MembershipStatus as S};
    use kernel::{MembershipId, OrganisationId, PersonId};
    use uuid::Uuid;

    fn membership(status: S) -> Membership {
        let nil = Uuid::nil();
        Membership { status, ..Membership::of_registrant(MembershipId(nil), OrganisationId(nil), PersonId(nil)) }
    }

    #[test]
    fn every_state_meets_every_command() {
        let wrong = Err(MembershipRule::WrongStatus);
        for (from, confirmed, appointed, ended) in [
            (S::Requested, Ok(S::Confirmed), wrong, Ok(S::Ended)),
            (S::Confirmed, wrong, Ok(S::Confirmed), Ok(S::Ended)),
            (S::Ended, wrong, wrong, wrong),
        ] {
            assert_eq!(membership(from).appoint(true).map(|m| m.status), appointed, "appoint from {from:?}");
            assert_eq!(membership(from).appoint(false).err(), Some(MembershipRule::Attended));
            assert_eq!(membership(from).confirm().map(|m| m.status), confirmed, "confirm from {from:?}");
            assert_eq!(membership(from).end().map(|m| m.status), ended, "end from {from:?}");
        }
    }

    #[test]
    fn one_live_tie_at_a_time() {
        let live = membership(S::Requested);
        let ask = |live| Membership::request(live_id(), OrganisationId(Uuid::nil()), PersonId(Uuid::nil()), MembershipRole::Editor, live);
        assert_eq!(ask(Some(&live)).err(), Some(MembershipRule::Exists));
        assert!(ask(None).is_ok_and(|m| m.status == S::Requested));
    }

    fn live_id() -> MembershipId {
        MembershipId(Uuid::nil())
    }
}
