//! How an organisation stands: what was decided about its right to sign and to have support.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{EligibilityCaseId, OrganisationId, SigningFreezeId, machine, rules, string_enum, zone};

/// What can keep an organisation from committing itself, beside what is in its own registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Nobody signs for it.
    pub unattended: bool,
    /// Its signatories are in dispute, and none of them binds it.
    pub frozen: bool,
    /// It has been decided that it cannot have support or premises (folkeoplysningsloven § 44 a).
    pub held: bool,
}

string_enum! {
    /// Whether signatories bind their organisation.
    pub enum Signing {
        Free = "free" da("I kraft") en("In force"),
        /// Staff has suspended it, because of a dispute.
        Frozen = "frozen" da("Sat i bero") en("Suspended"),
    }
}

string_enum! {
    /// What staff can do with an organisation's signing.
    pub enum SigningCommand {
        Freeze = "freeze" da("Sæt tegningsretten i bero") en("Suspend signing"),
        Unfreeze = "unfreeze" da("Giv tegningsretten fri") en("Restore signing"),
    }
}

/// Every step there is.
pub const SIGNING_TRANSITIONS: &[(Signing, SigningCommand, Signing)] =
    &[(Signing::Free, SigningCommand::Freeze, Signing::Frozen), (Signing::Frozen, SigningCommand::Unfreeze, Signing::Free)];

/// [`SIGNING_TRANSITIONS`] as a Mermaid state diagram.
#[must_use]
pub fn signing_mermaid() -> String {
    let states: Vec<_> = Signing::ALL.iter().map(|status| status.as_str()).collect();
    let arrows: Vec<_> = SIGNING_TRANSITIONS.iter().map(|(from, by, to)| (from.as_str(), by.as_str(), to.as_str())).collect();
    machine::draw(&[("register", Signing::Free.as_str())], &states, &arrows)
}

rules! {
    /// Why a step about signing was refused.
    pub enum SigningRule {
        Frozen = Conflict "signing-frozen-already"
            da("Tegningsretten er allerede sat i bero", "Der er ikke mere at gøre. Giv den fri med unfreeze, når parterne er enige.")
            en("Signing is suspended already", "There is nothing left to do. Restore it with unfreeze when the parties agree."),
        Free = Conflict "signing-not-frozen"
            da("Tegningsretten er ikke sat i bero", "Der er ikke noget at give fri.")
            en("Signing is not suspended", "There is nothing to restore."),
    }
}

/// A decision, and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasoned {
    /// For those concerned to read.
    pub reason: String,
    pub at: DateTime<Utc>,
}

/// One time in which signing was suspended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningFreeze {
    pub id: SigningFreezeId,
    pub organisation: OrganisationId,
    pub frozen: Reasoned,
    pub lifted: Option<Reasoned>,
}

impl SigningFreeze {
    fn signing(latest: Option<&Self>) -> Signing {
        if latest.is_some_and(|freeze| freeze.lifted.is_none()) { Signing::Frozen } else { Signing::Free }
    }

    /// Suspends signing.
    ///
    /// # Errors
    /// [`SigningRule::Frozen`].
    pub fn freeze(latest: Option<&Self>, id: SigningFreezeId, organisation: OrganisationId, frozen: Reasoned) -> Result<Self, SigningRule> {
        machine::step(SIGNING_TRANSITIONS, Self::signing(latest), &SigningCommand::Freeze).ok_or(SigningRule::Frozen)?;
        Ok(Self { id, organisation, frozen, lifted: None })
    }

    /// Restores it.
    ///
    /// # Errors
    /// [`SigningRule::Free`].
    pub fn unfreeze(latest: Option<Self>, lifted: Reasoned) -> Result<Self, SigningRule> {
        machine::step(SIGNING_TRANSITIONS, Self::signing(latest.as_ref()), &SigningCommand::Unfreeze).ok_or(SigningRule::Free)?;
        let freeze = latest.ok_or(SigningRule::Free)?;
        Ok(Self { lifted: Some(lifted), ..freeze })
    }
}

string_enum! {
    /// How far a case about an organisation's eligibility has come.
    pub enum EligibilityStatus {
        /// The organisation has the facts, and until a date to say something about them.
        Hearing = "hearing" da("I høring") en("In hearing"),
        /// It has said something.
        Answered = "answered" da("Besvaret") en("Answered"),
        /// Decided against it: no support and no premises for now.
        Held = "held" da("Udelukket fra støtte") en("On hold"),
        /// Nothing came of it.
        Dropped = "dropped" da("Henlagt") en("Dropped"),
        /// The decision has been taken back.
        Lifted = "lifted" da("Ophævet") en("Lifted"),
    }
}

string_enum! {
    /// What can be done in a case about an organisation's eligibility.
    pub enum EligibilityCommand {
        /// The organisation says something about the facts.
        Answer = "answer" da("Svar") en("Answer"),
        /// Staff decides against it.
        Hold = "hold" da("Udeluk fra støtte") en("Put on hold"),
        /// Staff lets it be.
        Drop = "drop" da("Henlæg") en("Drop"),
        /// Staff takes the decision back.
        Lift = "lift" da("Ophæv") en("Lift"),
    }
}

