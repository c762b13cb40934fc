//! Identifiers: UUIDv7 strings, one type per thing they name.

use uuid::Uuid;

/// The bare form in which the journal stores the id of whatever an event is about.
pub type EventSubjectId = Uuid;

/// The text is not a UUID in its canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID in its hyphenated lower-case form")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            /// Accepts the hyphenated lower-case form alone, so that one thing has one address.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let id = Uuid::try_parse(text).map_err(|_| InvalidId)?;
                if id.hyphenated().to_string() == text { Ok(Self(id)) } else { Err(InvalidId) }
            }
        }
    )+};
}

ids! {
    /// A person as this service knows them: a surrogate for (issuer, subject).
    PersonId,
    /// An association, group, single volunteer or institution.
    OrganisationId,
    /// The tie between a person and an organisation.
    MembershipId,
    /// A volunteer initiative in the catalogue.
    InitiativeId,
    /// One version of an initiative's text.
    RevisionId,
    /// Somebody's word that an entry is not as it should be.
    ReportId,
    /// A term of a taxonomy.
    TermId,
    /// What somebody answered to one of the principles.
    AssessmentId,
    /// A file that somebody handed in.
    FileId,
    /// A time in which nobody signs for an organisation, because its signatories disagree.
    SigningFreezeId,
    /// A case about whether an organisation may have support and premises.
    EligibilityCaseId,
    /// An invitation to speak for an organisation.
    InvitationId,
    /// A message to the contact of an entry.
    MessageId,
    /// A house in which rooms are lent.
    VenueId,
    /// A room that can be lent.
    RoomId,
    /// What cannot be in two hands at once: a room, or a part of one.
    SpaceId,
    /// A time at which a room, or a whole venue, is closed.
    ClosureId,
    /// A booking of a room.
    BookingId,
    /// A row of bookings that come back.
    SeriesId,
    /// A need for a room, before one is found.
    RoomRequestId,
    /// A room that is offered to somebody who needs one.
    OfferId,
    /// One season's allocation of rooms.
    SeasonRoundId,
    /// An organisation's application in a season round.
    SeasonApplicationId,
    /// A place in the line for a room at a time.
    WaitlistEntryId,
}

#[cfg(test)]
mod tests {
    use super::OrganisationId;

    #[test]
    fn only_the_canonical_form_is_an_address() {
        let canonical = "01932b6e-7a00-7000-8000-000000000001";
        assert!(canonical.parse::<OrganisationId>().is_ok());
        for other in
            ["01932B6E-7A00-7000-8000-000000000001", "01932b6e7a0070008000000000000001", "{01932b6e-7a00-7000-8000-000000000001}", ""]
        {
            assert!(other.parse::<OrganisationId>().is_err(), "{other}");
        }
    }
}
