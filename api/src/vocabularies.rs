//! Every word that answers hold and requests choose from, with what people read instead.

use actix_web::{HttpResponse, get};
use kernel::Vocabulary;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{call::Call, problem::Problem, reply};

/// Every enumeration of the contract; a test holds the two against each other.
const ALL: &[Vocabulary] = &[
    kernel::Accessibility::VOCABULARY,
    crate::keys::IssuerKeys::VOCABULARY,
    crate::moderation::QueueClaim::VOCABULARY,
    crate::moderation::QueueKind::VOCABULARY,
    files::FilePurpose::VOCABULARY,
    files::FileSize::VOCABULARY,
    files::FileStatus::VOCABULARY,
    files::MediaType::VOCABULARY,
    initiatives::Participation::VOCABULARY,
    initiatives::ReferralCapacity::VOCABULARY,
    persistence::tasks::TaskKind::VOCABULARY,
    initiatives::ReportReason::VOCABULARY,
    initiatives::ReportStatus::VOCABULARY,
    initiatives::RevisionState::VOCABULARY,
    initiatives::Scheme::VOCABULARY,
    initiatives::Status::VOCABULARY,
    initiatives::TermStatus::VOCABULARY,
    initiatives::Verdict::VOCABULARY,
    kernel::Weekday::VOCABULARY,
    initiatives::Welcome::VOCABULARY,
    kernel::Answer::VOCABULARY,
    kernel::AssessmentSide::VOCABULARY,
    kernel::Guidepost::VOCABULARY,
    kernel::Principle::VOCABULARY,
    organisations::DeclarationKind::VOCABULARY,
    organisations::EligibilityStatus::VOCABULARY,
    organisations::Ending::VOCABULARY,
    organisations::InvitationStatus::VOCABULARY,
    organisations::MembershipRole::VOCABULARY,
    organisations::MembershipStatus::VOCABULARY,
    kernel::OrganisationKind::VOCABULARY,
    organisations::Verification::VOCABULARY,
    persistence::confirmations::Purpose::VOCABULARY,
    persistence::organisations::standing::Concern::VOCABULARY,
];

/// A word and its label.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordView {
    /// The word that requests and answers use.
    word: &'static str,
    /// What people read, in the language asked for.
    label: &'static str,
}

/// The words of one enumeration.
#[derive(Debug, Serialize, ToSchema)]
pub struct VocabularyView {
    /// The name of its schema in the contract.
    name: &'static str,
    /// In the order in which people should read them.
    words: Vec<WordView>,
}

/// Every enumeration.
#[derive(Debug, Serialize, ToSchema)]
pub struct VocabularyList {
    /// In the order of their names.
    items: Vec<VocabularyView>,
}

/// Every closed list of words, labelled
///
/// For selection lists and for showing answers to people. What editors maintain is under `/v1/taxonomies`.
#[utoipa::path(tag = "taxonomies", operation_id = "list_vocabularies", security(()),
    responses((status = 200, description = "Every enumeration", body = VocabularyList)))]
#[get("/v1/vocabularies")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let language = call.language();
    let mut items: Vec<VocabularyView> = ALL
        .iter()
        .map(|vocabulary| VocabularyView {
            name: vocabulary.name,
            words: vocabulary.words.iter().map(|word| WordView { word: word.word, label: word.label(language) }).collect(),
        })
        .collect();
    items.sort_by_key(|vocabulary| vocabulary.name);
    Ok(call.fixed(reply::list(&VocabularyList { items })?))
}
