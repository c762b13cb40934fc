//! An initiative is written, reviewed, published, changed and ended, and the public reads what has been approved.

use serde_json::{Value, json};

use super::scene::{association, complete, published, titles, with};
use crate::stories;

stories! {
    async fn an_association_writes_an_initiative_and_an_editor_publishes_it(world: World) {
        let (chair, organisation) = association(&world).await;
        let (editor, anybody) = (world.editor(), world.anybody());
        let drafted = chair.post("/v1/initiatives", complete(&organisation)).await.is(201);
        let address = drafted.header("location").to_owned();
        assert_eq!(drafted.json()["status"], "draft");
        anybody.get(&address).await.refuses(404, "not-found");
        chair.act(format!("{address}/publish")).await.refuses(403, "forbidden");
        editor.act(format!("{address}/publish")).await.refuses(409, "initiative-state");

        let submitted = chair.act(format!("{address}/submit")).seen(&drafted.etag()).await.is(200);
        assert_eq!(submitted.json()["status"], "in_review");
        assert_eq!(editor.get("/v1/moderation").await.is(200).json()["items"][0]["initiative_id"], drafted.id());
        chair.patch(&address, json!({"title": "Noget andet"})).seen("*").await.refuses(409, "initiative-in-review");

        let returned = editor.post(format!("{address}/return"), json!({"reason": "Skriv, hvem man kan ringe til."})).await.is(200);
        assert_eq!(returned.json()["status"], "draft");
        assert_eq!(chair.get(&address).await.is(200).json()["review"]["reason"], "Skriv, hvem man kan ringe til.");
        chair.patch(&address, json!({"contact": {"phone": "+4599990001"}})).seen(&returned.etag()).await.is(200);
        chair.act(format!("{address}/submit")).await.is(200);
        assert!(titles(&anybody, "").await.is_empty());

        let published = editor.act(format!("{address}/publish")).await.is(200);
        assert_eq!(published.json()["status"], "published");
        let public = anybody.get(&address).await.is(200).json();
        assert_eq!(public["title"], "Besøgsvenner i Tårs");
        assert_eq!(public["organisation"]["name"], "Vennekredsen i Tårs");
        assert_eq!(public["contact"]["phone"], "+4599990001");
        assert!(public.get("principles").is_none());
        assert_eq!(titles(&anybody, "q=besøgsven").await, ["Besøgsvenner i Tårs"]);
        assert!(editor.get("/v1/moderation").await.is(200).ids().is_empty());
    }

    async fn what_is_missing_is_said_all_at_once(world: World) {
        let (chair, organisation) = association(&world).await;
        let drafted = chair.post("/v1/initiatives", json!({"organisation_id": organisation, "title": "En idé"})).await.is(201);
        chair.act(format!("{}/submit", drafted.header("location"))).await.refuses(422, "initiative-incomplete")
            .finds("/summary", "required").finds("/description", "required").finds("/guideposts", "required").finds("/target_groups", "required")
            .finds("/activities", "required").finds("/languages", "required").finds("/locations", "required")
            .finds("/principles/supplement", "principle-unanswered");
        assert_eq!(chair.get(drafted.header("location")).await.json()["status"], "draft");
        chair.post("/v1/initiatives", json!({"organisation_id": organisation})).await.refuses(400, "invalid-input").finds("/title", "required");
        chair.post("/v1/initiatives", json!({"title": "Uden forening"})).await.refuses(400, "invalid-input").finds("/organisation_id", "required");
        chair.post("/v1/initiatives", with(complete(&organisation), "/target_groups", json!(["older_people", "nobody_knows"]))).await
            .refuses(400, "invalid-input").finds("/target_groups/1", "unknown-term");
        chair.post("/v1/initiatives", with(complete(&organisation), "/schedule/0/to", json!("13:00"))).await
            .refuses(400, "invalid-input").finds("/schedule/0/to", "invalid-period");
        chair.post("/v1/initiatives", with(complete(&organisation), "/summary", json!("x".repeat(281)))).await
            .refuses(400, "invalid-input").finds("/summary", "too-long");
        chair.post("/v1/initiatives", with(complete(&organisation), "/status", json!("published"))).await
            .refuses(400, "invalid-input").finds("/status", "unknown-field");
    }

    async fn a_no_to_a_principle_bars_the_way_and_unsure_does_not(world: World) {
        let (chair, organisation) = association(&world).await;
        let denied = with(complete(&organisation), "/principles/supplement", json!({"answer": "no", "comment": "Vi gør rent på plejehjemmet."}));
        let drafted = chair.post("/v1/initiatives", denied).await.is(201);
        chair.act(format!("{}/submit", drafted.header("location"))).await.refuses(422, "initiative-incomplete").finds("/principles/supplement", "principle-denied");
        chair.patch(drafted.header("location"), json!({"principles": {"supplement": {"answer": "unsure"}}})).seen("*").await.is(200);
        chair.act(format!("{}/submit", drafted.header("location"))).await.is(200);
        let refused = world.editor().post(format!("{}/refuse", drafted.header("location")), json!({"principle": "supplement", "reason": "Rengøring er kommunens opgave."})).await.is(200);
        assert_eq!(refused.json()["status"], "refused");
        assert_eq!(refused.json()["review"]["principle"], "supplement");
        chair.patch(drafted.header("location"), json!({"title": "Hygge"})).seen("*").await.refuses(409, "initiative-state");
        assert_eq!(chair.act(format!("{}/revise", drafted.header("location"))).await.is(200).json()["status"], "draft");
    }

    async fn an_unverified_organisation_drafts_and_does_not_submit(world: World) {
        let anna = world.citizen();
        let made = anna.post("/v1/organisations", json!({"kind": "volunteer_group", "name": "De nye"})).await.is(201);
        let drafted = anna.post("/v1/initiatives", complete(&made.id())).await.is(201);
        anna.act(format!("{}/submit", drafted.header("location"))).await.refuses(422, "organisation-not-verified");
        world.editor().act(format!("{}/verify", made.header("location"))).await.is(200);
        anna.act(format!("{}/submit", drafted.header("location"))).await.is(200);
    }

    async fn the_public_keeps_reading_the_approved_text_while_a_change_is_reviewed(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let address = initiative.header("location").to_owned();
        let anybody = world.anybody();
        let seen = anybody.get(&address).await.is(200);
        chair.patch(&address, json!({"description": "Kaffe, kage og kortspil.", "schedule": [{"weekday": "friday", "from": "10:00", "to": "12:00"}]})).seen("*").await.is(200);
        let public = anybody.get(&address).header("if-none-match", &seen.etag()).await.is(200).json();
        assert_eq!(public["schedule"][0]["weekday"], "friday", "times change at once");
        assert_eq!(public["description"], seen.json()["description"], "words wait for review");
        assert!(titles(&anybody, "q=kortspil").await.is_empty());
        chair.act(format!("{address}/submit")).await.is(200);
        assert_eq!(world.editor().get(format!("/v1/initiatives/{}", initiative.id())).await.is(200).json()["working"]["state"], "in_review");
        world.editor().post(format!("{address}/refuse"), json!({"principle": "social_aim", "reason": "Nej"})).await.is(409);
        world.editor().act(format!("{address}/publish")).await.is(200);
        assert_eq!(titles(&anybody, "q=kortspil").await.len(), 1);
        // What would leave the public without a place to go to is not a small change.
        chair.patch(&address, json!({"locations": []})).seen("*").await.refuses(422, "initiative-incomplete").finds("/locations", "required");
    }

    async fn paused_suspended_and_archived_leave_the_catalogue_each_in_its_way(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let address = initiative.header("location").to_owned();
        let (anybody, editor) = (world.anybody(), world.editor());
        chair.act(format!("{address}/pause")).await.is(200);
        anybody.get(&address).await.refuses(404, "not-found");
        assert!(titles(&anybody, "").await.is_empty());
        chair.act(format!("{address}/resume")).await.is(200);
        anybody.get(&address).await.is(200);
        editor.post(format!("{address}/suspend"), json!({"reason": "   "})).await.refuses(400, "invalid-input").finds("/reason", "required");
        editor.post(format!("{address}/suspend"), json!({"reason": "Mødestedet er lukket."})).await.is(200);
        anybody.get(&address).await.refuses(404, "not-found");
        chair.act(format!("{address}/resume")).await.refuses(409, "initiative-state");
        editor.act(format!("{address}/clear")).await.is(200);
        anybody.get(&address).await.is(200);
        chair.act(format!("{address}/archive")).await.is(200);
        anybody.get(&address).await.refuses(410, "gone");
        chair.act(format!("{address}/resume")).await.refuses(410, "initiative-archived");
        // The feed tells everybody who follows the catalogue when to take it off their lists.
        let names: Vec<Value> = anybody.get("/v1/events").await.is(200).json()["items"].as_array().unwrap().iter().map(|event| event["name"].clone()).collect();
        for name in ["initiative.published", "initiative.paused", "initiative.resumed", "initiative.suspended", "initiative.cleared", "initiative.archived"] {
            assert!(names.contains(&json!(name)), "{name} is missing in {names:?}");
        }
        assert!(!names.contains(&json!("initiative.drafted")));
    }

    async fn nobody_writes_in_the_name_of_others(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let address = initiative.header("location").to_owned();
        let organisation = initiative.json()["organisation"]["id"].as_str().unwrap().to_owned();
        let (stranger, editor) = (world.citizen(), world.editor());
        for actor in [&stranger, &editor] {
            actor.post("/v1/initiatives", complete(&organisation)).await.refuses(404, "not-found");
            actor.patch(&address, json!({"title": "Kapret"})).seen("*").await.refuses(404, "not-found");
            for verb in ["submit", "pause", "revise"] {
                actor.act(format!("{address}/{verb}")).await.refuses(404, "not-found");
            }
        }
        stranger.act(format!("{address}/archive")).await.refuses(404, "not-found");
        stranger.get(format!("/v1/organisations/{organisation}/initiatives")).await.refuses(404, "not-found");
        assert_eq!(chair.get(format!("/v1/organisations/{organisation}/initiatives")).await.is(200).ids(), [initiative.id()]);
        assert_eq!(chair.get(&address).await.json()["version"], 3);
    }

    async fn homes_secret_places_and_phones_without_consent_stay_private(world: World) {
        let content = with(complete(""), "/contact", json!({"name": "Karen", "phone": "+4599990001", "email": "skjult@privat.example", "published": false}));
        let content = with(content, "/locations", json!([{"kind": "undisclosed"}, {"kind": "at_home", "postal_code": "9830", "town": "Tårs"}]));
        let content = with(content, "/principles/supplement", json!({"answer": "unsure", "comment": "skjult bemærkning"}));
        let (chair, initiative) = published(&world, content).await;
        for address in [initiative.header("location"), "/v1/initiatives", "/v1/events"] {
            let public = world.anybody().get(address).await.is(200).text();
            assert!(!public.contains("skjult") && !public.contains("99990001"), "{address}: {public}");
        }
        assert!(titles(&world.anybody(), "q=skjult").await.is_empty());
        assert!(chair.get(initiative.header("location")).await.text().contains("skjult"));

        let kaj = world.citizen();
        let alone = kaj.post("/v1/organisations", json!({"kind": "individual_volunteer", "name": "Computer-Kaj"})).await.is(201);
        world.editor().act(format!("{}/verify", alone.header("location"))).await.is(200);
        let mine = kaj.post("/v1/initiatives", with(complete(&alone.id()), "/locations/0/street", json!("Hjemmevej 1"))).await.is(201);
        kaj.act(format!("{}/submit", mine.header("location"))).await.is(200);
        world.editor().act(format!("{}/publish", mine.header("location"))).await.is(200);
        let public = world.anybody().get(mine.header("location")).await.is(200);
        assert!(!public.text().contains("Hjemmevej") && !public.text().contains("57.38"), "{}", public.text());
        assert!(public.text().contains("9830"));
    }

    async fn a_renamed_organisation_is_renamed_in_the_catalogue(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let organisation = format!("/v1/organisations/{}", initiative.json()["organisation"]["id"].as_str().unwrap());
        assert_eq!(world.anybody().get(initiative.header("location")).await.json()["organisation"]["name"], "Vennekredsen i Tårs");
        chair.patch(organisation, json!({"name": "Nabohjælpen"})).seen("*").await.is(200);
        assert_eq!(world.anybody().get(initiative.header("location")).await.json()["organisation"]["name"], "Nabohjælpen");
        assert_eq!(titles(&world.anybody(), "q=nabohjælpen").await.len(), 1);
    }
}
