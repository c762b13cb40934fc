//! The initiative: one life, and the revisions of its content.

use chrono::{DateTime, Utc};
use kernel::{Finding, InitiativeId, OrganisationId, Principle, RevisionId, Rule, rules, string_enum};

use crate::{Aging, Command, Content, Status, TRANSITIONS};

string_enum! {
    /// How far a revision has come.
    pub enum RevisionState {
        /// Being written.
        Draft = "draft" da("Kladde") en("Draft"),
        /// Handed in; what needs review stays as it is until there is an answer.
        InReview = "in_review" da("Til gennemsyn") en("In review"),
        /// What the public reads. It never changes afterwards; the next one takes its place.
        Approved = "approved" da("Godkendt") en("Approved"),
    }
}

string_enum! {
    /// What staff said last.
    pub enum Verdict {
        Returned = "returned" da("Sendt tilbage") en("Returned"),
        Refused = "refused" da("Afvist") en("Refused"),
        Suspended = "suspended" da("Taget ned") en("Suspended"),
    }
}

/// One version of an initiative's content.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub id: RevisionId,
    /// Counts the initiative's revisions in the order in which they were opened, from 1.
    pub number: i32,
    pub state: RevisionState,
    pub content: Content,
    pub edited_at: DateTime<Utc>,
    /// When it was last handed in: the order of the review queue.
    pub submitted_at: Option<DateTime<Utc>>,
}

/// The last word of staff against the initiative. Publication takes it away, and clearing what a suspension said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub verdict: Verdict,
    /// For the organisation to read, never for the public.
    pub reason: String,
    /// The principle on which it was refused.
    pub principle: Option<Principle>,
    pub at: DateTime<Utc>,
}

/// A volunteer initiative (frivilligt socialt initiativ).
///
/// The public reads `approved`. In `draft`, `in_review` and `refused` there is a `working` revision;
/// beside an approved one there may be. The two then differ in reviewed fields alone: minor fields go
/// live at once and are the same in both.
#[derive(Clone, Debug, PartialEq)]
pub struct Initiative {
    pub id: InitiativeId,
    pub organisation: OrganisationId,
    pub status: Status,
    /// Counts the commands, for optimistic locking.
    pub version: i64,
    /// How many revisions have been opened: the number of the newest.
    pub revisions: i32,
    pub approved: Option<Revision>,
    pub working: Option<Revision>,
    /// The first publication. It stays when the initiative leaves the catalogue, and tells 410 from 404.
    pub published_at: Option<DateTime<Utc>>,
    /// When somebody last said that the public text holds.
    pub verified_at: Option<DateTime<Utc>>,
    pub archived_at: Option<DateTime<Utc>>,
    /// How far its readers have been told that it ages; a confirmation takes it away.
    pub aging_told: Option<Aging>,
    pub reviewed: Option<Review>,
}

/// Ids for the revisions that one edit may open: it can put minor fields live and leave the rest for review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewIds {
    /// For a revision that goes live at once.
    pub live: RevisionId,
    /// For a revision that waits for review.
    pub working: RevisionId,
}

