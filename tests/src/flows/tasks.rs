//! One list of everything that waits for somebody, and a copy of the catalogue that stays in step.

use std::collections::BTreeSet;

use access::Role;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::scene::{association, complete, published, with};
use crate::{client::Actor, stories};

async fn waiting(actor: &Actor) -> Vec<(String, String)> {
    let list = actor.get("/v1/me/tasks").await.is(200).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list["items"].as_array().expect("a list").iter().map(|task| (text(&task["kind"]), text(&task["title"]))).collect()
}

fn task(kind: &str, title: &str) -> (String, String) {
    (kind.to_owned(), title.to_owned())
}

/// Reads the feed from where it stopped, and does with its copy what each event says.
async fn follow(reader: &Actor, copy: &mut BTreeSet<String>, after: &mut i64) {
    let page = reader.get(format!("/v1/events?limit=100&after={after}")).await.is(200).json();
    *after = page["last_sequence"].as_i64().expect("a number");
    for event in page["items"].as_array().expect("events").iter().filter(|event| event["subject_kind"] == "initiative") {
        let id = event["subject_id"].as_str().expect("an id").to_owned();
        match event["data"]["entry"].as_str() {
            Some("shown") => copy.insert(id),
            Some("gone") => copy.remove(&id),
            other => panic!("a public event says what has become of its entry: {other:?}"),
        };
    }
}

