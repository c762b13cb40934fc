//! How fast the service is, beside a server that answers the same bytes from memory.
//!
//! `cargo run --release -p tests --bin bench -- w1 w2 w3 w4` reproduces the figures in `docs/performance.md`. A figure of
//! one machine says little about another, and on a busy machine little about itself; therefore everything that is reported
//! as a goal is a ratio of two measurements that took turns in the same minutes, and the median of several rounds.

mod ceiling;
#[path = "../src/cluster.rs"]
#[expect(dead_code, reason = "the tests crash their servers, and look up their tools; nothing of that is measured here")]
mod cluster;
mod http;
mod load;
mod measure;
mod questions;
mod report;
mod service;

use std::{error::Error, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};

use measure::Plan;
use questions::Workload;
use service::{Database, Engine};

/// What a bench may fail with: a sentence for whoever sits before it.
type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Debug, Parser)]
#[command(name = "bench", about = "Measures the service beside a server that answers from memory", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    hidden: Option<Hidden>,
    /// What to measure.
    #[arg(value_enum, default_values_t = [Subject::W1, Subject::W2, Subject::W3, Subject::W4])]
    subjects: Vec<Subject>,
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    engine: Engine,
    /// Initiatives in the database.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(2_000..=1_000_000))]
    rows: u64,
    /// Initiatives in the larger database of `growth`.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(2_000..=1_000_000))]
    grown: u64,
    /// Seconds for each measurement.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many times each measurement is taken.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// A page of 20 of the catalogue, filtered and sorted.
    W1,
    /// The same, revalidated: 304.
    W2,
    /// One initiative.
    W3,
    /// Danish full-text search, two words.
    W4,
    /// The uncached figures among many more rows.
    Growth,
    /// From exec to the first answer.
    Start,
}

impl Subject {
    const fn workload(self) -> Option<Workload> {
        match self {
            Self::W1 => Some(Workload::Page),
            Self::W2 => Some(Workload::Revalidation),
            Self::W3 => Some(Workload::One),
            Self::W4 => Some(Workload::Search),
            Self::Growth | Self::Start => None,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Hidden {
    /// The server that answers from memory; the bench starts it by itself.
    #[command(hide = true)]
    Ceiling {
        /// The service whose answers to give.
        #[arg(long)]
        of: SocketAddr,
        /// The questions, one in a line.
        #[arg(long)]
        questions: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.hidden {
        Some(Hidden::Ceiling { of, questions }) => ceiling::serve(*of, questions),
        None => run(&cli),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            complain(&reason.to_string());
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "progress and complaints are for whoever sits before it, figures for the file behind it")]
fn complain(text: &str) {
    eprintln!("bench: {text}");
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn say(text: &str) {
    println!("{text}");
}

fn run(cli: &Cli) -> Outcome<()> {
    let program = service::build()?;
    let mut database = Database::new(cli.engine)?;
    let plan = Plan { seconds: cli.seconds, rounds: cli.rounds, warm_up: Duration::from_secs(2) };
    let store = database.seeded(&program, cli.rows)?;
    say(&report::heading(cli.engine, cli.rows, plan));
    let workloads: Vec<Workload> = cli.subjects.iter().filter_map(|subject| subject.workload()).collect();
    if !workloads.is_empty() {
        say(report::COLUMNS);
        for row in measure::beside_the_ceiling(&program, &store, &workloads, plan, &mut |row| say(&report::row(&row)))? {
            say(&row);
        }
    }
    if cli.subjects.contains(&Subject::Growth) {
        let grown = database.seeded(&program, cli.grown)?;
        say(&report::growth(&measure::growth(&program, &store, &grown, plan)?));
    }
    if cli.subjects.contains(&Subject::Start) {
        say(&report::start(&measure::starts(&program, &store)?));
    }
    Ok(())
}
