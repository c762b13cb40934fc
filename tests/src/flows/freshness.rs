//! An entry that nobody confirms is flagged, then hidden, and comes back with one click.

use chrono::TimeDelta;
use serde_json::json;

use super::scene::{complete, published, titles};
use crate::{client::Actor, stories};

/// What everybody can read in the feed.
async fn feed(reader: &Actor) -> Vec<String> {
    let events = reader.get("/v1/events?limit=100").await.is(200).json();
    events["items"].as_array().expect("events").iter().map(|event| event["name"].as_str().unwrap_or_default().to_owned()).collect()
}

stories! {
    async fn a_forgotten_entry_disappears_and_comes_back_with_one_click(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        let (address, anybody) = (initiative.header("location").to_owned(), world.anybody());
        world.run_due();
        assert_eq!(anybody.get(&address).await.is(200).json()["needs_verification"], false);
        let seen = chair.get(&address).await.is(200).etag();

        world.wait(TimeDelta::days(365));
        assert_eq!(anybody.get(&address).await.is(200).json()["needs_verification"], true, "a date changes what the cache holds");
        assert_eq!(titles(&anybody, "").await.len(), 1);
        let reminder = world.letters.only();
        assert_eq!(reminder.to, "karen@vennekredsen.example");
        assert!(reminder.text.contains("Besøgsvenner i Tårs"), "{}", reminder.text);
        chair.patch(&address, json!({"accessibility_text": "Ring på."})).seen(&seen).await.is(200);
        world.wait(TimeDelta::days(1));
        assert!(world.letters.take().is_empty(), "one reminder is enough");
        assert!(!feed(&anybody).await.contains(&"initiative.aged".to_owned()), "that an entry ages is its own organisation's business");

        world.wait(TimeDelta::days(60));
        anybody.get(&address).await.refuses(404, "not-found");
        assert!(titles(&anybody, "").await.is_empty());
        assert_eq!(feed(&anybody).await.last().map(String::as_str), Some("initiative.hidden"), "followers take it off their lists");
        let last_call = world.letters.only();

        anybody.post("/v1/confirmations", json!({"token": reminder.secret()})).await.refuses(404, "link-unknown");
        let done = anybody.post("/v1/confirmations", json!({"token": last_call.secret()})).await.is(200).json();
        assert_eq!((&done["purpose"], &done["initiative_id"]), (&json!("confirm_initiative"), &json!(initiative.id())));
        assert_eq!(anybody.get(&address).await.is(200).json()["needs_verification"], false);
        assert_eq!(feed(&anybody).await.last().map(String::as_str), Some("initiative.confirmed"));
        anybody.post("/v1/confirmations", json!({"token": last_call.secret()})).await.refuses(410, "link-used");

        // A year later it begins anew.
        world.wait(TimeDelta::days(365));
        assert_ne!(world.letters.only().secret(), last_call.secret());
    }

    async fn whoever_is_signed_in_confirms_without_a_letter(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        world.wait(TimeDelta::days(430));
        world.letters.take();
        world.anybody().get(initiative.header("location")).await.refuses(404, "not-found");
        chair.act(format!("{}/confirm", initiative.header("location"))).await.is(200);
        world.anybody().get(initiative.header("location")).await.is(200);
        world.wait(TimeDelta::days(1));
        assert!(world.letters.take().is_empty());
    }

    async fn a_link_outlives_neither_its_time_nor_its_reason(world: World) {
        let (chair, initiative) = published(&world, complete("")).await;
        world.wait(TimeDelta::days(365));
        let secret = world.letters.take().pop().expect("a reminder").secret();
        for wrong in ["", "x", &secret[1..], &format!("{secret}x")] {
            let answer = world.anybody().post("/v1/confirmations", json!({"token": wrong})).await;
            assert!(matches!(answer.status.as_u16(), 400 | 404), "{}", answer.text());
        }
        chair.act(format!("{}/archive", initiative.header("location"))).await.is(200);
        world.anybody().post("/v1/confirmations", json!({"token": secret})).await.refuses(410, "initiative-archived");
        // What was refused has not used the link up.
        world.anybody().post("/v1/confirmations", json!({"token": secret})).await.refuses(410, "initiative-archived");
        world.clock.set(world.clock.now() + TimeDelta::days(180));
        world.anybody().post("/v1/confirmations", json!({"token": secret})).await.refuses(410, "link-expired");
    }
}
