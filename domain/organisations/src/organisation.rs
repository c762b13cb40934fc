//! The organisation itself: an association, a group, a single volunteer, an institution.

use chrono::NaiveDate;
use kernel::{Fault, Finding, OrganisationId, OrganisationKind, identifier, rules, string_enum};
use uuid::Uuid;

use crate::Standing;

string_enum! {
    /// Whether somebody has checked that the organisation is what it says.
    pub enum Verification {
        /// Registered, and not checked yet: it may draft, but not submit, book, approve or be paid.
        Unverified = "unverified" da("Ikke godkendt endnu") en("Not verified yet"),
        /// Checked, by a token that carries the CVR number or by staff.
        Verified = "verified" da("Godkendt") en("Verified"),
    }
}

string_enum! {
    /// How an organisation came to its end.
    pub enum Ending {
        /// It is no more; another may carry on what it did.
        Dissolved = "dissolved" da("Opløst") en("Dissolved"),
        /// It was registered twice, and the other registration has everything now.
        Merged = "merged" da("Lagt sammen med en anden") en("Merged into another"),
    }
}

/// The end of an organisation. It is final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub ending: Ending,
    pub on: NaiveDate,
    /// Who carries on, or who it was all along.
    pub successor: Option<OrganisationId>,
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
    /// Whether it looks for others to do something together with.
    pub seeks_cooperation: bool,
    /// What it would like to do together, for as long as it looks.
    pub cooperation: Option<String>,
}

impl Profile {
    /// Everything that is wrong with the profile in itself. Lengths are the HTTP layer's to check.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let Self { name, purpose: _, contact, address, seeks_cooperation: _, cooperation: _ } = self;
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
        let Self { name, purpose, contact, address, seeks_cooperation, cooperation } = self;
        [
            ("name", *name != other.name),
            ("purpose", *purpose != other.purpose),
            ("contact", *contact != other.contact),
            ("address", *address != other.address),
            ("seeks_cooperation", *seeks_cooperation != other.seeks_cooperation),
            ("cooperation", *cooperation != other.cooperation),
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
    pub end: Option<End>,
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
        Dissolved = Gone "organisation-dissolved"
            da("Organisationen er opløst", "Den kan ikke mere påtage sig noget eller ændres. Se, om en anden har videreført arbejdet: successor_id på organisationen.")
            en("The organisation has been dissolved", "It can no longer commit itself or change. See whether another one carries on: successor_id of the organisation."),
        Merged = Gone "organisation-merged"
            da("Organisationen er lagt sammen med en anden", "Brug den organisation, som dens adresse viser videre til.")
            en("The organisation has been merged into another", "Use the organisation to which its address leads."),
        Unattended = Unprocessable "organisation-unattended"
            da("Organisationen har ingen tegningsberettiget", "Bed kommunen om at udpege en ny: POST /v1/organisations/{id}/succession. Indtil da kan organisationen ikke påtage sig noget nyt.")
            en("The organisation has no signatory", "Ask the municipality to appoint a new one: POST /v1/organisations/{id}/succession. Until then the organisation cannot take on anything new."),
        SigningFrozen = Unprocessable "signing-frozen"
            da("Tegningsretten er sat i bero, fordi der er uenighed om den", "Bliv enige om, hvem der tegner organisationen, og giv kommunen besked. Begrundelsen står i GET /v1/organisations/{id}/standing.")
            en("Signing is suspended, because there is a dispute about it", "Agree on who signs for the organisation and tell the municipality. The reason is in GET /v1/organisations/{id}/standing."),
        OnHold = Unprocessable "eligibility-hold"
            da("Kommunen har besluttet, at organisationen for tiden ikke kan få støtte eller lokaler", "Læs begrundelsen i GET /v1/organisations/{id}/eligibility-cases, og skriv til kommunen, når forholdene er bragt i orden (folkeoplysningsloven § 44 a).")
            en("The municipality has decided that the organisation cannot have support or premises for now", "Read the reasons in GET /v1/organisations/{id}/eligibility-cases, and write to the municipality when things have been put right (folkeoplysningsloven § 44 a)."),
        SuccessorUnfit = Unprocessable "successor-unfit"
            da("Den anden organisation kan ikke overtage", "Den skal findes, være en anden end denne, og hverken være opløst eller lagt sammen med en anden. En enkelt frivillig kan kun lægges sammen med en enkelt frivillig.")
            en("The other organisation cannot take over", "It must exist, be another one than this, and be neither dissolved nor merged. An individual volunteer can be merged with an individual volunteer alone."),
        Unsettled = Conflict "merge-unsettled"
            da("Noget om organisationen er ikke afgjort", "Giv tegningsretten fri, og afgør eller ophæv sagen om støtte, før organisationen lægges sammen med en anden.")
            en("Something about the organisation is not settled", "Restore signing, and decide or lift the case about its eligibility, before it is merged into another."),
        EndInFuture = Unprocessable "dissolution-in-future"
            da("En opløsning kan først registreres, når den er sket", "Angiv en dato, der ikke ligger efter i dag.")
            en("A dissolution is registered when it has happened", "Give a date that is not after today."),
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
        Ok(Self { id, kind, registration, profile, verification, end: None, version: 1 })
    }

