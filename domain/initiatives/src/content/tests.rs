use kernel::{Answer, Fault, Finding, Money, PrincipleAnswer, TermSlug};
use proptest::prelude::*;
use serde_json::{Value, from_value, json, to_value};
use utoipa::PartialSchema;

use super::{Contact, Content, Translation};
use crate::{
    DatedSlot, Image, Place, WeeklySlot,
    samples::{CANARY, CANARY_LATITUDE, answers, complete, contents},
};

type Outcome = Result<(), serde_json::Error>;

/// The complete sample with one place in its JSON replaced.
fn with(pointer: &str, value: Value) -> Result<Content, serde_json::Error> {
    let mut json = to_value(complete())?;
    match pointer.rsplit_once('/').and_then(|(parent, name)| json.pointer_mut(parent)?.as_object_mut().map(|parent| (parent, name))) {
        Some((parent, name)) => parent.insert(name.to_owned(), value),
        None => json.pointer_mut(pointer).map(|place| std::mem::replace(place, value)),
    };
    from_value(json)
}

fn codes(findings: &[Finding]) -> Vec<(&str, &'static str)> {
    findings.iter().map(|finding| (finding.pointer.as_str(), finding.fault.code())).collect()
}

#[test]
fn the_sample_is_sound_complete_and_survives_json() -> Outcome {
    assert_eq!((complete().findings(), complete().completeness()), (vec![], vec![]));
    assert_eq!(from_value::<Content>(to_value(complete())?)?, complete());
    Ok(())
}

#[test]
fn a_draft_needs_a_title_and_says_nothing_by_null() -> Outcome {
    assert_eq!(to_value(Content::titled("Gå med"))?, json!({"title": "Gå med"}));
    assert_eq!(from_value::<Content>(json!({"title": "Gå med"}))?, Content::titled("Gå med"));
    assert!(from_value::<Content>(json!({})).is_err());
    assert_eq!(codes(&Content::titled(" ").findings()), [("/title", "required")]);
    assert_eq!(Content::titled("Gå med").findings(), []);
    Ok(())
}

#[test]
fn each_thing_wrong_is_found_where_it_is() -> Outcome {
    let twins = |value: Value| json!([value.clone(), value]);
    let english = json!({"language": "en", "title": "Walk"});
    for (pointer, value, at, code) in [
        ("/title", json!("  "), "/title", "required"),
        ("/summary", json!("Ring til 010190-1234"), "/summary", "personal-number"),
        ("/target_groups", json!(["Ensomme"]), "/target_groups/0", "unknown-term"),
        ("/activities", json!(["a--b"]), "/activities/0", "unknown-term"),
        ("/themes", twins(json!("art")), "/themes/1", "duplicate"),
        ("/guideposts", twins(json!("support")), "/guideposts/1", "duplicate"),
        ("/welcomes", twins(json!("youth")), "/welcomes/1", "duplicate"),
        ("/accessibility", twins(json!("lift")), "/accessibility/1", "duplicate"),
        ("/languages", json!(["dansk!"]), "/languages/0", "invalid-language-tag"),
        ("/languages", twins(json!("da")), "/languages/1", "duplicate"),
        ("/min_age", json!(121), "/min_age", "out-of-range"),
        ("/max_age", json!(17), "/max_age", "out-of-range"),
        ("/max_age", json!(121), "/max_age", "out-of-range"),
        ("/cost/amount", json!(-1), "/cost/amount", "out-of-range"),
        ("/cost/amount", json!(10_000_001), "/cost/amount", "out-of-range"),
        ("/schedule/0/to", json!("19:00"), "/schedule/0/to", "invalid-period"),
        ("/dates/0/from", json!("24:00"), "/dates/0/to", "invalid-period"),
        ("/dates/0/date", json!("2200-01-01"), "/dates/0/date", "out-of-range"),
        ("/locations/0/postal_code", json!("980"), "/locations/0/postal_code", "invalid-postal-code"),
        ("/locations/0/town", json!(""), "/locations/0/town", "required"),
        ("/locations/0/street", json!(" "), "/locations/0/street", "required"),
        ("/locations/0/latitude", json!(9.98), "/locations/0/latitude", "out-of-range"),
        ("/locations/0/longitude", json!(57.46), "/locations/0/longitude", "out-of-range"),
        ("/locations/0/longitude", json!(null), "/locations/0/longitude", "required"),
        ("/locations/1/url", json!("javascript:alert(1)"), "/locations/1/url", "invalid-url"),
        ("/locations", twins(json!({"kind": "undisclosed"})), "/locations/1", "duplicate"),
        ("/contact/email", json!("karen"), "/contact/email", "invalid-email"),
        ("/contact/phone", json!("72333333"), "/contact/phone", "invalid-phone"),
        ("/contact/web", json!("venner"), "/contact/web", "invalid-url"),
        ("/translations/0/language", json!("English"), "/translations/0/language", "invalid-language-tag"),
        ("/translations/0/title", json!(""), "/translations/0/title", "required"),
        ("/translations", twins(english), "/translations/1/language", "duplicate"),
        ("/principles/supplement/comment", json!("0101901234"), "/principles/supplement/comment", "personal-number"),
    ] {
        let content = with(pointer, value.clone())?;
        assert_eq!(codes(&content.findings()), [(at, code)], "{pointer} = {value}");
    }
    Ok(())
}

