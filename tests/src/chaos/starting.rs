//! The service starts, or it says in one line why it does not, and leaves nothing behind.

use std::{fs, net::TcpListener, path::PathBuf, process::Output, thread};

use persistence::{Engine, Target};
use serde_json::json;

use super::{
    http::Ask,
    on_both,
    process::{Raw, Service, ends, execute, program, stamped, url},
};
use crate::world::{Content, Scratch};

/// A folder of the test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("starting_{}_{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        Self(folder)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn database(&self) -> String {
        format!("sqlite://{}", self.file("frivillig.db"))
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(&self.0).expect("it is there").next().is_none()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The complaint, which is one line for a person and no panic.
fn complaint(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it should have refused");
    assert!(output.stdout.is_empty(), "it greeted: {}", String::from_utf8_lossy(&output.stdout));
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// Starts the program with these settings in a folder of its own, where nothing may be afterwards.
#[track_caller]
fn refuses(name: &str, settings: &[(&str, &str)], because: &[&str]) {
    let folder = Folder::new(name);
    let mut command = program(settings.iter().copied());
    let said = complaint(&ends(command.current_dir(&folder.0).env("RUST_LOG", "off")));
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("frivillig: ") && because.iter().all(|word| said.contains(word)), "{said}");
    assert!(folder.is_empty(), "it left something behind");
}

/// The same over a database that is there already and stays what it is.
#[track_caller]
fn refuses_database(target: &Target, settings: &[(&str, &str)], because: &[&str]) {
    let mut command = program(settings.iter().copied());
    let said = complaint(&ends(command.env("DATABASE_URL", url(target)).env("RUST_LOG", "off")));
    assert!(said.lines().count() == 1 && because.iter().all(|word| said.contains(word)), "{said}");
}

#[test]
fn a_mistyped_database_is_not_created() {
    for (name, address, because) in [
        ("nonsense", "nonsense.db", "must begin with sqlite:// or postgres://"),
        ("mysql", "mysql://root@localhost/frivillig", "must begin with sqlite:// or postgres://"),
        ("empty", "sqlite://", "plain file path"),
        ("query", "sqlite://a.db?mode=memory", "plain file path"),
        ("folder", "sqlite://nowhere/frivillig.db", "not a file in an existing folder"),
        ("remote", "postgres://frivillig:secret@db.example/frivillig", "without TLS"),
    ] {
        refuses(name, &[("DATABASE_URL", address)], &["DATABASE_URL", because]);
    }
}

#[test]
fn a_password_is_not_repeated() {
    for address in [
        "postgres://frivillig:hemmeligt@db.example/frivillig",
        "postgres://frivillig:hemmeligt@127.0.0.1:1/frivillig",
        "mysql://u:hemmeligt@h/d",
    ] {
        let said = complaint(&ends(&mut program([("DATABASE_URL", address)])));
        assert!(!said.contains("hemmeligt"), "{said}");
    }
}

#[test]
fn a_postgresql_that_is_down_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let address = format!("postgres://frivillig@127.0.0.1:{port}/frivillig");
    refuses("down", &[("DATABASE_URL", &address)], &["DATABASE_URL", "refused"]);
}

#[test]
fn a_port_in_use_leaves_no_database_behind() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("it is bound").to_string();
    refuses("port", &[("DATABASE_URL", "sqlite://frivillig.db"), ("LISTEN_ADDR", &address)], &["LISTEN_ADDR", &address]);
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let folder = Folder::new("settings");
    for (name, value) in [
        ("LISTEN_ADDR", "banana"),
        ("DEMO", "perhaps"),
        ("RATE_LIMIT", "some"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("LOG_FORMAT", "xml"),
        ("OUTBOUND_NETWORKS", "10.0.0.0/99"),
        ("OUTBOUND_WITHOUT_TLS", "perhaps"),
    ] {
        let mut command = program([("DATABASE_URL", "sqlite://frivillig.db"), (name, value)]);
        let said = complaint(&ends(command.current_dir(&folder.0)));
        let option = format!("--{}", name.to_ascii_lowercase().replace('_', "-"));
        assert!(said.lines().next().is_some_and(|line| line.contains(value) && line.contains(&option)), "{said}");
        assert!(folder.is_empty());
    }
    let with = |name: &'static str, value: &'static str| [("DATABASE_URL", "sqlite://frivillig.db"), (name, value)];
    refuses("metrics", &with("METRICS_TOKEN", "short"), &["METRICS_TOKEN", "16"]);
    refuses("public", &with("PUBLIC_URL", "frivillig.example"), &["PUBLIC_URL"]);
    refuses("play", &with("LISTEN_ADDR", "0.0.0.0:0"), &["LISTEN_ADDR", "DEMO_PUBLIC"]);
    refuses("cors", &with("CORS_ORIGINS", "*"), &["CORS_ORIGINS"]);
    refuses("plain", &with("OUTBOUND_WITHOUT_TLS", "true"), &["OUTBOUND_WITHOUT_TLS", "OUTBOUND_NETWORKS"]);
}

