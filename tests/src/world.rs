//! A fresh service over a fresh database, and the people in it.

use std::{
    cell::Cell,
    future::Future,
    path::PathBuf,
    rc::Rc,
    sync::{
        LazyLock, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use access::Role;
use actix_web::{test, web::Data};
use api::{
    app::{App, Bounds},
    auth::{DemoKey, Issuers, Persona},
    files::FileStore,
    mail::{self, Post},
};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection, sql_query};
use futures_util::future::LocalBoxFuture;
use persistence::{Clock, Db, Engine, Options, Target, jobs::Round};

use crate::{client::Actor, cluster, letters::Letterbox};

/// Every key in the suite is this one: making keys takes longer than most stories.
pub static KEY: LazyLock<DemoKey> = LazyLock::new(|| DemoKey::generate().expect("the machine has randomness"));

/// The instant at which every world begins: a Monday morning in November.
pub fn beginning() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).single().expect("it exists")
}

/// What a world's database holds to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Nothing,
    /// The sample data, with its fixed ids.
    Sample,
}

type Service = Rc<dyn Fn(actix_http::Request) -> LocalBoxFuture<'static, actix_web::dev::ServiceResponse>>;

/// One service over one database of its own.
#[derive(Clone)]
pub struct World {
    pub app: Data<App>,
    pub clock: Clock,
    pub engine: Engine,
    pub target: Target,
    /// Letters that have gone out, of all instances over this database.
    pub letters: Letterbox,
    /// Bytes of files, of all instances over this database.
    pub files: FileStore,
    service: Service,
    people: Rc<Cell<u32>>,
    database: Rc<Scratch>,
}

impl World {
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, Content::Nothing, |_| {}).await
    }

    pub async fn with(engine: Engine, content: Content, adjust: impl FnOnce(&mut App)) -> Self {
        Self::over(
            Rc::new(Scratch::new(engine, content)),
            engine,
            Clock::manual(beginning()),
            (Letterbox::default(), FileStore::in_memory()),
            adjust,
        )
        .await
    }

    /// A second instance of the service over the same database, under the same clock.
    pub async fn second_instance(&self) -> Self {
        Self::over(Rc::clone(&self.database), self.engine, self.clock.clone(), (self.letters.clone(), self.files.clone()), |_| {}).await
    }

    async fn over(
        database: Rc<Scratch>,
        engine: Engine,
        clock: Clock,
        (letters, files): (Letterbox, FileStore),
        adjust: impl FnOnce(&mut App),
    ) -> Self {
        let db = Db::open(&database.target, &Options { readers: |_| 4, ..Options::default() }).expect("a fresh database opens");
        let mut app =
            App::new(db, clock.clone(), Bounds::default(), Issuers::demo(&KEY).expect("the key is one"), api::contract_of_this_service());
        app.demo = Some(KEY.clone());
        let from = mail::sender("Frivillig <no-reply@kommune.example>").expect("it is an address");
        app.post = Some(Post::new(Box::new(letters.clone()), from, "https://frivillig.example/link".into()));
        files.put_samples(&app.db).await.expect("memory takes everything");
        app.files = files.clone();
        adjust(&mut app);
        let app = Data::new(app);
        let service = Rc::new(test::init_service(api::application(app.clone())).await);
        let service: Service = Rc::new(move |request| {
            let service = Rc::clone(&service);
            Box::pin(async move {
                match test::try_call_service(&*service, request).await {
                    Ok(response) => response,
                    Err(error) => panic!("the application let an error through: {error}"),
                }
            })
        });
        let target = database.target.clone();
        Self { app, clock, engine, target, letters, files, service, people: Rc::default(), database }
    }

    /// Lets the service do everything that is due by now.
    pub fn run_due(&self) -> Round {
        self.app.run_due().expect("what is due can be found out")
    }

    /// Moves the clock, and lets the service do what has become due.
    pub fn wait(&self, span: TimeDelta) {
        self.clock.set(self.clock.now() + span);
        self.run_due();
    }

    pub async fn send(&self, request: actix_http::Request) -> actix_web::dev::ServiceResponse {
        (self.service)(request).await
    }

    /// Nobody in particular.
    pub fn anybody(&self) -> Actor {
        Actor::nobody(self.clone())
    }

    /// Somebody with these roles in the token.
    pub fn person(&self, name: &str, roles: &[Role]) -> Actor {
        self.persona(&Persona { subject: name.into(), roles: roles.to_vec(), cvr: None })
    }

    /// A citizen whom nobody here has met.
    pub fn citizen(&self) -> Actor {
        self.people.set(self.people.get() + 1);
        self.person(&format!("citizen-{}", self.people.get()), &[])
    }

    /// Somebody whose token carries a CVR number.
    pub fn business(&self, name: &str, cvr: &str) -> Actor {
        self.persona(&Persona { subject: name.into(), roles: Vec::new(), cvr: Some(cvr.into()) })
    }

    pub fn editor(&self) -> Actor {
        self.person("editor", &[Role::Editor])
    }

    /// Employed by the municipality, and not at the catalogue.
    pub fn employee(&self) -> Actor {
        self.person("employee", &[Role::MunicipalEmployee])
    }

    pub fn persona(&self, persona: &Persona) -> Actor {
        Actor::somebody(self.clone(), persona.clone())
    }
}

