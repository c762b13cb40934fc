//! What may be said about an organisation, and asked of the list.

use chrono::{DateTime, Utc};
use kernel::{Fault, Finding, identifier};
use organisations::{Address, Contact, OrganisationKind, Profile, Registration};
use persistence::organisations::{Filter, Order};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::{
    json::{Input, limits},
    parameters::PostalCode,
    problem::Problem,
};

/// A new organisation.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "association", "name": "Vennekredsen i Tårs", "purpose": "Vi besøger ældre, der savner selskab.",
    "contact": {"name": "Karen", "email": "karen@vennekredsen.example", "phone": "+4599990001"},
    "address": {"street": "Torvet 1", "postal_code": "9830", "town": "Tårs", "municipality_code": "0860"},
    "seeks_cooperation": true, "cooperation": "Vi vil gerne dele en bus til udflugter med en anden forening."
}))]
pub struct OrganisationRequest {
    /// What sort of organisation it is.
    kind: OrganisationKind,
    /// CVR number: eight digits with a matching check digit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 8, max_length = 8, pattern = "^[0-9]{8}$")]
    cvr: Option<String>,
    /// P-number of the production unit: ten digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 10, max_length = 10, pattern = "^[0-9]{10}$")]
    p_number: Option<String>,
    /// UUID of the unit in FK Organisation; a municipal institution has one, and nobody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit_id: Option<Uuid>,
    /// The name; for an individual volunteer the chosen display name.
    #[validate(length(min = 1, max = 120))]
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// What it is for, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    purpose: Option<String>,
    /// How to reach it.
    #[serde(default)]
    #[validate(nested)]
    contact: ContactForm,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    address: Option<AddressForm>,
    /// Whether it looks for others to do something together with.
    #[serde(default)]
    seeks_cooperation: bool,
    /// What it would like to do together; shown for as long as it looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    cooperation: Option<String>,
}

/// What an organisation says about itself and may change.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"purpose": "Vi besøger ældre, der savner selskab, og tager dem med ud."}))]
pub struct OrganisationForm {
    /// The name; for an individual volunteer the chosen display name.
    #[validate(length(min = 1, max = 120))]
    #[schema(min_length = 1, max_length = 120, required = false)]
    name: String,
    /// What it is for, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 2000))]
    #[schema(max_length = 2000)]
    purpose: Option<String>,
    /// How to reach it.
    #[serde(default)]
    #[validate(nested)]
    contact: ContactForm,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    address: Option<AddressForm>,
    /// Whether it looks for others to do something together with.
    #[serde(default)]
    seeks_cooperation: bool,
    /// What it would like to do together; shown for as long as it looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    cooperation: Option<String>,
}

/// How to reach an organisation. Of an individual volunteer only the name is public.
#[derive(Clone, Debug, Default, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactForm {
    /// Whom to ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 120))]
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 254))]
    #[schema(max_length = 254)]
    email: Option<String>,
    /// Phone number in E.164, such as +4572333333.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 16, pattern = "^\\+[1-9][0-9]{7,14}$")]
    phone: Option<String>,
    /// Web address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    web: Option<String>,
}

/// Where an organisation is. Of an individual volunteer only postal code and town are public.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressForm {
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 120))]
    #[schema(min_length = 1, max_length = 120)]
    street: Option<String>,
    /// Four digits.
    #[schema(min_length = 4, max_length = 4, pattern = "^[0-9]{4}$")]
    postal_code: String,
    /// Town or village.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60)]
    town: String,
    /// Four digits; 0860 is Hjørring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 4, max_length = 4, pattern = "^[0-9]{4}$")]
    municipality_code: Option<String>,
    /// Identifier of the address in DAR, Denmark's address register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dar_id: Option<Uuid>,
}

impl OrganisationRequest {
    pub(super) fn into_domain(self) -> (OrganisationKind, Registration, Profile) {
        let Self { kind, cvr, p_number, unit_id, name, purpose, contact, address, seeks_cooperation, cooperation } = self;
        let form = OrganisationForm { name, purpose, contact, address, seeks_cooperation, cooperation };
        (kind, Registration { cvr, p_number, unit_id }, form.into_profile())
    }
}

