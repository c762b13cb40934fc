//! The PostgreSQL under the tests: given through `TEST_POSTGRES_URL`, or made for this process
//! and thrown away with it.
//!
//! A test process may end by a panic, by Ctrl-C or by SIGKILL, and a server that outlives it holds
//! memory and disk on a developer's machine until somebody notices. No code inside the process can
//! promise the removal, so it is owed by another one: a shell that does nothing but read commands
//! from a pipe. The kernel closes that pipe whenever and however we die, and end of input is what
//! the shell takes for "remove everything". It alone starts and stops the server, one command after
//! the other; therefore a death in the middle of `initdb` or of a restart is answered when that
//! step is done, and not beside it, where the removal would miss the server that is just coming up.
//!
//! The server trusts everybody who reaches its loopback port. It holds invented data, runs for
//! minutes and, when the tests run as root, belongs to an unprivileged user; on a machine shared
//! with people you do not trust, set `TEST_POSTGRES_URL`.

use std::{
    env, fs,
    hash::{BuildHasher, RandomState},
    io::{self, BufRead, BufReader, Write},
    iter,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{LazyLock, Mutex, PoisonError},
};

const HOW_TO_GET_ONE: &str = "the tests need PostgreSQL, and there are neither its server binaries \
     (initdb, pg_ctl, postgres) nor a Docker engine that answers: install it (on Debian and Ubuntu \
     `apt-get install postgresql`), start Docker, or set TEST_POSTGRES_URL to the URL of a database \
     from which databases may be created";

/// Speed for data that nobody will miss. Even the end of the server alone loses the latest commits.
const DISPOSABLE: &str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off";

const ATTEMPTS_TO_GET_A_PORT: u32 = 5;
const LINES_OF_LOG: usize = 30;

/// What the supervisor does with installed binaries: `$bin` and `$settings` in the private `$dir`.
///
/// The socket directory is relative to the data directory, because an absolute one may exceed the
/// hundred bytes that a socket's path can have. `restart` finds port and settings in
/// `postmaster.opts`.
const WITH_BINARIES: &str = r#"
initialise() {
    "$bin/initdb" -D "$dir/data" --auth=trust -U frivillig --encoding=UTF8 --locale=C --no-sync
}
start() {
    "$bin/pg_ctl" start -D "$dir/data" -w \
        -o "-p $1 -c listen_addresses=127.0.0.1 -c unix_socket_directories=.. $settings"
}
restart() { "$bin/pg_ctl" restart -D "$dir/data" -w -m immediate; }
remove() { "$bin/pg_ctl" stop -D "$dir/data" -w -m immediate; }
"#;

/// The same in a container, which is named like the private `$dir`, hence as unique.
///
/// `start` removes first, since a container whose port was taken stays behind half made. `ready`
/// asks over TCP: the image's own initialisation runs a server that only has a socket.
const WITH_DOCKER: &str = r#"
image=postgres:15-alpine
name=${dir##*/}
initialise() { docker image inspect "$image" >/dev/null || docker pull "$image"; }
start() {
    remove
    docker run --rm --detach --name "$name" --publish "127.0.0.1:$1:5432" \
        --env POSTGRES_USER=frivillig --env POSTGRES_HOST_AUTH_METHOD=trust \
        --env POSTGRES_INITDB_ARGS='--encoding=UTF8 --locale=C --no-sync' \
        "$image" $settings && ready
}
restart() { docker restart -t 0 "$name" && ready; }
remove() { docker rm --force --volumes "$name"; }
ready() {
    for _ in $(seq 60); do
        docker exec "$name" pg_isready --quiet --host=127.0.0.1 --username=frivillig && return
        sleep 1
    done
    docker logs "$name"
    return 1
}
"#;

/// Runs before either of the above. A broken pipe is ignored, because the answer to a process that
/// has died meanwhile would otherwise kill the shell before it has cleaned up.
const OPENING: &str = r#"
bin=$1 settings=$2
trap '' PIPE
dir=$(mktemp -d "${TMPDIR:-/tmp}/frivillig.XXXXXX" 2>/dev/null) ||
    dir=$(mktemp -d /tmp/frivillig.XXXXXX) || exit
exec 2>>"$dir/log"
"#;

/// Runs after either of the above. Nothing that is started here may hold the two pipes.
const COMMAND_LOOP: &str = r#"
echo "$dir"
while read -r command port; do
    "$command" "$port" </dev/null >&2
    echo "$?"
done
remove </dev/null >&2
rm -rf "$dir"
"#;

/// The server that all tests of this process share, started by the first who asks.
///
/// # Panics
///
/// When there is no way to a server, in every test that asks and each time with the reason.
pub fn postgres() -> &'static Cluster {
    static SHARED: LazyLock<Result<Cluster, String>> = LazyLock::new(Cluster::given_or_started);
    SHARED.as_ref().unwrap_or_else(|reason| panic!("{reason}"))
}

