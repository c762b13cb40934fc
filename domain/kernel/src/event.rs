//! What the journal remembers of a command.

use uuid::Uuid;

use crate::{EventSubjectId, OrganisationId};

/// Who may read an event. It never changes afterwards: what becomes public later is a new event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// The organisation's members, and staff.
    Organisation,
    /// Staff alone.
    Staff,
}

impl Visibility {
    pub const ALL: [Self; 3] = [Self::Public, Self::Organisation, Self::Staff];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Organisation => "organisation",
            Self::Staff => "staff",
        }
    }
}

/// The thing an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Singular, snake_case: `organisation`, `membership`, `initiative`.
    pub kind: &'static str,
    pub id: EventSubjectId,
}

/// One value in an event: an id, a code or names of fields. There is no variant for what people
/// write, so their words cannot end up in a journal that is never erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    Id(Uuid),
    Code(&'static str),
    Fields(Vec<&'static str>),
}

/// One thing that a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Past tense behind the subject: `organisation.verified`.
    pub name: &'static str,
    pub subject: Subject,
    pub organisation: Option<OrganisationId>,
    pub visibility: Visibility,
    pub data: Vec<(&'static str, Datum)>,
}

impl Event {
    #[must_use]
    pub const fn new(name: &'static str, subject: Subject, visibility: Visibility) -> Self {
        Self { name, subject, organisation: None, visibility, data: Vec::new() }
    }

    #[must_use]
    pub const fn of(mut self, organisation: OrganisationId) -> Self {
        self.organisation = Some(organisation);
        self
    }

    #[must_use]
    pub fn with(mut self, key: &'static str, datum: Datum) -> Self {
        self.data.push((key, datum));
        self
    }
}