/// The same thing may be found wrong twice, once as a length and once by the domain.
fn merged<const N: usize>(all: [Vec<Finding>; N]) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::new();
    for finding in all.into_iter().flatten() {
        if !merged.contains(&finding) {
            merged.push(finding);
        }
    }
    merged
}

impl Input for OrganisationRequest {
    fn findings(&self) -> Vec<Finding> {
        let (_, registration, profile) = self.clone().into_domain();
        merged([limits(self), registration.findings(), profile.findings()])
    }
}

impl OrganisationForm {
    pub(super) fn into_profile(self) -> Profile {
        let ContactForm { name, email, phone, web } = self.contact;
        let address = self.address.map(|AddressForm { street, postal_code, town, municipality_code, dar_id }| Address {
            street,
            postal_code,
            town,
            municipality_code,
            dar_id,
        });
        let contact = Contact { name, email, phone, web };
        let (seeks_cooperation, cooperation) = (self.seeks_cooperation, self.cooperation);
        Profile { name: self.name, purpose: self.purpose, contact, address, seeks_cooperation, cooperation }
    }
}

impl Input for OrganisationForm {
    fn findings(&self) -> Vec<Finding> {
        merged([limits(self), self.clone().into_profile().findings()])
    }
}

impl From<&Profile> for OrganisationForm {
    fn from(profile: &Profile) -> Self {
        let Profile { name, purpose, contact, address, seeks_cooperation, cooperation } = profile.clone();
        Self { name, purpose, contact: contact.into(), address: address.map(AddressForm::from), seeks_cooperation, cooperation }
    }
}

impl From<Contact> for ContactForm {
    fn from(Contact { name, email, phone, web }: Contact) -> Self {
        Self { name, email, phone, web }
    }
}

impl From<Address> for AddressForm {
    fn from(Address { street, postal_code, town, municipality_code, dar_id }: Address) -> Self {
        Self { street, postal_code, town, municipality_code, dar_id }
    }
}

/// How to narrow and order the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrganisationQuery {
    /// A part of the name, taken literally.
    #[param(max_length = 100, example = "vennekreds")]
    q: Option<String>,
    /// Any of these kinds.
    #[serde(default)]
    kind: Vec<OrganisationKind>,
    /// Any of these postal codes.
    #[serde(default)]
    #[param(value_type = Vec<PostalCode>, inline, example = json!(["9800"]))]
    postal_code: Vec<String>,
    /// Changed at or after this instant.
    updated_since: Option<DateTime<Utc>>,
    /// Those that look for others to do something with, or those that do not.
    seeks_cooperation: Option<bool>,
    /// `name` (the default) or `-updated_at`.
    #[param(inline)]
    sort: Option<Sort>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    pub(super) limit: Option<u8>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(max_length = 1000)]
    pub(super) cursor: Option<String>,
    /// Whether `total` is wanted.
    pub(super) count: Option<bool>,
}

/// The order of a list of organisations.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
enum Sort {
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-updated_at")]
    NewestFirst,
}

impl TryFrom<OrganisationQuery> for (Filter, Order) {
    type Error = Problem;

    fn try_from(query: OrganisationQuery) -> Result<Self, Problem> {
        let mut findings = Vec::new();
        if query.q.as_ref().is_some_and(|q| q.chars().count() > 100) {
            findings.push(Finding::new("?q", Fault::TooLong { max: 100 }));
        }
        if query.postal_code.iter().any(|code| identifier::postal_code(code).is_err()) {
            findings.push(Finding::new("?postal_code", Fault::InvalidPostalCode));
        }
        if !findings.is_empty() {
            return Err(Problem::invalid(findings));
        }
        let filter = Filter {
            q: query.q,
            kinds: query.kind,
            postal_codes: query.postal_code,
            updated_since: query.updated_since,
            seeks_cooperation: query.seeks_cooperation,
        };
        let order = match query.sort {
            None | Some(Sort::Name) => Order::Name,
            Some(Sort::NewestFirst) => Order::NewestFirst,
        };
        Ok((filter, order))
    }
}
