//! The words every part of Frivillig shares: identifiers, texts, rules, events.
//!
//! What stands here is a *value* without a life of its own. An aggregate, a
//! state machine or anything that does input or output belongs elsewhere.

pub mod accessibility;
pub mod calendar;
pub mod event;
pub mod finding;
pub mod findings;
pub mod id;
pub mod identifier;
pub mod language;
pub mod machine;
pub mod money;
pub mod organisation_kind;
pub mod period;
pub mod principle;
pub mod problem;
pub mod string_enum;
pub mod term;
pub mod text;
pub mod wall_clock;
pub mod zone;

pub use accessibility::Accessibility;
pub use calendar::WorkingDays;
pub use event::{Datum, Event, Subject, Visibility};
pub use finding::{Fault, Finding};
pub use findings::Findings;
pub use id::{
    AssessmentId, BookingId, ClosureId, EligibilityCaseId, EventSubjectId, FileId, InitiativeId, InvalidId, InvitationId, MembershipId,
    MessageId, OfferId, OrganisationId, PersonId, ReportId, RevisionId, RoomId, RoomRequestId, SeasonApplicationId, SeasonRoundId,
    SeriesId, SigningFreezeId, SpaceId, TermId, VenueId, WaitlistEntryId,
};
pub use language::{Language, Languages};
pub use money::{Currency, Money};
pub use organisation_kind::OrganisationKind;
pub use period::Period;
pub use principle::{Answer, Assessment, AssessmentSide, Guidepost, Principle, PrincipleAnswer, PrincipleAnswers};
pub use problem::{Kind, ProblemType, Rule, Wording};
pub use string_enum::{Vocabulary, Word};
pub use term::TermSlug;
pub use wall_clock::{InvalidTime, LocalTime, Weekday};
