//! As many invented initiatives as anybody wants to measure with.

use chrono::{DateTime, Utc};
use initiatives::{Content, Initiative, Place};
use organisations::{Address, Contact, Organisation, OrganisationKind, Profile, Registration, Verification};

use super::{
    organisation_id,
    source::{Base, Sample, State, Town, live},
};
use crate::Error;

/// splitmix64: the same numbers for the same seed, everywhere and for ever.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to this one, which must not be 0.
    pub(super) const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Result<&'a T, Error> {
        let place = self.below((items.len() as u64).max(1));
        usize::try_from(place).ok().and_then(|place| items.get(place)).ok_or_else(|| Error::internal("there is no sample to vary"))
    }

    /// Around a number, by a twentieth.
    fn near(&mut self, degrees: f64) -> f64 {
        let step = u32::try_from(self.below(1_000)).map_or(0.0, f64::from);
        ((degrees + step / 10_000.0 - 0.05) * 100_000.0).round() / 100_000.0
    }
}

const CIRCLES: [&str; 12] = [
    "Nabohjælpen",
    "Fællesskabet",
    "Venskabskredsen",
    "Aktivgruppen",
    "Besøgstjenesten",
    "Hjælpende Hænder",
    "Borgerforeningen",
    "Mødestedet",
    "Ildsjælene",
    "Støttekredsen",
    "Samværet",
    "Lokalforeningen",
];

const ENDINGS: [&str; 12] = [
    "for alle",
    "ved havnen",
    "på biblioteket",
    "i kulturhuset",
    "om formiddagen",
    "efter skole",
    "med madpakke",
    "i det fri",
    "ved kirken",
    "for begyndere",
    "hele året",
    "på skift",
];

/// An organisation of a running number, verified and with its town in its name.
pub(super) fn organisation(number: u64, base: &Base) -> Organisation {
    let mut random = Random::new(number);
    let town = random.pick(&base.towns).ok();
    let circle = random.pick(&CIRCLES).copied().unwrap_or_default();
    let place = town.map_or("", |town| &town.town);
    let address = town.map(|Town { town, postal_code, .. }| Address {
        street: None,
        postal_code: postal_code.clone(),
        town: town.clone(),
        municipality_code: None,
        dar_id: None,
    });
    Organisation {
        id: organisation_id(number),
        kind: OrganisationKind::Association,
        registration: Registration::default(),
        profile: Profile {
            name: format!("{circle} i {place} {number}"),
            purpose: Some("Opfundet til måling.".into()),
            contact: Contact::default(),
            address,
            seeks_cooperation: false,
            cooperation: None,
        },
        verification: Verification::Verified,
        end: None,
        version: 1,
    }
}

/// A published initiative, one of so many, put together from samples.
pub(super) fn initiative(number: u64, of: u64, organisation: &Organisation, base: &Base, now: DateTime<Utc>) -> Result<Initiative, Error> {
    let mut random = Random::new(number.wrapping_add(1 << 40));
    let content = content(&mut random, base)?;
    live((number, of), organisation, content, State::Published, now)
}

/// Title and contact of one sample, sentences and schedule of that and another, and a third one's labels, so
/// that words and labels mix as they would among so many.
fn content(random: &mut Random, base: &Base) -> Result<Content, Error> {
    let mut sample = || loop {
        let sample: &Sample = random.pick(&base.samples)?;
        if sample.state == State::Published {
            return Ok::<_, Error>(&sample.content);
        }
    };
    let (one, two, three) = (sample()?, sample()?, sample()?);
    let town = random.pick(&base.towns)?;
    let ending = random.pick(&ENDINGS)?;
    let title = format!("{} {ending}", one.title);
    Ok(Content {
        title: if title.chars().count() > 120 { one.title.clone() } else { title },
        summary: one.summary.clone(),
        description: sentences(random, &one.description, &two.description),
        guideposts: three.guideposts.clone(),
        target_groups: one.target_groups.clone(),
        activities: two.activities.clone(),
        themes: three.themes.clone(),
        welcomes: two.welcomes.clone(),
        accommodations: one.accommodations.clone(),
        min_age: three.min_age,
        max_age: three.max_age,
        languages: three.languages.clone(),
        participation: two.participation,
        cost: three.cost,
        schedule: two.schedule.clone(),
        locations: vec![place(random, town)],
        accessibility: three.accessibility.clone(),
        contact: one.contact.clone(),
        principles: one.principles.clone(),
        ..Content::titled("")
    })
}

/// Half of the sentences of both, always at least one.
fn sentences(random: &mut Random, one: &str, two: &str) -> String {
    let all: Vec<&str> = one.split_inclusive(". ").chain(two.split_inclusive(". ")).collect();
    let some: String = all.iter().filter(|_| random.below(2) == 0).copied().collect();
    if some.trim().is_empty() { one.to_owned() } else { some }
}

fn place(random: &mut Random, Town { town, postal_code, latitude, longitude }: &Town) -> Place {
    let (postal_code, town) = (postal_code.clone(), town.clone());
    if random.below(4) == 0 {
        return Place::Area { postal_code, town };
    }
    let street = format!("Prøvevej {}", 1 + random.below(200));
    Place::Address {
        name: None,
        street,
        postal_code,
        town,
        latitude: Some(random.near(*latitude)),
        longitude: Some(random.near(*longitude)),
    }
}
