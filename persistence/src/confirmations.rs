//! Links that were mailed: whoever sends one back has read the letter.
//!
//! The secret stands in the letter alone. Here is its digest, so that nobody who reads the database can redeem what
//! somebody else was sent; a link works once, and a newer one for the same thing takes its place.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use initiatives::{Freshness, Initiative, MESSAGE_LINK, Message};
use kernel::{InitiativeId, rules, string_enum};
use organisations::{INVITATION, Membership};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    Error, Tx,
    db::naive,
    initiatives as catalogued, messages,
    organisations::invitations,
    page::{id_column, word},
    schema::confirmations as table,
};

string_enum! {
    /// What a link is for.
    pub enum Purpose {
        /// Says that an entry of the catalogue still holds.
        ConfirmInitiative = "confirm_initiative" da("Bekræft, at et initiativ stadig passer") en("Confirm that an initiative still holds"),
        /// Makes whoever was invited a member of an organisation.
        AcceptInvitation = "accept_invitation" da("Tag imod en invitation til en organisation") en("Accept an invitation to an organisation"),
        /// Sends what somebody wrote to the contact of an entry.
        SendMessage = "send_message" da("Send en besked til et initiativ") en("Send a message to an initiative"),
    }
}

impl Purpose {
    /// How long a link is good for.
    const fn lifetime(self) -> TimeDelta {
        match self {
            Self::ConfirmInitiative => TimeDelta::days(180),
            Self::AcceptInvitation => INVITATION,
            Self::SendMessage => MESSAGE_LINK,
        }
    }
}

rules! {
    /// Why a link was refused.
    pub enum ConfirmationRule {
        Unknown = NotFound "link-unknown"
            da("Linket kendes ikke", "Kontrollér, at hele linket er med, eller brug det link, der er sendt senest.")
            en("The link is not known", "Check that the whole link is there, or use the one that was sent last."),
        SignInFirst = Unauthenticated "link-needs-sign-in"
            da("Log ind for at bruge linket", "Linket virker stadig. Log ind som dig selv, og send det igen med dit adgangstoken.")
            en("Sign in to use the link", "The link still works. Sign in as yourself, and send it again with your access token."),
        Used = Gone "link-used"
            da("Linket er allerede brugt", "Et link virker én gang. Der er ikke mere at gøre.")
            en("The link has been used", "A link works once. There is nothing left to do."),
        Expired = Gone "link-expired"
            da("Linket er udløbet", "Log ind og gør det samme dér, bed om et nyt link, eller begynd forfra.")
            en("The link has expired", "Sign in and do the same there, ask for a new link, or begin again."),
    }
}

/// 256 bits that nobody can guess, as text.
fn secret() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn digest(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a link, in place of any other that was for the same thing and has not been used. What comes back belongs into a
/// letter and nowhere else.
pub(crate) fn issue(tx: &mut Tx<'_>, purpose: Purpose, subject: Uuid) -> Result<String, Error> {
    cancel(tx, purpose, subject)?;
    let secret = secret()?;
    insert(tx, purpose, subject, &secret)?;
    Ok(secret)
}

/// Makes links for a thing that have not been used good for nothing.
pub(crate) fn cancel(tx: &mut Tx<'_>, purpose: Purpose, subject: Uuid) -> Result<(), Error> {
    let same = table::table.filter(table::purpose.eq(purpose.as_str()).and(table::subject_id.eq(subject.to_string())));
    diesel::delete(same.filter(table::redeemed_at.is_null())).execute(tx.connection)?;
    Ok(())
}

/// A link with a secret of one's own: the sample data has one that everybody knows.
pub(crate) fn insert(tx: &mut Tx<'_>, purpose: Purpose, subject: Uuid, secret: &str) -> Result<(), Error> {
    let values = (
        table::digest.eq(digest(secret)),
        table::purpose.eq(purpose.as_str()),
        table::subject_id.eq(subject.to_string()),
        table::expires_at.eq(naive(tx.now() + purpose.lifetime())),
    );
    diesel::insert_into(table::table).values(values).execute(tx.connection)?;
    Ok(())
}

/// What a link has done.
#[derive(Clone, Debug)]
pub enum Confirmed {
    Initiative(Box<Initiative>),
    Membership(Membership),
    Message(Message),
}

/// Does what a link is for.
///
/// # Errors
/// [`ConfirmationRule`]; whatever stands against the thing itself; database failures.
pub fn redeem(tx: &mut Tx<'_>, secret: &str, freshness: &Freshness) -> Result<Confirmed, Error> {
    let digest = digest(secret);
    let found: Option<(String, String, NaiveDateTime, Option<NaiveDateTime>)> = table::table
        .find(&digest)
        .select((table::purpose, table::subject_id, table::expires_at, table::redeemed_at))
        .first(tx.connection)
        .optional()?;
    let (purpose, subject, expires_at, redeemed_at) = found.ok_or(ConfirmationRule::Unknown)?;
    if redeemed_at.is_some() {
        return Err(ConfirmationRule::Used.into());
    }
    if expires_at <= naive(tx.now()) {
        return Err(ConfirmationRule::Expired.into());
    }
    diesel::update(table::table.find(&digest)).set(table::redeemed_at.eq(naive(tx.now()))).execute(tx.connection)?;
    match word(&purpose, Purpose::parse)? {
        Purpose::ConfirmInitiative => {
            let id: InitiativeId = id_column(&subject)?;
            catalogued::confirm_by_link(tx, id).map(|stored| Confirmed::Initiative(Box::new(stored.initiative)))
        }
        Purpose::AcceptInvitation => invitations::accept(tx, id_column(&subject)?).map(Confirmed::Membership),
        Purpose::SendMessage => messages::confirm(tx, id_column(&subject)?, freshness).map(Confirmed::Message),
    }
}

/// How long the digest of a used or expired link is kept, for telling its holder so.
const REMEMBERED: TimeDelta = TimeDelta::days(90);

/// Forgets links that nobody will send back any more.
pub(crate) fn forget(tx: &mut Tx<'_>) -> Result<(), Error> {
    let long_ago = naive(tx.now() - REMEMBERED);
    diesel::delete(table::table.filter(table::expires_at.le(long_ago))).execute(tx.connection)?;
    Ok(())
}