rules! {
    /// Why a command on an initiative was refused.
    pub enum InitiativeRule {
        State = Conflict "initiative-state"
            da("Initiativets tilstand tillader ikke handlingen", "Hent initiativet igen og se dets status. Et afvist initiativ skal tages op igen med revise, et pauset med resume; et suspenderet kan rettes, og kommunen genåbner det.")
            en("The state of the initiative does not allow this", "Fetch the initiative again and see its status. Take a refused one up with revise and a paused one with resume; a suspended one can be mended, and the municipality clears it."),
        InReview = Conflict "initiative-in-review"
            da("Initiativet er til gennemsyn", "Vent på svaret, eller bed den, der gennemser, om at sende det tilbage. Tider, steder og kontaktoplysninger i et offentliggjort initiativ kan rettes imens.")
            en("The initiative is in review", "Wait for the answer, or ask the reviewer to return it. Times, places and contact details of a published initiative can be changed meanwhile."),
        Incomplete = Unprocessable "initiative-incomplete"
            da("Initiativet mangler noget, som et offentligt initiativ skal have", "Udfyld felterne, der er nævnt i errors, og prøv igen.")
            en("The initiative lacks something that a public one must have", "Fill in the fields named in errors and try again."),
        PrincipleDenied = Unprocessable "principle-not-met"
            da("Et af principperne er vurderet til ikke at være opfyldt", "Send initiativet tilbage eller afvis det, eller giv princippet en ny vurdering.")
            en("One of the principles has been judged not to be met", "Return or refuse the initiative, or give the principle a new assessment."),
        NoChangesToReview = Conflict "no-changes-to-review"
            da("Der er ingen ændringer at gennemse", "Ret titel, tekster, målgrupper eller svar på principperne og indsend dem først. Andre rettelser er offentlige med det samme.")
            en("There are no changes to review", "Change the title, texts, target groups or principle answers, and submit them first. Other changes are public at once."),
        Archived = Gone "initiative-archived"
            da("Initiativet er arkiveret", "Det kan ikke ændres mere. Opret et nyt, hvis det begynder igen.")
            en("The initiative is archived", "It can no longer change. Create a new one if it starts again."),
    }
}

/// Why a submission or an edit was refused, and what is missing when it is incomplete.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .rule.problem().code)]
pub struct Refused {
    pub rule: InitiativeRule,
    pub findings: Vec<Finding>,
}

impl From<InitiativeRule> for Refused {
    fn from(rule: InitiativeRule) -> Self {
        Self { rule, findings: Vec::new() }
    }
}

impl Initiative {
    /// A new initiative. The content must have no [findings](Content::findings), and may lack anything but its title.
    #[must_use]
    pub const fn draft(id: InitiativeId, organisation: OrganisationId, revision: RevisionId, content: Content, now: DateTime<Utc>) -> Self {
        Self {
            id,
            organisation,
            status: Status::Draft,
            version: 1,
            revisions: 1,
            approved: None,
            working: Some(Revision { id: revision, number: 1, state: RevisionState::Draft, content, edited_at: now, submitted_at: None }),
            published_at: None,
            verified_at: None,
            archived_at: None,
            aging_told: None,
            reviewed: None,
        }
    }

    /// Where a command would lead now, or the rule against it: what each command asks first, and what a
    /// view offers its reader. `edit` and `submit` look at the content as well.
    ///
    /// # Errors
    /// The [`InitiativeRule`] with which the command would be refused.
    pub fn after(&self, command: Command) -> Result<Status, InitiativeRule> {
        let step = TRANSITIONS.iter().find(|(from, by, _)| (*from, *by) == (self.status, command));
        let Some((_, _, to)) = step else { return Err(self.refusal(command)) };
        let working = self.working.as_ref().map(|revision| revision.state);
        match (command, working) {
            (Command::Submit, Some(RevisionState::Draft)) => Ok(*to),
            (Command::Submit, Some(RevisionState::InReview)) => Err(InitiativeRule::InReview),
            (Command::Publish | Command::Return | Command::Refuse, Some(RevisionState::InReview)) => Ok(*to),
            (Command::Submit | Command::Publish | Command::Return | Command::Refuse, _) => Err(InitiativeRule::NoChangesToReview),
            _ => Ok(*to),
        }
    }

    /// What stands against a command now, as far as it can be said before it is given.
    #[must_use]
    pub fn blocked(&self, command: Command) -> Option<InitiativeRule> {
        let incomplete = || self.working.as_ref().is_some_and(|working| !working.content.completeness().is_empty());
        match self.after(command) {
            Err(rule) => Some(rule),
            Ok(_) if command == Command::Submit && incomplete() => Some(InitiativeRule::Incomplete),
            Ok(_) => None,
        }
    }

