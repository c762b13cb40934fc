//! What readers see of an organisation: the profile that everybody may, the file that members and staff may.

use chrono::{DateTime, Utc};
use kernel::OrganisationId;
use organisations::{OrganisationKind, Verification};
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
    /// When any of this last changed.
    updated_at: DateTime<Utc>,
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
    verification: Verification,
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
            verification: organisation.verification,
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
