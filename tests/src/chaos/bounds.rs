//! However slow, large or many: bounded, answered, and over when the cause is gone (R7, R8, S6).

use std::{
    io::Write as _,
    thread,
    time::{Duration, Instant},
};

use persistence::{Engine, Target};
use serde_json::json;

use super::{
    http::{Ask, Reply, Wire},
    on_both,
    process::{PATIENCE, Raw, Service, citizen, stamped},
    whole,
};

/// Far above every bound of the service, and far below waiting for ever.
const BOUND: Duration = Duration::from_secs(25);

/// What touches no lock must not even notice; the machine under it may be busy with other things.
const AT_ONCE: Duration = Duration::from_secs(5);

fn close_the_gate(target: &Target) -> Raw {
    let mut raw = Raw::open(target);
    raw.run(match &raw {
        Raw::Sqlite(_) => "BEGIN IMMEDIATE",
        Raw::Postgres(_) => "BEGIN; LOCK TABLE write_gate IN EXCLUSIVE MODE",
    });
    raw
}

fn register(subject: &str) -> Ask {
    Ask::post("/v1/organisations", &group()).token(&citizen(subject)).key("key")
}

fn group() -> serde_json::Value {
    json!({"kind": "volunteer_group", "name": "Gruppen"})
}

#[track_caller]
fn answers_at_once(service: &Service, ask: &Ask) {
    let begun = Instant::now();
    service.ask(ask).is(200);
    assert!(begun.elapsed() < AT_ONCE, "{ask:?} took {:?}", begun.elapsed());
}

/// Says that it is busy, when to come back, and does not take for ever to say so.
#[track_caller]
fn comes_back_later((reply, took): &(Reply, Duration)) {
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert!(reply.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0), "{reply:?}");
    assert!(*took < BOUND, "it took {took:?}");
}

fn in_parallel(service: &Service, asks: Vec<Ask>) -> Vec<thread::JoinHandle<(Reply, Duration)>> {
    let address = service.address;
    let ask = move |ask: Ask| {
        let begun = Instant::now();
        let reply = Wire::open(address).and_then(|mut wire| wire.ask(&ask)).expect("an answer");
        (reply, begun.elapsed())
    };
    asks.into_iter().map(|one| thread::spawn(move || ask(one))).collect()
}

fn writers_at_a_closed_gate_are_sent_away_and_nobody_else_notices(engine: Engine) {
    let database = stamped(engine);
    let service = Service::start(&database.target);
    let mut gate = close_the_gate(&database.target);
    // More than there are places to wait.
    let writers = in_parallel(&service, (0..80).map(|writer| register(&format!("writer-{writer}"))).collect());
    thread::sleep(Duration::from_millis(500));
    while !writers.iter().all(thread::JoinHandle::is_finished) {
        answers_at_once(&service, &Ask::get("/health/live"));
        answers_at_once(&service, &Ask::get("/v1/organisations?q=gruppe"));
        answers_at_once(&service, &Ask::get("/v1/me").token(&citizen("reader")));
        thread::sleep(Duration::from_millis(200));
    }
    writers.into_iter().for_each(|writer| comes_back_later(&writer.join().expect("a writer came to its end")));
    gate.run("ROLLBACK");
    // Under the same key as before: that there was no time for it is no answer to be kept.
    assert_eq!(service.ask(&register("writer-0")).is(201).header("idempotent-replay"), "");
    let mut raw = Raw::open(&database.target);
    assert_eq!(raw.number("SELECT count(*) FROM organisations"), 1, "busy means that nothing was done");
    whole(&mut raw);
}

/// Bytes that no request line may hold end in the protocol layer, which answers on its own and hangs up; as percent-encoding
/// the same letters are a question like any other.
fn what_is_no_http_gets_an_empty_answer(engine: Engine) {
    let database = stamped(engine);
    let service = Service::start(&database.target);
    let mut wire = service.wire();
    wire.write("GET /v1/initiatives?q=besøgsven HTTP/1.1\r\nHost: localhost\r\n\r\n".as_bytes()).expect("the service listens");
    let reply = wire.answer().expect("an answer");
    assert_eq!((reply.status, reply.body.as_slice(), reply.header("content-type")), (400, &b""[..], ""));
    assert!(wire.ask(&Ask::get("/health/live")).is_err(), "it hangs up");
    service.ask(&Ask::get("/v1/initiatives?q=bes%C3%B8gsven")).is(200);
}

