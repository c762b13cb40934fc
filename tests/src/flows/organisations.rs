//! An association comes into being, is verified, and people come to speak for it.

use serde_json::json;

use crate::stories;

stories! {
    async fn an_association_registers_and_its_chair_sees_the_file(world: World) {
        let anna = world.citizen();
        let made = anna.post("/v1/organisations", json!({
            "kind": "association", "name": "Vennekredsen i Tårs", "cvr": "13748136",
            "contact": {"name": "Anna", "email": "anna@vennekredsen.example"}
        })).await.is(201);
        assert_eq!(made.json()["verification"], "unverified");
        let file = anna.get(made.header("location")).await.is(200);
        assert_eq!(file.json(), made.json());
        assert_eq!(file.etag(), made.etag());
        let me = anna.get("/v1/me").await.is(200).json();
        assert_eq!(me["memberships"][0]["organisation_id"], made.json()["id"]);
        assert_eq!(me["memberships"][0]["role"], "signatory");
        // Nobody else sees what has not been verified; that it is there at all is nobody's business.
        for stranger in [world.anybody(), world.citizen()] {
            stranger.get(made.header("location")).await.refuses(404, "not-found");
        }
        assert!(world.anybody().get("/v1/organisations").await.is(200).ids().is_empty());
    }

    async fn a_business_token_with_the_same_cvr_number_verifies_at_once(world: World) {
        let chair = world.business("chair", "13748136");
        let made = chair.post("/v1/organisations", json!({"kind": "association", "name": "Vennekredsen", "cvr": "13748136"})).await.is(201);
        assert_eq!(made.json()["verification"], "verified");
        let other = world.business("other", "29189382");
        let unproven = other.post("/v1/organisations", json!({"kind": "association", "name": "En anden", "cvr": "13748136", "p_number": "1003388394"})).await.is(201);
        assert_eq!(unproven.json()["verification"], "unverified");
    }

    async fn the_same_cvr_number_is_registered_once(world: World) {
        let register = |p_number: Option<&str>| json!({"kind": "association", "name": "Vennekredsen", "cvr": "13748136", "p_number": p_number});
        let without = |mut body: serde_json::Value| { if body["p_number"].is_null() { body.as_object_mut().unwrap().remove("p_number"); } body };
        world.citizen().post("/v1/organisations", without(register(None))).await.is(201);
        world.citizen().post("/v1/organisations", without(register(None))).await.refuses(409, "organisation-exists");
        world.citizen().post("/v1/organisations", register(Some("1003388394"))).await.is(201);
        world.citizen().post("/v1/organisations", register(Some("1003388394"))).await.refuses(409, "organisation-exists");
    }

    async fn staff_verifies_and_then_everybody_finds_it(world: World) {
        let made = world.citizen().post("/v1/organisations", json!({"kind": "volunteer_group", "name": "Strikkeholdet på Ærø"})).await.is(201);
        let address = made.header("location").to_owned();
        world.citizen().act(format!("{address}/verify")).await.refuses(403, "forbidden");
        world.anybody().act(format!("{address}/verify")).await.refuses(401, "unauthenticated");
        let verified = world.editor().act(format!("{address}/verify")).await.is(200);
        assert_eq!(verified.json()["verification"], "verified");
        world.editor().act(format!("{address}/verify")).await.refuses(409, "organisation-already-verified");
        world.editor().act(format!("{address}/verify")).seen(&made.etag()).await.refuses(412, "stale-version");
        assert_eq!(world.anybody().get("/v1/organisations?q=STRIKKEHOLDET").await.is(200).ids(), [made.id()]);
        // What a reader may type as a wildcard is a letter like any other.
        for literal in ["%25", "_", "%5C", "Strikke%25"] {
            assert!(world.anybody().get(format!("/v1/organisations?q={literal}")).await.is(200).ids().is_empty());
        }
    }

    async fn staff_alone_registers_an_institution_of_the_municipality(world: World) {
        let institution = json!({"kind": "municipal_institution", "name": "Plejecenter Havblik", "cvr": "29189382", "unit_id": "01932b6e-7a00-4000-8000-000000000001"});
        world.citizen().post("/v1/organisations", institution.clone()).await.refuses(403, "forbidden");
        let made = world.editor().post("/v1/organisations", institution.clone()).await.is(201);
        assert_eq!(made.json()["verification"], "verified");
        world.editor().post("/v1/organisations", institution.clone()).await.refuses(409, "organisation-exists");
        let mut second = institution;
        second["unit_id"] = json!("01932b6e-7a00-4000-8000-000000000002");
        world.editor().post("/v1/organisations", second.clone()).await.is(201);
        second.as_object_mut().unwrap().remove("unit_id");
        world.editor().post("/v1/organisations", second).await.refuses(422, "unit-required");
    }

    async fn the_profile_changes_by_merge_patch_against_the_version_seen(world: World) {
        let anna = world.citizen();
        let made = anna.post("/v1/organisations", json!({"kind": "association", "name": "Før", "purpose": "Selskab", "contact": {"email": "a@b.example", "phone": "+4599990001"}})).await.is(201);
        let address = made.header("location").to_owned();
        anna.patch(&address, json!({"name": "Efter"})).await.refuses(428, "precondition-required");
        let changed = anna.patch(&address, json!({"name": "Efter", "contact": {"phone": null}})).seen(&made.etag()).await.is(200);
        assert_eq!(changed.json()["name"], "Efter");
        assert_eq!(changed.json()["purpose"], "Selskab");
        assert_eq!(changed.json()["contact"], json!({"email": "a@b.example"}));
        anna.patch(&address, json!({"name": "Igen"})).seen(&made.etag()).await.refuses(412, "stale-version");
        anna.patch(&address, json!({"name": null})).seen("*").await.refuses(400, "invalid-input").finds("/name", "required");
        anna.patch(&address, json!({"verification": "verified"})).seen("*").await.refuses(400, "invalid-input").finds("/verification", "unknown-field");
        anna.patch(&address, json!({"contact": {"email": "ingen"}, "name": "x".repeat(121)})).seen("*").await
            .refuses(400, "invalid-input").finds("/contact/email", "invalid-email").finds("/name", "too-long");
        world.citizen().patch(&address, json!({"name": "Kapret"})).seen("*").await.refuses(404, "not-found");
        anna.request(actix_web::http::Method::PATCH, &address).seen("*").raw("application/json", "{}").await.refuses(415, "unsupported-media-type");
        assert_eq!(anna.get(&address).await.is(200).json()["name"], "Efter");
    }

    async fn a_single_volunteer_shows_a_name_and_a_town(world: World) {
        let kaj = world.citizen();
        let made = kaj.post("/v1/organisations", json!({
            "kind": "individual_volunteer", "name": "Computer-Kaj", "contact": {"name": "Kaj", "email": "privat@kaj.example"},
            "address": {"street": "Privatvej 1", "postal_code": "9870", "town": "Sindal"}
        })).await.is(201);
        world.editor().act(format!("{}/verify", made.header("location"))).await.is(200);
        for public in [world.anybody().get(made.header("location")).await.is(200), world.citizen().get("/v1/organisations").await.is(200)] {
            assert!(public.text().contains("Computer-Kaj") && public.text().contains("Sindal"));
            assert!(!public.text().contains("rivat"), "{}", public.text());
        }
    }

    async fn a_member_is_confirmed_by_a_signatory_and_may_leave_at_any_time(world: World) {
        let (anna, bo) = (world.business("anna", "13748136"), world.citizen());
        let made = anna.post("/v1/organisations", json!({"kind": "association", "name": "Vennekredsen", "cvr": "13748136"})).await.is(201);
        let memberships = format!("{}/memberships", made.header("location"));
        let asked = bo.post(&memberships, json!({"role": "editor"})).await.is(201);
        bo.post(&memberships, json!({"role": "signatory"})).await.refuses(409, "membership-exists");
        bo.patch(made.header("location"), json!({"purpose": "Endnu ikke"})).seen("*").await.refuses(404, "not-found");
        bo.act(format!("{}/confirm", asked.header("location"))).await.refuses(404, "not-found");
        let confirmed = anna.act(format!("{}/confirm", asked.header("location"))).await.is(200);
        assert_eq!(confirmed.json()["status"], "confirmed");
        anna.act(format!("{}/confirm", asked.header("location"))).await.refuses(409, "membership-status");
        bo.patch(made.header("location"), json!({"purpose": "Nu må jeg"})).seen("*").await.is(200);
        assert_eq!(anna.get(format!("{memberships}?count=true")).await.is(200).json()["total"], 2);
        bo.delete(asked.header("location")).await.refuses(428, "precondition-required");
        bo.delete(asked.header("location")).seen(&asked.etag()).await.refuses(412, "stale-version");
        bo.delete(asked.header("location")).seen(&confirmed.etag()).await.is(204);
        bo.patch(made.header("location"), json!({"purpose": "Ikke mere"})).seen("*").await.refuses(404, "not-found");
        bo.post(&memberships, json!({"role": "editor"})).await.is(201);
        world.editor().get(&memberships).await.is(200);
    }

    async fn pages_follow_each_other_without_gap_or_repetition(world: World) {
        let editor = world.editor();
        for name in ["Ål", "abe", "Ære", "Zebra", "Øre", "aber", "Bo"] {
            let made = editor.post("/v1/organisations", json!({"kind": "volunteer_group", "name": name})).await.is(201);
            editor.act(format!("{}/verify", made.header("location"))).await.is(200);
        }
        let (mut names, mut address) = (Vec::new(), Some("/v1/organisations?limit=2".to_owned()));
        while let Some(next) = address {
            let page = world.anybody().get(next).await.is(200);
            names.extend(page.json()["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
            let link = page.headers.get_all("link").filter_map(|value| value.to_str().ok()).find(|link| link.contains("next")).map(str::to_owned);
            assert_eq!(link.is_some(), page.json().get("next_cursor").is_some());
            address = link.map(|link| link[1..link.find('>').unwrap()].to_owned());
        }
        assert_eq!(names, ["abe", "aber", "Bo", "Zebra", "Ære", "Øre", "Ål"]);
        let cursor = world.anybody().get("/v1/organisations?limit=2").await.json()["next_cursor"].as_str().unwrap().to_owned();
        world.anybody().get(format!("/v1/organisations?q=abe&cursor={cursor}")).await.refuses(400, "invalid-input").finds("?cursor", "invalid-cursor");
        world.anybody().get("/v1/organisations?limit=0").await.refuses(400, "invalid-input").finds("?limit", "out-of-range");
        world.anybody().get("/v1/organisations?colour=red").await.refuses(400, "invalid-input").finds("?colour", "unknown-parameter");
    }
}
