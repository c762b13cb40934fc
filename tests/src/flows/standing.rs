//! How organisations stand: disputes, hearings, ends, successions, and who comes to speak for them.

use actix_web::http::Method;
use chrono::TimeDelta;
use futures_util::future::join;
use serde_json::{Value, json};

use super::scene::{association, complete, published, titles, with};
use crate::{
    client::{Actor, Answer},
    pictures, stories,
    world::World,
};

/// An association whose chair can be written to, and its editor, who was invited by mail.
async fn reachable(world: &World) -> (Actor, Actor, String) {
    let (chair, organisation) = association(world).await;
    let address = format!("/v1/organisations/{organisation}");
    chair.patch(&address, json!({"contact": {"email": "hej@vennekredsen.example"}})).seen("*").await.is(200);
    let member = invited(world, &chair, &organisation, "signatory", "bo@vennekredsen.example").await;
    (chair, member, address)
}

async fn invited(world: &World, by: &Actor, organisation: &str, role: &str, email: &str) -> Actor {
    let member = world.citizen();
    by.post(format!("/v1/organisations/{organisation}/invitations"), json!({"role": role, "email": email})).await.is(201);
    world.run_due();
    let letter = world.letters.only();
    assert_eq!(letter.to, email);
    member.post("/v1/confirmations", json!({"token": letter.secret()})).await.is(200);
    member
}

async fn draft(chair: &Actor, address: &str) -> Answer {
    let organisation = address.rsplit('/').next().unwrap_or_default();
    chair.post("/v1/initiatives", with(complete(""), "/organisation_id", json!(organisation))).await.is(201)
}

fn obstacles(standing: &Value) -> Vec<String> {
    let all = standing["obstacles"].as_array().expect("obstacles").iter();
    all.map(|obstacle| obstacle["code"].as_str().unwrap_or_default().to_owned()).collect()
}

fn recipients(world: &World) -> Vec<String> {
    let mut all: Vec<_> = world.letters.take().into_iter().map(|letter| letter.to).collect();
    all.sort();
    all
}

