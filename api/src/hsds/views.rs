//! The catalogue in the words of the Human Services Data Specification 3.0. What is absent is left out: the standard knows no nulls.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use initiatives::{Content, Participation, Place, Scheme, Term, Vocabulary, Weekday, WeeklySlot};
use kernel::{InitiativeId, Language, Languages, LocalTime, OrganisationId, TermId};
use organisations::Profile;
use persistence::{catalogue::Entry, organisations::Stored};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::{Builder, Uuid};

/// For whom a view is written, and where it stands.
#[derive(Clone)]
pub struct Reader {
    pub language: Language,
    pub languages: Languages,
    pub public_url: String,
}

/// The id of a part that has none of its own here: the same for as long as what it is a part of, and its place, are the same.
fn part_of(owner: Uuid, kind: &str, place: usize) -> Uuid {
    let digest = Sha256::digest(format!("{owner}/{kind}/{place}"));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, digest)| *byte = digest);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// The id of a tree of terms.
pub const fn taxonomy_id(scheme: Scheme) -> Uuid {
    Uuid::from_u128(match scheme {
        Scheme::TargetGroup => 0x0193_2b6e_7a00_7101_8000_0000_0000_0001,
        Scheme::Activity => 0x0193_2b6e_7a00_7101_8000_0000_0000_0002,
        Scheme::Theme => 0x0193_2b6e_7a00_7101_8000_0000_0000_0003,
    })
}

/// What this view of the catalogue is.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsAbout {
    /// The version of the Human Services Data Specification.
    pub version: &'static str,
    /// What this profile of it is described by.
    #[schema(format = "uri")]
    pub profile: String,
    /// The contract.
    #[schema(format = "uri")]
    pub openapi_url: String,
}

/// A service, as the standard calls an initiative. In a list its parts are left out unless `full=true`.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsService {
    id: InitiativeId,
    organization_id: OrganisationId,
    /// What it is called, in the language that suits `Accept-Language` best.
    name: String,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Where it stands in this API.
    #[schema(format = "uri")]
    url: String,
    /// Always `active`: what is not is not public.
    status: &'static str,
    /// How one comes to take part.
    #[serde(skip_serializing_if = "Option::is_none")]
    application_process: Option<&'static str>,
    /// What is done so that those who are welcome can take part.
    #[serde(skip_serializing_if = "Option::is_none")]
    eligibility_description: Option<String>,
    /// The youngest age it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_age: Option<u8>,
    /// The oldest age it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_age: Option<u8>,
    /// The date on which somebody last said that it still holds.
    assured_date: NaiveDate,
    /// When the public answer last changed.
    last_modified: DateTime<Utc>,
    /// Who stands behind it. In one service alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<HsdsOrganization>,
    /// Languages spoken there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    languages: Vec<HsdsLanguage>,
    /// When it happens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    schedules: Vec<HsdsSchedule>,
    /// Whom to ask.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    contacts: Vec<HsdsContact>,
    /// Numbers to call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    phones: Vec<HsdsPhone>,
    /// What it costs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    cost_options: Vec<HsdsCostOption>,
    /// Where it happens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    service_at_locations: Vec<HsdsServiceAtLocation>,
    /// How it is classified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    attributes: Vec<HsdsAttribute>,
}

