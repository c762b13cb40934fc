//! Files that come slowly, never end, are torn or fight over memory, and two who want the same file to stay and to go.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use futures_util::future::join;
use persistence::Engine;
use serde_json::json;

use super::{
    http::{Ask, Wire},
    on_both,
    process::{Raw, Service, citizen, program, stamped, url},
};
use crate::{
    flows::scene::{association, complete, with},
    pictures, stories,
};

/// A service with a file store of its own.
struct Stage {
    service: Service,
    token: String,
    organisation: String,
    folder: PathBuf,
}

impl Stage {
    fn new(engine: Engine, database: &crate::world::Scratch) -> Self {
        let folder = std::env::temp_dir().join(format!("uploads_{}_{engine:?}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let store = format!("file://{}", folder.display());
        let service =
            Service::launch(program([("DATABASE_URL", url(&database.target)), ("FILE_STORE_URL", store), ("RUST_LOG", "warn".into())]));
        let token = citizen("anna");
        let form = json!({"kind": "volunteer_group", "name": "Strikkeholdet"});
        let organisation = service.ask(&Ask::post("/v1/organisations", &form).token(&token)).is(201).json()["id"].clone();
        Self { service, token, organisation: organisation.as_str().expect("it has an id").into(), folder }
    }

    /// The address of a file whose bytes are awaited.
    fn reserved(&self) -> String {
        let form = json!({"organisation_id": self.organisation, "purpose": "image", "name": "Strik"});
        let made = self.service.ask(&Ask::post("/v1/files", &form).token(&self.token)).is(201);
        made.header("location").trim_end_matches("/metadata").to_owned()
    }

    fn head(&self, file: &str, framing: &str) -> String {
        let token = &self.token;
        format!(
            "PUT {file} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nIf-Match: *\r\nAuthorization: Bearer {token}\r\n{framing}\r\n\r\n"
        )
    }

    fn status(&self, file: &str) -> String {
        let known = self.service.ask(&Ask::get(&format!("{file}/metadata")).token(&self.token)).is(200).json();
        known["status"].as_str().expect("it has one").to_owned()
    }

    /// What lies in the folder, half or whole.
    fn stored(&self) -> usize {
        fs::read_dir(&self.folder).map_or(0, Iterator::count)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Far above every pause that is allowed, and far below waiting for ever.
const BOUND: Duration = Duration::from_secs(25);

fn what_is_slow_torn_or_endless_leaves_nothing_half_kept(engine: Engine) {
    let database = stamped(engine);
    let stage = Stage::new(engine, &database);
    let picture = pictures::jpeg(64, 64);
    let length = format!("Content-Length: {}", picture.len());
    let file = stage.reserved();

    // Torn, wherever it is torn.
    for cut in [0, 1, picture.len() / 2, picture.len() - 1] {
        let mut rude = stage.service.wire();
        rude.write(stage.head(&file, &length).as_bytes()).expect("the service listens");
        rude.write(&picture[..cut]).expect("the service listens");
        thread::sleep(Duration::from_millis(20));
        rude.reset().expect("a connection can be reset");
    }
    // Without an end: refused while it is still coming.
    let mut endless = stage.service.wire();
    endless.write(stage.head(&file, "Transfer-Encoding: chunked").as_bytes()).expect("the service listens");
    let part = [b"100000\r\n".as_slice(), &vec![0; 1024 * 1024], b"\r\n"].concat();
    for _ in 0..21 {
        endless.write(&part).expect("the service listens");
    }
    assert_eq!(endless.answer().expect("an answer before the end").status, 413);
    // Larger than allowed, and honest about it: refused before it comes.
    let mut large = stage.service.wire();
    large.write(stage.head(&file, "Content-Length: 20971521").as_bytes()).expect("the service listens");
    assert_eq!(large.answer().expect("an answer").status, 413);
    // Begun and left.
    let mut slow = stage.service.wire();
    slow.write(stage.head(&file, &length).as_bytes()).expect("the service listens");
    slow.write(&picture[..100]).expect("the service listens");
    let begun = Instant::now();
    assert_eq!(slow.answer().expect("an answer").status, 408);
    assert!(begun.elapsed() < BOUND);

    assert_eq!((stage.status(&file).as_str(), stage.stored()), ("reserved", 0));
    let mut raw = Raw::open(&database.target);
    assert_eq!(raw.number("SELECT count(*) FROM stored_objects"), 0);
    // And the place is still there for whoever does it right.
    let mut honest = stage.service.wire();
    honest.write(stage.head(&file, &length).as_bytes()).expect("the service listens");
    honest.write(&picture).expect("the service listens");
    honest.answer().expect("an answer").is(200);
    assert_eq!((stage.status(&file).as_str(), stage.stored()), ("ready", 2));
}

fn of_many_who_fill_the_same_place_one_does(engine: Engine) {
    const CLIENTS: usize = 8;
    let database = stamped(engine);
    let stage = Stage::new(engine, &database);
    let file = stage.reserved();
    let start = Arc::new(Barrier::new(CLIENTS));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let picture = pictures::jpeg(16 + u32::try_from(client).expect("it is small"), 16);
            let head = stage.head(&file, &format!("Content-Length: {}", picture.len()));
            let (address, start) = (stage.service.address, Arc::clone(&start));
            thread::spawn(move || {
                let mut wire = Wire::open(address).expect("the service accepts connections");
                start.wait();
                wire.write(head.as_bytes()).and_then(|()| wire.write(&picture)).expect("the service listens");
                wire.answer().expect("an answer").status
            })
        })
        .collect();
    let statuses: Vec<u16> = clients.into_iter().map(|client| client.join().expect("a client came to its end")).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409 | 412 | 503)), "{statuses:?}");
    let mut raw = Raw::open(&database.target);
    assert_eq!(raw.number("SELECT count(*) FROM stored_objects WHERE file_id IS NOT NULL"), 2);
    assert_eq!(raw.number("SELECT count(*) FROM journal WHERE name = 'file.stored'"), 1);
}

