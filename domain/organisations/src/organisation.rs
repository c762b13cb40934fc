//! The organisation itself: an association, a group, a single volunteer, an institution.

use kernel::{Fault, Finding, OrganisationId, OrganisationKind, identifier, rules, string_enum};
use uuid::Uuid;

string_enum! {
    /// Whether somebody has checked that the organisation is what it says.
    pub enum Verification {
        /// Registered, and not checked yet: it may draft, but not submit, book, approve or be paid.
        Unverified = "unverified" da("Ikke godkendt endnu") en("Not verified yet"),
        /// Checked, by a token that carries the CVR number or by staff.
        Verified = "verified" da("Godkendt") en("Verified"),
    }
}

/// How to reach an organisation. For an individual volunteer only the name is public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub name: Option<String>,
    pub email: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    pub web: Option<String>,
}

/// Where an organisation is. For an individual volunteer only postal code and town are public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub street: Option<String>,
    pub postal_code: String,
    pub town: String,
    /// Four digits; `0860` is Hjørring.
    pub municipality_code: Option<String>,
    /// Identifier of the address in DAR, Denmark's address register.
    pub dar_id: Option<Uuid>,
}

/// What an organisation says about itself and may change at will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub purpose: Option<String>,
    pub contact: Contact,
    pub address: Option<Address>,
}

impl Profile {
    /// Everything that is wrong with the profile in itself. Lengths are the HTTP layer's to check.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let Self { name, purpose: _, contact, address } = self;
        let mut findings = Vec::new();
        let mut check = |pointer: &str, outcome: Result<(), Fault>| {
            findings.extend(outcome.err().map(|fault| Finding::new(pointer, fault)));
        };
        check("/name", if name.trim().is_empty() { Err(Fault::Required) } else { Ok(()) });
        check("/contact/email", contact.email.as_deref().map_or(Ok(()), identifier::email));
        check("/contact/phone", contact.phone.as_deref().map_or(Ok(()), identifier::phone));
        check("/contact/web", contact.web.as_deref().map_or(Ok(()), identifier::web));
        if let Some(Address { postal_code, municipality_code, .. }) = address {
            check("/address/postal_code", identifier::postal_code(postal_code));
            check("/address/municipality_code", municipality_code.as_deref().map_or(Ok(()), identifier::municipality_code));
        }
        findings
    }

    /// The names of the fields in which two profiles differ.
    #[must_use]
    pub fn changes(&self, other: &Self) -> Vec<&'static str> {
        let Self { name, purpose, contact, address } = self;
        [
            ("name", *name != other.name),
            ("purpose", *purpose != other.purpose),
            ("contact", *contact != other.contact),
            ("address", *address != other.address),
        ]
        .into_iter()
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect()
    }
}

/// The numbers under which registers know an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// CVR number, unique together with `p_number` except for municipal institutions.
    pub cvr: Option<String>,
    /// P-number of the production unit.
    pub p_number: Option<String>,
    /// UUID in FK Organisation; municipal institutions alone have one, and always.
    pub unit_id: Option<Uuid>,
}

impl Registration {
    /// Everything that is wrong with the numbers in themselves.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let cvr = self.cvr.as_deref().map_or(Ok(()), identifier::cvr).err().map(|fault| Finding::new("/cvr", fault));
        let p_number = self.p_number.as_deref().map_or(Ok(()), identifier::p_number).err().map(|fault| Finding::new("/p_number", fault));
        cvr.into_iter().chain(p_number).collect()
    }
}

/// An organisation that volunteers, or that works with volunteers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    pub id: OrganisationId,
    pub kind: OrganisationKind,
    pub registration: Registration,
    pub profile: Profile,
    pub verification: Verification,
    pub version: i64,
}