impl HsdsService {
    /// With one-to-one members alone.
    pub fn listed(entry: &Entry, reader: &Reader) -> Self {
        let content = &entry.content;
        let spoken = content.spoken(&reader.languages);
        let texts = [spoken.summary, spoken.description].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        Self {
            id: entry.initiative,
            organization_id: entry.organisation,
            name: spoken.title.to_owned(),
            description: (!texts.is_empty()).then(|| texts.join("\n\n")),
            url: format!("{}/v1/initiatives/{}", reader.public_url, entry.initiative),
            status: "active",
            application_process: content.participation.map(|participation: Participation| participation.label(reader.language)),
            eligibility_description: content.accommodations.clone(),
            minimum_age: content.min_age,
            maximum_age: content.max_age,
            assured_date: kernel::zone::date(entry.verified_at),
            last_modified: entry.updated_at,
            organization: None,
            languages: Vec::new(),
            schedules: Vec::new(),
            contacts: Vec::new(),
            phones: Vec::new(),
            cost_options: Vec::new(),
            service_at_locations: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// With everything that belongs to it.
    pub fn whole(entry: &Entry, vocabulary: &Vocabulary, organisation: Option<HsdsOrganization>, reader: &Reader) -> Self {
        let (content, owner) = (&entry.content, entry.initiative.0);
        let contact = content.contact.as_ref();
        let began = kernel::zone::date(entry.published_at);
        let weekly = content.schedule.iter().map(|slot| (next(began, slot), slot.from, slot.to, &slot.note, Some(slot.weekday)));
        let dated = content.dates.iter().map(|slot| (slot.date, slot.from, slot.to, &slot.note, None));
        Self {
            organization: organisation,
            languages: content
                .languages
                .iter()
                .enumerate()
                .map(|(place, code)| HsdsLanguage { id: part_of(owner, "language", place), code: code.clone() })
                .collect(),
            schedules: weekly
                .chain(dated)
                .enumerate()
                .map(|(place, slot)| HsdsSchedule::new(part_of(owner, "schedule", place), slot))
                .collect(),
            contacts: contact
                .map(|contact| HsdsContact { id: part_of(owner, "contact", 0), name: contact.name.clone(), email: contact.email.clone() })
                .into_iter()
                .collect(),
            phones: contact
                .and_then(|contact| contact.phone.clone())
                .map(|number| HsdsPhone { id: part_of(owner, "phone", 0), number })
                .into_iter()
                .collect(),
            cost_options: content
                .cost
                .map(|cost| HsdsCostOption { id: part_of(owner, "cost", 0), amount: kroner(cost.amount), currency: cost.currency.as_str() })
                .into_iter()
                .collect(),
            service_at_locations: content
                .locations
                .iter()
                .enumerate()
                .filter_map(|(place, at)| HsdsServiceAtLocation::new(entry.initiative, place, at))
                .collect(),
            attributes: attributes(content, owner, vocabulary, reader.language),
            ..Self::listed(entry, reader)
        }
    }
}

/// Øre in kroner; far below what a double holds exactly.
#[expect(clippy::cast_precision_loss, reason = "an amount is at most ten million øre")]
fn kroner(ore: i64) -> f64 {
    ore as f64 / 100.0
}

/// The first day at or after a date on which a weekly slot falls.
fn next(from: NaiveDate, slot: &WeeklySlot) -> NaiveDate {
    let wanted = Weekday::ALL.iter().position(|day| *day == slot.weekday).unwrap_or_default();
    let wanted = u64::try_from(wanted).unwrap_or_default();
    let days = (wanted + 7 - u64::from(from.weekday().num_days_from_monday())) % 7;
    from.checked_add_days(chrono::Days::new(days)).unwrap_or(from)
}

fn attributes(content: &Content, owner: Uuid, vocabulary: &Vocabulary, language: Language) -> Vec<HsdsAttribute> {
    let terms = Scheme::ALL.iter().flat_map(|scheme| content.terms(*scheme).iter().filter_map(|slug| vocabulary.find(*scheme, &slug.0)));
    let attribute = |term: &Term| HsdsAttribute {
        id: part_of(owner, term.scheme.as_str(), usize::try_from(term.id.0.as_u128() & 0xffff_ffff).unwrap_or_default()),
        link_id: owner,
        link_entity: "service",
        link_type: term.scheme.as_str(),
        taxonomy_term_id: term.id,
        taxonomy_term: HsdsTaxonomyTerm::new(term, language),
    };
    terms.map(attribute).collect()
}

/// Who stands behind services.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsOrganization {
    id: OrganisationId,
    /// What it is called.
    name: String,
    /// What it is for; its name where it has not said.
    description: String,
    /// Where to write to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "email")]
    email: Option<String>,
    /// Its website.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    website: Option<String>,
    /// Numbers under which others know it. In one organization alone, as everything that follows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    organization_identifiers: Vec<HsdsOrganizationIdentifier>,
    /// Numbers to call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    phones: Vec<HsdsPhone>,
    /// Where it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    locations: Vec<HsdsLocation>,
    /// What it offers, without the parts; at most a hundred.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, no_recursion)]
    services: Vec<HsdsService>,
}

impl HsdsOrganization {
    /// With one-to-one members alone.
    pub fn listed(stored: &Stored) -> Self {
        let Profile { name, purpose, contact, address: _, seeks_cooperation: _, cooperation: _ } = stored.organisation.public_profile();
        Self {
            id: stored.organisation.id,
            description: purpose.unwrap_or_else(|| name.clone()),
            name,
            email: contact.email,
            website: contact.web,
            organization_identifiers: Vec::new(),
            phones: Vec::new(),
            locations: Vec::new(),
            services: Vec::new(),
        }
    }

