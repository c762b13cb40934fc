//! The log: a line for every request, written many at a time.
//!
//! A line that tells of nothing wrong waits for others, at most [`PATIENCE`]; a warning takes along at once what waits
//! before it. So the order is kept, and a system call is not paid for every request.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

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

/// Sets up the process's log on stderr. Whoever gets the lines flushes them before the process ends.
pub fn to_stderr(format: LogFormat) -> Lines {
    let lines = Lines::default();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
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
    lines
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Line, Lines};

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
