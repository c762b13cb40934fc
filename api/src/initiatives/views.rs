//! What readers see of an initiative: a card in the list, the public text, the whole file.

use chrono::{DateTime, Utc};
use files::FileSize;
use initiatives::{Content, Image, LanguageTag, Participation, Place, Revision, RevisionState, Spoken, Status, TermSlug, Verdict, Welcome};
use kernel::{FileId, InitiativeId, Languages, Money, OrganisationId, Principle, RevisionId};
use persistence::{
    catalogue::{Count, Entry, Facet},
    files::Renditions,
    initiatives::{File, Stored},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    actions::ActionView,
    files::{RenditionView, address},
    page::page_view,
};

/// The organisation behind an initiative.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationReference {
    pub(crate) id: OrganisationId,
    /// What it is called.
    pub(crate) name: String,
}

/// A picture, as everybody sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImageView {
    file: FileId,
    /// What there is to see, for those who cannot see it.
    alt: String,
    /// Who took or drew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
    /// The sizes in which it is there, the largest first.
    renditions: Vec<RenditionView>,
}

impl ImageView {
    fn new(image: Image, renditions: &Renditions) -> Self {
        let Image { file, alt, credit } = image;
        let sizes = renditions.get(&file).into_iter().flatten();
        Self { file, alt, credit, renditions: sizes.map(|rendition| RenditionView::new(file, rendition)).collect() }
    }
}

/// A small picture beside an item of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Thumbnail {
    /// Where its bytes are.
    url: String,
    /// What there is to see, for those who cannot see it.
    alt: String,
}

/// An initiative in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct InitiativeSummary {
    id: InitiativeId,
    organisation: OrganisationReference,
    /// The language of title and summary, a BCP 47 tag: of those it has, the one that suits `Accept-Language` best.
    #[schema(value_type = LanguageTag)]
    language: String,
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
    /// The first of its pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Thumbnail>,
    /// Whether somebody should say again that it still holds.
    needs_verification: bool,
    /// When somebody last said that it holds.
    verified_at: DateTime<Utc>,
    /// When the public text last changed.
    updated_at: DateTime<Utc>,
}

impl InitiativeSummary {
    pub(super) fn new(entry: Entry, languages: &Languages) -> Self {
        let Spoken { language, title, summary, .. } = entry.content.spoken(languages);
        let (language, title, summary) = (language.to_owned(), title.to_owned(), summary.to_owned());
        let content = entry.content;
        Self {
            id: entry.initiative,
            organisation: OrganisationReference { id: entry.organisation, name: entry.organisation_name },
            language,
            title,
            summary,
            target_groups: content.target_groups,
            activities: content.activities,
            welcomes: content.welcomes,
            languages: content.languages,
            participation: content.participation,
            cost: content.cost,
            locations: content.locations,
            image: content.images.into_iter().next().map(|image| Thumbnail { url: address(image.file, FileSize::Small), alt: image.alt }),
            needs_verification: entry.needs_verification,
            verified_at: entry.verified_at,
            updated_at: entry.updated_at,
        }
    }
}

/// A page of initiatives.
#[derive(Debug, Serialize, ToSchema)]
pub struct InitiativePage {
    /// What is on this page.
    pub(super) items: Vec<InitiativeSummary>,
    /// Send it as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
    /// How many there are on all pages; with `count=true` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub(super) total: Option<i64>,
    /// How many there are for each value; with `facets=true` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) facets: Option<Facets>,
}

/// How many initiatives of the list, on all its pages, have a value.
#[derive(Debug, Serialize, ToSchema)]
pub struct FacetCount {
    /// The value, as the filter takes it.
    value: String,
    /// How many have it.
    #[schema(minimum = 1)]
    count: i64,
}

/// What the list could be narrowed to, and how many would be left; of each the most common first.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Facets {
    /// Terms of the taxonomy `target_group`.
    target_group: Vec<FacetCount>,
    /// Terms of the taxonomy `activity`.
    activity: Vec<FacetCount>,
    /// Terms of the taxonomy `theme`.
    theme: Vec<FacetCount>,
    /// Groups that are welcome in particular.
    welcomes: Vec<FacetCount>,
    /// Guideposts of the volunteering policy.
    guidepost: Vec<FacetCount>,
    /// Languages spoken there.
    language: Vec<FacetCount>,
    /// Days of the week.
    weekday: Vec<FacetCount>,
    /// Postal codes.
    postal_code: Vec<FacetCount>,
    /// How one comes to take part.
    participation: Vec<FacetCount>,
}

impl FromIterator<Count> for Facets {
    fn from_iter<I: IntoIterator<Item = Count>>(counts: I) -> Self {
        let mut facets = Self::default();
        for Count { facet, value, count } in counts {
            let list = match facet {
                Facet::TargetGroup => &mut facets.target_group,
                Facet::Activity => &mut facets.activity,
                Facet::Theme => &mut facets.theme,
                Facet::Welcome => &mut facets.welcomes,
                Facet::Guidepost => &mut facets.guidepost,
                Facet::Language => &mut facets.language,
                Facet::Weekday => &mut facets.weekday,
                Facet::PostalCode => &mut facets.postal_code,
                Facet::Participation => &mut facets.participation,
                // Nobody chooses from thousands of organisations, and a town is known by its postal code.
                Facet::Organisation | Facet::Town => continue,
            };
            list.push(FacetCount { value, count });
        }
        facets
    }
}

/// A published initiative, as everybody reads it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InitiativeProfile {
    id: InitiativeId,
    organisation: OrganisationReference,
    /// The language of title, summary and description, a BCP 47 tag: of those it has, the one that suits `Accept-Language` best.
    #[schema(value_type = LanguageTag)]
    language: String,
    #[serde(flatten)]
    content: Content,
    /// Pictures, the most telling one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    images: Vec<ImageView>,
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

impl InitiativeProfile {
    pub(super) fn new(mut entry: Entry, renditions: &Renditions, languages: &Languages) -> Self {
        let images = std::mem::take(&mut entry.content.images);
        let Spoken { language, title, summary, description } = entry.content.spoken(languages);
        let (language, spoken) = (language.to_owned(), [title.to_owned(), summary.to_owned(), description.to_owned()]);
        [entry.content.title, entry.content.summary, entry.content.description] = spoken;
        Self {
            id: entry.initiative,
            organisation: OrganisationReference { id: entry.organisation, name: entry.organisation_name },
            language,
            content: entry.content,
            images: images.into_iter().map(|image| ImageView::new(image, renditions)).collect(),
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