on_both!(what_is_no_http_gets_an_empty_answer, writers_at_a_closed_gate_are_sent_away_and_nobody_else_notices);

/// On SQLite nothing can keep a reader waiting.
#[test]
fn readers_that_wait_for_a_lock_are_sent_away_and_liveness_does_not_notice() {
    let database = stamped(Engine::Postgres);
    let service = Service::start(&database.target);
    let mut lock = Raw::open(&database.target);
    lock.run("BEGIN; LOCK TABLE organisations IN ACCESS EXCLUSIVE MODE");
    let readers = in_parallel(&service, (0..40).map(|reader| Ask::get(&format!("/v1/organisations?q=reader-{reader}"))).collect());
    thread::sleep(Duration::from_millis(500));
    while !readers.iter().all(thread::JoinHandle::is_finished) {
        answers_at_once(&service, &Ask::get("/health/live"));
        answers_at_once(&service, &Ask::get("/openapi.json"));
        thread::sleep(Duration::from_millis(200));
    }
    readers.into_iter().for_each(|reader| comes_back_later(&reader.join().expect("a reader came to its end")));
    lock.run("ROLLBACK");
    service.ask(&Ask::get("/v1/organisations?q=reader-0")).is(200);
}

fn what_is_in_flight_is_answered_before_the_end(engine: Engine) {
    let database = stamped(engine);
    let mut service = Service::start(&database.target);
    let body = group().to_string().into_bytes();
    let (first, rest) = body.split_at(10);
    let mut in_flight = service.wire();
    announce(&mut in_flight, &format!("Content-Length: {}", body.len()));
    in_flight.write(first).expect("the service listens");
    let mut kept = service.wire();
    kept.ask(&Ask::get("/health/ready")).expect("an answer").is(200);
    service.tell_to_stop();
    // Readiness says no while the door is still open, so that a balancer hears it.
    while kept.ask(&Ask::get("/health/ready")).expect("the door is open until readiness has said no").status == 200 {}
    while Wire::open(service.address).and_then(|mut wire| wire.ask(&Ask::get("/health/live"))).is_ok() {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(service.ended(Duration::from_millis(500)).is_none(), "it left somebody waiting");
    in_flight.write(rest).expect("the connection is kept");
    in_flight.answer().expect("an answer").is(201);
    assert!(service.ended(PATIENCE).is_some_and(|status| status.success()), "{}", service.log());
    assert_eq!(Raw::open(&database.target).number("SELECT count(*) FROM organisations"), 1);
}

on_both!(what_is_in_flight_is_answered_before_the_end);

/// What is wrong before there is a request is answered by the protocol layer, and what is wrong with one by a document.
#[test]
fn what_is_too_slow_or_too_large_is_refused() {
    let database = stamped(Engine::Sqlite);
    let service = Service::start(&database.target);
    thread::scope(|scope| {
        for test in [slow_head, slow_body, trickling_body, bodies_that_are_too_large, heads_that_are_too_large, ambiguous_framing] {
            let service = &service;
            scope.spawn(move || test(service));
        }
    });
    answers_at_once(&service, &Ask::get("/health/live"));
    assert_eq!(Raw::open(&database.target).number("SELECT count(*) FROM organisations"), 0);
}

fn slow_head(service: &Service) {
    let mut wire = service.wire();
    wire.write(b"GET /health/live HTTP/1.1\r\nHost: local").expect("the service listens");
    let begun = Instant::now();
    assert_eq!(wire.answer().expect("an answer").status, 408);
    assert!(begun.elapsed() < BOUND);
}

/// The head of a registration whose body has this length.
fn announce(wire: &mut Wire, framing: &str) {
    let token = citizen("slow");
    let head = format!(
        "POST /v1/organisations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n{framing}\r\n\r\n"
    );
    wire.write(head.as_bytes()).expect("the service listens");
}

fn times_out(mut wire: Wire) {
    let begun = Instant::now();
    let reply = wire.answer().expect("an answer").is(408);
    assert_eq!(reply.json()["type"], "/problems/request-timeout");
    assert!(begun.elapsed() < BOUND);
}

fn slow_body(service: &Service) {
    let mut wire = service.wire();
    announce(&mut wire, "Content-Length: 100");
    wire.write(b"{").expect("the service listens");
    times_out(wire);
}

/// A byte now and then buys no more time.
fn trickling_body(service: &Service) {
    let mut wire = service.wire();
    announce(&mut wire, "Content-Length: 100");
    for _ in 0..18 {
        wire.write(b" ").expect("the service listens");
        thread::sleep(Duration::from_millis(500));
    }
    times_out(wire);
}

fn bodies_that_are_too_large(service: &Service) {
    let mut wire = service.wire();
    announce(&mut wire, "Content-Length: 262145");
    assert_eq!(wire.answer().expect("an answer").is(413).json()["type"], "/problems/body-too-large");
    // Nothing announced: the bytes that come are counted.
    let mut wire = service.wire();
    announce(&mut wire, "Transfer-Encoding: chunked");
    let mut chunk = Vec::new();
    write!(chunk, "{:x}\r\n{}\r\n", 262_145, " ".repeat(262_145)).expect("memory is there");
    wire.write(&chunk).expect("the service listens");
    assert_eq!(wire.answer().expect("an answer").is(413).json()["type"], "/problems/body-too-large");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let mut wire = service.wire();
    announce(&mut wire, &format!("Content-Length: {}", deep.len()));
    wire.write(deep.as_bytes()).expect("the service listens");
    wire.answer().expect("an answer").is(400);
}

/// A refusal, or a connection that is closed while the head is still coming in.
#[track_caller]
fn is_refused(service: &Service, head: &str) {
    let mut wire = service.wire();
    let reply = wire.write(head.as_bytes()).and_then(|()| wire.answer());
    assert!(reply.as_ref().map_or(true, |reply| (400..500).contains(&reply.status)), "{reply:?}");
}

fn heads_that_are_too_large(service: &Service) {
    let head = |more: &str| format!("GET /health/live HTTP/1.1\r\nHost: localhost\r\n{more}\r\n");
    is_refused(service, &head(&format!("X-Large: {}\r\n", "x".repeat(200_000))));
    is_refused(service, &head(&"X-Many: x\r\n".repeat(500)));
    is_refused(service, &format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(200_000)));
    is_refused(service, &head("X-Broken\r\n"));
    is_refused(service, &head("X-Nul: a\0b\r\n"));
    is_refused(service, "GET /health/live HTTP/9.9\r\n\r\n");
    is_refused(service, "\u{16}\u{3}\u{1} nothing that anybody speaks here\r\n\r\n");
}

/// Where two parties could read a message differently, one of them could be made to read another one into it.
fn ambiguous_framing(service: &Service) {
    let token = citizen("smuggler");
    let head = |framing: &str| {
        format!(
            "POST /v1/organisations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n{framing}\r\n\r\n"
        )
    };
    let body = json!({"kind": "volunteer_group", "name": "Smuglet"}).to_string();
    let length = body.len();
    for framing in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
        format!("Content-Length: {length}\r\nContent-Length: {}", length + 1),
        format!("Content-Length: +{length}"),
        "Content-Length: -1".to_owned(),
        format!("Transfer-Encoding: gzip\r\nContent-Length: {length}"),
        "Transfer-Encoding: chunked, identity".to_owned(),
        format!("Content-Length : {length}"),
    ] {
        let mut wire = service.wire();
        let reply = wire.write(format!("{}{body}", head(&framing)).as_bytes()).and_then(|()| wire.answer());
        assert!(reply.as_ref().map_or(true, |reply| (400..502).contains(&reply.status) && reply.status != 500), "{framing}: {reply:?}");
    }
}