rules! {
    /// Why a command on an organisation was refused.
    pub enum OrganisationRule {
        Exists = Conflict "organisation-exists"
            da("Organisationen findes allerede", "Et CVR-nummer med samme P-nummer eller enheds-id er allerede registreret. Bed om medlemskab i stedet: POST /v1/organisations/{id}/memberships.")
            en("The organisation is already registered", "The same CVR number with the same P-number, or the same unit id, is registered. Ask for a membership instead: POST /v1/organisations/{id}/memberships."),
        AlreadyVerified = Conflict "organisation-already-verified"
            da("Organisationen er allerede godkendt", "Der er ikke mere at gøre.")
            en("The organisation is already verified", "There is nothing left to do."),
        NotVerified = Unprocessable "organisation-not-verified"
            da("Organisationen er ikke godkendt endnu", "Log ind med foreningens MitID Erhverv, eller bed kommunen om at godkende organisationen. Kladder kan gemmes imens.")
            en("The organisation is not verified yet", "Sign in with the organisation's business identity, or ask the municipality to verify it. Drafts can be saved meanwhile."),
        UnitRequired = Unprocessable "unit-required"
            da("En kommunal institution skal have et enheds-id", "Angiv unit_id fra FK Organisation.")
            en("A municipal institution needs a unit id", "Give unit_id from FK Organisation."),
        UnitNotAllowed = Unprocessable "unit-not-allowed"
            da("Kun en kommunal institution har et enheds-id", "Fjern unit_id.")
            en("Only a municipal institution has a unit id", "Remove unit_id."),
        CvrNotAllowed = Unprocessable "cvr-not-allowed"
            da("En enkelt frivillig registreres uden CVR- og P-nummer", "Fjern cvr og p_number, eller vælg en anden slags organisation.")
            en("An individual volunteer is registered without CVR number and P-number", "Remove cvr and p_number, or choose another kind."),
    }
}

impl Organisation {
    /// A new organisation. `token_cvr` is the CVR number that the registrant's token carries: the same
    /// number proves affiliation, and so the organisation starts verified.
    ///
    /// # Errors
    /// [`OrganisationRule`], when the numbers do not fit the kind.
    pub fn register(
        id: OrganisationId,
        kind: OrganisationKind,
        registration: Registration,
        profile: Profile,
        token_cvr: Option<&str>,
    ) -> Result<Self, OrganisationRule> {
        match (kind, registration.unit_id) {
            (OrganisationKind::MunicipalInstitution, None) => return Err(OrganisationRule::UnitRequired),
            (OrganisationKind::MunicipalInstitution, Some(_)) | (_, None) => {}
            (_, Some(_)) => return Err(OrganisationRule::UnitNotAllowed),
        }
        if kind == OrganisationKind::IndividualVolunteer && (registration.cvr.is_some() || registration.p_number.is_some()) {
            return Err(OrganisationRule::CvrNotAllowed);
        }
        let proven = registration.cvr.is_some() && registration.cvr.as_deref() == token_cvr;
        // Staff alone can register a municipal institution, and that is the check.
        let verified = proven || kind == OrganisationKind::MunicipalInstitution;
        let verification = if verified { Verification::Verified } else { Verification::Unverified };
        Ok(Self { id, kind, registration, profile, verification, version: 1 })
    }

    #[must_use]
    pub fn edit(self, profile: Profile) -> Self {
        Self { profile, version: self.version + 1, ..self }
    }

    /// # Errors
    /// [`OrganisationRule::AlreadyVerified`].
    pub fn verify(self) -> Result<Self, OrganisationRule> {
        match self.verification {
            Verification::Verified => Err(OrganisationRule::AlreadyVerified),
            Verification::Unverified => Ok(Self { verification: Verification::Verified, version: self.version + 1, ..self }),
        }
    }