stories! {
    async fn a_dispute_suspends_signing_until_both_sides_agree(world: World) {
        let (anna, bo, address) = reachable(&world).await;
        let drafted = draft(&anna, &address).await;
        anna.post(format!("{address}/freeze"), json!({"reason": "Bo har ikke noget at sige her."})).await.refuses(403, "forbidden");
        let staff = world.editor();
        staff.post(format!("{address}/freeze"), json!({"reason": "To referater af samme generalforsamling."})).await.is(200);
        staff.post(format!("{address}/freeze"), json!({"reason": "Igen."})).await.refuses(409, "signing-frozen-already");
        world.run_due();
        let letters = world.letters.take();
        let mut to: Vec<_> = letters.iter().map(|letter| letter.to.as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, ["bo@vennekredsen.example", "hej@vennekredsen.example"], "both sides are told");
        assert!(letters.iter().all(|letter| letter.text.contains("To referater") && letter.text.contains("suspended signing")));

        // Neither side binds the organisation, and neither makes or unmakes members; anybody may still leave.
        anna.act(format!("{}/submit", drafted.header("location"))).await.refuses(422, "signing-frozen");
        let seen = anna.get(drafted.header("location")).await.is(200).json();
        let submit = seen["actions"].as_array().expect("actions").iter().find(|action| action["verb"] == "submit").cloned();
        assert_eq!(submit.expect("it is theirs")["blocked_by"], "signing-frozen");
        let memberships = format!("{address}/memberships");
        let [first, second]: [String; 2] = bo.get(&memberships).await.is(200).ids().try_into().expect("two members");
        bo.delete(format!("{memberships}/{first}")).seen("*").await.refuses(422, "signing-frozen");
        bo.post(format!("{address}/invitations"), json!({"role": "signatory", "email": "ven@af-bo.example"})).await.refuses(422, "signing-frozen");
        let standing = bo.get(format!("{address}/standing")).await.is(200).json();
        assert_eq!((obstacles(&standing), &standing["may_commit"]), (vec!["signing-frozen".to_owned()], &json!(false)));
        assert_eq!(standing["frozen"]["text"], "To referater af samme generalforsamling.");
        assert_eq!(staff.get("/v1/moderation/organisations?concern=frozen").await.is(200).ids().len(), 1);
        world.citizen().get(format!("{address}/standing")).await.refuses(404, "not-found");
        bo.delete(format!("{memberships}/{second}")).seen("*").await.is(204);

        staff.post(format!("{address}/unfreeze"), json!({"reason": "Bo er trådt ud."})).await.is(200);
        staff.post(format!("{address}/unfreeze"), json!({"reason": "Igen."})).await.refuses(409, "signing-not-frozen");
        world.run_due();
        assert_eq!(recipients(&world), ["hej@vennekredsen.example"], "who has left is not written to");
        anna.act(format!("{}/submit", drafted.header("location"))).await.is(200);
        assert!(!world.anybody().get("/v1/events?limit=100").await.text().contains("signing"), "a dispute is nobody else's business");
    }

    async fn nobody_is_put_on_hold_unheard(world: World) {
        let (anna, _, address) = reachable(&world).await;
        let drafted = draft(&anna, &address).await;
        let (staff, cases) = (world.editor(), format!("{address}/eligibility-cases"));
        let facts = |due_on: &str| json!({"facts": "Møderne er lukkede for kvinder.", "due_on": due_on});
        staff.post(&cases, facts("2026-11-25")).await.refuses(422, "hearing-too-short");
        let case = staff.post(&cases, facts("2026-12-07")).await.is(201);
        staff.post(&cases, facts("2026-12-08")).await.refuses(409, "eligibility-case-open");
        world.run_due();
        let letters = world.letters.take();
        assert_eq!(letters.len(), 2);
        assert!(letters.iter().all(|letter| letter.text.contains("2026-12-07") && letter.text.contains("lukkede for kvinder")));

        let address_of = |step: &str| format!("{}/{step}", case.header("location"));
        let reason = json!({"reason": "Møderne er stadig lukkede."});
        staff.post(address_of("hold"), reason.clone()).await.refuses(409, "hearing-runs");
        staff.post(address_of("answer"), json!({"text": "På foreningens vegne."})).await.refuses(404, "not-found");
        anna.act(format!("{}/submit", drafted.header("location"))).await.is(200);
        world.editor().post(format!("{}/return", drafted.header("location")), json!({"reason": "Vent."})).await.is(200);
        anna.post(address_of("answer"), json!({"text": "Vi mente det ikke sådan."})).await.is(200);
        let held = staff.post(address_of("hold"), reason).await.is(200).json();
        assert_eq!((&held["status"], &held["answer"]["text"]), (&json!("held"), &json!("Vi mente det ikke sådan.")));
        anna.act(format!("{}/submit", drafted.header("location"))).await.refuses(422, "eligibility-hold");
        assert_eq!(staff.get("/v1/moderation/organisations?concern=held").await.is(200).ids().len(), 1);

        staff.post(address_of("lift"), json!({"reason": "Møderne er åbne nu."})).await.is(200);
        staff.post(address_of("lift"), json!({"reason": "Igen."})).await.refuses(409, "eligibility-case-state");
        anna.act(format!("{}/submit", drafted.header("location"))).await.is(200);
        staff.post(&cases, facts("2026-12-07")).await.is(201);
        assert_eq!(anna.get(&cases).await.is(200).json()["items"].as_array().expect("cases").len(), 2);
        // Silence, too, is an answer when the time is up.
        let silent = staff.get(&cases).await.is(200).ids().remove(0);
        world.wait(TimeDelta::days(15));
        let late = json!({"text": "Vent!"});
        anna.post(format!("{cases}/{silent}/answer"), late).await.refuses(409, "hearing-over");
        staff.post(format!("{cases}/{silent}/hold"), json!({"reason": "Intet svar."})).await.is(200);
    }

    async fn a_dissolved_association_leaves_its_work_to_a_successor(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let organisation = initiative.json()["organisation"]["id"].as_str().expect("an id").to_owned();
        let draft = chair.post("/v1/initiatives", json!({"organisation_id": organisation, "title": "Aldrig færdig"})).await.is(201);
        let (staff, address) = (world.editor(), format!("/v1/organisations/{organisation}"));
        let heir = world.business("heir", "29189382").post("/v1/organisations", json!({"kind": "association", "name": "Arvingen", "cvr": "29189382"})).await.is(201);
        let dissolve = |on: &str, successor: &str| staff.post(format!("{address}/dissolve"), json!({"on": on, "successor_id": successor}));
        dissolve("2026-11-24", &heir.id()).await.refuses(422, "dissolution-in-future");
        dissolve("2026-11-01", &organisation).await.refuses(422, "successor-unfit");
        let standing = dissolve("2026-11-01", &heir.id()).await.is(200).json();
        assert_eq!(obstacles(&standing), ["organisation-dissolved"]);
        dissolve("2026-11-01", &heir.id()).await.refuses(410, "organisation-dissolved");

        assert!(titles(&world.anybody(), "q=besøg").await.is_empty());
        world.anybody().get(initiative.header("location")).await.refuses(410, "gone");
        assert_eq!(chair.get(draft.header("location")).await.is(200).json()["status"], "archived");
        let profile = world.anybody().get(&address).await.is(200).json();
        assert_eq!(profile["end"], json!({"ending": "dissolved", "on": "2026-11-01", "successor_id": heir.id()}));
        assert_eq!(world.anybody().get("/v1/organisations").await.is(200).ids(), [heir.id()], "it is listed no more");
        // Nothing begins there any more; what was is still to be read.
        chair.post("/v1/initiatives", json!({"organisation_id": organisation, "title": "Nyt"})).await.refuses(410, "organisation-dissolved");
        chair.patch(&address, json!({"name": "Genopstået"})).seen("*").await.refuses(410, "organisation-dissolved");
        chair.post(format!("{address}/invitations"), json!({"role": "editor", "email": "ny@vennekredsen.example"})).await.refuses(410, "organisation-dissolved");
        world.citizen().post(format!("{address}/memberships"), json!({"role": "editor"})).await.refuses(410, "organisation-dissolved");
        chair.get(format!("{address}/overview")).await.is(200);
    }

    async fn a_forgotten_association_gets_a_signatory_again(world: World) {
        let (anna, organisation) = association(&world).await;
        let address = format!("/v1/organisations/{organisation}");
        let ida = invited(&world, &anna, &organisation, "editor", "ida@vennekredsen.example").await;
        let drafted = draft(&ida, &address).await;
        ida.act(format!("{address}/succession")).await.refuses(409, "organisation-attended");
        let memberships = format!("{address}/memberships");
        let [first, second]: [String; 2] = anna.get(&memberships).await.is(200).ids().try_into().expect("two members");
        anna.delete(format!("{memberships}/{first}")).seen("*").await.is(204);

        ida.act(format!("{}/submit", drafted.header("location"))).await.refuses(422, "organisation-unattended");
        let staff = world.editor();
        assert_eq!(staff.get("/v1/moderation/organisations").await.is(200).ids(), [organisation.as_str()], "it is for staff to see to");
        let asked = ida.act(format!("{address}/succession")).await.is(200).json();
        assert!(asked["succession_started_at"].is_string(), "{asked}");
        let tasks = staff.get("/v1/me/tasks").await.is(200).json();
        assert_eq!((&tasks["items"][0]["kind"], &tasks["items"][0]["subject_id"]), (&json!("appoint_signatory"), &json!(organisation)));
        ida.act(format!("{memberships}/{second}/appoint")).await.refuses(403, "forbidden");
        let appointed = staff.act(format!("{memberships}/{second}/appoint")).await.is(200).json();
        assert_eq!(appointed["role"], "signatory");
        staff.act(format!("{memberships}/{second}/appoint")).await.refuses(409, "organisation-attended");
        ida.act(format!("{}/submit", drafted.header("location"))).await.is(200);
        let standing = ida.get(format!("{address}/standing")).await.is(200).json();
        assert!(standing["may_commit"] == true && standing.get("succession_started_at").is_none(), "{standing}");
        assert!(staff.get("/v1/moderation/organisations").await.is(200).ids().is_empty());
        assert!(!staff.get("/v1/me/tasks").await.is(200).text().contains("appoint_signatory"));
    }

    async fn an_organisation_declares_for_a_year_and_once(world: World) {
        let (chair, organisation) = association(&world).await;
        let address = format!("/v1/organisations/{organisation}");
        let ida = invited(&world, &chair, &organisation, "editor", "ida@vennekredsen.example").await;
        let declare = |who: &Actor, kind: &str, year: i32| who.request(Method::PUT, format!("{address}/declarations/{kind}/{year}"));
        declare(&chair, "democracy", 2026).await.refuses(428, "precondition-required");
        declare(&ida, "democracy", 2026).seen("*").await.refuses(404, "not-found");
        world.editor().request(Method::PUT, format!("{address}/declarations/democracy/2026")).seen("*").await.refuses(404, "not-found");
        let first = declare(&chair, "democracy", 2026).seen("*").await.is(200);
        world.wait(TimeDelta::days(1));
        assert_eq!(declare(&chair, "democracy", 2026).seen("*").await.is(200).json(), first.json(), "the first word stands");
        declare(&chair, "child_certificates", 2027).seen("*").await.refuses(422, "declaration-year");
        declare(&chair, "straffeattest", 2026).seen("*").await.refuses(404, "not-found");
        world.wait(TimeDelta::days(8));
        declare(&chair, "child_certificates", 2027).seen("*").await.is(200);
        for reader in [&ida, &world.editor()] {
            let all = reader.get(format!("{address}/declarations")).await.is(200).json();
            let all: Vec<_> = all["items"].as_array().expect("declarations").iter().map(|one| (one["kind"].clone(), one["year"].clone())).collect();
            assert_eq!(all, [(json!("child_certificates"), json!(2027)), (json!("democracy"), json!(2026))]);
        }
        world.citizen().get(format!("{address}/declarations")).await.refuses(404, "not-found");
    }

    async fn an_invitation_works_once_for_whoever_reads_the_letter_and_signs_in(world: World) {
        let (chair, organisation) = association(&world).await;
        let address = format!("/v1/organisations/{organisation}");
        let invitations = format!("{address}/invitations");
        let invite = |email: &str| chair.post(&invitations, json!({"role": "editor", "email": email}));
        invite("ikke en adresse").await.refuses(400, "invalid-input").finds("/email", "invalid-email");
        let made = invite("bo@venner.example").await.is(201);
        world.run_due();
        let (first, bo) = (world.letters.only(), world.citizen());
        assert!(first.text.contains("Vennekredsen i Tårs") && first.text.contains("redaktør"), "{}", first.text);

        // Another one to the same address takes its place.
        let again = invite("bo@venner.example").await.is(201);
        bo.post("/v1/confirmations", json!({"token": first.secret()})).await.refuses(404, "link-unknown");
        world.run_due();
        let second = world.letters.only();
        assert_eq!(chair.get(&invitations).await.is(200).ids(), [again.id()]);
        assert_ne!(made.id(), again.id());

        let redeem = json!({"token": second.secret()});
        world.anybody().post("/v1/confirmations", redeem.clone()).await.refuses(401, "link-needs-sign-in");
        let accepted = bo.post("/v1/confirmations", redeem.clone()).await.is(200).json();
        assert_eq!((&accepted["purpose"], &accepted["organisation_id"]), (&json!("accept_invitation"), &json!(organisation)));
        world.citizen().post("/v1/confirmations", redeem).await.refuses(410, "link-used");
        assert_eq!(bo.get("/v1/me").await.is(200).json()["memberships"][0]["status"], "confirmed");

        // The address is between signatories, staff and whoever was invited.
        for text in [bo.get(format!("{address}/overview")).await.is(200).text(), bo.get(format!("{address}/memberships")).await.is(200).text()] {
            assert!(!text.contains("bo@venner.example") && !text.contains("\"invitations\""), "{text}");
        }
        bo.get(&invitations).await.refuses(404, "not-found");
        assert!(!bo.get("/v1/events?limit=100").await.text().contains('@'));

        // What is taken back, or left lying, is good for nothing.
        let withdrawn = invite("eva@venner.example").await.is(201);
        world.run_due();
        let letter = world.letters.only();
        chair.act(format!("{}/withdraw", withdrawn.header("location"))).await.is(200);
        chair.act(format!("{}/withdraw", withdrawn.header("location"))).await.refuses(409, "invitation-over");
        world.citizen().post("/v1/confirmations", json!({"token": letter.secret()})).await.refuses(404, "link-unknown");
        invite("eva@venner.example").await.is(201);
        world.run_due();
        let late = world.letters.only();
        world.wait(TimeDelta::days(14));
        world.citizen().post("/v1/confirmations", json!({"token": late.secret()})).await.refuses(410, "link-expired");
        assert!(chair.get(&invitations).await.is(200).ids().is_empty());
        // Nobody can be pestered by being invited.
        for _ in 0..8 {
            invite("offer@venner.example").await.is(201);
            world.run_due();
        }
        assert_eq!(recipients(&world).len(), 5);
    }

    async fn duplicates_become_one_and_the_old_address_leads_there(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let old = initiative.json()["organisation"]["id"].as_str().expect("an id").to_owned();
        chair.request(Method::PUT, format!("/v1/organisations/{old}/declarations/democracy/2026")).seen("*").await.is(200);
        let picture = pictures::uploaded(&chair, &old, pictures::jpeg(40, 30)).await;
        let other = world.citizen();
        let kept = other.post("/v1/organisations", json!({"kind": "association", "name": "Vennekredsen Tårs"})).await.is(201).id();
        other.post(format!("/v1/organisations/{old}/memberships"), json!({"role": "editor"})).await.is(201);
        let staff = world.editor();
        let merge = |from: &str, into: &str| staff.post(format!("/v1/organisations/{from}/merge"), json!({"into_id": into}));
        merge(&old, &old).await.refuses(422, "successor-unfit");
        staff.post(format!("/v1/organisations/{old}/freeze"), json!({"reason": "Uenighed."})).await.is(200);
        merge(&old, &kept).await.refuses(409, "merge-unsettled");
        staff.post(format!("/v1/organisations/{old}/unfreeze"), json!({"reason": "Enighed."})).await.is(200);
        assert_eq!(merge(&old, &kept).await.is(200).json()["verification"], "verified", "one of the two was");

        // Whoever has the old address finds everything at the new one.
        for path in ["", "/memberships?limit=7", "/declarations", "/overview", "/standing", "/initiatives", "/history"] {
            let led = chair.get(format!("/v1/organisations/{old}{path}")).await.refuses(308, "moved");
            assert_eq!(led.header("location"), format!("/v1/organisations/{kept}{path}"));
            chair.get(led.header("location")).await.is(200);
        }
        let led = world.anybody().get(format!("/v1/organisations/{old}")).await.refuses(308, "moved");
        assert_eq!(led.header("location"), format!("/v1/organisations/{kept}"));
        staff.act(format!("/v1/organisations/{old}/verify")).await.refuses(410, "organisation-merged");
        merge(&old, &kept).await.refuses(410, "organisation-merged");
        merge(&kept, &old).await.refuses(422, "successor-unfit");

        assert_eq!(world.anybody().get("/v1/organisations").await.is(200).ids(), [kept.as_str()]);
        let entry = world.anybody().get(initiative.header("location")).await.is(200).json();
        assert_eq!(entry["organisation"], json!({"id": kept, "name": "Vennekredsen Tårs"}));
        assert_eq!(titles(&world.anybody(), &format!("organisation_id={kept}")).await, ["Besøgsvenner i Tårs"]);
        assert!(titles(&world.anybody(), &format!("organisation_id={old}")).await.is_empty());
        let overview = chair.get(format!("/v1/organisations/{kept}/overview")).await.is(200).json();
        assert_eq!(overview["memberships"], json!([{"role": "signatory", "status": "confirmed", "count": 2}]));
        assert_eq!(overview["initiatives"]["by_status"], json!([{"status": "published", "count": 1}]));
        assert_eq!(overview["declarations"][0]["kind"], "democracy");
        assert_eq!(other.get(format!("/v1/files/{picture}/metadata")).await.is(200).json()["organisation_id"], kept.as_str());
        let history = chair.get(format!("/v1/organisations/{kept}/history")).await.is(200).json();
        assert_eq!((&history["items"][0]["name"], &history["items"][0]["cvr"]), (&json!("Vennekredsen i Tårs"), &json!("13748136")));

        // A second merge leads on at once, and never from door to door.
        let last = world.citizen().post("/v1/organisations", json!({"kind": "association", "name": "Vennerne"})).await.is(201).id();
        merge(&kept, &last).await.is(200);
        for gone in [&old, &kept] {
            let led = world.anybody().get(format!("/v1/organisations/{gone}")).await.refuses(308, "moved");
            assert_eq!(led.header("location"), format!("/v1/organisations/{last}"));
        }
    }

    async fn of_two_merges_in_opposite_directions_one_happens(world: World) {
        for round in 0..8 {
            let (anna, bo, both) = (world.citizen(), world.citizen(), world.citizen());
            let register = |who: &Actor, name: &str| who.post("/v1/organisations", json!({"kind": "volunteer_group", "name": format!("{name} {round}")}));
            let (one, other) = (register(&anna, "Den ene").await.is(201).id(), register(&bo, "Den anden").await.is(201).id());
            let staff = world.editor();
            for id in [&one, &other] {
                staff.act(format!("/v1/organisations/{id}/verify")).await.is(200);
                both.post(format!("/v1/organisations/{id}/memberships"), json!({"role": "editor"})).await.is(201);
            }
            let merge = |from: &str, into: &str| staff.post(format!("/v1/organisations/{from}/merge"), json!({"into_id": into})).into_future();
            let (there, back) = join(merge(&one, &other), merge(&other, &one)).await;
            let (gone, kept) = if there.status == 200 { (&one, &other) } else { (&other, &one) };
            let late = if there.status == 200 { back } else { there };
            late.refuses(422, "successor-unfit");
            let led = anna.get(format!("/v1/organisations/{gone}")).await.refuses(308, "moved");
            assert_eq!(led.header("location"), format!("/v1/organisations/{kept}"));
            let overview = staff.get(format!("/v1/organisations/{kept}/overview")).await.is(200).json();
            assert_eq!(overview["memberships"], json!([{"role": "signatory", "status": "confirmed", "count": 2}, {"role": "editor", "status": "requested", "count": 1}]));
        }
    }

    async fn names_and_numbers_have_a_history(world: World) {
        let (chair, organisation) = association(&world).await;
        let address = format!("/v1/organisations/{organisation}");
        chair.patch(&address, json!({"name": "Vennerne i Tårs"})).seen("*").await.is(200);
        chair.patch(&address, json!({"purpose": "Selskab"})).seen("*").await.is(200);
        let put = |who: &Actor, body: Value| who.request(Method::PUT, format!("{address}/registration")).json("application/json", &body).seen("*");
        put(&chair, json!({"cvr": "29189382"})).await.refuses(403, "forbidden");
        put(&world.editor(), json!({"cvr": "29189383"})).await.refuses(400, "invalid-input").finds("/cvr", "invalid-cvr");
        world.citizen().post("/v1/organisations", json!({"kind": "association", "name": "En anden", "cvr": "98187650"})).await.is(201);
        put(&world.editor(), json!({"cvr": "98187650"})).await.refuses(409, "organisation-exists");
        assert_eq!(put(&world.editor(), json!({"cvr": "29189382"})).await.is(200).json()["cvr"], "29189382");
        let history = chair.get(format!("{address}/history")).await.is(200).json();
        let before: Vec<_> = history["items"].as_array().expect("items").iter().map(|one| (one["name"].clone(), one["cvr"].clone())).collect();
        assert_eq!(before, [(json!("Vennerne i Tårs"), json!("13748136")), (json!("Vennekredsen i Tårs"), json!("13748136"))]);
        world.citizen().get(format!("{address}/history")).await.refuses(404, "not-found");
    }

    async fn organisations_that_look_for_others_are_found(world: World) {
        let (chair, organisation) = association(&world).await;
        world.business("alone", "29189382").post("/v1/organisations", json!({"kind": "association", "name": "Alene", "cvr": "29189382"})).await.is(201);
        let address = format!("/v1/organisations/{organisation}");
        chair.patch(&address, json!({"seeks_cooperation": true, "cooperation": "En bus til udflugter"})).seen("*").await.is(200);
        let profile = world.anybody().get(&address).await.is(200).json();
        assert_eq!((&profile["seeks_cooperation"], &profile["cooperation"]), (&json!(true), &json!("En bus til udflugter")));
        assert_eq!(world.anybody().get("/v1/organisations?seeks_cooperation=true").await.is(200).ids(), [organisation]);
        chair.patch(&address, json!({"seeks_cooperation": false})).seen("*").await.is(200);
        assert!(world.anybody().get("/v1/organisations?seeks_cooperation=true").await.is(200).ids().is_empty());
        assert!(world.anybody().get(&address).await.is(200).json().get("cooperation").is_none(), "the text waits for better days");
    }

    async fn organisations_that_do_alike_find_each_other(world: World) {
        let (_, first) = published(&world, complete("")).await;
        let organisation = first.json()["organisation"]["id"].as_str().expect("an id").to_owned();
        let similar = format!("/v1/organisations/{organisation}/similar");
        assert_eq!(world.anybody().get(&similar).await.is(200).json()["items"], json!([]));
        let place = |latitude: f64| json!([{"kind": "address", "street": "Vej 1", "postal_code": "9800", "town": "Hjørring", "latitude": latitude, "longitude": 10.114}]);
        let at_home = json!([{"kind": "at_home", "postal_code": "9830", "town": "Tårs"}]);
        let others = [
            ("far", "29189382", "De fjerne", place(57.6), "visiting_friend"),
            ("near", "98187650", "De nære", place(57.4), "visiting_friend"),
            ("hidden", "10000009", "De hjemlige", at_home, "visiting_friend"),
        ];
        for (who, cvr, name, locations, activity) in others {
            let chair = world.business(who, cvr);
            let form = json!({"kind": "association", "name": name, "cvr": cvr, "seeks_cooperation": who == "far"});
            let id = chair.post("/v1/organisations", form).await.is(201).id();
            let content = with(with(with(complete(&id), "/locations", locations), "/activities", json!([activity])), "/title", json!(name));
            let drafted = chair.post("/v1/initiatives", content).await.is(201);
            chair.act(format!("{}/submit", drafted.header("location"))).await.is(200);
            world.editor().act(format!("{}/publish", drafted.header("location"))).await.is(200);
        }
        let names = |answer: Value| answer["items"].as_array().expect("a list").iter().map(|item| item["name"].clone()).collect::<Vec<_>>();
        let found = world.anybody().get(&similar).await.is(200).json();
        assert_eq!(names(found.clone()), ["De nære", "De fjerne", "De hjemlige"], "a kept answer knows of new entries");
        assert_eq!((&found["items"][0]["distance"], &found["items"][0]["shared"]), (&json!(1900.0), &json!(2)));
        assert!(found["items"][2].get("distance").is_none(), "a home is nowhere: {found}");
        assert_eq!(names(world.anybody().get(format!("{similar}?seeks_cooperation=true")).await.is(200).json()), ["De fjerne"]);

        // A place that nobody has confirmed is nowhere any more, for the distance either.
        let near = world.business("near", "98187650");
        let house = near.get("/v1/me").await.is(200).json()["memberships"][0]["organisation_id"].as_str().expect("an id").to_owned();
        let farther = with(with(complete(&house), "/locations", place(57.5)), "/title", json!("Længere væk"));
        let farther = near.post("/v1/initiatives", farther).await.is(201);
        near.act(format!("{}/submit", farther.header("location"))).await.is(200);
        world.editor().act(format!("{}/publish", farther.header("location"))).await.is(200);
        world.wait(TimeDelta::days(430));
        for address in [first.header("location"), farther.header("location")] {
            world.editor().act(format!("{address}/confirm")).await.is(200);
        }
        let found = world.anybody().get(&similar).await.is(200).json();
        assert_eq!((names(found.clone()), &found["items"][0]["distance"]), (vec![json!("De nære")], &json!(13000.0)));
        world.anybody().get("/v1/organisations/01932b6e-7a00-7001-8000-0000000fffff/similar").await.refuses(404, "not-found");
    }

    async fn an_overview_says_how_fresh_the_entries_are(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let organisation = initiative.json()["organisation"]["id"].as_str().expect("an id").to_owned();
        chair.post("/v1/initiatives", json!({"organisation_id": organisation, "title": "Kladde"})).await.is(201);
        let address = format!("/v1/organisations/{organisation}/overview");
        let entries = |answer: Answer| answer.json()["initiatives"].clone();
        let fresh = entries(chair.get(&address).await.is(200));
        assert_eq!(fresh["by_status"], json!([{"status": "draft", "count": 1}, {"status": "published", "count": 1}]));
        assert_eq!((&fresh["needs_verification"], &fresh["hidden"]), (&json!(0), &json!(0)));
        for (days, due, hidden) in [(365, 1, 0), (60, 0, 1)] {
            world.clock.set(world.clock.now() + TimeDelta::days(days));
            let aged = entries(chair.get(&address).await.is(200));
            assert_eq!((&aged["needs_verification"], &aged["hidden"]), (&json!(due), &json!(hidden)));
        }
        world.anybody().get(&address).await.refuses(401, "unauthenticated");
        world.citizen().get(&address).await.refuses(404, "not-found");
    }
}