    /// # Errors
    /// As [`live`](Self::live).
    pub fn edit(self, profile: Profile) -> Result<Self, OrganisationRule> {
        self.live()?;
        Ok(Self { profile, version: self.version + 1, ..self })
    }

    /// # Errors
    /// [`OrganisationRule::AlreadyVerified`]; as [`live`](Self::live).
    pub fn verify(self) -> Result<Self, OrganisationRule> {
        self.live()?;
        match self.verification {
            Verification::Verified => Err(OrganisationRule::AlreadyVerified),
            Verification::Unverified => Ok(Self { verification: Verification::Verified, version: self.version + 1, ..self }),
        }
    }

    /// Puts other numbers in the place of those it was registered under; whether they are right is for the registers.
    ///
    /// # Errors
    /// [`OrganisationRule::CvrNotAllowed`]; as [`live`](Self::live).
    pub fn renumber(self, cvr: Option<String>, p_number: Option<String>) -> Result<Self, OrganisationRule> {
        self.live()?;
        if self.is_private_person() && (cvr.is_some() || p_number.is_some()) {
            return Err(OrganisationRule::CvrNotAllowed);
        }
        let registration = Registration { cvr, p_number, ..self.registration };
        Ok(Self { registration, version: self.version + 1, ..self })
    }

    /// Ends it, for good.
    ///
    /// # Errors
    /// [`OrganisationRule::EndInFuture`], [`OrganisationRule::SuccessorUnfit`]; as [`live`](Self::live).
    pub fn dissolve(self, on: NaiveDate, successor: Option<&Self>, today: NaiveDate) -> Result<Self, OrganisationRule> {
        if on > today {
            return Err(OrganisationRule::EndInFuture);
        }
        self.end(Ending::Dissolved, on, successor)
    }

    /// Ends it in favour of the registration that stays. `settled` says that nothing is frozen and no case is open: a merge
    /// must not make either go away. What is private of a person does not become an association's.
    ///
    /// # Errors
    /// [`OrganisationRule::SuccessorUnfit`], [`OrganisationRule::Unsettled`]; as [`live`](Self::live).
    pub fn merge(self, into: &Self, settled: bool, today: NaiveDate) -> Result<Self, OrganisationRule> {
        let private = (self.is_private_person(), into.is_private_person());
        let merged = self.end(Ending::Merged, today, Some(into))?;
        match (private.0 == private.1, settled) {
            (false, _) => Err(OrganisationRule::SuccessorUnfit),
            (true, false) => Err(OrganisationRule::Unsettled),
            (true, true) => Ok(merged),
        }
    }

    /// Takes in a registration that was a duplicate of it: whichever of the two was verified, it is now.
    #[must_use]
    pub fn absorb(self, other: &Self) -> Self {
        let verification = if other.is_verified() { Verification::Verified } else { self.verification };
        Self { verification, version: self.version + 1, ..self }
    }

    fn end(self, ending: Ending, on: NaiveDate, successor: Option<&Self>) -> Result<Self, OrganisationRule> {
        self.live()?;
        if successor.is_some_and(|other| other.id == self.id || other.end.is_some()) {
            return Err(OrganisationRule::SuccessorUnfit);
        }
        let end = Some(End { ending, on, successor: successor.map(|other| other.id) });
        Ok(Self { end, version: self.version + 1, ..self })
    }

    /// Whether it is still there to change or do anything.
    ///
    /// # Errors
    /// [`OrganisationRule::Dissolved`], [`OrganisationRule::Merged`].
    pub fn live(&self) -> Result<(), OrganisationRule> {
        match self.end.as_ref().map(|end| end.ending) {
            None => Ok(()),
            Some(Ending::Dissolved) => Err(OrganisationRule::Dissolved),
            Some(Ending::Merged) => Err(OrganisationRule::Merged),
        }
    }

    /// Everything that keeps it from committing itself now, whatever to: submitting, booking, applying, accepting,
    /// approving, being paid. What weighs most comes first.
    #[must_use]
    pub fn obstacles(&self, standing: &Standing) -> Vec<OrganisationRule> {
        let Standing { unattended, frozen, held } = *standing;
        let ended = self.live().err();
        let rest = [
            (!self.is_verified(), OrganisationRule::NotVerified),
            (unattended, OrganisationRule::Unattended),
            (frozen, OrganisationRule::SigningFrozen),
            (held, OrganisationRule::OnHold),
        ];
        ended.into_iter().chain(rest.into_iter().filter_map(|(stands, rule)| stands.then_some(rule))).collect()
    }

