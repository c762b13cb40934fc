//! Nothing is mailed twice, whenever a process dies over it, and what nobody has tried to send goes later.

use std::{
    collections::HashMap,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use persistence::{Engine, Target};

use super::{
    http::Ask,
    kill::{at_random, kills},
    mailserver::MailServer,
    on_both,
    process::{PATIENCE, Raw, Service, program, stamped, url},
    town::Town,
    whole,
};

const LETTERS: usize = 8;

/// For the figures of the operator.
const OPERATOR: &str = "the operator's own token";

/// The program, with this mail server.
pub fn mailing(target: &Target, server: &MailServer) -> Command {
    let mut command = program([("DATABASE_URL", url(target)), ("SMTP_URL", server.url())]);
    command.envs([("RUST_LOG", "warn"), ("METRICS_TOKEN", OPERATOR)]);
    command
}

/// Waits until every letter that is due has been dealt with.
pub fn all_dealt_with(raw: &mut Raw) {
    let begun = Instant::now();
    let waiting = "SELECT (SELECT count(*) FROM jobs WHERE kind = 'send_letter') + (SELECT max(sequence) FROM journal) \
        - (SELECT sequence FROM cursors WHERE name = 'letters')";
    while raw.number(waiting) > 0 {
        assert!(begun.elapsed() < PATIENCE, "letters still wait");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What became of each letter, by its id.
pub fn letters(raw: &mut Raw) -> HashMap<String, String> {
    let rows = raw.column("SELECT id || ' ' || status AS value FROM mails");
    rows.iter().filter_map(|row| row.split_once(' ')).map(|(id, status)| (id.to_owned(), status.to_owned())).collect()
}

/// Each letter that is `sent` has come once, each that is `unknown` once at most, and nothing else has come. Returns how
/// many there are of the second kind.
#[track_caller]
pub fn once_each(letters: &HashMap<String, String>, taken: &[String]) -> usize {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for id in taken {
        *times.entry(id.trim_start_matches('<').split('@').next().unwrap_or_default()).or_default() += 1;
    }
    assert!(times.keys().all(|id| letters.contains_key(*id)), "letters that nobody has written");
    for (id, status) in letters {
        let came = times.get(id.as_str()).copied().unwrap_or_default();
        assert!(matches!((status.as_str(), came), ("sent", 1) | ("unknown", 0 | 1)), "a letter that is {status} came {came} times");
    }
    letters.values().filter(|status| *status == "unknown").count()
}

/// Whoever was at a letter is taken for dead after five minutes; here they have passed.
fn five_minutes_pass(raw: &mut Raw) {
    raw.run("UPDATE jobs SET claimed_until = due_at WHERE claimed_until IS NOT NULL");
}

fn no_letter_goes_twice_and_none_is_forgotten(engine: Engine) {
    let (database, server) = (stamped(engine), MailServer::new(Duration::from_millis(15)));
    let mut raw = Raw::open(&database.target);
    let start = || Service::launch(mailing(&database.target, &server));
    let town = Town::new(&start());
    let publish =
        |service: &Service, life: usize| (0..LETTERS).for_each(|letter| drop(town.publish(service, &format!("Liv {life} brev {letter}"))));
    for life in 0..kills() {
        let service = start();
        publish(&service, life);
        thread::sleep(at_random(1_200));
        service.kill();
        five_minutes_pass(&mut raw);
    }
    // In one life the moment is no matter of luck: the server has the letter, and the service has not heard of it.
    server.falls_silent(true);
    let before = server.taken().len();
    let service = start();
    publish(&service, kills());
    server.has_taken(before + 1);
    service.kill();
    five_minutes_pass(&mut raw);
    server.falls_silent(false);

    let last = start();
    all_dealt_with(&mut raw);
    let letters = letters(&mut raw);
    assert_eq!(letters.len(), LETTERS * (kills() + 1), "each decision was told");
    assert_eq!(raw.number("SELECT count(DISTINCT subject_id) FROM mails"), raw.number("SELECT count(*) FROM mails"), "and told once");
    let unknown = once_each(&letters, &server.taken());
    assert!(unknown > 0 && unknown <= kills() + 1, "at most one for each death: {unknown}");
    let figures = last.ask(&Ask::get("/metrics").token(OPERATOR)).is(200).text();
    assert!(figures.contains(&format!("frivillig_letters{{status=\"unknown\"}} {unknown}\n")), "{figures}");
    assert!(last.log().contains("is not sent again"), "the operator reads it in the log, too: {}", last.log());
    whole(&mut raw);
}

on_both!(no_letter_goes_twice_and_none_is_forgotten);
