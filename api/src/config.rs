//! Everything the operator can set, checked before anything is opened.

use std::{net::SocketAddr, path::PathBuf};

use chrono::TimeDelta;
use clap::{Args, Parser, Subcommand, ValueEnum};
use initiatives::Freshness;
use ipnet::IpNet;
use lettre::message::Mailbox;
use persistence::Target;

use crate::{files::FileStore, mail};

/// The backend of a municipality's volunteering policy.
#[derive(Debug, Parser)]
#[command(name = "frivillig", version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub task: Option<Task>,
    #[command(flatten)]
    pub settings: Settings,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Task {
    /// Serve the API (this is what happens without a subcommand).
    Serve,
    /// Bring the database's schema up to date, and stop.
    Migrate,
    /// Print the contract (OpenAPI 3.1).
    Openapi,
    /// Print a token for a persona of the demo database.
    Token {
        /// Whom to be, such as association-chair; an unknown name lists them all.
        #[arg(long)]
        persona: String,
    },
    /// Fill an empty database with invented data, the same every time.
    Seed {
        /// How many initiatives, and in proportion everything else.
        #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        scale: u64,
    },
    /// Say whether the configuration is good, and stop.
    CheckConfig,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// A switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// Settings, each from the environment or the command line.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// `sqlite://path` or `postgres://…`.
    #[arg(long, env = "DATABASE_URL", global = true, default_value = "sqlite://frivillig.db", hide_env_values = true)]
    pub database_url: String,
    /// Where to listen.
    #[arg(long, env = "LISTEN_ADDR", global = true, default_value = "127.0.0.1:8080")]
    pub listen_addr: SocketAddr,
    /// How the outside reaches this service, without a slash at the end.
    #[arg(long, env = "PUBLIC_URL", global = true)]
    pub public_url: Option<String>,
    /// JSON file of the token issuers to trust; see docs/operations.md.
    #[arg(long, env = "AUTH_ISSUERS", global = true)]
    pub auth_issuers: Option<PathBuf>,
    /// Sample data and tokens for everybody. By default on when a new embedded database is created and no issuer is configured.
    #[arg(long, env = "DEMO", global = true)]
    pub demo: Option<bool>,
    /// Let demo mode be reached from other machines.
    #[arg(long, env = "DEMO_PUBLIC", global = true, default_value_t = false, action = clap::ArgAction::Set)]
    pub demo_public: bool,
    #[arg(long, env = "LOG_FORMAT", global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// `off` for measuring.
    #[arg(long, env = "RATE_LIMIT", global = true, value_enum, default_value_t = Switch::On)]
    pub rate_limit: Switch,
    /// Networks whose X-Forwarded-For is believed, separated by commas.
    #[arg(long, env = "TRUSTED_PROXIES", global = true, value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may do more than public reads, separated by commas.
    #[arg(long, env = "CORS_ORIGINS", global = true, value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// Opens /metrics to whoever sends this as a bearer token.
    #[arg(long, env = "METRICS_TOKEN", global = true, hide_env_values = true)]
    pub metrics_token: Option<String>,
    /// The mail server, such as smtps://user:password@mail.example:465.
    #[arg(long, env = "SMTP_URL", global = true, hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// Whom letters come from. By default no-reply at the host of PUBLIC_URL.
    #[arg(long, env = "MAIL_FROM", global = true)]
    pub mail_from: Option<String>,
    /// The page of a front end that takes mailed links: it reads the secret behind `#` and sends it to POST /v1/confirmations.
    #[arg(long, env = "LINK_BASE_URL", global = true)]
    pub link_base_url: Option<String>,
    /// Where the bytes of files lie: `file://folder`, or `s3://bucket/prefix` with AWS_ACCESS_KEY_ID and the like in the environment.
    /// By default a folder beside the embedded database.
    #[arg(long, env = "FILE_STORE_URL", global = true, hide_env_values = true)]
    pub file_store_url: Option<String>,
    /// Days after which somebody should say again that an entry of the catalogue holds.
    #[arg(long, env = "VERIFY_AFTER_DAYS", global = true, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=3650))]
    pub verify_after_days: i64,
    /// Days after that in which an entry stays public although nobody has.
    #[arg(long, env = "VERIFY_GRACE_DAYS", global = true, default_value_t = 60, value_parser = clap::value_parser!(i64).range(0..=3650))]
    pub verify_grace_days: i64,
    /// Days for which messages to the contacts of initiatives are kept after they have gone.
    #[arg(long, env = "MESSAGE_RETENTION_DAYS", global = true, default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=365))]
    pub message_retention_days: i64,
    /// Networks that may be called although they are not public, such as that of an issuer inside the house, separated by commas.
    #[arg(long, env = "OUTBOUND_NETWORKS", global = true, value_delimiter = ',')]
    pub outbound_networks: Vec<IpNet>,
    /// Call what is in OUTBOUND_NETWORKS without TLS, too.
    #[arg(long, env = "OUTBOUND_WITHOUT_TLS", global = true, default_value_t = false, action = clap::ArgAction::Set)]
    pub outbound_without_tls: bool,
    /// Reach a PostgreSQL server on another machine without TLS.
    #[arg(long, env = "DATABASE_WITHOUT_TLS", global = true, default_value_t = false, action = clap::ArgAction::Set)]
    pub database_without_tls: bool,
}

