//! What readers see of an organisation: the profile that everybody may, the file that members and staff may.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::OrganisationId;
use organisations::{End, Ending, OrganisationKind, Verification};
use persistence::organisations::Stored;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::forms::{AddressForm, ContactForm};
use crate::page::page_view;

/// The public profile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganisationProfile)]
pub struct OrganisationSummary {
    id: OrganisationId,
    kind: OrganisationKind,
    /// The name; for an individual volunteer the chosen display name.
    name: String,
    /// CVR number.
    #[serde(skip_serializing_if = "Option::is_none")]
    cvr: Option<String>,
    /// What it is for, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    /// How to reach it.
    contact: ContactForm,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<AddressForm>,
    /// Whether it looks for others to do something together with.
    seeks_cooperation: bool,
    /// What it would like to do together.
    #[serde(skip_serializing_if = "Option::is_none")]
    cooperation: Option<String>,
    /// Where it is no more: how it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<EndView>,
    /// When any of this last changed.
    updated_at: DateTime<Utc>,
}

/// The end of an organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndView {
    ending: Ending,
    /// The day on which it ended.
    on: NaiveDate,
    /// Who carries on what it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    successor_id: Option<OrganisationId>,
}

impl From<&End> for EndView {
    fn from(end: &End) -> Self {
        Self { ending: end.ending, on: end.on, successor_id: end.successor }
    }
}

impl OrganisationSummary {
    pub(super) fn new(stored: &Stored) -> Self {
        let organisation = &stored.organisation;
        let profile = organisation.public_profile();
        Self {
            id: organisation.id,
            kind: organisation.kind,
            name: profile.name,
            cvr: organisation.registration.cvr.clone(),
            purpose: profile.purpose,
            contact: profile.contact.into(),
            address: profile.address.map(AddressForm::from),
            seeks_cooperation: profile.seeks_cooperation,
            cooperation: profile.cooperation,
            end: organisation.end.as_ref().map(EndView::from),
            updated_at: stored.updated_at,
        }
    }
}

/// The whole file.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationFile {
    id: OrganisationId,
    kind: OrganisationKind,
    /// The name; for an individual volunteer the chosen display name.
    name: String,
    /// CVR number.
    #[serde(skip_serializing_if = "Option::is_none")]
    cvr: Option<String>,
    /// P-number of the production unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    p_number: Option<String>,
    /// UUID of the unit in FK Organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_id: Option<Uuid>,
    /// What it is for, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    /// How to reach it.
    contact: ContactForm,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<AddressForm>,
    /// Whether it looks for others to do something together with.
    seeks_cooperation: bool,
    /// What it would like to do together.
    #[serde(skip_serializing_if = "Option::is_none")]
    cooperation: Option<String>,
    verification: Verification,
    /// Where it is no more: how it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<EndView>,
    /// Grows with every change.
    #[schema(minimum = 1)]
    version: i64,
    /// When it was registered.
    created_at: DateTime<Utc>,
    /// When any of this last changed.
    updated_at: DateTime<Utc>,
}

impl OrganisationFile {
    pub(super) fn new(stored: &Stored) -> Self {
        let Stored { organisation, created_at, updated_at } = stored;
        let (registration, profile) = (organisation.registration.clone(), organisation.profile.clone());
        Self {
            id: organisation.id,
            kind: organisation.kind,
            name: profile.name,
            cvr: registration.cvr,
            p_number: registration.p_number,
            unit_id: registration.unit_id,
            purpose: profile.purpose,
            contact: profile.contact.into(),
            address: profile.address.map(AddressForm::from),
            seeks_cooperation: profile.seeks_cooperation,
            cooperation: profile.cooperation,
            verification: organisation.verification,
            end: organisation.end.as_ref().map(EndView::from),
            version: organisation.version,
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

/// The profile for everybody, or the file for members and staff.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum OrganisationView {
    File(Box<OrganisationFile>),
    Profile(Box<OrganisationSummary>),
}

page_view! {
    /// A page of organisations.
    OrganisationPage of OrganisationSummary
}