    const fn refusal(&self, command: Command) -> InitiativeRule {
        match (self.status, command) {
            (Status::Archived, _) => InitiativeRule::Archived,
            (Status::InReview, Command::Edit | Command::Submit) => InitiativeRule::InReview,
            _ => InitiativeRule::State,
        }
    }

    /// What the organisation sees when it opens the initiative for editing.
    #[must_use]
    pub const fn current(&self) -> Option<&Revision> {
        match &self.working {
            Some(working) => Some(working),
            None => self.approved.as_ref(),
        }
    }

    /// What the public may read now. Reduce its content with [`Content::public_view`] before showing it.
    #[must_use]
    pub const fn public(&self) -> Option<&Revision> {
        match self.status {
            Status::Published => self.approved.as_ref(),
            Status::Draft | Status::InReview | Status::Paused | Status::Suspended | Status::Refused | Status::Archived => None,
        }
    }

    /// Writes a new content, which must have no [findings](Content::findings).
    ///
    /// A draft is written over. Once there is an approved revision, minor fields go live at once in a
    /// revision of their own, and reviewed fields that differ wait in the working revision. When
    /// nothing is left to wait for, the working revision is gone.
    ///
    /// # Errors
    /// [`InitiativeRule::InReview`] when reviewed fields would change under the reviewer's eyes;
    /// [`InitiativeRule::Incomplete`] when the public text would lose what a submission must have;
    /// otherwise as [`after`](Self::after).
    pub fn edit(self, ids: NewIds, content: Content, now: DateTime<Utc>) -> Result<Self, Refused> {
        let status = self.after(Command::Edit)?;
        let in_review = self.working.as_ref().filter(|working| working.state == RevisionState::InReview);
        if in_review.is_some_and(|working| content.needs_review(&working.content)) {
            return Err(InitiativeRule::InReview.into());
        }
        let Some(approved) = &self.approved else { return Ok(self.write_working(ids.working, content, now).moved(status)) };
        let waits = content.needs_review(&approved.content);
        let live = content.clone().with_reviewed_fields_of(&approved.content);
        let findings = live.newly_missing(&approved.content);
        if !findings.is_empty() {
            return Err(Refused { rule: InitiativeRule::Incomplete, findings });
        }
        let edited = if live == approved.content { self } else { self.go_live(ids.live, live, now) };
        let edited = if waits { edited.write_working(ids.working, content, now) } else { Self { working: None, ..edited } };
        Ok(edited.moved(status))
    }

    fn write_working(mut self, id: RevisionId, content: Content, now: DateTime<Utc>) -> Self {
        match &mut self.working {
            Some(working) if working.content == content => self,
            Some(working) => {
                working.content = content;
                working.edited_at = now;
                self
            }
            None => {
                let revisions = self.revisions + 1;
                let working = Revision { id, number: revisions, state: RevisionState::Draft, content, edited_at: now, submitted_at: None };
                Self { revisions, working: Some(working), ..self }
            }
        }
    }

    fn go_live(self, id: RevisionId, content: Content, now: DateTime<Utc>) -> Self {
        let revisions = self.revisions + 1;
        let approved = Revision { id, number: revisions, state: RevisionState::Approved, content, edited_at: now, submitted_at: None };
        Self { revisions, approved: Some(approved), ..self }
    }

    /// Hands the working revision in for review. Whether its organisation may commit itself is the organisation's to say.
    ///
    /// # Errors
    /// [`InitiativeRule::Incomplete`] with a finding for each thing that is missing; otherwise as [`after`](Self::after).
    pub fn submit(self, now: DateTime<Utc>) -> Result<Self, Refused> {
        let status = self.after(Command::Submit)?;
        let Some(working) = self.working else { return Err(InitiativeRule::NoChangesToReview.into()) };
        let findings = working.content.completeness();
        if !findings.is_empty() {
            return Err(Refused { rule: InitiativeRule::Incomplete, findings });
        }
        let working = Revision { state: RevisionState::InReview, submitted_at: Some(now), ..working };
        Ok(Self { working: Some(working), ..self }.moved(status))
    }