/// What the settings come to.
#[derive(Clone, Debug)]
pub struct Config {
    pub target: Target,
    pub public_url: String,
    pub mail_from: Mailbox,
    pub link_base_url: String,
    pub files: FileStore,
    pub freshness: Freshness,
    pub settings: Settings,
}

impl Config {
    /// Where letters go in demo mode.
    #[must_use]
    pub fn mail_folder(&self) -> PathBuf {
        beside(&self.target, "mails")
    }
}

/// A folder beside the database, or else where the program was started.
fn beside(target: &Target, name: &str) -> PathBuf {
    match target {
        Target::Sqlite(path) => {
            let mut folder = path.clone().into_os_string();
            folder.push(".");
            folder.push(name);
            folder.into()
        }
        Target::Postgres(_) => PathBuf::from(format!("frivillig.{name}")),
    }
}

impl Settings {
    /// # Errors
    /// One line for the operator: which setting makes no sense, and why.
    pub fn check(self) -> Result<Config, String> {
        let target = Target::parse(&self.database_url).map_err(|error| format!("DATABASE_URL: {error}"))?;
        if target.is_unprotected() && !self.database_without_tls {
            return Err("DATABASE_URL: the server is on another machine and would be reached without TLS; add sslmode=verify-full, \
                or set DATABASE_WITHOUT_TLS=true if the network between is trusted"
                .into());
        }
        if let Target::Sqlite(path) = &target {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if path.is_dir() || folder.is_some_and(|folder| !folder.is_dir()) {
                return Err(format!("DATABASE_URL: {} is not a file in an existing folder", path.display()));
            }
        }
        if self.demo == Some(true) && self.auth_issuers.is_some() {
            return Err("DEMO: demo mode gives tokens to everybody and cannot be combined with AUTH_ISSUERS".into());
        }
        if self.metrics_token.as_ref().is_some_and(|token| token.len() < 16) {
            return Err("METRICS_TOKEN: at least 16 characters".into());
        }
        if self.outbound_without_tls && self.outbound_networks.is_empty() {
            return Err("OUTBOUND_WITHOUT_TLS: plain http is for OUTBOUND_NETWORKS alone, and that is not set".into());
        }
        let public_url = match &self.public_url {
            None => format!("http://{}", self.listen_addr),
            Some(url) => checked_url(url).map_err(|error| format!("PUBLIC_URL: {error}"))?,
        };
        for origin in &self.cors_origins {
            checked_url(origin).map_err(|error| format!("CORS_ORIGINS: {origin}: {error}"))?;
        }
        if let Some(url) = &self.smtp_url {
            mail::smtp(url).map_err(|error| format!("SMTP_URL: {error}"))?;
        }
        let host = url::Url::parse(&public_url).ok().and_then(|url| url.domain().map(str::to_owned)).unwrap_or("localhost".into());
        let mail_from = self.mail_from.clone().unwrap_or_else(|| format!("Frivillig <no-reply@{host}>"));
        let mail_from = mail::sender(&mail_from).map_err(|error| format!("MAIL_FROM: {error}"))?;
        let link_base_url = match &self.link_base_url {
            None => format!("{public_url}/docs/"),
            Some(url) if url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.fragment().is_none()) => {
                url.clone()
            }
            Some(_) => return Err("LINK_BASE_URL: it must be http(s)://host/page without a #".into()),
        };
        let files = match &self.file_store_url {
            None => FileStore::folder(&beside(&target, "files")),
            Some(address) => FileStore::at(address),
        };
        let files = files.map_err(|error| format!("FILE_STORE_URL: {error}"))?;
        let freshness = Freshness { interval: TimeDelta::days(self.verify_after_days), grace: TimeDelta::days(self.verify_grace_days) };
        Ok(Config { target, public_url, mail_from, link_base_url, files, freshness, settings: self })
    }
}

fn checked_url(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).map_err(|error| error.to_string())?;
    let good = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() && !text.ends_with('/');
    if good { Ok(text.to_owned()) } else { Err("it must be http(s)://host without a slash at the end".into()) }
}
