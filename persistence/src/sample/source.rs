//! The sample files, read into the domain's own types.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use initiatives::{Accessibility, Contact, Content, Initiative, Participation, Place, Refused, TermSlug, Translation, WeeklySlot, Welcome};
use kernel::{Answer, Guidepost, Money, Principle, PrincipleAnswer, PrincipleAnswers, RevisionId};
use organisations::{Address, Contact as OrganisationContact, Organisation, OrganisationKind, Profile, Registration, Verification};
use serde::{Deserialize, de::DeserializeOwned};

use super::{id, initiative_id, organisation_id, published_at, verified_at, write::Kind};
use crate::Error;

const ORGANISATIONS: &str = include_str!("../../sample/organisations.json");
const INITIATIVES: &str = include_str!("../../sample/initiatives.json");
const PLACES: &str = include_str!("../../sample/places.json");

/// Hjørring.
const MUNICIPALITY: &str = "0860";

const REASON: &str =
    "Tilbuddet ligner en opgave, som kommunen selv skal løse. Skriv, hvad de frivillige gør ud over den, og send det ind igen.";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganisationSource {
    slug: String,
    kind: OrganisationKind,
    name: String,
    cvr: Option<String>,
    purpose: String,
    contact: OrganisationContactSource,
    address: Option<AddressSource>,
    verified: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganisationContactSource {
    name: String,
    email: Option<String>,
    phone: Option<String>,
    web: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressSource {
    street: Option<String>,
    postal_code: String,
    town: String,
}

impl OrganisationSource {
    fn organisation(self, number: u64) -> Organisation {
        let unit_id = (self.kind == OrganisationKind::MunicipalInstitution).then(|| id(Kind::Unit, number));
        let OrganisationContactSource { name, email, phone, web } = self.contact;
        let address = self.address.map(|AddressSource { street, postal_code, town }| Address {
            street,
            postal_code,
            town,
            municipality_code: Some(MUNICIPALITY.into()),
            dar_id: None,
        });
        Organisation {
            id: organisation_id(number),
            kind: self.kind,
            registration: Registration { cvr: self.cvr, p_number: None, unit_id },
            profile: Profile {
                name: self.name,
                purpose: Some(self.purpose),
                contact: OrganisationContact { name: Some(name), email, phone, web },
                address,
                seeks_cooperation: false,
                cooperation: None,
            },
            verification: if self.verified { Verification::Verified } else { Verification::Unverified },
            end: None,
            version: 1,
        }
    }
}

/// Where a sample initiative stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Published,
    InReview,
    Draft,
    Paused,
    Refused,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InitiativeSource {
    organisation: String,
    title: String,
    summary: String,
    description: String,
    guideposts: Vec<Guidepost>,
    target_groups: Vec<TermSlug>,
    activities: Vec<TermSlug>,
    themes: Vec<TermSlug>,
    welcomes: Vec<Welcome>,
    welcomes_text: Option<String>,
    min_age: Option<u8>,
    max_age: Option<u8>,
    languages: Vec<String>,
    participation: Participation,
    cost: i64,
    schedule: Vec<WeeklySlot>,
    locations: Vec<Place>,
    accessibility: Vec<Accessibility>,
    accessibility_text: Option<String>,
    contact: ContactSource,
    #[serde(default)]
    translations: Vec<Translation>,
    state: State,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactSource {
    name: String,
    email: Option<String>,
    phone: Option<String>,
}

impl InitiativeSource {
    fn content(self, organisation: &Organisation) -> Content {
        let ContactSource { name, email, phone } = self.contact;
        // The addresses of an association are meant to be seen; a private person's are not.
        let contact = Contact { name, email, phone, web: None, published: !organisation.is_private_person() };
        Content {
            title: self.title,
            summary: self.summary,
            description: self.description,
            guideposts: self.guideposts,
            target_groups: self.target_groups,
            activities: self.activities,
            themes: self.themes,
            welcomes: self.welcomes,
            accommodations: self.welcomes_text,
            min_age: self.min_age,
            max_age: self.max_age,
            languages: self.languages,
            participation: Some(self.participation),
            cost: Some(Money::ore(self.cost)),
            schedule: self.schedule,
            dates: Vec::new(),
            locations: self.locations,
            accessibility: self.accessibility,
            accessibility_text: self.accessibility_text,
            contact: Some(contact),
            images: Vec::new(),
            translations: self.translations,
            principles: if self.state == State::Draft { PrincipleAnswers::default() } else { all_yes() },
        }
    }
}

/// The declaration of everything that was ever handed in.
fn all_yes() -> PrincipleAnswers {
    let yes = || Some(PrincipleAnswer { answer: Answer::Yes, comment: None });
    PrincipleAnswers { unpaid_and_voluntary: yes(), for_others: yes(), supplement: yes(), self_determination: yes(), social_aim: yes() }
}

/// A town to put a variation in.
#[derive(Debug, Deserialize)]
pub(super) struct Town {
    pub town: String,
    pub postal_code: String,
    pub latitude: f64,
    pub longitude: f64,
}

#[derive(Debug, Deserialize)]
struct Places {
    towns: Vec<Town>,
}

/// One sample initiative before it has lived.
#[derive(Debug)]
pub(super) struct Sample {
    /// Place among the organisations.
    pub organisation: usize,
    pub content: Content,
    pub state: State,
}

/// Everything in the sample files.
#[derive(Debug)]
pub(super) struct Base {
    pub organisations: Vec<Organisation>,
    pub samples: Vec<Sample>,
    pub towns: Vec<Town>,
}

impl Base {
    pub(super) fn read() -> Result<Self, Error> {
        let sources: Vec<OrganisationSource> = parse(ORGANISATIONS)?;
        let places: HashMap<String, usize> = sources.iter().enumerate().map(|(place, source)| (source.slug.clone(), place)).collect();
        let organisations: Vec<Organisation> = (1..).zip(sources).map(|(number, source)| source.organisation(number)).collect();
        let sample = |source: InitiativeSource| -> Result<Sample, Error> {
            let place = places.get(&source.organisation).copied();
            let found = place.and_then(|place| Some((place, organisations.get(place)?)));
            let (place, organisation) =
                found.ok_or_else(|| Error::internal(format!("the sample organisation {} is missing", source.organisation)))?;
            Ok(Sample { organisation: place, state: source.state, content: source.content(organisation) })
        };
        let samples = parse::<Vec<InitiativeSource>>(INITIATIVES)?.into_iter().map(sample).collect::<Result<_, _>>()?;
        Ok(Self { organisations, samples, towns: parse::<Places>(PLACES)?.towns })
    }

    pub(super) fn organisations(&self) -> u64 {
        self.organisations.len() as u64
    }

    pub(super) fn initiatives(&self) -> u64 {
        self.samples.len() as u64
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::internal(format!("a sample file: {error}")))
}

/// An initiative, one of so many, that has come by the domain's own commands to where it stands.
pub(super) fn live(
    (number, of): (u64, u64),
    organisation: &Organisation,
    content: Content,
    state: State,
    now: DateTime<Utc>,
) -> Result<Initiative, Error> {
    let published = published_at(number, of);
    let (drafted, submitted) = (published - TimeDelta::days(9), published - TimeDelta::days(2));
    let revision = RevisionId(id(Kind::Revision, number));
    let draft = Initiative::draft(initiative_id(number), organisation.id, revision, content, drafted);
    let submit = |draft: Initiative| -> Result<Initiative, Refused> { draft.submit(submitted) };
    let publish = |draft| -> Result<Initiative, Refused> {
        let verified_at = Some(verified_at(number, published, now));
        Ok(Initiative { verified_at, ..submit(draft)?.publish(published)? })
    };
    let live = match state {
        State::Draft => Ok(draft),
        State::InReview => submit(draft),
        State::Published => publish(draft),
        State::Paused => publish(draft).and_then(|initiative| Ok(initiative.pause()?)),
        State::Refused => submit(draft).and_then(|initiative| Ok(initiative.refuse(REASON.into(), Principle::Supplement, published)?)),
    };
    Ok(live?)
}
