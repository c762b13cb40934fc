//! Letters go once, to whom they concern, and a server that does not take them is asked again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::TimeDelta;
use persistence::letters::{self, Delivery, LetterStatus};
use serde_json::json;

use super::scene::{complete, published};
use crate::{
    client::{Actor, Answer},
    stories,
    world::World,
};

/// An entry whose organisation can be written to.
async fn reachable(world: &World) -> (Actor, Answer) {
    let (chair, initiative) = published(world, complete("")).await;
    let organisation = initiative.json()["organisation"]["id"].as_str().expect("an id").to_owned();
    chair
        .patch(format!("/v1/organisations/{organisation}"), json!({"contact": {"email": "hej@vennekredsen.example"}}))
        .seen("*")
        .await
        .is(200);
    world.run_due();
    world.letters.take();
    (chair, initiative)
}

async fn suspended(world: &World) -> (Actor, Answer) {
    let (chair, initiative) = reachable(world).await;
    world.editor().post(format!("{}/suspend", initiative.header("location")), json!({"reason": "Nummeret virker ikke."})).await.is(200);
    (chair, initiative)
}

stories! {
    async fn an_organisation_hears_what_staff_has_decided_and_why(world: World) {
        suspended(&world).await;
        assert_eq!(world.run_due().done, 1);
        let letter = world.letters.only();
        assert_eq!(letter.to, "hej@vennekredsen.example");
        for part in ["Besøgsvenner i Tårs", "taget ned", "Nummeret virker ikke.", "In English", "suspended"] {
            assert!(letter.text.contains(part), "{part} is missing in {}", letter.text);
        }
        assert_eq!(world.run_due().done, 0);
        assert!(world.letters.take().is_empty());
    }

    async fn what_a_server_does_not_take_now_it_takes_later_and_knows_again(world: World) {
        suspended(&world).await;
        world.letters.answer_next(Delivery::Later("greylisted".into()));
        world.letters.answer_next(Delivery::Later("greylisted".into()));
        for minutes in [0, 1, 2] {
            assert!(world.letters.take().is_empty());
            world.wait(TimeDelta::minutes(minutes));
        }
        let first = world.letters.only();
        suspended_again(&world).await;
        world.letters.answer_next(Delivery::Refused("no such mailbox".into()));
        world.run_due();
        world.wait(TimeDelta::days(1));
        assert!(world.letters.take().is_empty(), "what is refused for good is not tried again");
        suspended_again(&world).await;
        world.run_due();
        assert_ne!(world.letters.only().message_id, first.message_id, "another letter has another id");
    }

    async fn nothing_is_sent_twice_when_nobody_knows_whether_it_went(world: World) {
        suspended(&world).await;
        world.letters.answer_next(Delivery::Unknown("the connection broke".into()));
        world.run_due();
        world.wait(TimeDelta::days(1));
        assert!(world.letters.take().is_empty());
    }

    async fn a_letter_over_which_a_process_died_is_left_alone(world: World) {
        suspended(&world).await;
        let beside = world.second_instance().await;
        world.letters.die_over_next();
        assert!(catch_unwind(AssertUnwindSafe(|| world.run_due())).is_err());
        assert_eq!(beside.run_due().done, 0, "somebody is at it");
        beside.wait(TimeDelta::minutes(6));
        assert!(world.letters.take().is_empty(), "nobody knows whether it went");
        let counts = world.app.db.read(letters::counts).result.expect("they can be counted");
        assert_eq!(counts, [(LetterStatus::Sent, 1), (LetterStatus::Unknown, 1)], "one told of the publication before");
    }

    async fn instances_share_the_work(world: World) {
        let beside = world.second_instance().await;
        suspended(&world).await;
        assert_eq!(beside.run_due().done, 1);
        assert_eq!(world.run_due().done, 0);
        world.letters.only();
    }
}

async fn suspended_again(world: &World) {
    let editor = world.editor();
    let initiative = editor.get("/v1/moderation/initiatives?status=suspended").await.is(200).ids().remove(0);
    editor.act(format!("/v1/initiatives/{initiative}/clear")).await.is(200);
    world.run_due();
    world.letters.take();
    editor.post(format!("/v1/initiatives/{initiative}/suspend"), json!({"reason": "Igen."})).await.is(200);
}
