//! Anybody writes to an initiative, and nobody learns more than they should.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::scene::{complete, published, with};
use crate::{
    client::{Actor, Answer},
    matrix::tables::Raw,
    stories,
    world::World,
};

/// Where the contact is reached, which nobody is to learn.
const CONTACT: &str = "hemmelig@vennekredsen.example";
const WRITER: &str = "jens@holm.example";
const TEXT: &str = "Kunne jeg komme forbi en tirsdag?";

/// An entry whose contact can be written to, but is not shown.
async fn discreet(world: &World) -> (Actor, Answer) {
    let contact = json!({"name": "Karen", "email": CONTACT, "published": false});
    let made = published(world, with(complete(""), "/contact", contact)).await;
    world.run_due();
    world.letters.take();
    made
}

fn message() -> Value {
    json!({"name": "Jens Holm", "email": WRITER, "text": TEXT})
}

fn messages(initiative: &Answer) -> String {
    format!("{}/messages", initiative.header("location"))
}

fn everything(answer: &Answer) -> String {
    format!("{:?}{}", answer.headers, answer.text())
}

/// The rows that hold some of these words, in whichever table.
fn holding(world: &World, words: &[&str]) -> Vec<String> {
    Raw::open(world).rows().into_iter().filter(|row| words.iter().any(|word| row.contains(word))).collect()
}

stories! {
    async fn a_message_goes_once_its_writer_is_known_and_the_answer_goes_back(world: World) {
        let ((chair, initiative), anybody) = (discreet(&world).await, world.anybody());
        let taken = anybody.post(messages(&initiative), message()).await.is(204);
        world.run_due();
        let link = world.letters.only();
        assert_eq!(link.to, WRITER, "nothing goes to the contact yet");
        assert!(link.text.contains("Besøgsvenner i Tårs"), "{}", link.text);
        assert!(!link.text.contains(TEXT) && !link.text.contains("Jens"), "a stranger may have given somebody else's address: {}", link.text);

        let done = anybody.post("/v1/confirmations", json!({"token": link.secret()})).await.is(200);
        assert_eq!((&done.json()["purpose"], &done.json()["initiative_id"]), (&json!("send_message"), &json!(initiative.id())));
        world.run_due();
        let letter = world.letters.only();
        assert_eq!((letter.to.as_str(), letter.reply_to.as_str()), (CONTACT, WRITER));
        for part in ["Besøgsvenner i Tårs", "Jens Holm", TEXT, "In English"] {
            assert!(letter.text.contains(part), "{part} is missing in {}", letter.text);
        }
        anybody.post("/v1/confirmations", json!({"token": link.secret()})).await.refuses(410, "link-used");
        world.wait(TimeDelta::days(1));
        assert!(world.letters.take().is_empty(), "it goes once");

        for address in [initiative.header("location").to_owned(), "/v1/initiatives?facets=true".to_owned(), "/v1/events".to_owned(), messages(&initiative)] {
            let answer = if address.ends_with("/messages") { anybody.post(address, message()).await.is(204) } else { anybody.get(address).await.is(200) };
            assert!(!everything(&answer).contains(CONTACT), "{}", answer.said);
        }
        assert!(![&taken, &done].into_iter().any(|answer| everything(answer).contains(CONTACT)) && !link.text.contains(CONTACT));
        let feed = |events: Answer| events.text().contains("initiative.message_");
        assert!(!feed(anybody.get("/v1/events?limit=100").await.is(200)), "that somebody writes is nobody else's business");
        let own = chair.get("/v1/events?limit=100").await.is(200).text();
        assert!(own.contains("initiative.message_confirmed") && !own.contains("initiative.message_received"), "{own}");
    }

    async fn what_was_written_is_forgotten_after_a_while(world: World) {
        let ((_, initiative), anybody) = (discreet(&world).await, world.anybody());
        anybody.post(messages(&initiative), message()).await.is(204);
        world.run_due();
        anybody.post("/v1/confirmations", json!({"token": world.letters.only().secret()})).await.is(200);
        world.wait(TimeDelta::days(29));
        assert_eq!(holding(&world, &[TEXT]).len(), 1, "the message itself, and no letter and no journal");
        world.wait(TimeDelta::days(1) + TimeDelta::hours(1));
        assert_eq!(holding(&world, &[TEXT, WRITER, "Jens Holm"]), Vec::<String>::new());
    }

    async fn what_nobody_confirms_is_forgotten_and_never_goes(world: World) {
        let ((_, initiative), anybody) = (discreet(&world).await, world.anybody());
        anybody.post(messages(&initiative), message()).await.is(204);
        world.run_due();
        let link = world.letters.only().secret();
        world.wait(TimeDelta::days(6));
        assert!(!holding(&world, &[TEXT]).is_empty());
        world.wait(TimeDelta::days(1) + TimeDelta::hours(1));
        assert_eq!(holding(&world, &[TEXT, WRITER, "Jens Holm"]), Vec::<String>::new());
        anybody.post("/v1/confirmations", json!({"token": link})).await.refuses(410, "link-expired");
        world.run_due();
        assert!(world.letters.take().is_empty());
    }

    async fn a_personal_number_is_not_handed_on(world: World) {
        let ((_, initiative), anybody) = (discreet(&world).await, world.anybody());
        let told = with(message(), "/text", json!("Mit nummer er 010190-1234."));
        anybody.post(messages(&initiative), told).await.refuses(400, "invalid-input").finds("/text", "personal-number");
        let nowhere = with(message(), "/email", json!("jens"));
        anybody.post(messages(&initiative), nowhere).await.refuses(400, "invalid-input").finds("/email", "invalid-email");
        world.run_due();
        assert!(world.letters.take().is_empty());
        assert!(holding(&world, &["010190"]).is_empty());
    }

    async fn where_nobody_is_named_the_organisation_is_written_to_if_it_can_be(world: World) {
        let contact = json!({"name": "Karen", "phone": "+4599990001", "published": true});
        let (chair, initiative) = published(&world, with(complete(""), "/contact", contact)).await;
        world.anybody().post(messages(&initiative), message()).await.refuses(409, "nobody-to-write-to");
        let organisation = initiative.json()["organisation"]["id"].as_str().expect("an id").to_owned();
        let reachable = json!({"contact": {"email": "hej@vennekredsen.example"}});
        chair.patch(format!("/v1/organisations/{organisation}"), reachable).seen("*").await.is(200);
        world.run_due();
        world.letters.take();
        world.anybody().post(messages(&initiative), message()).await.is(204);
        world.run_due();
        world.anybody().post("/v1/confirmations", json!({"token": world.letters.only().secret()})).await.is(200);
        world.run_due();
        assert_eq!(world.letters.only().to, "hej@vennekredsen.example");
    }

    async fn only_what_the_public_sees_is_written_to(world: World) {
        let ((chair, initiative), anybody) = (discreet(&world).await, world.anybody());
        anybody.post(messages(&initiative), message()).await.is(204);
        world.run_due();
        let link = json!({"token": world.letters.only().secret()});
        chair.act(format!("{}/pause", initiative.header("location"))).await.is(200);
        anybody.post(messages(&initiative), message()).await.refuses(404, "not-found");
        anybody.post("/v1/confirmations", link.clone()).await.refuses(404, "not-found");
        chair.act(format!("{}/resume", initiative.header("location"))).await.is(200);
        // What was refused has not used the link up.
        anybody.post("/v1/confirmations", link).await.is(200);
        chair.act(format!("{}/archive", initiative.header("location"))).await.is(200);
        anybody.post(messages(&initiative), message()).await.refuses(410, "gone");
    }
}
