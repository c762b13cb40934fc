//! The words every part of Frivillig shares: identifiers, texts, rules, events.
//!
//! What stands here is a *value* without a life of its own. An aggregate, a
//! state machine or anything that does input or output belongs elsewhere.

pub mod event;
pub mod finding;
pub mod findings;
pub mod id;
pub mod identifier;
pub mod language;
pub mod money;
pub mod principle;
pub mod problem;
pub mod string_enum;
pub mod text;

pub use event::{Datum, Event, Subject, Visibility};
pub use finding::{Fault, Finding};
pub use findings::Findings;
pub use id::{AssessmentId, EventSubjectId, InitiativeId, InvalidId, MembershipId, OrganisationId, PersonId, ReportId, RevisionId};
pub use language::Language;
pub use money::{Currency, Money};
pub use principle::{Answer, Assessment, AssessmentSide, Guidepost, Principle, PrincipleAnswer, PrincipleAnswers};
pub use problem::{Kind, ProblemType, Rule, Wording};
pub use string_enum::{Vocabulary, Word};
