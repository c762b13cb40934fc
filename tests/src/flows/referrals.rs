//! An employee of the municipality finds out how to send a citizen somewhere; nobody else reads a word of it.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::scene::{complete, published, with};
use crate::{
    client::Actor,
    contract::{self, Operation},
    stories,
    world::World,
};

/// Stands in every text of the referral information, and nowhere else in the world of its story.
const SECRET: &str = "sneppe";

fn information() -> Value {
    json!({
        "how": format!("Ring til {SECRET}vagten, og aftal et første møde sammen med borgeren."),
        "suitable_for": format!("Ældre {SECRET}r, der bor alene."),
        "capacity": "waiting_list",
        "capacity_note": format!("Seks {SECRET}uger."),
        "contact": {"name": format!("Karen {SECRET}"), "email": format!("{SECRET}@forening.example")}
    })
}

async fn found(actor: &Actor, query: &str) -> Vec<String> {
    let page = actor.get(format!("/v1/referrals?{query}")).await.is(200).json();
    page["items"].as_array().expect("a page").iter().map(|item| item["title"].as_str().unwrap_or_default().to_owned()).collect()
}

fn address(operation: &Operation, initiative: &str, organisation: &str) -> String {
    let id = if operation.path.starts_with("/v1/organisations/") { organisation } else { initiative };
    operation.path.replace("{id}", id).replace("{scheme}", "activity")
}

stories! {
    async fn an_employee_finds_where_a_citizen_can_go(world: World) {
        let (chair, drafted) = published(&world, complete("")).await;
        let referral = format!("/v1/initiatives/{}/referral", drafted.id());
        let employee = world.employee();
        employee.get(&referral).await.refuses(404, "not-found");
        let said = chair.put(&referral, &information()).await.is(200);
        assert_eq!(said.json()["version"], 1);

        // By words of the entry and of what only employees read, in one question.
        assert_eq!(found(&employee, "q=besøgsven mødet").await, ["Besøgsvenner i Tårs"]);
        assert_eq!(found(&employee, "q=besøgsven guitar").await, [""; 0]);
        assert_eq!(found(&employee, "capacity=waiting_list&town=taars&age=80").await, ["Besøgsvenner i Tårs"]);
        assert_eq!(found(&employee, "capacity=open").await, [""; 0]);
        assert_eq!(found(&employee, "target_group=children").await, [""; 0]);
        let seen = employee.get(&referral).await.is(200).json();
        assert_eq!((&seen["capacity"], &seen["contact"]["email"]), (&json!("waiting_list"), &json!(format!("{SECRET}@forening.example"))));

        // Said anew, it is found by what it says now; said blindly over what another wrote, it is refused.
        let full = json!({"how": "Skriv til os.", "capacity": "full", "contact": {"name": "Karen", "phone": "+4572333333"}});
        chair.request(Method::PUT, &referral).json("application/json", &full).await.refuses(428, "precondition-required");
        chair.request(Method::PUT, &referral).seen(&said.etag()).json("application/json", &full).await.is(200);
        chair.request(Method::PUT, &referral).seen(&said.etag()).json("application/json", &full).await.refuses(412, "stale-version");
        assert_eq!(found(&employee, "q=mødet").await, [""; 0]);
        assert_eq!(found(&employee, "capacity=full").await, ["Besøgsvenner i Tårs"]);

        // What the public does not see is nothing to refer to; its organisation keeps what it wrote.
        chair.act(format!("/v1/initiatives/{}/pause", drafted.id())).await.is(200);
        assert_eq!(found(&employee, "").await, [""; 0]);
        employee.get(&referral).await.refuses(404, "not-found");
        chair.get(&referral).await.is(200);
        world.editor().get(&referral).await.is(200);
        chair.act(format!("/v1/initiatives/{}/resume", drafted.id())).await.is(200);
        chair.delete(&referral).seen("*").await.is(204);
        employee.get(&referral).await.refuses(404, "not-found");
        chair.delete(&referral).seen("*").await.refuses(404, "not-found");
    }

    async fn somebody_must_be_reachable(world: World) {
        let (chair, drafted) = published(&world, complete("")).await;
        let referral = format!("/v1/initiatives/{}/referral", drafted.id());
        let mute = with(information(), "/contact", json!({"name": "Karen"}));
        chair.put(&referral, &mute).await.refuses(400, "invalid-input").finds("/contact/phone", "required");
        world.editor().put(&referral, &information()).await.refuses(404, "not-found");
        chair.act(format!("/v1/initiatives/{}/archive", drafted.id())).await.is(200);
        chair.put(&referral, &information()).await.refuses(410, "initiative-archived");
    }

    async fn no_byte_of_it_reaches_anybody_else(world: World) {
        let (chair, drafted) = published(&world, complete("")).await;
        let organisation = drafted.json()["organisation"]["id"].as_str().expect("an organisation").to_owned();
        let other = world.business("other", "29189382");
        other.post("/v1/organisations", json!({"kind": "association", "name": "Naboerne", "cvr": "29189382"})).await.is(201);
        let readers = [world.anybody(), world.citizen(), other];
        // Whatever is kept for the public is kept from before.
        for _ in 0..2 {
            let mut asked = 0;
            for operation in contract::operations().into_iter().filter(|operation| operation.is_read()) {
                let address = address(&operation, &drafted.id(), &organisation);
                let queries: &[String] = &[
                    String::new(),
                    format!("?q={SECRET}"),
                    format!("?q={SECRET}vagten&facets=true&count=true"),
                    "?facets=true&count=true".to_owned(),
                    "?after=0".to_owned(),
                ];
                for query in queries {
                    for form in ["application/json", "text/csv", "application/jsonl", "application/geo+json", "application/ld+json", "*/*"] {
                        for reader in &readers {
                            let answer = reader.get(format!("{address}{query}")).header("accept", form).await;
                            // A question may come back in a problem document, and in the link to a next page; nothing else may hold the word.
                            let told = answer.text().replace(query.trim_start_matches('?'), "");
                            assert!(!told.contains(SECRET), "{} told {}", answer.said, answer.text());
                            asked += usize::from(answer.status.is_success());
                        }
                    }
                }
            }
            assert!(asked > 100, "the public was asked only {asked} times");
            chair.put(format!("/v1/initiatives/{}/referral", drafted.id()), &information()).await.is(200);
        }
        let page = world.anybody().get(format!("/v1/initiatives?q={SECRET}&count=true&facets=true")).await.is(200).json();
        assert_eq!((&page["items"], &page["total"]), (&json!([]), &json!(0)));
        assert_eq!(found(&world.employee(), &format!("q={SECRET}")).await, ["Besøgsvenner i Tårs"]);
        let (stranger, _) = association_of_strangers(&world).await;
        stranger.get(format!("/v1/initiatives/{}/referral", drafted.id())).await.refuses(404, "not-found");
    }
}

async fn association_of_strangers(world: &World) -> (Actor, String) {
    let chair = world.business("stranger", "98187650");
    let made = chair.post("/v1/organisations", json!({"kind": "association", "name": "De andre", "cvr": "98187650"})).await.is(201);
    (chair, made.id())
}
