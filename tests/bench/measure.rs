//! What is measured, and in which turns.

use std::{path::Path, time::Duration};

use crate::{
    Outcome, complain,
    http::Client,
    load::{self, ALONE, FULL, Force, Order, Seen},
    questions::{Question, Vocabulary, Workload, with_few_hits},
    service::{Running, Store, Writer},
};

/// How long, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seconds: u64,
    pub rounds: usize,
    pub warm_up: Duration,
}

impl Plan {
    const fn time(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// One measurement of one server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taken {
    pub seen: Seen,
    /// Microseconds of CPU for each request.
    pub cpu: f64,
    /// The part of the answers for which the database was asked.
    pub read: f64,
    /// The part of the answers that were 304.
    pub unchanged: f64,
}

/// All measurements of a workload.
#[derive(Debug)]
pub struct Row {
    pub workload: Workload,
    pub ceiling: Taken,
    pub cached: Taken,
    pub uncached: Taken,
    /// Medians of the ratios of each round, not ratios of medians: what disturbed a round disturbed both.
    pub cached_ratio: f64,
    pub uncached_ratio: f64,
    /// Resident memory of the service in MiB: afterwards, and at the most so far.
    pub memory: (f64, f64),
}

/// Measures workloads on one service, each in turns with its ceiling, and hands every row over as soon as it is there. What
/// comes back is what there is to say at the end.
pub fn beside_the_ceiling(
    program: &Path,
    store: &Store,
    workloads: &[Workload],
    plan: Plan,
    hand_over: &mut dyn FnMut(Row),
) -> Outcome<Vec<String>> {
    let (service, _) = Running::service(program, store)?;
    let mut client = Client::new(service.address)?;
    let vocabulary = Vocabulary::read(&mut client, store.rows)?;
    let writer = Writer::begin(service.address)?;
    for workload in workloads {
        complain(&format!("{} …", workload.name()));
        hand_over(row(&service, store, &vocabulary, *workload, plan)?);
    }
    let writes = writer.end()?;
    Ok(vec![format!("\n{writes} writes went on meanwhile, and no request failed.")])
}

fn row(service: &Running, store: &Store, vocabulary: &Vocabulary, workload: Workload, plan: Plan) -> Outcome<Row> {
    let questions = vocabulary.questions(workload, &mut Client::new(service.address)?)?;
    let popular = load::write(&store.folder, "popular", &questions.popular)?;
    let fresh = load::write(&store.folder, "fresh", &questions.fresh)?;
    let ceiling = Running::ceiling(service.address, &popular)?;
    let mut rounds = Vec::new();
    for round in 0..=plan.rounds {
        // The first round warms up, and is not looked at.
        let time = if round == 0 { plan.warm_up } else { plan.time() };
        let limit = take(&ceiling, &popular, Order::Zipf, FULL, time, None)?;
        // The fresh questions of the round before have pushed the popular ones out, as no day's visitors would.
        let mut client = Client::new(service.address)?;
        questions.popular.iter().try_for_each(|question| question.ask(&mut client).map(|_| ()))?;
        let cached = take(service, &popular, Order::Zipf, FULL, time, Some(store))?;
        let uncached = take(service, &fresh, Order::Turns, FULL, time, Some(store))?;
        if round > 0 {
            rounds.push((limit, cached, uncached));
        }
    }
    let ratio = |one: fn(&(Taken, Taken, Taken)) -> f64| median(rounds.iter().map(|round| one(round) / round.0.seen.per_second));
    Ok(Row {
        workload,
        cached_ratio: ratio(|round| round.1.seen.per_second),
        uncached_ratio: ratio(|round| round.2.seen.per_second),
        ceiling: middle(rounds.iter().map(|round| round.0)),
        cached: middle(rounds.iter().map(|round| round.1)),
        uncached: middle(rounds.iter().map(|round| round.2)),
        memory: service.memory()?,
    })
}

/// One measurement. `own` is the store of a service that keeps figures of its own, and a log that would fill the disk.
fn take(server: &Running, questions: &Path, order: Order, force: Force, time: Duration, own: Option<&Store>) -> Outcome<Taken> {
    let before = own.map(|_| server.figures()).transpose()?;
    let cpu = server.cpu_seconds()?;
    let seen = load::drive(server.address, questions, order, force, time)?;
    let cpu = (server.cpu_seconds()? - cpu) * 1e6 / seen.requests;
    let after = own.map(|_| server.figures()).transpose()?;
    own.map(Store::forget_log).transpose()?;
    let mut taken = Taken { seen, cpu, ..Taken::default() };
    if let (Some(before), Some(after)) = (before, after) {
        let requests = after.requests - before.requests;
        taken.read = (after.reads - before.reads) / requests;
        taken.unchanged = (after.unchanged - before.unchanged) / requests;
    }
    Ok(taken)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = values.get(half).copied().unwrap_or(f64::NAN);
    if values.len() % 2 == 1 { upper } else { values.get(half.wrapping_sub(1)).map_or(f64::NAN, |lower| (lower + upper) / 2.0) }
}

/// The median of each figure by itself.
fn middle(rounds: impl Iterator<Item = Taken> + Clone) -> Taken {
    let of = |one: fn(&Taken) -> f64| median(rounds.clone().map(|taken| one(&taken)));
    Taken {
        seen: Seen {
            requests: of(|taken| taken.seen.requests),
            per_second: of(|taken| taken.seen.per_second),
            p50_ms: of(|taken| taken.seen.p50_ms),
            p99_ms: of(|taken| taken.seen.p99_ms),
        },
        cpu: of(|taken| taken.cpu),
        read: of(|taken| taken.read),
        unchanged: of(|taken| taken.unchanged),
    }
}

/// How an uncached answer's time grows with the database.
#[derive(Debug)]
pub struct Growth {
    pub workload: Workload,
    pub rows: (u64, u64),
    pub small: Taken,
    pub large: Taken,
}

/// So many hits a search may have for its time to be comparable.
const FEW_HITS: u64 = 500;

/// Two services at once, one on each database, asked in turns by one client who waits for each answer.
pub fn growth(program: &Path, small: &Store, large: &Store, plan: Plan) -> Outcome<Vec<Growth>> {
    let (one, _) = Running::service(program, small)?;
    let (other, _) = Running::service(program, large)?;
    let writers = [Writer::begin(one.address)?, Writer::begin(other.address)?];
    let mut grown = Vec::new();
    for workload in [Workload::Page, Workload::One, Workload::Search] {
        complain(&format!("growth, {} …", workload.name()));
        let files = [(&one, small), (&other, large)].map(|(service, store)| -> Outcome<_> {
            let questions = fresh(service, store, workload)?;
            load::write(&store.folder, "growth", &questions)
        });
        let [small_file, large_file] = files;
        let (small_file, large_file) = (small_file?, large_file?);
        let mut rounds = Vec::new();
        for round in 0..=plan.rounds {
            let time = if round == 0 { plan.warm_up } else { plan.time() };
            let pair = (
                take(&one, &small_file, Order::Turns, ALONE, time, Some(small))?,
                take(&other, &large_file, Order::Turns, ALONE, time, Some(large))?,
            );
            if round > 0 {
                rounds.push(pair);
            }
        }
        let (small_taken, large_taken) = (middle(rounds.iter().map(|pair| pair.0)), middle(rounds.iter().map(|pair| pair.1)));
        grown.push(Growth { workload, rows: (small.rows, large.rows), small: small_taken, large: large_taken });
    }
    for writer in writers {
        writer.end()?;
    }
    Ok(grown)
}

fn fresh(service: &Running, store: &Store, workload: Workload) -> Outcome<Vec<Question>> {
    let mut client = Client::new(service.address)?;
    let questions = Vocabulary::read(&mut client, store.rows)?.questions(workload, &mut client)?.fresh;
    if workload == Workload::Search { with_few_hits(questions, FEW_HITS, 4_000, &mut client) } else { Ok(questions) }
}

/// How long the service takes from exec to its first answer, in milliseconds, on a database that is there; eleven times.
pub fn starts(program: &Path, store: &Store) -> Outcome<Vec<f64>> {
    let mut taken: Vec<f64> =
        (0..11).map(|_| Running::service(program, store).map(|(_, took)| took.as_secs_f64() * 1e3)).collect::<Outcome<_>>()?;
    taken.sort_by(f64::total_cmp);
    Ok(taken)
}
