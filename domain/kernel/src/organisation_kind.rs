//! The sorts of organisations there are.

crate::string_enum! {
    /// What sort of organisation it is.
    pub enum OrganisationKind {
        /// A registered or unregistered association (forening).
        Association = "association" da("Forening") en("Association"),
        /// A group of volunteers without statutes (frivilliggruppe).
        VolunteerGroup = "volunteer_group" da("Frivilliggruppe") en("Volunteer group"),
        /// One person who volunteers on their own.
        IndividualVolunteer = "individual_volunteer" da("Enkelt frivillig") en("Individual volunteer"),
        /// A volunteer centre (frivilligcenter).
        VolunteerCentre = "volunteer_centre" da("Frivilligcenter") en("Volunteer centre"),
        /// An institution of the municipality; it shares the municipality's CVR number.
        MunicipalInstitution = "municipal_institution" da("Kommunal institution") en("Municipal institution"),
        /// A school or another place of education.
        EducationInstitution = "education_institution" da("Uddannelsesinstitution") en("Place of education"),
    }
}