#[test]
fn what_the_contract_says_of_lengths_is_what_is_checked() -> Outcome {
    let (content, slot, dated) = (to_value(Content::schema())?, to_value(WeeklySlot::schema())?, to_value(DatedSlot::schema())?);
    let (contact, translation) = (to_value(Contact::schema())?, to_value(Translation::schema())?);
    let image = to_value(Image::schema())?;
    let (answer, place, term) = (to_value(PrincipleAnswer::schema())?, to_value(Place::schema())?, to_value(TermSlug::schema())?);
    for (schema, at, pointer) in [
        (&content, "/properties/title", "/title"),
        (&content, "/properties/summary", "/summary"),
        (&content, "/properties/description", "/description"),
        (&content, "/properties/accommodations", "/accommodations"),
        (&content, "/properties/accessibility_text", "/accessibility_text"),
        (&slot, "/properties/note", "/schedule/0/note"),
        (&dated, "/properties/note", "/dates/0/note"),
        (&contact, "/properties/name", "/contact/name"),
        (&image, "/properties/alt", "/images/0/alt"),
        (&image, "/properties/credit", "/images/0/credit"),
        (&translation, "/properties/title", "/translations/0/title"),
        (&translation, "/properties/summary", "/translations/0/summary"),
        (&translation, "/properties/description", "/translations/0/description"),
        (&answer, "/properties/comment", "/principles/for_others/comment"),
        (&place, "/oneOf/0/properties/name", "/locations/0/name"),
        (&place, "/oneOf/0/properties/street", "/locations/0/street"),
        (&place, "/oneOf/0/properties/town", "/locations/0/town"),
    ] {
        let max = schema.pointer(&format!("{at}/maxLength")).and_then(Value::as_u64).unwrap_or_default();
        let long = |length: u64| json!("å".repeat(usize::try_from(length).unwrap_or_default()));
        assert_eq!(with(pointer, long(max))?.findings(), [], "{pointer} of {max}");
        assert_eq!(with(pointer, long(max + 1))?.findings(), [Finding::new(pointer, Fault::TooLong { max })], "{pointer}");
    }
    let max = term.get("maxLength").and_then(Value::as_u64).and_then(|max| usize::try_from(max).ok()).unwrap_or_default();
    assert!(TermSlug("a".repeat(max)).check().is_ok() && TermSlug("a".repeat(max + 1)).check().is_err());
    Ok(())
}