    /// Whether it may commit itself. Every commitment in every domain asks here.
    ///
    /// # Errors
    /// The first of its [`obstacles`](Self::obstacles).
    pub fn may_commit(&self, standing: &Standing) -> Result<(), OrganisationRule> {
        self.obstacles(standing).into_iter().next().map_or(Ok(()), Err)
    }

    /// Whether people must sign for it: the municipality itself answers for its institutions.
    #[must_use]
    pub fn needs_signatory(&self) -> bool {
        self.kind != OrganisationKind::MunicipalInstitution
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
        let cooperation = self.profile.cooperation.clone().filter(|_| self.profile.seeks_cooperation);
        if !self.is_private_person() {
            return Profile { cooperation, ..self.profile.clone() };
        }
        let address = self.profile.address.clone().map(|address| Address { street: None, dar_id: None, ..address });
        let contact = Contact { name: self.profile.contact.name.clone(), ..Contact::default() };
        Profile { contact, address, cooperation, ..self.profile.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Contact, Organisation, OrganisationRule, Profile, Registration, Standing, Verification};
    use chrono::NaiveDate;
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
            seeks_cooperation: false,
            cooperation: Some("En fælles udflugt".into()),
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

    const GOOD: Standing = Standing { unattended: false, frozen: false, held: false };

    #[test]
    fn every_obstacle_stands_in_the_way_by_itself() {
        let verified = register(OrganisationKind::Association, None, None, None).and_then(Organisation::verify).unwrap();
        assert_eq!(verified.may_commit(&GOOD), Ok(()));
        for (standing, rule) in [
            (Standing { unattended: true, ..GOOD }, OrganisationRule::Unattended),
            (Standing { frozen: true, ..GOOD }, OrganisationRule::SigningFrozen),
            (Standing { held: true, ..GOOD }, OrganisationRule::OnHold),
        ] {
            assert_eq!(verified.may_commit(&standing), Err(rule));
        }
        let unverified = register(OrganisationKind::Association, None, None, None).unwrap();
        assert_eq!(unverified.may_commit(&GOOD), Err(OrganisationRule::NotVerified));
        assert_eq!(unverified.obstacles(&Standing { unattended: true, frozen: true, held: true }).len(), 4);
    }

    #[test]
    fn an_end_is_final_and_leads_to_somebody_who_is_there() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
        let one = register(OrganisationKind::Association, None, None, None).unwrap();
        let other = Organisation { id: OrganisationId(Uuid::from_u128(2)), ..one.clone() };
        assert_eq!(one.clone().dissolve(today.succ_opt().unwrap(), None, today).err(), Some(OrganisationRule::EndInFuture));
        assert_eq!(one.clone().merge(&one, true, today).err(), Some(OrganisationRule::SuccessorUnfit));
        let dissolved = one.clone().dissolve(today, Some(&other), today).unwrap();
        assert_eq!(dissolved.may_commit(&GOOD), Err(OrganisationRule::Dissolved));
        assert_eq!(other.clone().merge(&dissolved, true, today).err(), Some(OrganisationRule::SuccessorUnfit));
        let person = Organisation { kind: OrganisationKind::IndividualVolunteer, ..one.clone() };
        assert_eq!(other.clone().merge(&person, true, today).err(), Some(OrganisationRule::SuccessorUnfit));
        assert_eq!(other.clone().merge(&one, false, today).err(), Some(OrganisationRule::Unsettled));
        let merged = other.merge(&one, true, today).unwrap();
        assert_eq!(merged.end.as_ref().and_then(|end| end.successor), Some(one.id));
        for ended in [dissolved, merged] {
            let rule = ended.live().unwrap_err();
            assert_eq!(ended.clone().verify().err(), Some(rule));
            assert_eq!(ended.clone().renumber(None, None).err(), Some(rule));
            assert_eq!(ended.clone().dissolve(today, None, today).err(), Some(rule));
            assert_eq!(ended.clone().merge(&one, true, today).err(), Some(rule));
            assert_eq!(ended.clone().edit(profile()).err(), Some(rule));
        }
    }

    #[test]
    fn what_an_organisation_would_do_together_is_shown_while_it_looks() {
        let quiet = register(OrganisationKind::Association, None, None, None).unwrap();
        assert_eq!(quiet.public_profile().cooperation, None);
        let looking = quiet.clone().edit(Profile { seeks_cooperation: true, ..profile() }).unwrap();
        assert_eq!(looking.public_profile().cooperation.as_deref(), Some("En fælles udflugt"));
    }

    #[test]
    fn one_private_person_shows_a_name_and_a_town() {
        let public = register(OrganisationKind::IndividualVolunteer, None, None, None).map(|o| o.public_profile());
        let shown = format!("{public:?}");
        assert!(shown.contains("Karen") && shown.contains("9800"), "{shown}");
        assert!(!shown.contains("Hemmelig") && !shown.contains('@') && !shown.contains("00000000-"), "{shown}");
    }
}
