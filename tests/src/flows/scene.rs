//! Where most stories begin.

use serde_json::{Value, json};

use crate::{
    client::{Actor, Answer},
    world::World,
};

/// A verified association, its chair, and where it is.
pub async fn association(world: &World) -> (Actor, String) {
    let chair = world.business("chair", "13748136");
    let made =
        chair.post("/v1/organisations", json!({"kind": "association", "name": "Vennekredsen i Tårs", "cvr": "13748136"})).await.is(201);
    (chair, made.id())
}

/// Everything that a public initiative must say.
pub fn complete(organisation: &str) -> Value {
    let yes = json!({"answer": "yes"});
    json!({
        "organisation_id": organisation,
        "title": "Besøgsvenner i Tårs",
        "summary": "Få besøg af en frivillig en gang om ugen.",
        "description": "Vi drikker kaffe, taler om løst og fast og går en tur.",
        "guideposts": ["visibility"],
        "target_groups": ["older_people"],
        "activities": ["visiting_friend"],
        "languages": ["da"],
        "participation": "sign_up",
        "schedule": [{"weekday": "tuesday", "from": "14:00", "to": "16:00"}],
        "locations": [{"kind": "address", "street": "Torvet 1", "postal_code": "9830", "town": "Tårs", "latitude": 57.383, "longitude": 10.114}],
        "contact": {"name": "Karen", "email": "karen@vennekredsen.example", "published": true},
        "principles": {"unpaid_and_voluntary": yes, "for_others": yes, "supplement": yes, "self_determination": yes, "social_aim": yes}
    })
}

/// The content with one place replaced.
pub fn with(mut content: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a slash");
    content.pointer_mut(parent).expect("the parent is there")[key] = value;
    content
}

/// The same, handed in and approved; its chair, and how it was drafted.
pub async fn published(world: &World, content: Value) -> (Actor, Answer) {
    let (chair, organisation) = association(world).await;
    let drafted = chair.post("/v1/initiatives", with(content, "/organisation_id", json!(organisation))).await.is(201);
    chair.act(format!("{}/submit", drafted.header("location"))).await.is(200);
    world.editor().act(format!("{}/publish", drafted.header("location"))).await.is(200);
    (chair, drafted)
}

/// The titles that a question to the catalogue finds.
pub async fn titles(actor: &Actor, query: &str) -> Vec<String> {
    let page = actor.get(format!("/v1/initiatives?{query}")).await.is(200).json();
    page["items"].as_array().expect("a page has items").iter().map(|item| item["title"].as_str().unwrap_or_default().to_owned()).collect()
}
