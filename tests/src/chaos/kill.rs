//! Nothing acknowledged is lost, and nothing is half there, when the process is killed at any moment (R1).

use std::{
    env,
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
    thread,
    time::Duration,
};

use persistence::Engine;
use serde_json::{Value, json};

use super::{
    http::{Ask, Wire},
    on_both,
    process::{Raw, Service, citizen, stamped},
    whole,
};

const WRITERS: usize = 16;

/// In the pipeline there are more; every kill finds another moment.
pub fn kills() -> usize {
    env::var_os("CHAOS_KILLS").and_then(|kills| kills.to_str()?.parse().ok()).unwrap_or(5)
}

/// One registration, and the id that was acknowledged, if any was.
struct Written {
    token: String,
    key: String,
    body: Value,
    id: Option<String>,
}

impl Written {
    fn ask(&self) -> Ask {
        Ask::post("/v1/organisations", &self.body).token(&self.token).key(&self.key)
    }
}

/// Registers one organisation after the other until the connection dies; the last one is the one in doubt.
fn write_until_the_end(address: SocketAddr, round: usize, writer: usize) -> Vec<Written> {
    let token = citizen(&format!("writer-{writer}"));
    let mut all = Vec::new();
    let Ok(mut wire) = Wire::open(address) else { return all };
    for number in 0.. {
        let name = format!("round {round} writer {writer} number {number}");
        let body = json!({"kind": "volunteer_group", "name": name});
        all.push(Written { token: token.clone(), key: format!("key-{round}-{number}"), body, id: None });
        let Some(written) = all.last_mut() else { break };
        let Ok(reply) = wire.ask(&written.ask()) else { break };
        // A busy service may say so; that is no acknowledgement.
        if reply.status != 503 {
            written.id = reply.is(201).json()["id"].as_str().map(str::to_owned);
        }
    }
    all
}

pub fn at_random(below: u64) -> Duration {
    Duration::from_millis(RandomState::new().hash_one(()) % below)
}

/// One life of the service, ended by SIGKILL.
fn life(service: Service, round: usize) -> Vec<Written> {
    let address = service.address;
    let writers: Vec<_> = (0..WRITERS).map(|writer| thread::spawn(move || write_until_the_end(address, round, writer))).collect();
    thread::sleep(Duration::from_millis(100) + at_random(600));
    service.kill();
    writers.into_iter().flat_map(|writer| writer.join().expect("a writer came to its end")).collect()
}

/// Everything acknowledged is there for its owner; everything in doubt happens once when it is asked for again.
fn check(service: &Service, written: &[Written]) {
    let mut wire = service.wire();
    for one in written {
        if let Some(id) = &one.id {
            let file = wire.ask(&Ask::get(&format!("/v1/organisations/{id}")).token(&one.token)).expect("an answer").is(200);
            assert_eq!(file.json()["name"], one.body["name"]);
        }
        let again = wire.ask(&one.ask()).expect("an answer").is(201).json();
        assert!(one.id.as_ref().is_none_or(|id| again["id"] == **id), "{again} should have the id {:?}", one.id);
    }
}

fn nothing_acknowledged_is_lost(engine: Engine) {
    let database = stamped(engine);
    let mut raw = Raw::open(&database.target);
    let (mut tried, mut acknowledged) = (0, 0);
    for round in 0..kills() {
        let written = life(Service::start(&database.target), round);
        whole(&mut raw);
        check(&Service::start(&database.target), &written);
        whole(&mut raw);
        tried += written.len();
        acknowledged += written.iter().filter(|one| one.id.is_some()).count();
        let there = "SELECT count(*) FROM organisations";
        assert_eq!(raw.number(there), i64::try_from(tried).expect("it is small"), "each was carried out once");
        assert_eq!(raw.number(there), raw.number("SELECT count(DISTINCT name) FROM organisations"));
        assert_eq!(raw.number(there), raw.number("SELECT count(*) FROM idempotency"), "each stands with the answer to its key");
    }
    assert!(acknowledged > 0 && acknowledged < tried, "the kills came while there was work: {acknowledged} of {tried}");
}

on_both!(nothing_acknowledged_is_lost);