    /// With everything that belongs to it.
    pub fn whole(stored: &Stored, services: Vec<HsdsService>) -> Self {
        let (organisation, owner) = (&stored.organisation, stored.organisation.id.0);
        let profile = organisation.public_profile();
        let identifier = |cvr: &String| HsdsOrganizationIdentifier {
            id: part_of(owner, "identifier", 0),
            identifier_scheme: "DK-CVR",
            identifier_type: "CVR",
            identifier: cvr.clone(),
        };
        let location = profile.address.as_ref().map(|address| {
            let id = part_of(owner, "location", 0);
            let street = address.street.clone().unwrap_or_else(|| address.town.clone());
            let address = HsdsAddress::new(part_of(owner, "address", 0), street, &address.postal_code, &address.town);
            HsdsLocation { id, location_type: "physical", name: None, url: None, latitude: None, longitude: None, addresses: vec![address] }
        });
        Self {
            organization_identifiers: organisation.registration.cvr.iter().map(identifier).collect(),
            phones: profile.contact.phone.map(|number| HsdsPhone { id: part_of(owner, "phone", 0), number }).into_iter().collect(),
            locations: location.into_iter().collect(),
            services,
            ..Self::listed(stored)
        }
    }
}

/// A number under which others know an organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsOrganizationIdentifier {
    /// Identifies the entry.
    id: Uuid,
    /// The scheme at org-id.guide: `DK-CVR`.
    identifier_scheme: &'static str,
    /// The kind of number: `CVR`.
    identifier_type: &'static str,
    /// The number.
    identifier: String,
}

/// A language spoken there.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsLanguage {
    /// Identifies the entry.
    id: Uuid,
    /// A BCP 47 tag.
    code: String,
}

/// A time at which a service takes place.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsSchedule {
    /// Identifies the entry.
    id: Uuid,
    /// The date of the first one.
    dtstart: NaiveDate,
    /// Hours from UTC at that date. Times are on the wall clock in Europe/Copenhagen, which the standard cannot say: in the other half of
    /// the year they differ by an hour.
    timezone: i64,
    /// `WEEKLY`; absent where it happens once.
    #[serde(skip_serializing_if = "Option::is_none")]
    freq: Option<&'static str>,
    /// The day of the week in two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    byday: Option<&'static str>,
    /// The date of the last one, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<NaiveDate>,
    /// When it begins, with the hours from UTC.
    opens_at: String,
    /// When it ends, with the hours from UTC.
    closes_at: String,
    /// What is special about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
}

impl HsdsSchedule {
    fn new(id: Uuid, (date, from, to, note, weekday): (NaiveDate, LocalTime, LocalTime, &Option<String>, Option<Weekday>)) -> Self {
        let local = from.on(date);
        let timezone = (local.and_utc() - kernel::zone::instant(local)).num_hours();
        // The standard's times end before midnight.
        let time = |time: LocalTime| {
            if time.minutes() == 24 * 60 { format!("23:59:00+{timezone:02}:00") } else { format!("{time}:00+{timezone:02}:00") }
        };
        Self {
            id,
            dtstart: date,
            timezone,
            freq: weekday.map(|_| "WEEKLY"),
            byday: weekday.map(|weekday| match weekday {
                Weekday::Monday => "MO",
                Weekday::Tuesday => "TU",
                Weekday::Wednesday => "WE",
                Weekday::Thursday => "TH",
                Weekday::Friday => "FR",
                Weekday::Saturday => "SA",
                Weekday::Sunday => "SU",
            }),
            until: weekday.is_none().then_some(date),
            opens_at: time(from),
            closes_at: time(to),
            notes: note.clone(),
        }
    }
}

/// Whom to ask. E-mail and phone are there where the person has consented.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsContact {
    /// Identifies the entry.
    id: Uuid,
    /// The name under which the person is shown.
    name: String,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "email")]
    email: Option<String>,
}

/// A number to call.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsPhone {
    /// Identifies the entry.
    id: Uuid,
    /// In E.164.
    number: String,
}

/// What it costs.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsCostOption {
    /// Identifies the entry.
    id: Uuid,
    /// In kroner; 0 is free.
    amount: f64,
    /// `DKK`.
    currency: &'static str,
}