/// Every step there is. While the organisation may still answer and has not, nothing is decided against it.
pub const ELIGIBILITY_TRANSITIONS: &[(EligibilityStatus, EligibilityCommand, EligibilityStatus)] = {
    use EligibilityCommand::{Answer, Drop, Hold, Lift};
    use EligibilityStatus::{Answered, Dropped, Hearing, Held, Lifted};
    &[
        (Hearing, Answer, Answered),
        (Hearing, Hold, Held),
        (Hearing, Drop, Dropped),
        (Answered, Hold, Held),
        (Answered, Drop, Dropped),
        (Held, Lift, Lifted),
    ]
};

/// [`ELIGIBILITY_TRANSITIONS`] as a Mermaid state diagram.
#[must_use]
pub fn eligibility_mermaid() -> String {
    let states: Vec<_> = EligibilityStatus::ALL.iter().map(|status| status.as_str()).collect();
    let arrows: Vec<_> = ELIGIBILITY_TRANSITIONS.iter().map(|(from, by, to)| (from.as_str(), by.as_str(), to.as_str())).collect();
    machine::draw(&[("open", EligibilityStatus::Hearing.as_str())], &states, &arrows)
}

rules! {
    /// Why a step in a case about eligibility was refused.
    pub enum EligibilityRule {
        State = Conflict "eligibility-case-state"
            da("Sagens tilstand tillader ikke handlingen", "Hent sagen igen og se dens status.")
            en("The state of the case does not allow this", "Fetch the case again and see its status."),
        Open = Conflict "eligibility-case-open"
            da("Der er allerede en sag om organisationen", "Afgør eller ophæv den, før en ny begynder.")
            en("There is a case about the organisation already", "Decide or lift it before a new one begins."),
        HearingRuns = Conflict "hearing-runs"
            da("Høringsfristen løber endnu", "Vent på svaret, eller til dagen efter høringsfristen.")
            en("The hearing still runs", "Wait for the answer, or for the day after the hearing is due."),
        HearingOver = Conflict "hearing-over"
            da("Høringsfristen er udløbet", "Skriv til kommunen, som kan tage dit svar med, så længe sagen ikke er afgjort.")
            en("The hearing is over", "Write to the municipality, which can take your answer into account as long as the case is not decided."),
        DueTooSoon = Unprocessable "hearing-too-short"
            da("Høringsfristen skal ligge mindst syv dage frem", "Vælg en senere dato i due_on, så organisationen når at svare.")
            en("The hearing must be due in seven days at the earliest", "Choose a later date for due_on, so that the organisation has time to answer."),
    }
}

/// Days that a hearing lasts at least.
const HEARING_DAYS: u64 = 7;

/// A case about whether an organisation may have support and premises (folkeoplysningsloven § 44 a).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EligibilityCase {
    pub id: EligibilityCaseId,
    pub organisation: OrganisationId,
    pub status: EligibilityStatus,
    /// What staff has found, for the organisation to answer to.
    pub facts: String,
    pub opened_at: DateTime<Utc>,
    /// The last day of the hearing.
    pub due_on: NaiveDate,
    pub answer: Option<Reasoned>,
    /// Why it was decided against the organisation, or dropped.
    pub decision: Option<Reasoned>,
    pub lifted: Option<Reasoned>,
    pub version: i64,
}

impl EligibilityCase {
    /// Begins a case with a hearing. `latest` is the organisation's case before.
    ///
    /// # Errors
    /// [`EligibilityRule::Open`], [`EligibilityRule::DueTooSoon`].
    pub fn open(
        latest: Option<&Self>,
        id: EligibilityCaseId,
        organisation: OrganisationId,
        (facts, due_on): (String, NaiveDate),
        now: DateTime<Utc>,
    ) -> Result<Self, EligibilityRule> {
        if latest.is_some_and(Self::is_open) {
            return Err(EligibilityRule::Open);
        }
        if zone::date(now).checked_add_days(chrono::Days::new(HEARING_DAYS)).is_none_or(|earliest| due_on < earliest) {
            return Err(EligibilityRule::DueTooSoon);
        }
        let status = EligibilityStatus::Hearing;
        Ok(Self { id, organisation, status, facts, opened_at: now, due_on, answer: None, decision: None, lifted: None, version: 1 })
    }