#[test]
fn what_the_contract_says_of_lists_is_what_is_checked() -> Outcome {
    let schema = to_value(Content::schema())?;
    let area = |n: usize| json!({"kind": "area", "postal_code": "9800", "town": format!("By {n}")});
    let slot = |n: usize| json!({"weekday": "monday", "from": format!("00:{n:02}"), "to": "24:00"});
    let dated = |n: usize| json!({"date": "2026-06-20", "from": format!("00:{n:02}"), "to": "24:00"});
    let tag = |n: usize| format!("x{}", char::from(b'a' + u8::try_from(n).unwrap_or_default()));
    let items: [(&str, &dyn Fn(usize) -> Value); 9] = [
        ("images", &|n| json!({"file": format!("01932b6e-7a00-7008-8000-{n:012}"), "alt": "Kaffe"})),
        ("target_groups", &|n| json!(format!("t{n}"))),
        ("activities", &|n| json!(format!("t{n}"))),
        ("themes", &|n| json!(format!("t{n}"))),
        ("languages", &|n| json!(tag(n))),
        ("schedule", &slot),
        ("dates", &dated),
        ("locations", &area),
        ("translations", &|n| json!({"language": tag(n), "title": "T"})),
    ];
    for (field, item) in items {
        let max = schema.pointer(&format!("/properties/{field}/maxItems")).and_then(Value::as_u64).unwrap_or_default();
        let list = |length: u64| Value::Array((0..usize::try_from(length).unwrap_or_default()).map(item).collect());
        let pointer = format!("/{field}");
        assert_eq!(with(&pointer, list(max))?.findings(), [], "{field} of {max}");
        assert_eq!(with(&pointer, list(max + 1))?.findings(), [Finding::new(pointer, Fault::TooLong { max })], "{field}");
    }
    for (field, words) in [("guideposts", 5), ("welcomes", 8), ("accessibility", 7)] {
        assert_eq!(schema.pointer(&format!("/properties/{field}/maxItems")), Some(&json!(words)), "{field}");
    }
    Ok(())
}

#[test]
fn every_property_is_described_and_no_unknown_one_passes() -> Outcome {
    let schema = to_value(Content::schema())?;
    assert_eq!(schema.get("additionalProperties"), Some(&json!(false)));
    // utoipa describes an optional reference inside the `oneOf` that makes it optional.
    let described = |one: &Value| one.get("description").or_else(|| one.pointer("/oneOf/0/description")).is_some();
    let properties = schema.get("properties").and_then(Value::as_object);
    assert!(properties.is_some_and(|all| all.len() == 23 && all.values().all(described)), "{schema:#}");
    // Other crates have a contact too, and components with one name would overwrite each other.
    assert_eq!(schema.pointer("/properties/contact/oneOf/0/$ref"), Some(&json!("#/components/schemas/InitiativeContact")));
    for intruder in [
        json!({"title": "T", "status": "published"}),
        json!({"title": "T", "locations": [{"kind": "undisclosed", "street": "Hemmelig Vej 1"}]}),
        json!({"title": "T", "locations": [{"kind": "at_home", "postal_code": "9800", "town": "H", "street": "Hemmelig Vej 1"}]}),
        json!({"title": "T", "locations": [{"kind": "moon"}]}),
        json!({"title": "T", "contact": {"name": "K", "cpr": "x"}}),
    ] {
        assert!(from_value::<Content>(intruder.clone()).is_err(), "{intruder}");
    }
    Ok(())
}

#[test]
fn an_empty_draft_misses_everything_that_a_submission_needs() {
    let missing = Content::titled("").completeness();
    let expected = [
        ("/title", "required"),
        ("/summary", "required"),
        ("/description", "required"),
        ("/guideposts", "required"),
        ("/target_groups", "required"),
        ("/activities", "required"),
        ("/languages", "required"),
        ("/locations", "required"),
        ("/contact/name", "required"),
        ("/principles/unpaid_and_voluntary", "principle-unanswered"),
        ("/principles/for_others", "principle-unanswered"),
        ("/principles/supplement", "principle-unanswered"),
        ("/principles/self_determination", "principle-unanswered"),
        ("/principles/social_aim", "principle-unanswered"),
    ];
    assert_eq!(codes(&missing), expected);
}

#[test]
fn a_no_bars_the_way_and_doubt_does_not() {
    let declared = |answer| Content { principles: answers(answer, None), ..complete() }.completeness();
    assert!(declared(Answer::No).iter().all(|finding| finding.fault == Fault::PrincipleDenied));
    assert_eq!((declared(Answer::No).len(), declared(Answer::Unsure).len()), (5, 0));
}

#[test]
fn public_words_and_answers_are_reviewed_and_the_rest_is_not() -> Outcome {
    let reviewed = ["title", "summary", "description", "target_groups", "translations", "principles"];
    let empty = Content::titled("Et andet navn");
    let changes = complete().changes(&empty);
    let fields: Vec<_> = to_value(complete())?.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
    assert_eq!(changes.iter().copied().collect::<std::collections::BTreeSet<_>>(), fields.iter().map(String::as_str).collect());
    for field in fields {
        let mut json = to_value(complete())?;
        if let (Some(here), Some(there)) = (json.as_object_mut(), to_value(&empty)?.get(&field).cloned().or(Some(Value::Null))) {
            if there.is_null() {
                here.remove(&field)
            } else {
                here.insert(field.clone(), there)
            };
        }
        let changed: Content = from_value(json)?;
        assert_eq!(complete().changes(&changed), [field.as_str()]);
        assert_eq!(complete().needs_review(&changed), reviewed.contains(&field.as_str()), "{field}");
    }
    Ok(())
}

