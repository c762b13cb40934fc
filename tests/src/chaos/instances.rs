//! Two instances of the service on one PostgreSQL are one service (R10): they share jobs, what their caches know, and the
//! answers kept for retries; and whatever must happen once happens once, whichever of them is asked.

use std::{
    thread,
    time::{Duration, Instant},
};

use access::Role;
use persistence::Engine;
use serde_json::{Value, json};

use super::{
    http::{Ask, Reply},
    mailed_once::{all_dealt_with, letters, mailing, once_each},
    mailserver::MailServer,
    process::{Raw, Service, citizen, editor, stamped, token},
    retries::{TIMES, all_at_once, essence, replays},
    town::Town,
    whole,
};
use crate::world::Scratch;

fn two() -> (Scratch, [Service; 2]) {
    let database = stamped(Engine::Postgres);
    let services = [(); 2].map(|()| Service::start(&database.target));
    (database, services)
}

/// As many requests at one moment, to both in turn.
fn at_both(services: &[Service; 2], ask: impl Fn(usize) -> Ask) -> Vec<Reply> {
    all_at_once((0..TIMES).map(|client| (services[client % 2].wire(), ask(client))).collect())
}

fn of_status(replies: &[Reply], status: u16) -> Vec<&Reply> {
    replies.iter().filter(|reply| reply.status == status).collect()
}

fn refused(reply: &Reply) -> Value {
    reply.json()["type"].clone()
}

#[test]
fn what_one_writes_the_other_shows_within_a_second() {
    let (_database, [here, there]) = two();
    let town = Town::new(&here);
    let address = town.publish(&here, "Nul");
    let change = |number: usize| {
        let body = json!({"accessibility_text": format!("Udgave {number}")});
        let patch = Ask::new("PATCH", &address).body("application/merge-patch+json", &body).header("If-Match", "*");
        here.ask(&patch.token(&town.chair)).is(200);
    };
    let seen = |service: &Service, path: &str| service.ask(&Ask::get(path)).is(200).json();
    let list = "/v1/initiatives?town=T%C3%A5rs";
    let mut kept = 0;
    for number in 0..8 {
        let text = format!("Udgave {number}");
        seen(&there, &address);
        seen(&there, list);
        change(number);
        let written = Instant::now();
        assert_eq!(seen(&here, &address)["accessibility_text"], text, "an instance shows its own writes at once");
        loop {
            let asked = Instant::now();
            if seen(&there, &address)["accessibility_text"] == text {
                break;
            }
            kept += 1;
            assert!(asked - written < Duration::from_secs(1), "what was asked a second later came from before");
        }
    }
    assert!(kept > 0, "the other instance has answered from its cache");
    // What is gone from the one is gone from the other's lists, too.
    assert_eq!(seen(&there, list)["items"].as_array().map(Vec::len), Some(1));
    here.ask(&Ask::new("POST", &format!("{address}/pause")).token(&town.chair)).is(200);
    thread::sleep(Duration::from_secs(1));
    there.ask(&Ask::get(&address)).is(404);
    assert_eq!(seen(&there, list)["items"], json!([]));
}

#[test]
fn a_retry_is_exact_wherever_it_arrives() {
    let (database, services) = two();
    let mut raw = Raw::open(&database.target);
    let body = json!({"kind": "volunteer_group", "name": "Én gang"});
    let ask = || Ask::post("/v1/organisations", &body).token(&citizen("anna")).key("once");
    let replies = at_both(&services, |_| ask());
    assert!(replies.iter().all(|reply| reply.status == 201 && essence(reply) == essence(&replies[0])), "{replies:?}");
    assert_eq!(replies.iter().filter(|reply| reply.header("idempotent-replay") == "true").count(), TIMES - 1);
    assert_eq!(replays(&services.each_ref().map(|service| service.ask(&ask()))), 2);
    let other = json!({"kind": "volunteer_group", "name": "Noget andet"});
    for service in &services {
        let reused = service.ask(&Ask::post("/v1/organisations", &other).token(&citizen("anna")).key("once")).is(422);
        assert_eq!(refused(&reused), "/problems/idempotency-key-reused");
    }
    assert_eq!(raw.number("SELECT count(*) FROM organisations"), 1);
    whole(&mut raw);
}