/// A service at one of its places.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsServiceAtLocation {
    /// Identifies the entry.
    id: Uuid,
    location: HsdsLocation,
}

impl HsdsServiceAtLocation {
    /// Nothing of a place that is kept secret, and no more of a home than postal code and town.
    fn new(service: InitiativeId, place: usize, at: &Place) -> Option<Self> {
        let owner = service.0;
        let addresses = match (at, at.district()) {
            (Place::Undisclosed {}, _) => return None,
            (Place::Address { street, .. }, Some((postal_code, town))) => {
                vec![HsdsAddress::new(part_of(owner, "address", place), street.clone(), postal_code, town)]
            }
            (_, Some((postal_code, town))) => vec![HsdsAddress::new(part_of(owner, "address", place), town.to_owned(), postal_code, town)],
            (_, None) => Vec::new(),
        };
        let (latitude, longitude) = at.coordinates().unzip();
        let url = if let Place::Online { url } = at { url.clone() } else { None };
        let location = HsdsLocation {
            id: part_of(owner, "location", place),
            location_type: if matches!(at, Place::Online { .. }) { "virtual" } else { "physical" },
            name: at.name().map(str::to_owned),
            url,
            latitude,
            longitude,
            addresses,
        };
        Some(Self { id: part_of(owner, "service_at_location", place), location })
    }
}

/// A place.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsLocation {
    /// Identifies the entry.
    id: Uuid,
    /// `physical` or `virtual`.
    location_type: &'static str,
    /// What the place is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Where it is on the internet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    url: Option<String>,
    /// Degrees (WGS 84).
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<f64>,
    /// Degrees (WGS 84).
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<f64>,
    /// Its address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    addresses: Vec<HsdsAddress>,
}

/// An address.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsAddress {
    /// Identifies the entry.
    id: Uuid,
    /// Street and number; the town where no more is told.
    address_1: String,
    /// The town.
    city: String,
    /// The region.
    state_province: &'static str,
    /// Four digits.
    postal_code: String,
    /// `DK`.
    country: &'static str,
    /// `physical`.
    address_type: &'static str,
}

impl HsdsAddress {
    fn new(id: Uuid, address_1: String, postal_code: &str, town: &str) -> Self {
        Self {
            id,
            address_1,
            city: town.to_owned(),
            state_province: region(postal_code),
            postal_code: postal_code.to_owned(),
            country: "DK",
            address_type: "physical",
        }
    }
}

/// What the standard wants to have between town and country: the region where the postal district tells it.
fn region(postal_code: &str) -> &'static str {
    if postal_code.starts_with('9') { "Region Nordjylland" } else { "Danmark" }
}

/// How a service is classified.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsAttribute {
    /// Identifies the entry.
    id: Uuid,
    /// The service.
    link_id: Uuid,
    /// `service`.
    link_entity: &'static str,
    /// What the term says of it: the word of its taxonomy.
    link_type: &'static str,
    taxonomy_term_id: TermId,
    taxonomy_term: HsdsTaxonomyTerm,
}

/// A tree of terms.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsTaxonomy {
    /// Identifies the tree.
    id: Uuid,
    /// What it is called, in the language asked for.
    name: &'static str,
    /// The word for it in this API.
    description: &'static str,
}

impl HsdsTaxonomy {
    pub fn new(scheme: Scheme, language: Language) -> Self {
        Self { id: taxonomy_id(scheme), name: scheme.label(language), description: scheme.as_str() }
    }
}

/// A term.
#[derive(Debug, Serialize, ToSchema)]
pub struct HsdsTaxonomyTerm {
    id: TermId,
    /// The word that requests and answers of this API use.
    code: String,
    /// What people read, in the language asked for.
    name: String,
    /// The same in the other language.
    description: String,
    /// The broader term under which it lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<TermId>,
    /// The word for its tree.
    taxonomy: &'static str,
    /// Its tree.
    taxonomy_id: Uuid,
    /// The language of `name`.
    language: &'static str,
}

impl HsdsTaxonomyTerm {
    pub fn new(term: &Term, language: Language) -> Self {
        let labels = term.labels.clone();
        let (name, description) = if language == Language::Da { (labels.da, labels.en) } else { (labels.en, labels.da) };
        Self {
            id: term.id,
            code: term.slug.0.clone(),
            name,
            description,
            parent_id: term.parent,
            taxonomy: term.scheme.as_str(),
            taxonomy_id: taxonomy_id(term.scheme),
            language: language.tag(),
        }
    }
}