/// A server of the caller's own, whatever `TEST_POSTGRES_URL` says, for tests that restart it. It
/// is gone when the value is dropped.
///
/// Its commits survive a restart in any case; `fsync` also lets them cost what they cost in
/// production.
///
/// # Panics
///
/// When there is no way to a server.
pub fn dedicated(fsync: bool) -> Cluster {
    let durability = if fsync { "-c fsync=on" } else { "-c fsync=off" };
    Cluster::start(durability).unwrap_or_else(|reason| panic!("{reason}"))
}

/// A PostgreSQL server on which the tests may create and drop databases.
#[derive(Debug)]
pub struct Cluster {
    address: Address,
    binaries: Option<PathBuf>,
    /// `None` when the server was given to us: then it is not ours to stop.
    supervisor: Option<Supervisor>,
}

impl Cluster {
    /// Where `database` is reached, whether or not it exists already. The name goes into the URL as
    /// it stands.
    pub fn url(&self, database: &str) -> String {
        let Address { server, options, .. } = &self.address;
        format!("{server}/{database}{options}")
    }

    /// A database that is always there, from which others are created.
    pub fn maintenance_url(&self) -> String {
        self.url(&self.address.database)
    }

    /// An installed client program such as `pg_dump`, from the same installation as the server if
    /// that is known.
    pub fn bin(&self, tool: &str) -> Option<PathBuf> {
        self.binaries.iter().cloned().chain(directories()).map(|directory| directory.join(tool)).find(|program| program.is_file())
    }

    /// Stops the server as a crash would and returns when it accepts connections again, at the same
    /// address. The shared server loses its latest commits by this; a [`dedicated`] one does not.
    ///
    /// # Panics
    ///
    /// When the server comes from `TEST_POSTGRES_URL`, because it is not ours to restart, or when
    /// it does not come back.
    pub fn restart_immediate(&self) {
        let Some(supervisor) = &self.supervisor else {
            panic!("the server from TEST_POSTGRES_URL is not ours to restart: use dedicated()");
        };
        supervisor.order("restart").unwrap_or_else(|reason| panic!("{reason}"));
    }

    fn given_or_started() -> Result<Self, String> {
        match env::var_os("TEST_POSTGRES_URL").filter(|url| !url.is_empty()) {
            Some(url) => Self::given(&url.to_string_lossy()),
            None => Self::start(DISPOSABLE),
        }
    }

    fn given(url: &str) -> Result<Self, String> {
        let address = Address::parse(url).ok_or("TEST_POSTGRES_URL is not of the form postgres://user@host:port/database")?;
        Ok(Self { address, binaries: None, supervisor: None })
    }

    fn start(durability: &str) -> Result<Self, String> {
        let settings = format!("-c max_connections=300 -c shared_buffers=64MB {durability}");
        let binaries = server_binaries();
        let supervisor = match &binaries {
            Some(bin) => Supervisor::spawn(WITH_BINARIES, unprivileged()?, bin, &settings)?,
            None if docker_answers() => Supervisor::spawn(WITH_DOCKER, None, Path::new(""), &settings)?,
            None => return Err(HOW_TO_GET_ONE.to_owned()),
        };
        supervisor.order("initialise")?;
        let address = Address {
            server: format!("postgres://frivillig@127.0.0.1:{}", supervisor.start_server()?),
            database: "postgres".to_owned(),
            options: String::new(),
        };
        Ok(Self { address, binaries, supervisor: Some(supervisor) })
    }
}

/// A URL in the parts between which another database's name fits.
#[derive(Debug)]
struct Address {
    server: String,
    database: String,
    options: String,
}

impl Address {
    fn parse(url: &str) -> Option<Self> {
        let (location, options) = url.split_at(url.find('?').unwrap_or(url.len()));
        let (scheme, location) = location.split_once("://")?;
        let (authority, database) = location.split_once('/').unwrap_or((location, ""));
        matches!(scheme, "postgres" | "postgresql").then(|| Self {
            server: format!("{scheme}://{authority}"),
            database: database.to_owned(),
            options: options.to_owned(),
        })
    }
}

/// The shell that owes the removal.
#[derive(Debug)]
struct Supervisor {
    log: PathBuf,
    shell: Mutex<Shell>,
}

