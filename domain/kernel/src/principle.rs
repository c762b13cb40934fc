//! The policy's five principles and five guideposts, and what somebody answers to them: the catalogue, grants and agreements
//! all ask the same.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AssessmentId, Fault, Findings, PersonId, string_enum};

string_enum! {
    /// One of the five guideposts (pejlemærker) of the volunteering policy.
    pub enum Guidepost {
        /// Understøttelse af frivilligheden.
        Support = "support" da("Understøttelse af frivilligheden") en("Support"),
        /// Mangfoldighed og respekt.
        Diversity = "diversity" da("Mangfoldighed og respekt") en("Diversity and respect"),
        /// Synliggørelse af det frivillige sociale arbejde.
        Visibility = "visibility" da("Synliggørelse") en("Visibility"),
        /// Rekruttering og fastholdelse af frivillige.
        Recruitment = "recruitment" da("Rekruttering og fastholdelse") en("Recruitment and retention"),
        /// Samspil mellem frivillige og kommunen.
        Interplay = "interplay" da("Samspil med kommunen") en("Interplay with the municipality"),
    }
}

string_enum! {
    /// One of the five principles that bear the volunteering policy.
    pub enum Principle {
        /// No physical, legal or economic coercion, and no pay.
        UnpaidAndVoluntary = "unpaid_and_voluntary" da("Ulønnet og frivilligt") en("Unpaid and voluntary"),
        /// For others, outside the volunteer's own family.
        ForOthers = "for_others" da("Til gavn for andre") en("For the benefit of others"),
        /// A supplement to the public effort, never a replacement.
        Supplement = "supplement" da("Supplement til den offentlige indsats") en("A supplement to the public effort"),
        /// The volunteers decide for themselves what they take on.
        SelfDetermination = "self_determination" da("De frivilliges selvbestemmelse") en("The volunteers’ self-determination"),
        /// A social aim, directed at groups that the social and health field serves.
        SocialAim = "social_aim" da("Socialt sigte") en("A social aim"),
    }
}

string_enum! {
    /// Whether a principle is met, in the judgement of whoever answers.
    pub enum Answer {
        Yes = "yes" da("Ja") en("Yes"),
        /// Bars the way to submission.
        No = "no" da("Nej") en("No"),
        /// May be submitted, and brings an offer of guidance by the volunteer centre.
        Unsure = "unsure" da("I tvivl") en("Unsure"),
    }
}

/// What somebody answers to one principle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrincipleAnswer {
    /// Whether the initiative meets the principle.
    pub answer: Answer,
    /// What the organisation wants to add for whoever reviews it. Never public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

string_enum! {
    /// Who answers to a principle.
    pub enum AssessmentSide {
        /// Whoever stands behind the thing.
        Declared = "declared" da("Erklæret af organisationen") en("Declared by the organisation"),
        /// Whoever looks into it for the municipality.
        Assessed = "assessed" da("Vurderet af kommunen") en("Assessed by the municipality"),
    }
}

/// An answer on record: to which principle, who gave it and when. The latest of each side counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    pub id: AssessmentId,
    pub side: AssessmentSide,
    pub principle: Principle,
    pub answer: Answer,
    pub comment: Option<String>,
    /// The person, if the service did not answer by itself.
    pub person: Option<PersonId>,
    pub at: DateTime<Utc>,
}

/// The principle that stands against a thing in the municipality's latest judgement, if one does. Assessments come in the
/// order in which they were made.
#[must_use]
pub fn denied(assessments: &[Assessment]) -> Option<Principle> {
    let latest = |principle: &Principle| {
        assessments.iter().rfind(|one| one.side == AssessmentSide::Assessed && one.principle == *principle).map(|one| one.answer)
    };
    Principle::ALL.iter().copied().find(|principle| latest(principle) == Some(Answer::No))
}

/// The declaration on the five principles. All five are answered before submission; none is public.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrincipleAnswers {
    /// Whether the work is unpaid and free of physical, legal and economic coercion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpaid_and_voluntary: Option<PrincipleAnswer>,
    /// Whether the work is for others, outside the volunteers' own families.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_others: Option<PrincipleAnswer>,
    /// Whether the work supplements the public effort and replaces none of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplement: Option<PrincipleAnswer>,
    /// Whether the volunteers themselves decide what they take on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_determination: Option<PrincipleAnswer>,
    /// Whether the work has a social aim, for groups that the social and health field serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub social_aim: Option<PrincipleAnswer>,
}

impl PrincipleAnswers {
    /// The answer to one of them.
    #[must_use]
    pub const fn get(&self, principle: Principle) -> Option<&PrincipleAnswer> {
        match principle {
            Principle::UnpaidAndVoluntary => self.unpaid_and_voluntary.as_ref(),
            Principle::ForOthers => self.for_others.as_ref(),
            Principle::Supplement => self.supplement.as_ref(),
            Principle::SelfDetermination => self.self_determination.as_ref(),
            Principle::SocialAim => self.social_aim.as_ref(),
        }
    }

    /// Whether nothing has been answered yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        Principle::ALL.iter().all(|principle| self.get(*principle).is_none())
    }

    /// What is wrong with the comments.
    pub fn check(&self, at: &str, findings: &mut Findings) {
        for principle in Principle::ALL {
            let comment = self.get(*principle).and_then(|answer| answer.comment.as_deref());
            findings.optional_text(&format!("{at}/{}/comment", principle.as_str()), comment, 1_000);
        }
    }

    /// What bars the way to submission: a principle without an answer, or with a no.
    pub fn check_complete(&self, at: &str, findings: &mut Findings) {
        for principle in Principle::ALL {
            let pointer = format!("{at}/{}", principle.as_str());
            match self.get(*principle).map(|answer| answer.answer) {
                None => findings.put(pointer, Fault::PrincipleUnanswered),
                Some(Answer::No) => findings.put(pointer, Fault::PrincipleDenied),
                Some(Answer::Yes | Answer::Unsure) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::{Answer, Assessment, AssessmentSide, Principle, denied};
    use crate::AssessmentId;

    #[test]
    fn the_municipalitys_latest_word_counts() {
        let said = |side, principle, answer| Assessment {
            id: AssessmentId(Uuid::nil()),
            side,
            principle,
            answer,
            comment: None,
            person: None,
            at: DateTime::UNIX_EPOCH,
        };
        let (ours, theirs) = (AssessmentSide::Assessed, AssessmentSide::Declared);
        assert_eq!(denied(&[]), None);
        assert_eq!(denied(&[said(theirs, Principle::Supplement, Answer::No)]), None);
        let no = said(ours, Principle::Supplement, Answer::No);
        assert_eq!(denied(&[no.clone(), said(theirs, Principle::Supplement, Answer::Yes)]), Some(Principle::Supplement));
        assert_eq!(denied(&[no, said(ours, Principle::Supplement, Answer::Yes)]), None);
    }
}
