//! The change feed loses nothing and repeats nothing while many write and many follow (R12).

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    thread,
};

use persistence::Engine;
use serde_json::json;

use super::{
    http::{Ask, Wire},
    on_both,
    process::{Raw, Service, citizen, editor, stamped},
    whole,
};

const WRITERS: usize = 16;
const EACH: usize = 12;

/// Registers organisations, and has every third one verified, which everybody may know.
fn write(address: SocketAddr, writer: usize) {
    let (token, staff) = (citizen(&format!("writer-{writer}")), editor());
    let mut wire = Wire::open(address).expect("the service accepts connections");
    for number in 0..EACH {
        let body = json!({"kind": "volunteer_group", "name": format!("writer {writer} number {number}")});
        let made = wire.ask(&Ask::post("/v1/organisations", &body).token(&token)).expect("an answer").is(201);
        if number % 3 == 0 {
            let verify = Ask::new("POST", &format!("{}/verify", made.header("location"))).token(&staff);
            wire.ask(&verify).expect("an answer").is(200);
        }
    }
}

/// Follows the feed from its beginning until it has come to the end, which is known only when all is written.
fn follow(address: SocketAddr, token: Option<&str>, limit: usize, end: &AtomicI64) -> Vec<i64> {
    let mut wire = Wire::open(address).expect("the service accepts connections");
    let (mut seen, mut after) = (Vec::new(), 0);
    while after < end.load(Ordering::SeqCst) {
        let ask = Ask::get(&format!("/v1/events?after={after}&wait=1&limit={limit}"));
        let page = wire.ask(&token.into_iter().fold(ask, |ask, token| ask.token(token))).expect("an answer").is(200).json();
        let sequences = page["items"].as_array().expect("it has items").iter().map(|event| event["sequence"].as_i64().expect("a number"));
        let before = seen.len();
        seen.extend(sequences);
        let last = page["last_sequence"].as_i64().expect("a number");
        assert_eq!(last, seen.get(before..).and_then(<[i64]>::last).copied().unwrap_or(after));
        after = last;
    }
    seen
}

fn readers_see_everything_once_and_in_order(engine: Engine) {
    let database = stamped(engine);
    let service = Service::start(&database.target);
    let (address, staff) = (service.address, editor());
    let (end, public_end) = (Arc::new(AtomicI64::new(i64::MAX)), Arc::new(AtomicI64::new(i64::MAX)));
    let reader = |token: Option<String>, limit, end: &Arc<AtomicI64>| {
        let end = Arc::clone(end);
        thread::spawn(move || follow(address, token.as_deref(), limit, &end))
    };
    let readers = [3, 10, 25, 100].map(|limit| reader(Some(staff.clone()), limit, &end));
    let anybody = reader(None, 7, &public_end);
    let writers: Vec<_> = (0..WRITERS).map(|writer| thread::spawn(move || write(address, writer))).collect();
    writers.into_iter().for_each(|writer| writer.join().expect("a writer came to its end"));
    let mut raw = Raw::open(&database.target);
    let mut journal = |of: &str| -> Vec<i64> {
        let rows = raw.column(&format!("SELECT CAST(sequence AS TEXT) AS value FROM journal WHERE {of} ORDER BY sequence"));
        rows.iter().map(|sequence| sequence.parse().expect("it is a number")).collect()
    };
    let (all, public) = (journal("1 = 1"), journal("visibility = 'public'"));
    assert_eq!((all.len(), public.len()), (WRITERS * EACH * 2 + WRITERS * EACH / 3, WRITERS * EACH / 3));
    end.store(all.last().copied().expect("there is one"), Ordering::SeqCst);
    public_end.store(public.last().copied().expect("there is one"), Ordering::SeqCst);
    for reader in readers {
        assert_eq!(reader.join().expect("a reader came to its end"), all);
    }
    assert_eq!(anybody.join().expect("a reader came to its end"), public);
    whole(&mut raw);
}

/// Two instances share nothing but the database, and what one writes the other's readers see.
fn what_one_instance_writes_the_other_tells(engine: Engine) {
    let database = stamped(engine);
    let (here, there) = (Service::start(&database.target), Service::start(&database.target));
    let end = Arc::new(AtomicI64::new(i64::MAX));
    let reader = {
        let (address, end) = (there.address, Arc::clone(&end));
        thread::spawn(move || follow(address, Some(&editor()), 25, &end))
    };
    let writers: Vec<_> = [here.address, there.address, here.address, there.address]
        .into_iter()
        .enumerate()
        .map(|(writer, address)| thread::spawn(move || write(address, writer)))
        .collect();
    writers.into_iter().for_each(|writer| writer.join().expect("a writer came to its end"));
    let mut raw = Raw::open(&database.target);
    let last = raw.number("SELECT max(sequence) FROM journal");
    end.store(last, Ordering::SeqCst);
    let seen = reader.join().expect("a reader came to its end");
    assert!(seen.is_sorted_by(|one, next| one < next));
    assert_eq!(i64::try_from(seen.len()).expect("it is small"), raw.number("SELECT count(*) FROM journal"));
    whole(&mut raw);
}

on_both!(readers_see_everything_once_and_in_order, what_one_instance_writes_the_other_tells);
