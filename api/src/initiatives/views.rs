//! What readers see of an initiative: a card in the list, the public text, the whole file.

use chrono::{DateTime, Utc};
use initiatives::{Content, Participation, Place, Revision, RevisionState, Status, TermSlug, Verdict, Welcome};
use kernel::{InitiativeId, Money, OrganisationId, Principle, RevisionId};
use persistence::{
    catalogue::Entry,
    initiatives::{File, Stored},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{actions::ActionView, page::page_view};

/// The organisation behind an initiative.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationReference {
    pub(crate) id: OrganisationId,
    /// What it is called.
    pub(crate) name: String,
}

/// An initiative in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct InitiativeSummary {
    id: InitiativeId,
    organisation: OrganisationReference,
    /// What the initiative is called.
    title: String,
    /// What it is, in one or two sentences.
    #[serde(skip_serializing_if = "String::is_empty")]
    summary: String,
    /// Whom it is for: terms of the taxonomy `target_group`.
    target_groups: Vec<TermSlug>,
    /// What one does there: terms of the taxonomy `activity`.
    activities: Vec<TermSlug>,
    /// Groups that are welcome in particular.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    welcomes: Vec<Welcome>,
    /// Languages spoken there.
    languages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    participation: Option<Participation>,
    /// What one participant pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Money>,
    /// Where it happens.
    locations: Vec<Place>,
    /// Whether somebody should say again that it still holds.
    needs_verification: bool,
    /// When somebody last said that it holds.
    verified_at: DateTime<Utc>,
    /// When the public text last changed.
    updated_at: DateTime<Utc>,
}

impl From<Entry> for InitiativeSummary {
    fn from(entry: Entry) -> Self {
        let content = entry.content;
        Self {
            id: entry.initiative,
            organisation: OrganisationReference { id: entry.organisation, name: entry.organisation_name },
            title: content.title,
            summary: content.summary,
            target_groups: content.target_groups,
            activities: content.activities,
            welcomes: content.welcomes,
            languages: content.languages,
            participation: content.participation,
            cost: content.cost,
            locations: content.locations,
            needs_verification: entry.needs_verification,
            verified_at: entry.verified_at,
            updated_at: entry.updated_at,
        }
    }
}

page_view! {
    /// A page of initiatives.
    InitiativePage of InitiativeSummary
}

/// A published initiative, as everybody reads it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InitiativeProfile {
    id: InitiativeId,
    organisation: OrganisationReference,
    #[serde(flatten)]
    content: Content,
    /// The first publication.
    published_at: DateTime<Utc>,
    /// When somebody last said that it holds.
    verified_at: DateTime<Utc>,
    /// When somebody should say so again.
    stale_after: DateTime<Utc>,
    /// Whether that time has come.
    needs_verification: bool,
    /// When the public text last changed.
    updated_at: DateTime<Utc>,
    /// What everybody may do with it.
    actions: Vec<ActionView>,
}

impl From<Entry> for InitiativeProfile {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.initiative,
            organisation: OrganisationReference { id: entry.organisation, name: entry.organisation_name },
            content: entry.content,
            published_at: entry.published_at,
            verified_at: entry.verified_at,
            stale_after: entry.stale_after,
            needs_verification: entry.needs_verification,
            updated_at: entry.updated_at,
            actions: vec![ActionView::open("reports")],
        }
    }
}

/// One version of an initiative's text.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionView {
    id: RevisionId,
    /// Counts from one.
    #[schema(minimum = 1)]
    number: i32,
    state: RevisionState,
    content: Content,
    /// When it was last written on.
    edited_at: DateTime<Utc>,
    /// When it was handed in for review.
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_at: Option<DateTime<Utc>>,
}

impl From<&Revision> for RevisionView {
    fn from(revision: &Revision) -> Self {
        let Revision { id, number, state, content, edited_at, submitted_at } = revision.clone();
        Self { id, number, state, content, edited_at, submitted_at }
    }
}

/// What a reviewer answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewView {
    verdict: Verdict,
    /// Why, for the organisation to read.
    reason: String,
    /// The principle that stood against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    principle: Option<Principle>,
    /// When the answer was given.
    at: DateTime<Utc>,
}

/// The whole file of an initiative, for the organisation's members and staff.
#[derive(Debug, Serialize, ToSchema)]
pub struct InitiativeFile {
    id: InitiativeId,
    organisation: OrganisationReference,
    status: Status,
    /// Grows with every change.
    #[schema(minimum = 1)]
    version: i64,
    /// What its reader may do with it.
    actions: Vec<ActionView>,
    /// What the public reads when the initiative is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved: Option<RevisionView>,
    /// What is being written on or reviewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    working: Option<RevisionView>,
    /// What a reviewer last answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<ReviewView>,
    /// The first publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<DateTime<Utc>>,
    /// When somebody last said that it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<DateTime<Utc>>,
    /// When it ended for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<DateTime<Utc>>,
    /// When it was drafted.
    created_at: DateTime<Utc>,
    /// When any of this last changed.
    updated_at: DateTime<Utc>,
}

impl From<File> for InitiativeFile {
    fn from(file: File) -> Self {
        let actions = file.actions().into_iter().map(|(command, blocked)| ActionView::new(command.as_str(), blocked)).collect();
        let (stored, organisation) = (&file.stored, file.organisation);
        let initiative = &stored.initiative;
        let review = initiative.reviewed.clone();
        Self {
            id: initiative.id,
            organisation: OrganisationReference { id: organisation.id, name: organisation.profile.name },
            status: initiative.status,
            version: initiative.version,
            actions,
            approved: initiative.approved.as_ref().map(RevisionView::from),
            working: initiative.working.as_ref().map(RevisionView::from),
            review: review.map(|review| ReviewView {
                verdict: review.verdict,
                reason: review.reason,
                principle: review.principle,
                at: review.at,
            }),
            published_at: initiative.published_at,
            verified_at: initiative.verified_at,
            archived_at: initiative.archived_at,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

/// The public text for everybody, or the file for members and staff.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum InitiativeView {
    File(Box<InitiativeFile>),
    Profile(Box<InitiativeProfile>),
}

/// An initiative's file in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct InitiativeFileSummary {
    id: InitiativeId,
    organisation_id: OrganisationId,
    status: Status,
    /// The title of the text being written on, or else of the approved one.
    title: String,
    /// Whether a text waits for an editor.
    in_review: bool,
    /// When that text was handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_at: Option<DateTime<Utc>>,
    /// Grows with every change.
    #[schema(minimum = 1)]
    version: i64,
    /// When any of it last changed.
    updated_at: DateTime<Utc>,
}

impl From<&Stored> for InitiativeFileSummary {
    fn from(stored: &Stored) -> Self {
        let initiative = &stored.initiative;
        let waiting = initiative.working.as_ref().filter(|revision| revision.state == RevisionState::InReview);
        Self {
            id: initiative.id,
            organisation_id: initiative.organisation,
            status: initiative.status,
            title: initiative.current().map(|revision| revision.content.title.clone()).unwrap_or_default(),
            in_review: waiting.is_some(),
            submitted_at: waiting.and_then(|revision| revision.submitted_at),
            version: initiative.version,
            updated_at: stored.updated_at,
        }
    }
}

page_view! {
    /// A page of initiative files.
    InitiativeFilePage of InitiativeFileSummary
}
