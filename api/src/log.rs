//! The log: a line for every request, written many at a time.
//!
//! A line that tells of nothing wrong waits for others, at most [`PATIENCE`]; a warning takes along at once what waits
//! before it. So the order is kept, and a system call is not paid for every request.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use actix_web::http::{Method, StatusCode};
use chrono::{DateTime, SecondsFormat, Utc};
use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};
use uuid::Uuid;

use crate::config::LogFormat;

/// How long a line may wait.
const PATIENCE: Duration = Duration::from_millis(100);

/// Bytes that may wait.
const ROOM: usize = 64 * 1024;

/// Lines on their way to stderr.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Writes what waits. There is nobody to tell when stderr is gone.
    pub fn flush(&self) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.is_empty() {
            let _ = io::stderr().lock().write_all(&waiting);
            waiting.clear();
        }
    }
}

/// Takes one line.
#[derive(Debug)]
pub struct Line<'a> {
    lines: &'a Lines,
    urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.lines.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend_from_slice(line);
        if self.urgent || waiting.len() >= ROOM {
            // Under the lock, so that no other line overtakes it.
            let written = io::stderr().lock().write_all(&waiting);
            waiting.clear();
            written?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, urgent: true }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Line<'a> {
        Line { lines: self, urgent: *event.level() <= Level::WARN }
    }
}

/// A request that has been answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    pub method: &'a Method,
    /// The template of the address: an address may name people.
    pub route: &'a str,
    pub status: StatusCode,
    pub begun: Instant,
    pub request_id: Uuid,
}

/// Where the line of each request goes. It looks like the lines of everything else, but has always the same parts, and is
/// put together without asking a subscriber for each of them: that took a quarter of the time of an answer from the cache.
#[derive(Clone, Debug, Default)]
pub struct RequestLog(Option<(Lines, LogFormat)>);

impl RequestLog {
    pub(crate) fn note(&self, at: DateTime<Utc>, answered: &Answered<'_>, seconds: f64) {
        let Some((lines, format)) = &self.0 else { return };
        let Answered { method, route, status, request_id, .. } = answered;
        let (at, status) = (at.to_rfc3339_opts(SecondsFormat::Micros, true), status.as_u16());
        // Nothing here needs to be escaped: a method is a token, a route is ours, an id is an id.
        let line = match format {
            LogFormat::Json => format!(
                r#"{{"timestamp":"{at}","level":"INFO","message":"request","request_id":"{request_id}","method":"{method}","route":"{route}","status":{status},"seconds":{seconds},"target":"{TARGET}"}}"#
            ),
            LogFormat::Text => {
                format!(
                    r#"{at}  INFO {TARGET}: request request_id={request_id} method="{method}" route="{route}" status={status} seconds={seconds}"#
                )
            }
        };
        // There is nobody to tell when stderr is gone.
        let _ = Line { lines, urgent: false }.write_all((line + "\n").as_bytes());
    }
}

/// The name by which `RUST_LOG` knows the lines of requests.
const TARGET: &str = "api::request";

/// Sets up the process's log on stderr. Whoever gets the lines flushes them before the process ends.
pub fn to_stderr(format: LogFormat) -> (Lines, RequestLog) {
    let lines = Lines::default();
    // Whoever calls somebody without a good certificate tells so itself, and knows when it has been told before.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,rustls_platform_verifier=off"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines.clone()).with_ansi(io::stderr().is_terminal());
    // Somebody else's subscriber, in a test, is as good.
    let _ = match format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    let waiting = lines.clone();
    thread::spawn(move || {
        loop {
            thread::sleep(PATIENCE);
            waiting.flush();
        }
    });
    let wanted = tracing::enabled!(target: TARGET, Level::INFO);
    let requests = RequestLog(wanted.then(|| (lines.clone(), format)));
    (lines, requests)
}

#[cfg(test)]
mod tests {
    use std::{io::Write, time::Instant};

    use actix_web::http::{Method, StatusCode};
    use chrono::DateTime;
    use serde_json::Value;
    use uuid::Uuid;

    use super::{Answered, Line, Lines, RequestLog};
    use crate::config::LogFormat;

    #[test]
    fn the_line_of_a_request_is_like_the_others() {
        let answered = Answered {
            method: &Method::GET,
            route: "GET /v1/initiatives/{id}",
            status: StatusCode::OK,
            begun: Instant::now(),
            request_id: Uuid::nil(),
        };
        let line = |format| {
            let lines = Lines::default();
            RequestLog(Some((lines.clone(), format))).note(DateTime::UNIX_EPOCH, &answered, 0.000_012);
            String::from_utf8(lines.0.lock().expect("nobody panicked").clone()).expect("text")
        };
        let json: Value = serde_json::from_str(&line(LogFormat::Json)).expect("a line is a document");
        for (name, value) in [("level", "INFO"), ("message", "request"), ("route", answered.route), ("method", "GET")] {
            assert_eq!(json[name], value);
        }
        assert_eq!((&json["status"], &json["seconds"]), (&200.into(), &0.000_012.into()));
        assert_eq!((&json["timestamp"], &json["request_id"]), (&"1970-01-01T00:00:00.000000Z".into(), &Uuid::nil().to_string().into()));
        let text = line(LogFormat::Text);
        assert!(text.contains(" INFO api::request: request request_id=0000") && text.ends_with(" seconds=0.000012\n"), "{text}");
    }

    #[test]
    fn lines_wait_in_order_until_one_is_urgent() {
        let lines = Lines::default();
        let write = |urgent, text: &str| Line { lines: &lines, urgent }.write_all(text.as_bytes()).expect("stderr is there");
        let waiting = || String::from_utf8(lines.0.lock().expect("nobody panicked").clone()).expect("text");
        write(false, "one\n");
        write(false, "two\n");
        assert_eq!(waiting(), "one\ntwo\n");
        write(true, "three\n");
        assert_eq!(waiting(), "");
        write(false, "four\n");
        lines.flush();
        assert_eq!(waiting(), "");
    }
}