on_both!(what_is_slow_torn_or_endless_leaves_nothing_half_kept, of_many_who_fill_the_same_place_one_does);

stories! {
    async fn a_file_is_used_or_thrown_away_and_never_both(world: World) {
        let (chair, organisation) = association(&world).await;
        let drafted = chair.post("/v1/initiatives", complete(&organisation)).await.is(201);
        for round in 0..10 {
            let picture = pictures::uploaded(&chair, &organisation, pictures::jpeg(8, 8)).await;
            let images = json!({"images": [{"file": picture, "alt": format!("Billede {round}")}]});
            let used = async { chair.patch(drafted.header("location"), images).seen("*").await.status.as_u16() };
            let thrown = async { chair.delete(format!("/v1/files/{picture}")).seen("*").await.status.as_u16() };
            let (used, thrown) = if round % 2 == 0 { join(used, thrown).await } else { let (thrown, used) = join(thrown, used).await; (used, thrown) };
            assert!(matches!((used, thrown), (200, 409) | (400, 204)), "{used} {thrown}");
        }
        // Whoever goes round the service meets the same wall.
        let picture = pictures::uploaded(&chair, &organisation, pictures::jpeg(8, 8)).await;
        chair.post("/v1/initiatives", with(complete(&organisation), "/images", json!([{"file": picture, "alt": "Kaffe"}]))).await.is(201);
        let mut raw = Raw::open(&world.target);
        if matches!(raw, Raw::Sqlite(_)) {
            raw.run("PRAGMA foreign_keys=ON");
        }
        assert!(raw.try_run(&format!("DELETE FROM files WHERE id = '{picture}'")).is_err(), "a file in use went");
        assert!(raw.try_run("INSERT INTO file_uses (subject_id, file_id, subject_kind) VALUES ('a', 'b', 'c')").is_err(), "a missing file is used");
    }

    async fn what_lies_in_the_store_without_a_file_is_swept(world: World) {
        let (chair, organisation) = association(&world).await;
        let place = chair.post("/v1/files", json!({"organisation_id": organisation, "purpose": "image", "name": "Kaffe"})).await.is(201);
        // A service that dies between the store and the database leaves this behind.
        let piece = persistence::files::Piece { size: files::FileSize::Full, media_type: files::MediaType::Png, bytes: vec![1, 2, 3], pixels: None };
        let noted = persistence::files::note(&world.app.db, &world.clock, &[piece]).result.expect("it can be noted");
        world.files.put(&noted[0].key, vec![1, 2, 3].into()).await.expect("memory takes everything");
        assert_eq!(world.files.count().await, Ok(1));
        world.wait(TimeDelta::minutes(30));
        assert_eq!(world.files.count().await, Ok(1), "it may still be on its way");
        world.wait(TimeDelta::hours(2));
        assert_eq!(world.files.count().await, Ok(0));
        chair.get(place.header("location")).await.is(200);
    }
}