    /// Whether it is still to be decided, or was decided against the organisation and has not been lifted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.status, EligibilityStatus::Dropped | EligibilityStatus::Lifted)
    }

    /// Where a step would lead now.
    ///
    /// # Errors
    /// [`EligibilityRule::State`]; [`EligibilityRule::HearingRuns`] for a decision while the organisation may still answer, and
    /// [`EligibilityRule::HearingOver`] for an answer when it may not any more.
    pub fn after(&self, command: EligibilityCommand, now: DateTime<Utc>) -> Result<EligibilityStatus, EligibilityRule> {
        let status = machine::step(ELIGIBILITY_TRANSITIONS, self.status, &command).ok_or(EligibilityRule::State)?;
        let over = zone::date(now) > self.due_on;
        match (self.status, command) {
            (EligibilityStatus::Hearing, EligibilityCommand::Hold) if !over => Err(EligibilityRule::HearingRuns),
            (EligibilityStatus::Hearing, EligibilityCommand::Answer) if over => Err(EligibilityRule::HearingOver),
            _ => Ok(status),
        }
    }

    /// Takes a step, with what is said about it.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn take(self, command: EligibilityCommand, said: String, now: DateTime<Utc>) -> Result<Self, EligibilityRule> {
        let status = self.after(command, now)?;
        let said = Some(Reasoned { reason: said, at: now });
        let moved = Self { status, version: self.version + 1, ..self };
        Ok(match command {
            EligibilityCommand::Answer => Self { answer: said, ..moved },
            EligibilityCommand::Hold | EligibilityCommand::Drop => Self { decision: said, ..moved },
            EligibilityCommand::Lift => Self { lifted: said, ..moved },
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
    use kernel::{EligibilityCaseId, OrganisationId, SigningFreezeId, machine};
    use uuid::Uuid;

    use super::{
        ELIGIBILITY_TRANSITIONS, EligibilityCase, EligibilityCommand, EligibilityRule, EligibilityStatus, Reasoned, SigningFreeze,
        SigningRule,
    };

    fn now() -> DateTime<Utc> {
        "2026-11-23T09:00:00Z".parse().unwrap()
    }

    fn due() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, 7).unwrap()
    }

    fn open(latest: Option<&EligibilityCase>, due_on: NaiveDate) -> Result<EligibilityCase, EligibilityRule> {
        EligibilityCase::open(latest, EligibilityCaseId(Uuid::nil()), OrganisationId(Uuid::nil()), ("Fund".into(), due_on), now())
    }

    #[test]
    fn every_state_meets_every_command() {
        for status in EligibilityStatus::ALL {
            for command in EligibilityCommand::ALL {
                let case = EligibilityCase { status: *status, ..open(None, due()).unwrap() };
                // An answer comes in time, and a decision when there is no time left.
                let at = if *command == EligibilityCommand::Answer { now() } else { now() + TimeDelta::days(15) };
                let expected = machine::step(ELIGIBILITY_TRANSITIONS, *status, command).ok_or(EligibilityRule::State);
                assert_eq!(case.take(*command, "Derfor".into(), at).map(|case| case.status), expected, "{status:?} {command:?}");
            }
        }
    }

    #[test]
    fn nothing_is_decided_before_the_organisation_could_speak() {
        let case = || open(None, due()).unwrap();
        let last_hour = "2026-12-07T22:30:00Z".parse().unwrap();
        let midnight = "2026-12-07T23:00:00Z".parse().unwrap();
        assert_eq!(case().after(EligibilityCommand::Hold, last_hour), Err(EligibilityRule::HearingRuns));
        assert_eq!(case().after(EligibilityCommand::Hold, midnight), Ok(EligibilityStatus::Held));
        assert!(case().after(EligibilityCommand::Answer, last_hour).is_ok());
        assert_eq!(case().after(EligibilityCommand::Answer, midnight), Err(EligibilityRule::HearingOver));
        let answered = case().take(EligibilityCommand::Answer, "Vi er enige".into(), now()).unwrap();
        assert_eq!(answered.after(EligibilityCommand::Hold, now()), Ok(EligibilityStatus::Held));
        assert_eq!(open(None, NaiveDate::from_ymd_opt(2026, 11, 29).unwrap()).err(), Some(EligibilityRule::DueTooSoon));
        assert!(open(None, NaiveDate::from_ymd_opt(2026, 11, 30).unwrap()).is_ok());
    }

    #[test]
    fn one_case_at_a_time() {
        for status in EligibilityStatus::ALL {
            let over = matches!(status, EligibilityStatus::Dropped | EligibilityStatus::Lifted);
            let latest = EligibilityCase { status: *status, ..open(None, due()).unwrap() };
            assert_eq!(open(Some(&latest), due()).is_ok(), over, "{status:?}");
        }
    }

    #[test]
    fn signing_is_frozen_or_free() {
        fn said() -> Reasoned {
            Reasoned { reason: "Uenighed".into(), at: now() }
        }
        fn freeze(latest: Option<&SigningFreeze>) -> Result<SigningFreeze, SigningRule> {
            SigningFreeze::freeze(latest, SigningFreezeId(Uuid::nil()), OrganisationId(Uuid::nil()), said())
        }
        let frozen = freeze(None).unwrap();
        assert_eq!(freeze(Some(&frozen)).err(), Some(SigningRule::Frozen));
        let lifted = SigningFreeze::unfreeze(Some(frozen), said()).unwrap();
        assert!(freeze(Some(&lifted)).is_ok());
        assert_eq!(SigningFreeze::unfreeze(Some(lifted), said()).err(), Some(SigningRule::Free));
        assert_eq!(SigningFreeze::unfreeze(None, said()).err(), Some(SigningRule::Free));
    }
}
