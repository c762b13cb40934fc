//! The catalogue as the Human Services Data Specification 3.0 reads it.
//!
//! The standard's own schemas are published under another licence and are not part of this repository. What they demand of the objects that
//! we answer with is written down here: which members must be there, of which kind, and which words are allowed.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::scene::{complete, published, with};
use crate::{client::Actor, stories};

fn object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

/// What HSDS 3.0 demands of a service and of everything in it; `null` is of no kind that it knows.
fn service() -> Value {
    let (id, text, number) = (json!({"type": "string", "format": "uuid"}), json!({"type": "string"}), json!({"type": "number"}));
    let (uri, email) = (json!({"type": "string", "format": "uri"}), json!({"type": "string", "format": "email"}));
    let term = object(
        &["id", "name", "description"],
        json!({
            "id": id, "code": text, "name": text, "description": text, "parent_id": text, "taxonomy": text, "taxonomy_id": text, "language": text
        }),
    );
    let address = object(
        &["id", "address_1", "city", "state_province", "postal_code", "country", "address_type"],
        json!({
            "id": id, "address_1": text, "city": text, "state_province": text, "postal_code": text,
            "country": {"type": "string", "minLength": 2, "maxLength": 2}, "address_type": {"enum": ["physical", "postal", "virtual"]}
        }),
    );
    let location = object(
        &["id", "location_type"],
        json!({
            "id": id, "location_type": {"enum": ["physical", "postal", "virtual"]}, "name": text, "url": uri, "latitude": number, "longitude": number,
            "addresses": list(address)
        }),
    );
    let phone = object(&["id", "number"], json!({"id": id, "number": text}));
    let schedule = object(
        &["id"],
        json!({
            "id": id, "dtstart": {"type": "string", "format": "date"}, "until": {"type": "string", "format": "date"}, "timezone": number,
            "freq": {"enum": ["WEEKLY", "MONTHLY"]}, "byday": {"type": "string", "pattern": "^(MO|TU|WE|TH|FR|SA|SU)$"},
            "opens_at": {"type": "string", "format": "time"}, "closes_at": {"type": "string", "format": "time"}, "notes": text
        }),
    );
    object(
        &["id", "name", "status"],
        json!({
            "id": id, "organization_id": id, "name": text, "description": text, "url": uri,
            "status": {"enum": ["active", "inactive", "defunct", "temporarily closed"]},
            "application_process": text, "eligibility_description": text, "minimum_age": number, "maximum_age": number,
            "assured_date": {"type": "string", "format": "date"}, "last_modified": {"type": "string", "format": "date-time"},
            "organization": object(&["id", "name", "description"], json!({"id": id, "name": text, "description": text, "email": email, "website": uri})),
            "languages": list(object(&["id"], json!({"id": id, "code": text}))),
            "schedules": list(schedule), "phones": list(phone.clone()),
            "contacts": list(object(&["id"], json!({"id": id, "name": text, "email": email}))),
            "cost_options": list(object(&["id"], json!({"id": id, "amount": number, "currency": text}))),
            "service_at_locations": list(object(&["id"], json!({"id": id, "location": location.clone()}))),
            "attributes": list(object(&["id"], json!({"id": id, "link_id": id, "link_entity": text, "link_type": text, "taxonomy_term_id": id, "taxonomy_term": term})))
        }),
    )
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).expect("it is a schema")
}

/// Every item of a list, page by page, each page as the standard has it.
async fn all(actor: &Actor, path: &str, query: &str) -> Vec<Value> {
    let (mut items, mut page) = (Vec::new(), 1);
    loop {
        let answer = actor.get(format!("/hsds/{path}?per_page=60&page={page}{query}")).await.is(200).json();
        let contents = answer["contents"].as_array().expect("a page has contents").clone();
        assert_eq!(
            (&answer["page_number"], &answer["size"], &answer["empty"]),
            (&json!(page), &json!(contents.len()), &json!(contents.is_empty()))
        );
        assert_eq!(answer["first_page"], page == 1);
        items.extend(contents);
        if answer["last_page"] == true {
            assert_eq!(answer["total_items"], items.len(), "{path}");
            return items;
        }
        page += 1;
    }
}