    /// Approves the revision in review. A paused or suspended initiative stays so, with the new text; why it was suspended
    /// stands until it is cleared.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn publish(self, now: DateTime<Utc>) -> Result<Self, InitiativeRule> {
        let status = self.after(Command::Publish)?;
        let approved = self.working.map(|working| Revision { state: RevisionState::Approved, ..working });
        let published_at = self.published_at.or(Some(now));
        let reviewed = self.reviewed.filter(|review| review.verdict == Verdict::Suspended);
        Ok(Self { approved, working: None, published_at, verified_at: Some(now), aging_told: None, reviewed, ..self }.moved(status))
    }

    /// Sends the revision in review back to be written on.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn return_to_draft(self, reason: String, now: DateTime<Utc>) -> Result<Self, InitiativeRule> {
        let status = self.after(Command::Return)?;
        let review = Review { verdict: Verdict::Returned, reason, principle: None, at: now };
        Ok(self.out_of_review(review).moved(status))
    }

    /// Refuses a first submission. What is wrong for any other reason than a principle is returned
    /// instead, and so is a revision of what is public already.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn refuse(self, reason: String, principle: Principle, now: DateTime<Utc>) -> Result<Self, InitiativeRule> {
        let status = self.after(Command::Refuse)?;
        let review = Review { verdict: Verdict::Refused, reason, principle: Some(principle), at: now };
        Ok(self.out_of_review(review).moved(status))
    }

    fn out_of_review(self, review: Review) -> Self {
        let working = self.working.map(|working| Revision { state: RevisionState::Draft, ..working });
        Self { working, reviewed: Some(review), ..self }
    }

    /// Takes a refused initiative up again, as the draft it was.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn revise(self) -> Result<Self, InitiativeRule> {
        let status = self.after(Command::Revise)?;
        Ok(self.moved(status))
    }

    /// Takes it out of the catalogue for a while.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn pause(self) -> Result<Self, InitiativeRule> {
        let status = self.after(Command::Pause)?;
        Ok(self.moved(status))
    }

    /// Puts a paused initiative back.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn resume(self) -> Result<Self, InitiativeRule> {
        let status = self.after(Command::Resume)?;
        Ok(self.moved(status))
    }

    /// Takes it out of the catalogue because a report was upheld.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn suspend(self, reason: String, now: DateTime<Utc>) -> Result<Self, InitiativeRule> {
        let status = self.after(Command::Suspend)?;
        let review = Review { verdict: Verdict::Suspended, reason, principle: None, at: now };
        Ok(Self { reviewed: Some(review), ..self }.moved(status))
    }

    /// Puts a suspended initiative back, as it has been mended meanwhile.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn clear(self) -> Result<Self, InitiativeRule> {
        let status = self.after(Command::Clear)?;
        Ok(Self { reviewed: None, ..self }.moved(status))
    }

    /// Says that the public text still holds.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn confirm(self, now: DateTime<Utc>) -> Result<Self, InitiativeRule> {
        let status = self.after(Command::Confirm)?;
        Ok(Self { verified_at: Some(now), aging_told: None, ..self }.moved(status))
    }

    /// Ends it for good. Its revisions stay for the record.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn archive(self, now: DateTime<Utc>) -> Result<Self, InitiativeRule> {
        let status = self.after(Command::Archive)?;
        Ok(Self { archived_at: Some(now), ..self }.moved(status))
    }

    /// Gives it to another organisation, which is the same one by another registration.
    #[must_use]
    pub fn hand_over(self, organisation: OrganisationId) -> Self {
        Self { organisation, version: self.version + 1, ..self }
    }

    fn moved(self, status: Status) -> Self {
        Self { status, version: self.version + 1, ..self }
    }
}

#[cfg(test)]
mod tests;
