//! Editors share a queue, compare what has changed, answer to the principles, and decide about reports.

use access::Role;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::scene::{association, complete, published, titles, with};
use crate::{
    client::{Actor, Answer},
    stories,
    world::World,
};

async fn submitted(world: &World, chair: &Actor, organisation: &str, title: &str) -> Answer {
    let content = with(with(complete(""), "/organisation_id", json!(organisation)), "/title", json!(title));
    let drafted = chair.post("/v1/initiatives", content).await.is(201);
    chair.act(format!("{}/submit", drafted.header("location"))).await.is(200);
    world.clock.set(world.clock.now() + TimeDelta::hours(1));
    drafted
}

async fn queue(editor: &Actor, query: &str) -> Vec<String> {
    let page = editor.get(format!("/v1/moderation?{query}")).await.is(200).json();
    page["items"].as_array().expect("a queue").iter().map(|item| item["title"].as_str().unwrap_or_default().to_owned()).collect()
}

fn verbs(answer: &Answer) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let actions = answer.json()["actions"].as_array().expect("actions").clone();
    actions.iter().map(|action| (text(&action["verb"]).expect("a verb"), text(&action["blocked_by"]))).collect()
}

stories! {
    async fn two_editors_share_the_queue_without_getting_in_each_others_way(world: World) {
        let (chair, organisation) = association(&world).await;
        let first = submitted(&world, &chair, &organisation, "Først").await;
        submitted(&world, &chair, &organisation, "Dernæst").await;
        let (anna, bo) = (world.person("anna", &[Role::Editor]), world.person("bo", &[Role::Editor]));
        assert_eq!(queue(&anna, "").await, ["Først", "Dernæst"], "the longest waiting first");

        let claim = format!("/v1/moderation/{}/claim", first.id());
        anna.act(&claim).await.is(200);
        bo.act(&claim).await.refuses(409, "claimed-by-another");
        assert_eq!(queue(&bo, "claimed=free").await, ["Dernæst"]);
        assert_eq!(queue(&anna, "claimed=mine").await, ["Først"]);
        assert!(queue(&bo, "claimed=mine").await.is_empty());
        bo.act(format!("{}/publish", first.header("location"))).await.refuses(409, "claimed-by-another");
        bo.act(format!("/v1/moderation/{}/release", first.id())).await.refuses(409, "claimed-by-another");
        anna.act(format!("/v1/moderation/{}/release", first.id())).await.is(204);
        bo.act(&claim).await.is(200);

        // Whoever goes home without deciding keeps nobody waiting for long.
        world.clock.set(world.clock.now() + TimeDelta::hours(2));
        assert_eq!(queue(&anna, "claimed=free").await, ["Først", "Dernæst"]);
        anna.act(format!("{}/publish", first.header("location"))).await.is(200);
        assert_eq!(queue(&anna, "").await, ["Dernæst"]);
        anna.act(&claim).await.refuses(409, "no-changes-to-review");

        let figures = anna.get("/v1/moderation/figures").await.is(200).json();
        assert_eq!((&figures["waiting"], &figures["decided"], &figures["median_hours"]), (&json!(1), &json!(1), &json!(4)));
        assert!(figures["oldest_submitted_at"].is_string());
        chair.get("/v1/moderation").await.refuses(403, "forbidden");
    }

    async fn a_change_is_compared_with_what_the_public_reads(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let address = initiative.header("location").to_owned();
        let nothing = chair.get(format!("{address}/comparison")).await.is(200).json();
        assert_eq!((&nothing["is_change"], &nothing["changes"]), (&json!(true), &json!([])));
        chair.patch(&address, json!({"title": "Besøgsvenner i hele kommunen", "target_groups": ["older_people", "lonely_people"]})).seen("*").await.is(200);
        chair.act(format!("{address}/submit")).await.is(200);
        let editor = world.editor();
        assert_eq!(queue(&editor, "kind=change").await, ["Besøgsvenner i hele kommunen"]);
        assert!(queue(&editor, "kind=first").await.is_empty());
        let compared = editor.get(format!("{address}/comparison")).await.is(200).json();
        assert_eq!(compared["changes"], json!([
            {"field": "title", "before": "Besøgsvenner i Tårs", "after": "Besøgsvenner i hele kommunen"},
            {"field": "target_groups", "before": ["older_people"], "after": ["older_people", "lonely_people"]},
        ]));
        world.citizen().get(format!("{address}/comparison")).await.refuses(404, "not-found");
        editor.post(format!("{address}/return"), json!({"reason": "Hele kommunen?"})).await.is(200);
        assert_eq!(titles(&world.anybody(), "").await, ["Besøgsvenner i Tårs"], "the public keeps the approved text");
    }

    async fn the_municipality_answers_to_the_principles_and_a_no_keeps_a_text_back(world: World) {
        let (chair, organisation) = association(&world).await;
        let drafted = submitted(&world, &chair, &organisation, "Rengøring").await;
        let (editor, address) = (world.editor(), drafted.header("location").to_owned());
        let assess = |answer: &str| editor.post(format!("{address}/assessments"), json!({"principle": "supplement", "answer": answer, "comment": "Er det kommunens opgave?"}));
        assess("no").await.is(200);
        editor.act(format!("{address}/publish")).await.refuses(422, "principle-not-met");
        assess("yes").await.is(200);
        let all = editor.get(format!("{address}/assessments")).await.is(200).json();
        let sides: Vec<&Value> = all["items"].as_array().unwrap().iter().map(|item| &item["side"]).collect();
        assert_eq!(sides, ["declared", "declared", "declared", "declared", "declared", "assessed", "assessed"]);
        assert!(all["items"].as_array().unwrap().iter().all(|item| item["person_id"].is_string() && item["at"].is_string()));
        chair.get(format!("{address}/assessments")).await.refuses(403, "forbidden");
        chair.post(format!("{address}/assessments"), json!({"principle": "supplement", "answer": "yes"})).await.refuses(403, "forbidden");
        editor.act(format!("{address}/publish")).await.is(200);
    }

    async fn a_report_that_is_upheld_takes_the_entry_down_and_tells_why(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let (address, editor) = (initiative.header("location").to_owned(), world.editor());
        let reports = format!("{address}/reports");
        world.anybody().post(&reports, json!({"reason": "outdated", "text": "Døren er låst."})).await.is(204);
        world.citizen().post(&reports, json!({"reason": "duplicate"})).await.is(204);
        world.anybody().post(&reports, json!({"reason": "kedeligt"})).await.refuses(400, "invalid-input").finds("/reason", "malformed");
        chair.get("/v1/reports").await.refuses(403, "forbidden");
        assert!(!world.anybody().get("/v1/events?limit=100").await.text().contains("report"), "the feed keeps it to staff");

        let [locked, twice]: [String; 2] = editor.get("/v1/reports").await.is(200).ids().try_into().expect("two reports");
        editor.post(format!("/v1/reports/{twice}/dismiss"), json!({"reason": "Det er to forskellige."})).await.is(200);
        world.anybody().get(&address).await.is(200);
        let upheld = editor.post(format!("/v1/reports/{locked}/uphold"), json!({"reason": "Mødestedet er lukket."})).await.is(200);
        assert_eq!(upheld.json()["status"], "upheld");
        assert_eq!(verbs(&upheld), [("uphold".to_owned(), Some("report-decided".to_owned())), ("dismiss".to_owned(), Some("report-decided".to_owned()))]);
        world.anybody().get(&address).await.refuses(404, "not-found");
        let file = chair.get(&address).await.is(200).json();
        assert_eq!((&file["status"], &file["review"]["reason"]), (&json!("suspended"), &json!("Mødestedet er lukket.")));
        editor.post(format!("/v1/reports/{locked}/dismiss"), json!({"reason": "Alligevel ikke."})).await.refuses(409, "report-decided");
        world.anybody().post(&reports, json!({"reason": "outdated"})).await.refuses(404, "not-found");
        assert!(editor.get("/v1/reports").await.is(200).ids().is_empty(), "nothing waits");
        assert_eq!(editor.get(format!("/v1/reports?status=upheld&initiative_id={}", initiative.id())).await.is(200).ids(), [locked]);
        editor.act(format!("{address}/clear")).await.is(200);
        chair.act(format!("{address}/archive")).await.is(200);
        world.anybody().post(&reports, json!({"reason": "outdated"})).await.refuses(410, "gone");
    }

    async fn what_was_taken_down_is_mended_before_it_comes_back(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let (address, editor, anybody) = (initiative.header("location").to_owned(), world.editor(), world.anybody());
        editor.post(format!("{address}/suspend"), json!({"reason": "Døren er låst, og titlen lover for meget."})).await.is(200);
        let change = json!({"title": "Besøgsvenner på Torvet", "schedule": [{"weekday": "friday", "from": "10:00", "to": "12:00"}]});
        chair.patch(&address, change).seen("*").await.is(200);
        chair.act(format!("{address}/submit")).await.is(200);
        anybody.get(&address).await.refuses(404, "not-found");
        assert_eq!(queue(&editor, "kind=change").await, ["Besøgsvenner på Torvet"], "the editor sees what was mended");
        let compared = editor.get(format!("{address}/comparison")).await.is(200).json();
        assert_eq!(compared["changes"], json!([{"field": "title", "before": "Besøgsvenner i Tårs", "after": "Besøgsvenner på Torvet"}]));

        let approved = editor.act(format!("{address}/publish")).await.is(200).json();
        assert_eq!((&approved["status"], &approved["review"]["reason"]), (&json!("suspended"), &json!("Døren er låst, og titlen lover for meget.")));
        anybody.get(&address).await.refuses(404, "not-found");
        chair.act(format!("{address}/clear")).await.refuses(403, "forbidden");
        editor.act(format!("{address}/clear")).await.is(200);
        let seen = anybody.get(&address).await.is(200).json();
        assert_eq!((&seen["title"], &seen["schedule"][0]["weekday"]), (&json!("Besøgsvenner på Torvet"), &json!("friday")));
        assert!(chair.get(&address).await.is(200).json().get("review").is_none(), "nothing is held against it any more");
    }

    async fn everybody_is_told_what_they_may_do_and_what_stands_in_the_way(world: World) {
        let (chair, organisation) = association(&world).await;
        let draft = chair.post("/v1/initiatives", json!({"organisation_id": organisation, "title": "Strik"})).await.is(201);
        let verb = |answer: &Answer, name: &str| verbs(answer).into_iter().find(|(verb, _)| verb == name).map(|(_, blocked)| blocked);
        assert_eq!(verb(&draft, "submit"), Some(Some("initiative-incomplete".to_owned())));
        assert_eq!(verb(&draft, "edit"), Some(None));
        assert_eq!(verb(&draft, "pause"), Some(Some("initiative-state".to_owned())));
        assert_eq!(verb(&draft, "publish"), None, "what is not theirs to do is not there");
        let seen = world.editor().get(draft.header("location")).await.is(200);
        assert_eq!(verb(&seen, "publish"), Some(Some("initiative-state".to_owned())));
        assert_eq!(verb(&seen, "edit"), None);
        assert!(verbs(&world.person("revisor", &[Role::Auditor]).get(draft.header("location")).await.is(200)).is_empty());
        let complete = submitted(&world, &chair, &organisation, "Besøg").await;
        assert_eq!(verb(&world.editor().get(complete.header("location")).await, "publish"), Some(None));
        world.editor().act(format!("{}/publish", complete.header("location"))).await.is(200);
        assert_eq!(verbs(&world.anybody().get(complete.header("location")).await.is(200)), [("reports".to_owned(), None)]);
    }
}