#[test]
fn one_finds_it_by_its_words_and_towns_and_not_by_its_people() {
    let found = complete().search_text();
    assert_eq!(found.title, "Gå med\nWalk along");
    assert!(["selskab", "biblioteket", "Ledsager", "Hjørring", "library"].iter().all(|word| found.body.contains(word)), "{found:?}");
    assert!(["Karen", "@", "Østergade", "9800"].iter().all(|word| !found.body.contains(word)), "{found:?}");
}

#[test]
fn consent_opens_the_contact_and_nothing_opens_a_private_address() -> Outcome {
    let open = complete().public_view(false);
    assert_eq!((open.contact.as_ref(), open.locations.as_slice()), (complete().contact.as_ref(), complete().locations.as_slice()));
    assert!(open.principles.is_empty());
    let closed = with("/contact/published", json!(false))?.public_view(true);
    let contact = closed.contact.map(|contact| (contact.name, contact.email, contact.phone, contact.web.is_some()));
    assert_eq!(contact, Some(("Karen".to_owned(), None, None, true)));
    assert_eq!(closed.locations.first(), Some(&Place::Area { postal_code: "9800".to_owned(), town: "Hjørring".to_owned() }));
    Ok(())
}

proptest! {
    #[test]
    fn nothing_private_reaches_the_public(content in contents(), private_person in any::<bool>()) {
        let consents = content.contact.as_ref().is_some_and(|contact| contact.published);
        let view = content.public_view(private_person);
        let mut hidden = view.clone();
        // What may be shown is taken out; then no canary sings, whatever the rest holds.
        if consents {
            hidden.contact = None;
        }
        if !private_person {
            hidden.locations.retain(|place| place.kind() != "address");
        }
        let shown = serde_json::to_string(&hidden).unwrap_or_else(|_| CANARY.to_owned());
        prop_assert!(!shown.contains(CANARY) && !shown.contains(&CANARY_LATITUDE.to_string()), "{}", shown);
        prop_assert!(!private_person || view.locations.iter().all(|place| place.coordinates().is_none()));
    }

    #[test]
    fn the_public_view_hides_once_and_for_all_and_keeps_the_words(content in contents(), private_person in any::<bool>()) {
        let view = content.public_view(private_person);
        prop_assert_eq!(&view.public_view(private_person), &view);
        prop_assert_eq!(view.search_text(), content.search_text());
        prop_assert!(content.changes(&view).iter().all(|field| ["locations", "contact", "principles"].contains(field)));
    }

    #[test]
    fn any_content_survives_json(content in contents()) {
        let back = to_value(&content).and_then(from_value::<Content>);
        prop_assert_eq!(back.ok(), Some(content));
    }

    #[test]
    fn contents_that_differ_say_where(one in contents(), other in contents()) {
        prop_assert_eq!(one.changes(&other).is_empty(), one == other);
        let mixed = one.clone().with_reviewed_fields_of(&other);
        prop_assert!(!mixed.needs_review(&other));
        prop_assert_eq!(mixed.changes(&one).is_empty(), !one.needs_review(&other));
    }

    #[test]
    fn checking_never_panics_on_hostile_numbers(latitude in any::<f64>(), longitude in any::<f64>(), age in any::<(u8, u8)>(), amount in any::<i64>()) {
        let place = Place::Address {
            name: None, street: "S".to_owned(), postal_code: "9800".to_owned(), town: "H".to_owned(),
            latitude: Some(latitude), longitude: Some(longitude),
        };
        let content = Content { locations: vec![place], min_age: Some(age.0), max_age: Some(age.1), cost: Some(Money::ore(amount)), ..complete() };
        let sound = (54.0..=58.0).contains(&latitude) && (7.0..=16.0).contains(&longitude) && age.0 <= age.1 && age.1 <= 120 && (0..=10_000_000).contains(&amount);
        prop_assert_eq!(content.findings().is_empty(), sound);
    }
}
