//! Volunteer initiatives: what they say about themselves, and the way from a draft to the catalogue.
//!
//! [`Content`] is what an organisation writes. It lives in [`Revision`]s of an [`Initiative`]: the
//! public reads the approved one, while a changed title, text, target group or principle answer waits
//! for review in another. [`TRANSITIONS`] is the whole state machine; the commands consult it and
//! `docs/` draws it.
//!
//! Nothing here reads a clock or makes an id: both are arguments.

mod claim;
mod content;
mod freshness;
mod image;
mod initiative;
mod message;
mod place;
mod referral;
mod report;
#[cfg(test)]
mod samples;
mod schedule;
mod status;
mod taxonomy;

pub use claim::{CLAIM, Claim, ClaimRule};
pub use content::{Contact, Content, IMAGES, LanguageTag, Participation, SearchText, Spoken, Translation, Welcome};
pub use freshness::{Aging, Freshness};
pub use image::Image;
pub use initiative::{Initiative, InitiativeRule, NewIds, Refused, Review, Revision, RevisionState, Verdict};
pub use kernel::{Accessibility, InvalidTime, LocalTime, TermSlug, Weekday};
pub use message::{MESSAGE_LINK, Message, MessageRule};
pub use place::Place;
pub use referral::{Referral, ReferralCapacity, ReferralContact, ReferralInformation};
pub use report::{REPORT_TRANSITIONS, Report, ReportCommand, ReportDecision, ReportReason, ReportRule, ReportStatus, report_mermaid};
pub use schedule::{DatedSlot, WeeklySlot};
pub use status::{Command, Status, TRANSITIONS, mermaid};
pub use taxonomy::{Scheme, TERM_TRANSITIONS, Term, TermCommand, TermLabels, TermRefusal, TermRule, TermStatus, Vocabulary, term_mermaid};
