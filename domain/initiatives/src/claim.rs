//! An editor takes something out of the queue, so that no two work on it.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{PersonId, rules};

/// How long an editor keeps what they have taken without deciding it.
pub const CLAIM: TimeDelta = TimeDelta::hours(2);

rules! {
    /// Why an editor was kept off.
    pub enum ClaimRule {
        Taken = Conflict "claimed-by-another"
            da("En anden redaktør er i gang med sagen", "Vent, til sagen er afgjort eller givet fri, eller tag en anden fra køen. Den bliver fri af sig selv efter to timer.")
            en("Another editor is at it", "Wait until it is decided or released, or take something else from the queue. It becomes free by itself after two hours."),
    }
}

/// Who is at something, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub person: PersonId,
    pub until: DateTime<Utc>,
}

impl Claim {
    /// Takes something, or keeps it for longer.
    ///
    /// # Errors
    /// [`ClaimRule::Taken`].
    pub fn take(present: Option<&Self>, person: PersonId, now: DateTime<Utc>) -> Result<Self, ClaimRule> {
        Self::allow(present, person, now)?;
        Ok(Self { person, until: now + CLAIM })
    }

    /// Whether somebody may decide what somebody may have taken.
    ///
    /// # Errors
    /// [`ClaimRule::Taken`].
    pub fn allow(present: Option<&Self>, person: PersonId, now: DateTime<Utc>) -> Result<(), ClaimRule> {
        match present {
            Some(claim) if claim.person != person && now < claim.until => Err(ClaimRule::Taken),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kernel::PersonId;
    use uuid::Uuid;

    use super::{CLAIM, Claim, ClaimRule};

    #[test]
    fn what_one_has_taken_is_theirs_for_two_hours() {
        let (anna, bo, now) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)), DateTime::UNIX_EPOCH);
        let Ok(claim) = Claim::take(None, anna, now) else { panic!("nobody has it") };
        assert_eq!(Claim::take(Some(&claim), bo, now), Err(ClaimRule::Taken));
        assert_eq!(Claim::allow(Some(&claim), anna, now), Ok(()));
        assert!(Claim::take(Some(&claim), anna, now + CLAIM / 2).is_ok_and(|kept| kept.until > claim.until));
        assert!(Claim::take(Some(&claim), bo, now + CLAIM).is_ok_and(|taken| taken.person == bo));
    }
}
