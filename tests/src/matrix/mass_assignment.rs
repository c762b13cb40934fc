//! What nobody may set is refused by name, and so is a parameter that nobody knows.

use persistence::Engine;
use serde_json::json;

use super::{
    matrices,
    recipes::{Prepared, prepared},
    spots::{plain, spots},
    stage::Stage,
};
use crate::contract::operations;

/// Members that a body might be hoped to set.
const HOPES: [&str; 17] = [
    "id",
    "version",
    "status",
    "state",
    "verification",
    "verified_at",
    "created_at",
    "updated_at",
    "published_at",
    "organisation_id",
    "person_id",
    "person",
    "role",
    "roles",
    "is_admin",
    "__proto__",
    "",
];

matrices! {
    async fn an_unknown_member_is_refused_by_name(engine: Engine) {
        for operation in operations() {
            let Some((_, content)) = operation.document() else { continue };
            let prepared = prepared(engine, &operation).await;
            let owner = prepared.owner();
            for body in prepared.bodies() {
                for spot in spots(&content["schema"], &body).into_iter().filter(|spot| spot.is("object")) {
                    let known = plain(spot.schema)["properties"].as_object().expect("an object has members");
                    for hope in HOPES.iter().filter(|hope| !known.contains_key(**hope)) {
                        let mut body = body.clone();
                        body.pointer_mut(&spot.pointer).unwrap()[*hope] = json!("1");
                        let answer = prepared.with_body(&owner, &body).await.refuses(400, "invalid-input");
                        answer.finds(&format!("{}/{hope}", spot.pointer), "unknown-field");
                    }
                }
            }
        }
    }

    async fn an_unknown_parameter_is_refused_by_name(engine: Engine) {
        let stage = Stage::new(engine, true).await;
        for operation in operations() {
            let prepared = Prepared::of_nothing(&stage, &operation);
            // What a standard knows is not unknown to whoever follows it.
            let known = operation.parameters_in("query");
            let tried = [("colour=red", "?colour"), ("id=1", "?id"), ("page=2", "?page"), ("colour", "?colour"), ("limit%00=1", "?")];
            for (query, name) in tried.into_iter().filter(|(_, name)| !known.contains(&name.trim_start_matches('?'))) {
                let answer = prepared.queried(&prepared.owner(), query).await.refuses(400, "invalid-input");
                let document = answer.json();
                assert_eq!(document["errors"][0]["pointer"], name, "{} answered {document}", answer.said);
            }
        }
    }
}
