//! Somebody writes to the contact of an entry, whose address they need not know.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{InitiativeId, MessageId, rules};

/// How long somebody who has written can confirm their address. What is not confirmed by then is forgotten.
pub const MESSAGE_LINK: TimeDelta = TimeDelta::days(7);

rules! {
    /// Why a message was refused.
    pub enum MessageRule {
        NobodyToWriteTo = Conflict "nobody-to-write-to"
            da("Der er ingen at skrive til", "Hverken initiativet eller dets organisation har en e-mailadresse. Se, om der står et telefonnummer eller en hjemmeside.")
            en("There is nobody to write to", "Neither the initiative nor its organisation has an e-mail address. See whether there is a phone number or a website."),
    }
}

/// A message to the contact of an entry. It goes once whoever wrote it has shown that the address is theirs.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub initiative: InitiativeId,
    pub name: String,
    /// Where the answer goes.
    pub email: String,
    pub text: String,
    pub received_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Nothing of what somebody wrote belongs into a log.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("initiative", &self.initiative).finish_non_exhaustive()
    }
}