#[derive(Debug)]
struct Shell {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Supervisor {
    /// The process group of its own keeps Ctrl-C from the terminal away from the shell; the working
    /// directory is one that the unprivileged `user` can enter.
    fn spawn(functions: &str, user: Option<User>, bin: &Path, settings: &str) -> Result<Self, String> {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg([OPENING, functions, COMMAND_LOOP].concat())
            .args(["frivillig-test-postgres".as_ref(), bin.as_os_str(), settings.as_ref()])
            .env("LC_ALL", "C")
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(User { uid, gid }) = user {
            command.uid(uid).gid(gid);
        }
        let failed = |error: io::Error| format!("the supervisor of PostgreSQL: {error}");
        let mut process = command.spawn().map_err(failed)?;
        let answers = process.stdout.take().ok_or("the supervisor has no output")?;
        let mut shell = Shell { process, answers: BufReader::new(answers) };
        let directory = shell.answer().map_err(failed)?;
        Ok(Self { log: Path::new(&directory).join("log"), shell: Mutex::new(shell) })
    }

    /// Another process can take the port between our look and the server's bind, and only the
    /// server's failure tells.
    fn start_server(&self) -> Result<u16, String> {
        let attempt = || {
            let port = free_port().ok_or("no free port on 127.0.0.1")?;
            self.order(&format!("start {port}")).map(|()| port)
        };
        (1..ATTEMPTS_TO_GET_A_PORT).find_map(|_| attempt().ok()).map_or_else(attempt, Ok)
    }

    fn order(&self, order: &str) -> Result<(), String> {
        let mut shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
        match shell.carry_out(order) {
            Ok(status) if status == "0" => Ok(()),
            Ok(status) => Err(format!("PostgreSQL: `{order}` ended with {status}\n{}", self.end_of_log())),
            Err(error) => Err(format!("PostgreSQL: `{order}`: {error}\n{}", self.end_of_log())),
        }
    }

    fn end_of_log(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(LINES_OF_LOG)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Supervisor {
    /// Waiting closes the shell's input first, and that is its order to remove everything.
    fn drop(&mut self) {
        let shell = self.shell.get_mut().unwrap_or_else(PoisonError::into_inner);
        // A shell that is gone already leaves nothing to wait for.
        let _ = shell.process.wait();
    }
}

impl Shell {
    fn carry_out(&mut self, order: &str) -> io::Result<String> {
        let orders = self.process.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(orders, "{order}")?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

/// Whose the server shall be: PostgreSQL refuses to run as root.
fn unprivileged() -> Result<Option<User>, String> {
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    ["nobody", "postgres"]
        .into_iter()
        .find_map(|name| Some(User { uid: id(&["-u", name])?, gid: id(&["-g", name])? }))
        .map(Some)
        .ok_or_else(|| "PostgreSQL does not run as root, and there is neither a user `nobody` nor `postgres`".to_owned())
}

fn id(arguments: &[&str]) -> Option<u32> {
    output("id", arguments)?.parse().ok()
}

fn docker_answers() -> bool {
    output("docker", &["info"]).is_some()
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Below the ports that Linux and macOS give to outgoing connections. A server that is
/// being restarted would otherwise find its port taken now and then, and by a client that tries to
/// reach it: a connection to a free port of that range can be given the very same port as its own.
pub fn free_port() -> Option<u16> {
    let at_random = || 16_384 + RandomState::new().hash_one(()) as u16 % 16_384;
    iter::repeat_with(at_random).take(1_000).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}

/// Links are followed, because a program on the `PATH` is often a link into a directory where
/// the other programs of its version are.
fn server_binaries() -> Option<PathBuf> {
    directories().into_iter().find_map(|directory| {
        let initdb = directory.join("initdb").canonicalize().ok()?;
        let directory = initdb.parent()?;
        ["pg_ctl", "postgres"].iter().all(|program| directory.join(program).is_file()).then(|| directory.to_owned())
    })
}

/// Where PostgreSQL's programs may be. Debian keeps the server's off the `PATH`.
fn directories() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = env::split_paths(&path).collect();
    directories.extend(versions("/usr/lib/postgresql", ""));
    directories.extend(output("pg_config", &["--bindir"]).map(PathBuf::from));
    directories.push(PathBuf::from("/usr/local/pgsql/bin"));
    directories.extend(versions("/opt/homebrew/opt", "postgresql"));
    directories
}

/// The `bin` of every installation beside each other in `parent`, the highest version first.
fn versions(parent: &str, prefix: &str) -> impl Iterator<Item = PathBuf> {
    let mut found: Vec<(Option<u32>, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.trim_start_matches('@');
            let major = version.split('.').next().and_then(|major| major.parse().ok());
            Some((major, entry.path().join("bin")))
        })
        .collect();
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, bin)| bin)
}
