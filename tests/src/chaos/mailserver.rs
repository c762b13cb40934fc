//! A mail server on this machine (RFC 5321): it keeps what it takes, takes its time, and can fall silent in the middle.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::process::PATIENCE;

#[derive(Debug, Default)]
struct State {
    pause: Duration,
    /// The `Message-ID` of each letter, in the order in which they were taken.
    taken: Mutex<Vec<String>>,
    silent: AtomicBool,
    gone: AtomicBool,
}

#[derive(Debug)]
pub struct MailServer {
    address: SocketAddr,
    state: Arc<State>,
}

impl MailServer {
    /// It takes this long over every step that matters: over the letter, and over saying that it has it.
    pub fn new(pause: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State { pause, ..State::default() });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.gone.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&shared);
                // Whoever dies in the middle is what it is all about.
                thread::spawn(move || state.serve(stream));
            }
        });
        Self { address, state }
    }

    /// For `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn taken(&self) -> Vec<String> {
        self.state.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until there are so many.
    pub fn has_taken(&self, letters: usize) {
        let begun = Instant::now();
        while self.taken().len() < letters {
            assert!(begun.elapsed() < PATIENCE, "{} letters instead of {letters}", self.taken().len());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// From now on it takes letters and does not say so, or goes on.
    pub fn falls_silent(&self, silent: bool) {
        self.state.silent.store(silent, Ordering::SeqCst);
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.state.gone.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for visitors.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut answers = stream.try_clone()?;
        let mut lines = BufReader::new(stream);
        answers.write_all(b"220 mail.example ESMTP\r\n")?;
        loop {
            let line = next(&mut lines)?;
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            let answer: &[u8] = match verb.as_str() {
                "EHLO" => b"250-mail.example\r\n250 8BITMIME\r\n",
                "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP" => b"250 OK\r\n",
                "DATA" => {
                    answers.write_all(b"354 Go on\r\n")?;
                    self.take(&mut lines)?;
                    if self.silent.load(Ordering::SeqCst) {
                        return self.say_nothing();
                    }
                    b"250 Taken\r\n"
                }
                "QUIT" => return answers.write_all(b"221 Bye\r\n"),
                _ => b"502 Not here\r\n",
            };
            answers.write_all(answer)?;
        }
    }

    /// Hangs up in the end, without a word of how it went.
    fn say_nothing(&self) -> io::Result<()> {
        while self.silent.load(Ordering::SeqCst) && !self.gone.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// A letter is taken with the dot behind it, and half a letter is none.
    fn take(&self, lines: &mut impl BufRead) -> io::Result<()> {
        let mut id = None;
        loop {
            let line = next(lines)?;
            match line.split_once(':') {
                Some((name, value)) if id.is_none() && name.eq_ignore_ascii_case("message-id") => id = Some(value.trim().to_owned()),
                _ if line == "." => break,
                _ => {}
            }
        }
        thread::sleep(self.pause);
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(id.expect("a letter has a Message-ID"));
        thread::sleep(self.pause);
        Ok(())
    }
}

fn next(lines: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if lines.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
