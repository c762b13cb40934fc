//! The samples keep the domain's own rules, and are the same every time.

use std::collections::HashSet;

use super::{
    initiative_id, number, organisation_id, published_at,
    source::{Base, State, live},
    variation::{self, Random},
    verified_at,
};

#[test]
fn ids_are_fixed_and_readable() {
    assert_eq!(organisation_id(1).to_string(), "01932b6e-7a00-7001-8000-000000000001");
    assert_eq!(initiative_id(1_234_567).to_string(), "01932b6e-7a00-7002-8000-000001234567");
    assert_eq!(number(&initiative_id(1_234_567).to_string()), Some(1_234_567));
}

#[test]
fn every_sample_could_have_been_written_and_handed_in() {
    let base = Base::read().expect("the sample files");
    for (number, organisation) in (1..).zip(&base.organisations) {
        assert_eq!(organisation.id, organisation_id(number));
        let findings = [organisation.profile.findings(), organisation.registration.findings()].concat();
        assert_eq!(findings, [], "{}", organisation.profile.name);
    }
    for (number, sample) in (1..).zip(&base.samples) {
        let organisation = base.organisations.get(sample.organisation).expect("an organisation");
        assert_eq!(sample.content.findings(), [], "{}", sample.content.title);
        let now = super::EPOCH;
        live((number, base.initiatives()), organisation, sample.content.clone(), sample.state, now).expect("a life by the rules");
        assert!(organisation.is_verified() || sample.state == State::Draft, "{}", sample.content.title);
    }
}

#[test]
fn variations_are_valid_and_differ() {
    let base = Base::read().expect("the sample files");
    let mut texts = HashSet::new();
    for number in 10_001..10_501 {
        let organisation = variation::organisation(number, &base);
        let initiative = variation::initiative(number, 20_000, &organisation, &base, super::EPOCH).expect("a variation");
        let content = &initiative.public().expect("a public text").content;
        assert_eq!(content.findings(), [], "{}", content.title);
        texts.insert((content.title.clone(), content.description.clone()));
    }
    assert!(texts.len() > 490, "{}", texts.len());
}

#[test]
fn nothing_is_verified_before_it_is_published_or_after_now() {
    assert!((1..1_000).all(|number| published_at(number, 1_000) < published_at(number + 1, 1_000)));
    for number in 0..1_000 {
        let published = published_at(number, 1_000);
        assert_eq!(verified_at(number, published, published), published);
        let verified = verified_at(number, published, super::EPOCH);
        assert!(published <= verified && verified <= super::EPOCH);
    }
}

#[test]
fn chance_is_the_same_everywhere() {
    let mut random = Random::new(1);
    let drawn: Vec<u64> = (0..1_000).map(|_| random.below(10)).collect();
    assert!((0..10).all(|digit| drawn.iter().filter(|drawn| **drawn == digit).count() > 50));
}
