//! The figures as they go into `docs/performance.md`.

use crate::{
    measure::{Growth, Plan, Row, Taken},
    service::Engine,
};

pub const COLUMNS: &str = "\
| Workload | | req/s | of the ceiling | p50 ms | p99 ms | CPU µs/request | asked the database | 304 |
|---|---|---:|---:|---:|---:|---:|---:|---:|";

pub fn heading(engine: Engine, rows: u64, plan: Plan) -> String {
    format!("{}, {rows} initiatives, {} rounds of {} s, medians:\n", engine.name(), plan.rounds, plan.seconds)
}

pub fn row(row: &Row) -> String {
    let line = |name: &str, what: &str, taken: &Taken, ratio: Option<f64>| {
        let Taken { seen, cpu, read, unchanged } = taken;
        let part = |part: f64| if ratio.is_some() { format!("{:.1} %", 100.0 * part) } else { String::new() };
        let ratio = ratio.map(|ratio| format!("**{ratio:.2}**")).unwrap_or_default();
        let (read, unchanged) = (part(*read), part(*unchanged));
        format!(
            "| {name} | {what} | {:.0} | {ratio} | {:.2} | {:.2} | {cpu:.0} | {read} | {unchanged} |",
            seen.per_second, seen.p50_ms, seen.p99_ms
        )
    };
    let memory = format!("service {:.0} MiB, at most {:.0} MiB", row.memory.0, row.memory.1);
    [
        line(row.workload.name(), "ceiling", &row.ceiling, None),
        line("", &memory, &row.cached, Some(row.cached_ratio)),
        line("", "uncached", &row.uncached, Some(row.uncached_ratio)),
    ]
    .join("\n")
}

pub fn growth(grown: &[Growth]) -> String {
    let mut lines = vec![
        "\nUncached, one client, p50 ms (p99 ms):\n".to_owned(),
        "| Workload | rows | | rows | | times | asked the database |".to_owned(),
        "|---|---:|---:|---:|---:|---:|---:|".to_owned(),
    ];
    lines.extend(grown.iter().map(|Growth { workload, rows, small, large }| {
        let taken = |taken: &Taken| format!("{:.2} ({:.2})", taken.seen.p50_ms, taken.seen.p99_ms);
        let times = large.seen.p50_ms / small.seen.p50_ms;
        let read = format!("{:.0} %, {:.0} %", 100.0 * small.read, 100.0 * large.read);
        format!("| {} | {} | {} | {} | {} | **{times:.2}** | {read} |", workload.name(), rows.0, taken(small), rows.1, taken(large))
    }));
    lines.join("\n")
}

pub fn start(taken: &[f64]) -> String {
    let at = |place: usize| taken.get(place).copied().unwrap_or(f64::NAN);
    format!(
        "\nFrom exec to the first answer, {} starts: median {:.0} ms, at most {:.0} ms.",
        taken.len(),
        at(taken.len() / 2),
        at(taken.len().saturating_sub(1))
    )
}