#[test]
fn issuers_that_cannot_be_read_are_named() {
    let elsewhere = Folder::new("issuers_files");
    let issuer = |more: &str| format!(r#"[{{"issuer": "https://idp.example", "audience": "frivillig", "jwks_file": "keys.json"{more}}}]"#);
    let discovered = |issuer: &str| json!([{"issuer": issuer, "audience": "frivillig", "discovery": true}]).to_string();
    let files = [
        ("broken", "{".to_owned(), "line 1"),
        ("empty", "[]".to_owned(), "no issuer"),
        ("unknown", issuer(r#", "jwks_url": "http://x""#), "jwks_url"),
        ("keyless", issuer(""), "keys.json"),
        ("role", issuer(r#", "roles": {"boss": "signatory"}"#), "signatory"),
        ("pointer", issuer(r#", "roles_claim": "roles""#), "JSON Pointer"),
        ("both", issuer(r#", "discovery": true"#), "either jwks_file or"),
        ("neither", issuer("").replace(r#""jwks_file": "keys.json""#, r#""discovery": false"#), "either jwks_file or"),
        ("urn", discovered("urn:kommune"), "https://host/path"),
        ("query", discovered("https://idp.example/?realm=a"), "https://host/path"),
        ("plain", discovered("http://idp.example"), "OUTBOUND_WITHOUT_TLS"),
        ("inside", discovered("https://10.0.0.1/realms/a"), "OUTBOUND_NETWORKS"),
        ("password", discovered("https://anna:hemmeligt@idp.example"), "password"),
    ];
    let with = |path: &str, because: &str| {
        let settings = [("DATABASE_URL", "sqlite://frivillig.db"), ("AUTH_ISSUERS", path)];
        refuses("issuers", &settings, &["AUTH_ISSUERS", because]);
    };
    with("/nowhere/issuers.json", "/nowhere/issuers.json");
    for (name, text, because) in files {
        let key = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        let keys = if name == "keyless" { r#"{"keys": []}"# } else { key };
        fs::write(elsewhere.0.join("keys.json"), keys).expect("it can be written");
        fs::write(elsewhere.0.join(name), text).expect("it can be written");
        with(&elsewhere.file(name), because);
    }
    fs::write(elsewhere.0.join("good"), discovered("https://idp.example")).expect("it can be written");
    let nobody = [
        ("DATABASE_URL", "sqlite://frivillig.db"),
        ("AUTH_ISSUERS", &elsewhere.file("good")),
        ("SSL_CERT_FILE", "/nowhere/certificates.pem"),
    ];
    refuses("certificates", &nobody, &["AUTH_ISSUERS", "TLS", "certificates"]);
    refuses("both", &[("DATABASE_URL", "sqlite://frivillig.db"), ("DEMO", "true"), ("AUTH_ISSUERS", "x.json")], &["DEMO", "AUTH_ISSUERS"]);
}

fn a_newer_schema_is_left_alone(engine: Engine) {
    let database = Scratch::new(engine, Content::Nothing);
    let mut raw = Raw::open(&database.target);
    raw.run("INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('99991231000000', CURRENT_TIMESTAMP)");
    refuses_database(&database.target, &[], &["99991231000000", "newer version"]);
    assert_eq!(raw.number("SELECT count(*) FROM settings"), 0);
}

fn a_database_for_work_does_not_become_one_for_play(engine: Engine) {
    let work = Scratch::new(engine, Content::Nothing);
    execute(&work.target, "INSERT INTO settings (name, value) VALUES ('purpose', 'production')");
    refuses_database(&work.target, &[("DEMO", "true")], &["DEMO=true", "not created for demonstration"]);
    // Nobody has stamped this one, but people have been at work in it.
    let unstamped = Scratch::new(engine, Content::Sample);
    refuses_database(&unstamped.target, &[("DEMO", "true")], &["DEMO=true", "not created for demonstration"]);
    assert_eq!(Raw::open(&unstamped.target).number("SELECT count(*) FROM settings"), 0);
    let play = stamped(engine);
    refuses_database(&play.target, &[("DEMO", "false")], &["DEMO=false", "created for demonstration"]);
    refuses_database(&play.target, &[("LISTEN_ADDR", "0.0.0.0:0")], &["LISTEN_ADDR", "DEMO_PUBLIC"]);
}

/// A database without any table.
fn nothing_yet(engine: Engine, folder: &Folder) -> (Target, Option<Scratch>) {
    match engine {
        Engine::Sqlite => (Target::parse(&folder.database()).expect("it is an address"), None),
        Engine::Postgres => {
            let scratch = Scratch::new(engine, Content::Nothing);
            execute(&scratch.target, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            (scratch.target.clone(), Some(scratch))
        }
    }
}

fn instances_that_start_together_migrate_once_and_all_serve(engine: Engine) {
    for attempt in 0..3 {
        let folder = Folder::new(&format!("together_{engine:?}_{attempt}"));
        let (target, _kept) = nothing_yet(engine, &folder);
        let start = || {
            let settings = [("DATABASE_URL", url(&target)), ("DEMO", "true".into()), ("RUST_LOG", "warn".into())];
            thread::spawn(move || Service::try_launch(program(settings)))
        };
        let starting: Vec<_> = (0..3).map(|_| start()).collect();
        let services: Vec<_> = starting
            .into_iter()
            .map(|service| service.join().expect("it came to its end").unwrap_or_else(|said| panic!("an instance gave up: {said}")))
            .collect();
        // One key for all of them: a token from one is good at the others.
        let persona = Ask::post("/demo/tokens", &json!({"persona": "editor"}));
        let token = services[0].ask(&persona).is(200).json()["access_token"].as_str().unwrap_or_default().to_owned();
        for service in &services {
            let body = json!({"kind": "volunteer_group", "name": "Sammen"});
            service.ask(&Ask::post("/v1/organisations", &body).token(&token)).is(201);
            assert_ne!(
                service.ask(&Ask::get("/v1/initiatives")).is(200).json()["items"].as_array().map_or(0, Vec::len),
                0,
                "the sample data"
            );
        }
        let mut raw = Raw::open(&target);
        let twice = "SELECT count(*) FROM (SELECT name FROM organisations WHERE name <> 'Sammen' GROUP BY name HAVING count(*) > 1) twice";
        assert_eq!(raw.number(twice), 0, "the sample data was loaded once");
    }
}

/// Whoever was interrupted when creating a demo database gets what was promised at the next start.
fn a_start_that_was_cut_short_is_finished_by_the_next(engine: Engine) {
    let folder = Folder::new(&format!("short_{engine:?}"));
    for moment in [0, 40, 80, 160, 320] {
        let (target, _kept) = nothing_yet(engine, &folder);
        let settings = || program([("DATABASE_URL", url(&target)), ("DEMO", "true".into()), ("RUST_LOG", "warn".into())]);
        let mut first = settings().stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().expect("it starts");
        thread::sleep(std::time::Duration::from_millis(moment));
        first.kill().expect("the child is ours");
        first.wait().expect("the child is ours");
        let service = Service::launch(settings());
        assert_ne!(
            service.ask(&Ask::get("/v1/initiatives")).is(200).json()["items"].as_array().map_or(0, Vec::len),
            0,
            "killed after {moment} ms"
        );
        drop(service);
        let _ = fs::remove_file(folder.0.join("frivillig.db"));
        let _ = fs::remove_file(folder.0.join("frivillig.db-wal"));
        let _ = fs::remove_file(folder.0.join("frivillig.db-shm"));
    }
}

on_both!(
    a_newer_schema_is_left_alone,
    a_database_for_work_does_not_become_one_for_play,
    instances_that_start_together_migrate_once_and_all_serve,
    a_start_that_was_cut_short_is_finished_by_the_next,
);
