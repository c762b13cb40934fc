//! Contents for tests: one that is complete, and any number of random ones.

use chrono::NaiveDate;
use kernel::{Answer, FileId, Guidepost, Money, Principle, PrincipleAnswer, PrincipleAnswers};
use proptest::{collection::vec, option, prelude::*, sample::select};
use uuid::Uuid;

use crate::{
    Accessibility, Contact, Content, DatedSlot, Image, LocalTime, Participation, Place, TermSlug, Translation, Weekday, WeeklySlot, Welcome,
};

/// Stands in every field that the public must not see.
pub(crate) const CANARY: &str = "kanariefugl";
/// The same for coordinates.
pub(crate) const CANARY_LATITUDE: f64 = 57.123_456;

/// Every field filled in, nothing wrong, nothing missing.
pub(crate) fn complete() -> Content {
    let evening = LocalTime::new(19, 0).zip(LocalTime::new(21, 30));
    let terms = |slug: &str| vec![TermSlug(slug.to_owned())];
    Content {
        summary: "Gå en tur med en, der savner selskab.".to_owned(),
        description: "Vi mødes ved biblioteket.".to_owned(),
        guideposts: vec![Guidepost::Interplay],
        target_groups: terms("lonely-people"),
        activities: terms("walking"),
        themes: terms("mental_health"),
        welcomes: vec![Welcome::Seniors],
        accommodations: Some("Ledsager kan komme med.".to_owned()),
        min_age: Some(18),
        max_age: Some(99),
        languages: vec!["da".to_owned(), "uk".to_owned()],
        participation: Some(Participation::DropIn),
        cost: Some(Money::ore(2_500)),
        schedule: evening
            .map(|(from, to)| WeeklySlot { weekday: Weekday::Thursday, from, to, note: Some("Ikke i juli".to_owned()) })
            .into_iter()
            .collect(),
        dates: evening
            .zip(date())
            .map(|((from, to), date)| DatedSlot { date, from, to, note: Some("Sommerfest".to_owned()) })
            .into_iter()
            .collect(),
        locations: vec![address(), Place::Online { url: Some("https://venner.example/moede".to_owned()) }],
        accessibility: vec![Accessibility::Wheelchair],
        accessibility_text: Some("Rampe ved bagdøren.".to_owned()),
        contact: Some(contact(true)),
        images: vec![image()],
        translations: vec![translation("en")],
        principles: answers(Answer::Yes, None),
        ..Content::titled("Gå med")
    }
}

fn image() -> Image {
    Image { file: FileId(Uuid::nil()), alt: "To mænd på en bænk".to_owned(), credit: Some("Karen Holm".to_owned()) }
}

fn date() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, 6, 20)
}

fn address() -> Place {
    Place::Address {
        name: Some("Biblioteket".to_owned()),
        street: "Østergade 30".to_owned(),
        postal_code: "9800".to_owned(),
        town: "Hjørring".to_owned(),
        latitude: Some(57.46),
        longitude: Some(9.98),
    }
}

fn contact(published: bool) -> Contact {
    Contact {
        name: "Karen".to_owned(),
        email: Some("karen@venner.example".to_owned()),
        phone: Some("+4572333333".to_owned()),
        web: Some("https://venner.example".to_owned()),
        published,
    }
}

fn translation(language: &str) -> Translation {
    Translation {
        language: language.to_owned(),
        title: "Walk along".to_owned(),
        summary: "Walk with somebody.".to_owned(),
        description: "We meet at the library.".to_owned(),
    }
}

pub(crate) fn answers(answer: Answer, comment: Option<&str>) -> PrincipleAnswers {
    let answer = Some(PrincipleAnswer { answer, comment: comment.map(str::to_owned) });
    PrincipleAnswers {
        unpaid_and_voluntary: answer.clone(),
        for_others: answer.clone(),
        supplement: answer.clone(),
        self_determination: answer.clone(),
        social_aim: answer,
    }
}

/// Places of every kind. What only an organisation may show of itself is a canary.
fn places() -> impl Strategy<Value = Place> {
    let (postal_code, town) = ("9800".to_owned(), "Hjørring".to_owned());
    let secret = Place::Address {
        name: Some(format!("Hos {CANARY}")),
        street: format!("{CANARY}vej 1"),
        postal_code: postal_code.clone(),
        town: town.clone(),
        latitude: Some(CANARY_LATITUDE),
        longitude: Some(9.98),
    };
    let area = Place::Area { postal_code: postal_code.clone(), town: town.clone() };
    select(vec![secret, area, Place::Online { url: None }, Place::AtHome { postal_code, town }, Place::Undisclosed {}])
}

fn contacts() -> impl Strategy<Value = Contact> {
    (any::<bool>(), option::of(Just(())), option::of(Just(()))).prop_map(|(published, email, phone)| Contact {
        email: email.map(|()| format!("{CANARY}@venner.example")),
        phone: phone.map(|()| format!("+45{CANARY}")),
        ..contact(published)
    })
}

fn declarations() -> impl Strategy<Value = PrincipleAnswers> {
    vec(option::of(select(Answer::ALL)), Principle::ALL.len()).prop_map(|answers| {
        let mut answers =
            answers.into_iter().map(|answer| answer.map(|answer| PrincipleAnswer { answer, comment: Some(CANARY.to_owned()) }));
        let mut next = || answers.next().flatten();
        PrincipleAnswers {
            unpaid_and_voluntary: next(),
            for_others: next(),
            supplement: next(),
            self_determination: next(),
            social_aim: next(),
        }
    })
}

/// Random contents: any part may be missing or differ, mostly without being wrong in itself.
pub(crate) fn contents() -> impl Strategy<Value = Content> {
    let texts = (select(vec!["Gå med", "Løb med"]), select(vec!["", "Kort"]), select(vec!["", "Langt"]), option::of(Just("Tolk")));
    let flags = vec(any::<bool>(), 8);
    let parts = (vec(places(), 0..4), option::of(contacts()), prop_oneof![declarations(), Just(answers(Answer::Unsure, Some(CANARY)))]);
    (texts, flags, 0_i64..3, parts).prop_map(
        |((title, summary, description, accommodations), flags, cost, (locations, contact, principles))| {
            let full = complete();
            let mut flags = flags.into_iter();
            let mut keep = || flags.next().unwrap_or_default();
            Content {
                title: title.to_owned(),
                summary: summary.to_owned(),
                description: description.to_owned(),
                accommodations: accommodations.map(str::to_owned),
                guideposts: some(keep(), full.guideposts),
                target_groups: some(keep(), full.target_groups),
                activities: some(keep(), full.activities),
                languages: some(keep(), full.languages),
                schedule: some(keep(), full.schedule),
                dates: some(keep(), full.dates),
                translations: some(keep(), full.translations),
                cost: Some(Money::ore(cost)),
                locations,
                contact,
                principles,
                ..complete()
            }
        },
    )
}

fn some<T>(keep: bool, items: Vec<T>) -> Vec<T> {
    if keep { items } else { Vec::new() }
}

/// Contents that could be submitted, in a handful of variants of reviewed and minor fields.
pub(crate) fn submittable() -> impl Strategy<Value = Content> {
    (select(vec!["Gå med", "Løb med", "Syng med"]), 0_i64..3, any::<bool>()).prop_map(|(title, cost, published)| Content {
        title: title.to_owned(),
        cost: Some(Money::ore(cost)),
        contact: Some(contact(published)),
        ..complete()
    })
}
