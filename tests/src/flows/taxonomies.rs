//! Editors maintain the vocabulary, and nothing that was classified by it gets lost.

use serde_json::{Value, json};

use super::scene::{complete, published, titles, with};
use crate::{
    client::{Actor, Answer},
    stories,
};

const WALKING: &str = "/v1/taxonomies/activity/walking_group";

fn listed(tree: &Answer) -> Vec<String> {
    let terms = tree.json()["terms"].as_array().expect("a tree has terms").clone();
    terms.iter().map(|term| term["slug"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn merge(editor: &Actor, one: &str, into: &str) -> Answer {
    editor.post(format!("/v1/taxonomies/activity/{one}/merge"), json!({"into": into})).await
}

fn walking() -> Value {
    with(complete(""), "/activities", json!(["walking_group", "exercise"]))
}

stories! {
    async fn a_term_is_merged_into_another_and_everything_follows_it(world: World) {
        let (chair, initiative) = published(&world, walking()).await;
        let (address, editor, anybody) = (initiative.header("location").to_owned(), world.editor(), world.anybody());
        // A revision that waits, a draft, and readers whose answers are kept.
        chair.patch(&address, json!({"title": "Gåtur"})).seen("*").await.is(200);
        let organisation = chair.get(&address).await.json()["organisation"]["id"].clone();
        let draft = json!({"organisation_id": organisation, "title": "Natvandring", "activities": ["walking_group"]});
        let draft = chair.post("/v1/initiatives", draft).await.is(201);
        let before = anybody.get(&address).await.is(200).json();
        assert_eq!(before["activities"], json!(["walking_group", "exercise"]));
        let shown = anybody.get("/v1/initiatives?facets=true").await.is(200).json();
        assert!(shown["facets"]["activity"].to_string().contains("walking_group"));
        let version = chair.get(&address).await.json()["version"].clone();

        chair.post(format!("{WALKING}/merge"), json!({"into": "exercise"})).await.refuses(403, "forbidden");
        merge(&editor, "walking_group", "walking_group").await.refuses(422, "term-merged-into-itself");
        merge(&editor, "walking_group", "language_of_bees").await.refuses(400, "invalid-input").finds("/into", "unknown-term");
        let stays = merge(&editor, "walking_group", "exercise").await.is(200).json();
        assert_eq!((&stays["slug"], &stays["merged"][0]["slug"]), (&json!("exercise"), &json!("walking_group")));

        // Everybody reads the new word, once, and nothing else about the entry has changed.
        let after = anybody.get(&address).await.is(200).json();
        assert_eq!(after, with(before, "/activities", json!(["exercise"])));
        let shown = anybody.get("/v1/initiatives?facets=true").await.is(200).json();
        assert_eq!(shown["facets"]["activity"], json!([{"value": "exercise", "count": 1}]));
        let file = chair.get(&address).await.is(200);
        assert!(!file.text().contains("walking_group"), "{}", file.text());
        assert_eq!(file.json()["version"], version, "nobody's own change is out of date by it");
        assert_eq!(chair.get(draft.header("location")).await.json()["activities"], Value::Null);
        assert!(!chair.get(draft.header("location")).await.text().contains("walking_group"));

        // What employees look for by the old word, they find, too.
        let referral = json!({"how": "Ring.", "capacity": "open", "contact": {"name": "Karen", "phone": "+4572333333"}});
        chair.put(format!("{}/referral", initiative.header("location")), &referral).await.is(200);
        let found = world.employee().get("/v1/referrals?activity=walking_group").await.is(200).json();
        assert_eq!(found["items"][0]["title"], "Besøgsvenner i Tårs", "{found}");

        // Old links still work: as an address, as a filter, and from a form that was filled in before.
        assert_eq!(anybody.get(WALKING).await.is(308).header("location"), "/v1/taxonomies/activity/exercise");
        for word in ["walking_group", "exercise"] {
            assert_eq!(titles(&anybody, &format!("activity={word}")).await, ["Besøgsvenner i Tårs"]);
        }
        let written = chair.patch(draft.header("location"), json!({"activities": ["walking_group", "cooking"]})).seen("*").await.is(200);
        assert!(written.text().contains(r#"["exercise","cooking"]"#), "{}", written.text());
        assert!(!listed(&anybody.get("/v1/taxonomies/activity").await.is(200)).contains(&"walking_group".to_owned()));

        // The old word is nobody's any more, and its history can be read.
        editor.act(format!("{WALKING}/retire")).await.refuses(409, "term-merged");
        editor.patch(WALKING, json!({"labels": {"da": "Gang"}})).seen("*").await.refuses(409, "term-merged");
        let again = json!({"slug": "walking_group", "labels": {"da": "Gåtur", "en": "Walk"}});
        editor.post("/v1/taxonomies/activity", again).await.refuses(409, "term-exists");
        merge(&editor, "exercise", "walking_group").await.refuses(422, "term-merged-into-itself");
        let events = anybody.get("/v1/events?limit=100&after=0").await.is(200).json();
        let told = events["items"].as_array().unwrap().iter().find(|event| event["name"] == "term.merged").expect("it is told").clone();
        assert_eq!((&told["subject_id"], &told["data"]["into"]), (&stays["merged"][0]["id"], &stays["id"]));

        // Merged on, the first word leads to the last in one step.
        merge(&editor, "exercise", "garden_and_nature").await.is(200);
        assert_eq!(anybody.get(WALKING).await.is(308).header("location"), "/v1/taxonomies/activity/garden_and_nature");
        assert_eq!(titles(&anybody, "activity=walking_group").await, ["Besøgsvenner i Tårs"]);
    }

    async fn a_retired_term_stays_where_it_is_and_is_chosen_no_more(world: World) {
        let (chair, initiative) = published(&world, walking()).await;
        let (address, editor, anybody) = (initiative.header("location").to_owned(), world.editor(), world.anybody());
        let term = editor.get(WALKING).await.is(200);
        editor.act(format!("{WALKING}/retire")).seen(&term.etag()).await.is(200);
        editor.act(format!("{WALKING}/retire")).seen(&term.etag()).await.refuses(412, "stale-version");
        editor.act(format!("{WALKING}/retire")).await.refuses(409, "term-status");
        assert_eq!(anybody.get(WALKING).await.is(200).json()["status"], "retired");
        assert_eq!(titles(&anybody, "activity=walking_group").await, ["Besøgsvenner i Tårs"]);
        // Who has it keeps it, whatever else they change; nobody else gets it.
        chair.patch(&address, json!({"activities": ["walking_group", "cooking"]})).seen("*").await.is(200);
        let organisation = chair.get(&address).await.json()["organisation"]["id"].clone();
        let other = json!({"organisation_id": organisation, "title": "Strik", "activities": ["walking_group"]});
        chair.post("/v1/initiatives", other.clone()).await.refuses(400, "invalid-input").finds("/activities/0", "unknown-term");
        merge(&editor, "exercise", "walking_group").await.refuses(400, "invalid-input").finds("/into", "unknown-term");
        editor.act(format!("{WALKING}/restore")).await.is(200);
        chair.post("/v1/initiatives", other).await.is(201);
    }

    async fn a_broad_term_finds_what_is_narrower_and_nothing_lies_under_itself(world: World) {
        let (_, _) = published(&world, walking()).await;
        let (editor, anybody) = (world.editor(), world.anybody());
        let outdoors = json!({"slug": "outdoors", "labels": {"da": "Udendørs", "en": "Outdoors"}});
        let added = editor.post("/v1/taxonomies/activity", outdoors.clone()).await.is(201);
        editor.post("/v1/taxonomies/activity", outdoors).await.refuses(409, "term-exists");
        assert!(titles(&anybody, "activity=outdoors").await.is_empty());
        let moved = editor.patch(WALKING, json!({"parent": "outdoors", "labels": {"en": "Walks"}})).seen("*").await.is(200).json();
        assert_eq!((&moved["parent"], &moved["labels"]), (&json!("outdoors"), &json!({"da": "Gåtur", "en": "Walks"})));
        assert_eq!(titles(&anybody, "activity=outdoors").await, ["Besøgsvenner i Tårs"], "a kept answer knows it at once");
        editor.patch(added.header("location"), json!({"parent": "walking_group"})).seen(&added.etag()).await.refuses(422, "term-cycle");
        // What lies under a merged term goes with it; into what lies under it, it makes room first.
        merge(&editor, "outdoors", "walking_group").await.is(200);
        let walking = editor.get(WALKING).in_english().await.is(200).json();
        assert_eq!((&walking["parent"], &walking["label"]), (&Value::Null, &json!("Walks")));
        assert_eq!(titles(&anybody, "activity=outdoors").await, ["Besøgsvenner i Tårs"]);
        editor.patch(WALKING, json!({"parent": "cooking"})).seen("*").await.is(200);
        editor.patch(WALKING, json!({"parent": null})).seen("*").await.is(200);
        anybody.get("/v1/taxonomies/activity/outdoor").await.refuses(404, "not-found");
    }
}