/// A database for one world, removed with it.
pub struct Scratch {
    pub target: Target,
    remove: Remove,
}

enum Remove {
    Folder(PathBuf),
    Database(String),
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

fn fresh_name() -> String {
    format!("world_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

impl Scratch {
    pub fn new(engine: Engine, content: Content) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = std::env::temp_dir().join(fresh_name());
                std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
                let file = folder.join("frivillig.db");
                std::fs::copy(sqlite_template(content), &file).expect("the template is there");
                Self { target: Target::Sqlite(file), remove: Remove::Folder(folder) }
            }
            Engine::Postgres => {
                let name = fresh_name();
                maintenance(&format!("CREATE DATABASE {name} TEMPLATE {}", postgres_template(content)));
                let target = Target::parse(&cluster::postgres().url(&name)).expect("it is an address");
                Self { target, remove: Remove::Database(name) }
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        match &self.remove {
            Remove::Folder(folder) => {
                let _ = std::fs::remove_dir_all(folder);
            }
            // The cluster goes as a whole; a database is dropped early to keep the disk small, if nobody is in it.
            Remove::Database(name) => {
                if let Ok(mut connection) = PgConnection::establish(&cluster::postgres().maintenance_url()) {
                    let _ = sql_query(format!("DROP DATABASE {name} WITH (FORCE)")).execute(&mut connection);
                }
            }
        }
    }
}

fn maintenance(sql: &str) {
    let mut connection = PgConnection::establish(&cluster::postgres().maintenance_url()).expect("the cluster answers");
    sql_query(sql).execute(&mut connection).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn fill(target: &Target, content: Content) {
    let db = Db::open(target, &Options::default()).expect("a new database is migrated");
    if content == Content::Sample {
        persistence::sample::load(&db, &Clock::manual(beginning()), None).expect("the sample data loads");
    }
}

fn sqlite_template(content: Content) -> &'static PathBuf {
    static EMPTY: OnceLock<PathBuf> = OnceLock::new();
    static SAMPLE: OnceLock<PathBuf> = OnceLock::new();
    let cell = if content == Content::Sample { &SAMPLE } else { &EMPTY };
    cell.get_or_init(|| {
        // Removed when the next run of this process number comes along; the system clears its temporary folder, too.
        let folder = std::env::temp_dir().join(format!("frivillig_template_{}_{content:?}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let (made, file) = (folder.join("made.db"), folder.join("template.db"));
        fill(&Target::Sqlite(made.clone()), content);
        // Copied by SQLite itself: the last connection of a pool may close a moment after the pool is gone, and until then
        // the write-ahead log holds what the file does not.
        let mut connection = SqliteConnection::establish(&made.to_string_lossy()).expect("it has just been made");
        sql_query("PRAGMA busy_timeout = 10000").execute(&mut connection).expect("it can wait for the last connection to close");
        sql_query(format!("VACUUM INTO '{}'", file.display())).execute(&mut connection).expect("it can be copied");
        file
    })
}

fn postgres_template(content: Content) -> &'static str {
    static EMPTY: OnceLock<String> = OnceLock::new();
    static SAMPLE: OnceLock<String> = OnceLock::new();
    let cell = if content == Content::Sample { &SAMPLE } else { &EMPTY };
    cell.get_or_init(|| {
        let name = format!("template_{}_{content:?}", std::process::id()).to_ascii_lowercase();
        maintenance(&format!("CREATE DATABASE {name}"));
        fill(&Target::parse(&cluster::postgres().url(&name)).expect("it is an address"), content);
        name
    })
}

/// Runs a story to its end.
pub fn run<F: Future<Output = ()>>(story: impl FnOnce() -> F) {
    actix_rt::System::new().block_on(async { story().await });
}

/// Writes each story once and runs it on both engines.
#[macro_export]
macro_rules! stories {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: World $(, $content:ident)?) $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($world: $crate::world::World) $body

        mod $name {
            #[test]
            fn sqlite() {
                $crate::world::run(|| async { super::$name($crate::stories!(@world persistence::Engine::Sqlite $(, $content)?)).await });
            }

            #[test]
            fn postgres() {
                $crate::world::run(|| async { super::$name($crate::stories!(@world persistence::Engine::Postgres $(, $content)?)).await });
            }
        }
    )+};
    (@world $engine:expr) => { $crate::world::World::new($engine).await };
    (@world $engine:expr, $content:ident) => { $crate::world::World::with($engine, $crate::world::Content::$content, |_| {}).await };
}