#[test]
fn of_many_at_both_doors_one_gets_it() {
    let (database, services) = two();
    let mut raw = Raw::open(&database.target);
    // A number that can be registered once.
    let register = json!({"kind": "association", "name": "Vennekredsen", "cvr": "25313763"});
    let registered = at_both(&services, |client| Ask::post("/v1/organisations", &register).token(&citizen(&format!("citizen-{client}"))));
    assert_eq!(of_status(&registered, 201).len(), 1);
    assert!(of_status(&registered, 409).iter().all(|reply| refused(reply) == "/problems/organisation-exists"));

    // A case that one editor has.
    let town = Town::new(&services[0]);
    let submitted = town.submit(&services[0], "Hvem tager den?").json()["id"].as_str().expect("an id").to_owned();
    let colleague = |client: usize| token(&format!("editor-{client}"), &[Role::Editor], None);
    let claimed = at_both(&services, |client| Ask::new("POST", &format!("/v1/moderation/{submitted}/claim")).token(&colleague(client)));
    assert_eq!(of_status(&claimed, 200).len(), 1);
    assert_eq!(of_status(&claimed, 409).len(), TIMES - 1);

    // A report that one says yes to while another says no.
    let address = town.publish(&services[0], "Døren er låst");
    services[1].ask(&Ask::post(&format!("{address}/reports"), &json!({"reason": "outdated"}))).is(204);
    let report =
        services[1].ask(&Ask::get("/v1/reports").token(&editor())).is(200).json()["items"][0]["id"].as_str().expect("an id").to_owned();
    let verdict = |client: usize| if client.is_multiple_of(3) { "uphold" } else { "dismiss" };
    let reason = json!({"reason": "Vi har ringet."});
    let decided =
        at_both(&services, |client| Ask::post(&format!("/v1/reports/{report}/{}", verdict(client)), &reason).token(&colleague(client)));
    let [answer] = of_status(&decided, 200)[..] else { panic!("{decided:?}") };
    assert!(of_status(&decided, 409).iter().all(|reply| refused(reply) == "/problems/report-decided"));
    let upheld = answer.json()["status"] == "upheld";
    assert_eq!(raw.number("SELECT count(*) FROM initiatives WHERE status = 'suspended'"), i64::from(upheld));
    assert_eq!(of_status(&decided, 409).len(), TIMES - 1);
    whole(&mut raw);
}

#[test]
fn what_is_due_is_done_once_by_whichever_comes_first() {
    const ENTRIES: usize = 24;
    let (database, server) = (stamped(Engine::Postgres), MailServer::new(Duration::from_millis(5)));
    let mut raw = Raw::open(&database.target);
    let both = || {
        let starting = [(); 2].map(|()| mailing(&database.target, &server)).map(|command| thread::spawn(move || Service::launch(command)));
        starting.map(|service| service.join().expect("it came up"))
    };
    let services = both();
    let town = Town::new(&services[0]);
    for number in 0..ENTRIES {
        town.publish(&services[number % 2], &format!("Opslag {number}"));
    }
    all_dealt_with(&mut raw);
    assert_eq!(once_each(&letters(&mut raw), &server.taken()), 0);
    assert_eq!(server.taken().len(), ENTRIES);
    drop(services);

    // A year later nobody has said of any of them that it still holds, and both instances come up at the same moment.
    raw.run("UPDATE initiatives SET verified_at = verified_at - interval '400 days'");
    raw.run("UPDATE jobs SET due_at = due_at - interval '1 day'");
    let services = both();
    server.has_taken(2 * ENTRIES);
    all_dealt_with(&mut raw);
    let aged = "FROM journal WHERE name = 'initiative.aged'";
    assert_eq!(raw.number(&format!("SELECT count(*) {aged}")), raw.number(&format!("SELECT count(DISTINCT subject_id) {aged}")));
    assert_eq!(once_each(&letters(&mut raw), &server.taken()), 0);
    assert_eq!(letters(&mut raw).len(), 2 * ENTRIES);
    drop(services);

    // One of them dies over a letter; the other one sends all the rest.
    let [dying, living] = both();
    server.falls_silent(true);
    for number in 0..ENTRIES {
        town.publish(&living, &format!("Nyt opslag {number}"));
    }
    server.has_taken(2 * ENTRIES + 1);
    server.falls_silent(false);
    dying.kill();
    raw.run("UPDATE jobs SET claimed_until = due_at WHERE claimed_until IS NOT NULL");
    all_dealt_with(&mut raw);
    assert!(once_each(&letters(&mut raw), &server.taken()) <= 2, "one that was taken in silence for each of the two");
    assert_eq!(letters(&mut raw).len(), 3 * ENTRIES);
    whole(&mut raw);
}