    /// Whether it may commit itself: submit, book, apply, approve.
    ///
    /// # Errors
    /// The [`OrganisationRule`] that stands against it.
    pub fn may_commit(&self) -> Result<(), OrganisationRule> {
        if self.is_verified() { Ok(()) } else { Err(OrganisationRule::NotVerified) }
    }

    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.verification == Verification::Verified
    }

    /// Whether this is one private person, whose address and e-mail are nobody's business.
    #[must_use]
    pub fn is_private_person(&self) -> bool {
        self.kind == OrganisationKind::IndividualVolunteer
    }

    /// The profile as the public may see it.
    #[must_use]
    pub fn public_profile(&self) -> Profile {
        if !self.is_private_person() {
            return self.profile.clone();
        }
        let address = self.profile.address.clone().map(|address| Address { street: None, dar_id: None, ..address });
        let contact = Contact { name: self.profile.contact.name.clone(), ..Contact::default() };
        Profile { contact, address, ..self.profile.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Contact, Organisation, OrganisationRule, Profile, Registration, Verification};
    use kernel::{OrganisationId, OrganisationKind};
    use uuid::Uuid;

    fn profile() -> Profile {
        Profile {
            name: "Nørrebros Venner".into(),
            purpose: None,
            contact: Contact { name: Some("Karen".into()), email: Some("karen@venner.example".into()), phone: None, web: None },
            address: Some(Address {
                street: Some("Hemmelig Vej 1".into()),
                postal_code: "9800".into(),
                town: "Hjørring".into(),
                municipality_code: None,
                dar_id: Some(Uuid::nil()),
            }),
        }
    }

    fn register(
        kind: OrganisationKind,
        cvr: Option<&str>,
        unit: Option<Uuid>,
        token: Option<&str>,
    ) -> Result<Organisation, OrganisationRule> {
        let registration = Registration { cvr: cvr.map(str::to_owned), p_number: None, unit_id: unit };
        Organisation::register(OrganisationId(Uuid::nil()), kind, registration, profile(), token)
    }

    #[test]
    fn a_token_with_the_same_cvr_verifies_and_no_other_does() {
        use OrganisationKind::Association;
        let verification = |cvr, token| register(Association, cvr, None, token).map(|o| o.verification);
        assert_eq!(verification(Some("13748136"), Some("13748136")), Ok(Verification::Verified));
        assert_eq!(verification(Some("13748136"), Some("29189382")), Ok(Verification::Unverified));
        assert_eq!(verification(Some("13748136"), None), Ok(Verification::Unverified));
        assert_eq!(verification(None, None), Ok(Verification::Unverified));
    }

    #[test]
    fn the_numbers_must_fit_the_kind() {
        use OrganisationKind::{Association, IndividualVolunteer, MunicipalInstitution};
        assert_eq!(register(MunicipalInstitution, None, None, None).err(), Some(OrganisationRule::UnitRequired));
        assert_eq!(register(Association, None, Some(Uuid::nil()), None).err(), Some(OrganisationRule::UnitNotAllowed));
        assert_eq!(register(IndividualVolunteer, Some("13748136"), None, None).err(), Some(OrganisationRule::CvrNotAllowed));
        assert!(register(MunicipalInstitution, Some("29189382"), Some(Uuid::nil()), None).is_ok_and(|o| o.is_verified()));
    }

    #[test]
    fn verifying_happens_once() {
        let verified = register(OrganisationKind::Association, None, None, None).and_then(Organisation::verify);
        assert!(verified.as_ref().is_ok_and(Organisation::is_verified));
        assert_eq!(verified.and_then(Organisation::verify).err(), Some(OrganisationRule::AlreadyVerified));
    }

    #[test]
    fn one_private_person_shows_a_name_and_a_town() {
        let public = register(OrganisationKind::IndividualVolunteer, None, None, None).map(|o| o.public_profile());
        let shown = format!("{public:?}");
        assert!(shown.contains("Karen") && shown.contains("9800"), "{shown}");
        assert!(!shown.contains("Hemmelig") && !shown.contains('@') && !shown.contains("00000000-"), "{shown}");
    }
}