stories! {
    async fn everybody_has_one_list_of_what_waits_for_them(world: World) {
        let (chair, drafted) = published(&world, complete("")).await;
        let address = drafted.header("location");
        let organisation = drafted.json()["organisation"]["id"].clone();
        assert_eq!(waiting(&chair).await, []);
        world.anybody().get("/v1/me/tasks").await.refuses(401, "unauthenticated");

        // A text for an editor, and back with a reason.
        let editor = world.editor();
        let second = with(with(complete(""), "/organisation_id", organisation.clone()), "/title", json!("Lektiehjælp"));
        let second = chair.post("/v1/initiatives", second).await.is(201);
        chair.act(format!("{}/submit", second.header("location"))).await.is(200);
        assert_eq!(waiting(&editor).await, [task("review_initiative", "Lektiehjælp")]);
        let (anna, claim) = (world.person("anna", &[Role::Editor]), format!("/v1/moderation/{}/claim", second.id()));
        anna.act(claim).await.is(200);
        assert_eq!(waiting(&editor).await, [], "somebody else is at it");
        assert_eq!(waiting(&anna).await.len(), 1);
        anna.post(format!("{}/return", second.header("location")), json!({"reason": "Skriv, hvor I mødes."})).await.is(200);
        assert_eq!(waiting(&chair).await, [task("revise_initiative", "Lektiehjælp")]);
        chair.act(format!("{}/submit", second.header("location"))).await.is(200);
        assert_eq!(waiting(&chair).await, []);

        // Somebody who wants in, a report, and an entry that must come down.
        let newcomer = world.business("newcomer", "13748136");
        newcomer.post(format!("/v1/organisations/{}/memberships", organisation.as_str().expect("an id")), json!({"role": "editor"})).await.is(201);
        assert_eq!(waiting(&chair).await, [task("confirm_membership", "Vennekredsen i Tårs")]);
        world.wait(TimeDelta::minutes(1));
        world.anybody().post(format!("{address}/reports"), json!({"reason": "outdated"})).await.is(204);
        assert_eq!(waiting(&editor).await, [task("review_initiative", "Lektiehjælp"), task("decide_report", "Besøgsvenner i Tårs")]);
        let report = editor.get("/v1/reports").await.is(200).ids().remove(0);
        editor.post(format!("/v1/reports/{report}/uphold"), json!({"reason": "Det sker ikke mere."})).await.is(200);
        assert!(waiting(&chair).await.contains(&task("correct_initiative", "Besøgsvenner i Tårs")));
        editor.act(format!("{address}/clear")).await.is(200);

        // What is due comes first, with its date, and as a to-do of a calendar.
        world.wait(TimeDelta::days(366));
        let list = chair.get("/v1/me/tasks").await.is(200).json();
        assert_eq!((&list["items"][0]["kind"], &list["items"][0]["address"]), (&json!("confirm_initiative"), &json!(address)));
        assert!(list["items"][0]["due_at"].is_string(), "{list}");
        let calendar = chair.get("/v1/me/tasks").header("accept", "text/calendar").in_english().await.is(200).text();
        assert!(calendar.contains("SUMMARY:Confirm that the entry still holds: Besøgsvenner i Tårs"), "{calendar}");
        assert_eq!(calendar.matches("DUE:").count(), 1, "{calendar}");
        chair.act(format!("{address}/confirm")).await.is(200);
        assert_eq!(waiting(&chair).await, [task("confirm_membership", "Vennekredsen i Tårs")]);
        assert_eq!(waiting(&world.citizen()).await, []);
    }

    async fn an_unverified_organisation_waits_for_staff(world: World) {
        let registered = world.citizen().post("/v1/organisations", json!({"kind": "volunteer_group", "name": "Strikkerne"})).await.is(201);
        assert_eq!(waiting(&world.editor()).await, [task("verify_organisation", "Strikkerne")]);
        world.editor().act(format!("/v1/organisations/{}/verify", registered.id())).await.is(200);
        assert_eq!(waiting(&world.editor()).await, []);
    }

    async fn a_hearing_waits_for_the_organisation_and_then_for_staff(world: World) {
        let (chair, organisation) = association(&world).await;
        let cases = format!("/v1/organisations/{organisation}/eligibility-cases");
        let due_on = (world.clock.now() + TimeDelta::days(14)).format("%F").to_string();
        let case = world.editor().post(&cases, json!({"facts": "Møderne var ikke åbne for alle.", "due_on": due_on})).await.is(201);
        let list = chair.get("/v1/me/tasks").await.is(200).json();
        assert_eq!((&list["items"][0]["kind"], &list["items"][0]["title"]), (&json!("answer_hearing"), &json!("Vennekredsen i Tårs")));
        assert!(list["items"][0]["due_at"].is_string(), "{list}");
        assert_eq!(waiting(&world.editor()).await, []);
        chair.post(format!("{cases}/{}/answer", case.id()), json!({"text": "De er åbne nu."})).await.is(200);
        assert_eq!(waiting(&chair).await, []);
        assert_eq!(waiting(&world.editor()).await, [task("decide_eligibility", "Vennekredsen i Tårs")]);
    }

    async fn a_copy_of_the_catalogue_stays_in_step(world: World) {
        let (chair, first) = published(&world, complete("")).await;
        let organisation = first.json()["organisation"]["id"].clone();
        let second = with(with(complete(""), "/organisation_id", organisation), "/title", json!("Lektiehjælp"));
        let second = chair.post("/v1/initiatives", second).await.is(201);
        let (mut copy, mut after) = (BTreeSet::new(), 0);
        let (anybody, editor) = (world.anybody(), world.editor());
        let (one, two) = (first.header("location"), second.header("location"));
        let steps: [(&Actor, String, Option<Value>); 9] = [
            (&chair, format!("{two}/submit"), None),
            (&editor, format!("{two}/publish"), None),
            (&chair, format!("{one}/pause"), None),
            (&chair, format!("{one}/resume"), None),
            (&editor, format!("{two}/suspend"), Some(json!({"reason": "Anmeldt."}))),
            (&editor, format!("{two}/clear"), None),
            (&chair, format!("{one}/pause"), None),
            (&chair, format!("{one}/archive"), None),
            (&chair, format!("{two}/confirm"), None),
        ];
        for (actor, address, body) in steps {
            match body {
                Some(body) => actor.post(&address, body).await.is(200),
                None => actor.act(&address).await.is(200),
            };
            follow(&anybody, &mut copy, &mut after).await;
            let shown: BTreeSet<String> = anybody.get("/v1/initiatives").await.is(200).ids().into_iter().collect();
            assert_eq!(copy, shown, "after {address}");
        }
        // What a date hides is told by the service itself, and what is confirmed comes back.
        world.wait(TimeDelta::days(430));
        follow(&anybody, &mut copy, &mut after).await;
        assert!(copy.is_empty(), "{copy:?}");
        chair.act(format!("{two}/confirm")).await.is(200);
        follow(&anybody, &mut copy, &mut after).await;
        assert_eq!(copy, BTreeSet::from([second.id()]));
    }
}