stories! {
    async fn everything_in_the_catalogue_is_a_service_as_the_standard_has_it(world: World, Sample) {
        let (anybody, validator) = (world.anybody(), validator(&service()));
        let listed = all(&anybody, "services", "").await;
        let nested = all(&anybody, "services", "&full=true").await;
        assert_eq!((listed.len(), nested.len()), (285, 285));
        for service in listed.iter().chain(&nested) {
            assert!(validator.is_valid(service), "{:?} in {service}", validator.iter_errors(service).map(|error| error.to_string()).collect::<Vec<_>>());
            assert!(!service.to_string().contains("null,"), "{service}");
        }
        assert!(nested.iter().any(|service| service["schedules"][0]["freq"] == "WEEKLY") && nested.iter().any(|service| service["cost_options"][0]["amount"].is_number()));
        let one = anybody.get(format!("/hsds/services/{}", nested[0]["id"].as_str().unwrap())).await.is(200).json();
        assert!(validator.is_valid(&one) && one["organization"]["name"].is_string(), "{one}");
        for organization in all(&anybody, "organizations", "").await.iter().take(40) {
            let whole = anybody.get(format!("/hsds/organizations/{}", organization["id"].as_str().unwrap())).await.is(200).json();
            assert!(whole["services"].as_array().into_iter().flatten().all(|service| validator.is_valid(service)), "{whole}");
        }
        assert_eq!(all(&anybody, "taxonomies", "").await.len(), 3);
        anybody.get("/hsds/services?page=1001").await.refuses(400, "invalid-input").finds("?page", "out-of-range");
        let about = anybody.get("/hsds/").await.is(200).json();
        assert_eq!(about["version"], "3.0");
    }

    async fn services_are_found_by_words_terms_and_changes(world: World, Sample) {
        let anybody = world.anybody();
        let terms = all(&anybody, "taxonomy_terms", "&taxonomy_id=01932b6e-7a00-7101-8000-000000000002").await;
        let id = |code: &str| terms.iter().find(|term| term["code"] == code).expect("it is there")["id"].as_str().unwrap().to_owned();
        let count = |query: String| { let anybody = anybody.clone(); async move { all(&anybody, "services", &query).await.len() } };
        let native = anybody.get("/v1/initiatives?activity=cooking&count=true").await.json()["total"].as_u64().unwrap();
        let cooking = count(format!("&taxonomy_term_id={}", id("cooking"))).await;
        assert_eq!(u64::try_from(cooking).unwrap(), native);
        let meals = count(format!("&taxonomy_term_id={}", id("community_meal"))).await;
        assert!(0 < cooking && 0 < meals);
        assert_eq!(count("&taxonomy_term_id=01932b6e-7a00-7100-8000-0000000000ff".into()).await, 0);
        assert_eq!(count(format!("&taxonomy_term_id={}&taxonomy_id=01932b6e-7a00-7101-8000-000000000003", id("cooking"))).await, 0);
        assert!((1..285).contains(&count("&search=kaffe".into()).await));
        assert_eq!(count("&modified_after=2100-01-01T00:00:00Z".into()).await, 0);
        // A kept answer knows of a merge at once, and the old id leads on.
        world.editor().post("/v1/taxonomies/activity/cooking/merge", json!({"into": "community_meal"})).await.is(200);
        let (old, new) = (id("cooking"), id("community_meal"));
        assert_eq!(count(format!("&taxonomy_term_id={old}")).await, count(format!("&taxonomy_term_id={new}")).await);
        assert_eq!(anybody.get(format!("/hsds/taxonomy_terms/{old}")).await.is(308).header("location"), format!("/hsds/taxonomy_terms/{new}"));
    }

    async fn a_home_and_a_shelter_stay_private(world: World) {
        let places = json!([
            {"kind": "undisclosed"}, {"kind": "at_home", "postal_code": "9870", "town": "Sindal"}, {"kind": "online", "url": "https://moede.example/tirsdag"}
        ]);
        let content = with(with(complete(""), "/locations", places), "/contact/published", json!(false));
        let (_, initiative) = published(&world, content).await;
        let service = world.anybody().get(format!("/hsds/services/{}", initiative.id())).await.is(200);
        let shown = service.json();
        let locations = shown["service_at_locations"].as_array().expect("places").clone();
        assert_eq!(locations.len(), 2, "nothing of the secret place: {}", service.text());
        assert_eq!((&locations[0]["location"]["addresses"][0]["address_1"], &locations[0]["location"].get("latitude")), (&json!("Sindal"), &None));
        assert_eq!(locations[1]["location"]["location_type"], "virtual");
        assert!(shown.get("phones").is_none() && shown["contacts"][0].get("email").is_none(), "{}", service.text());
        world.editor().post(format!("/v1/initiatives/{}/suspend", initiative.id()), json!({"reason": "Vi ser på det."})).await.is(200);
        world.anybody().get(format!("/hsds/services/{}", initiative.id())).await.refuses(404, "not-found");
    }
}

#[test]
fn an_answer_that_the_standard_does_not_know_is_noticed() {
    let validator = validator(&service());
    let good = json!({"id": "01932b6e-7a00-7002-8000-000000000001", "name": "Besøgsven", "status": "active"});
    assert!(validator.is_valid(&good));
    let location = json!([{"id": "01932b6e-7a00-7002-8000-000000000001", "location": {"id": "01932b6e-7a00-7002-8000-000000000001", "location_type": "secret"}}]);
    for (member, wrong) in [
        ("id", json!("besøgsven")),
        ("status", json!("published")),
        ("name", Value::Null),
        ("minimum_age", json!("18")),
        ("last_modified", json!("i går")),
        ("schedules", json!([{"freq": "WEEKLY"}])),
        ("schedules", json!([{"id": "01932b6e-7a00-7002-8000-000000000001", "freq": "DAILY"}])),
        ("service_at_locations", location),
    ] {
        let mut broken = good.clone();
        broken[member] = wrong;
        assert!(!validator.is_valid(&broken), "{broken}");
    }
}
