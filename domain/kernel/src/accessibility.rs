//! What a place does for people who need it.

crate::string_enum! {
    /// What the place does for people who need it.
    pub enum Accessibility {
        Wheelchair = "wheelchair" da("Kørestolsvenligt") en("Wheelchair access"),
        AccessibleToilet = "accessible_toilet" da("Handicaptoilet") en("Accessible toilet"),
        Lift = "lift" da("Elevator") en("Lift"),
        Telecoil = "telecoil" da("Teleslynge") en("Telecoil"),
        Parking = "parking" da("Parkering") en("Parking"),
        QuietRoom = "quiet_room" da("Stillerum") en("Quiet room"),
        CompanionWelcome = "companion_welcome" da("Ledsager er velkommen") en("A companion is welcome"),
    }
}
