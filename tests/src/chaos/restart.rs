//! The database goes down in the middle of everything and comes back (R6). The service stays up, says what it knows, and
//! works again by itself.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    http::{Ask, Reply, Wire},
    process::{Raw, Service, citizen, stamped_on},
    whole,
};
use crate::cluster;

const WRITERS: usize = 8;
const RESTARTS: usize = 3;
const RECOVERY: Duration = Duration::from_secs(10);

fn register(writer: usize, number: usize) -> Ask {
    let body = json!({"kind": "volunteer_group", "name": format!("writer {writer} number {number}")});
    Ask::post("/v1/organisations", &body).token(&citizen(&format!("writer-{writer}"))).key(&format!("key-{number}"))
}

/// Everything may fail meanwhile, but in one way only.
fn done(reply: &Reply, expected: u16) -> bool {
    if reply.status == 503 {
        assert!(
            ["/problems/busy", "/problems/storage-unavailable", "/problems/outcome-unknown"]
                .contains(&reply.json()["type"].as_str().unwrap_or_default())
        );
        assert_ne!(reply.header("retry-after"), "");
        return false;
    }
    assert_eq!(reply.status, expected, "{}", reply.text());
    true
}

/// Writes one thing after the other, each with its key until it is done, and reads it back. Returns how many there are,
/// and how many answers were refusals.
fn work(address: SocketAddr, writer: usize, over: &AtomicBool) -> (usize, usize) {
    let mut wire = Wire::open(address).expect("the service accepts connections");
    let mut refused = 0;
    let mut insist = |ask: &Ask, expected| loop {
        let reply = wire.ask(ask).expect("the service stays up");
        if done(&reply, expected) {
            return reply;
        }
        refused += 1;
        thread::sleep(Duration::from_millis(50));
    };
    for number in 0.. {
        if over.load(Ordering::SeqCst) {
            return (number, refused);
        }
        let made = insist(&register(writer, number), 201);
        let read = insist(&Ask::get(made.header("location")).token(&citizen(&format!("writer-{writer}"))), 200);
        assert_eq!(read.json()["id"], made.json()["id"]);
    }
    (0, refused)
}

#[test]
fn postgresql_crashes_under_load_and_everything_happens_once() {
    let cluster = cluster::dedicated(true);
    let target = stamped_on(&cluster);
    let service = Service::start(&target);
    let (address, over) = (service.address, Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let over = Arc::clone(&over);
            thread::spawn(move || work(address, writer, &over))
        })
        .collect();
    for restart in 0..RESTARTS {
        thread::sleep(Duration::from_millis(700));
        cluster.restart_immediate();
        let begun = Instant::now();
        while !done(&service.ask(&register(WRITERS, restart)), 201) {
            assert!(begun.elapsed() < RECOVERY, "no recovery: {}", service.log());
            service.ask(&Ask::get("/health/live")).is(200);
            thread::sleep(Duration::from_millis(50));
        }
        service.becomes_ready(RECOVERY);
    }
    over.store(true, Ordering::SeqCst);
    let (mut written, mut refused) = (RESTARTS, 0);
    for writer in writers {
        let (its_written, its_refused) = writer.join().expect("a writer came to its end");
        written += its_written;
        refused += its_refused;
    }
    assert!(refused > 0, "the crashes came while there was work");
    let mut raw = Raw::open(&target);
    let there = "SELECT count(*) FROM organisations";
    assert_eq!(raw.number(there), i64::try_from(written).expect("it is small"), "each happened once");
    assert_eq!(raw.number(there), raw.number("SELECT count(DISTINCT name) FROM organisations"));
    assert_eq!(raw.number(there), raw.number("SELECT count(*) FROM idempotency"));
    whole(&mut raw);
    service.stop();
}
