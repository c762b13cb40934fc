//! Somebody else's server, on this machine: it answers what it is told to, misbehaves, goes away and comes back.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::cluster::free_port;

/// What is at an address.
#[derive(Clone, Debug)]
pub enum Page {
    Text(String),
    /// The same after a while.
    Late(Duration, String),
    Redirect(u16, String),
    /// Says that so many bytes come, and sends them.
    Flood(usize),
    /// Sends more and more without saying how much it will be.
    EndlessFlood,
    /// A byte now and then, in the head or in the body.
    Trickle {
        head: bool,
    },
    /// Takes the request, and says nothing.
    Silence,
}

impl From<Value> for Page {
    fn from(document: Value) -> Self {
        Self::Text(document.to_string())
    }
}

#[derive(Debug, Default)]
struct State {
    pages: Mutex<HashMap<String, Page>>,
    asked: Mutex<Vec<String>>,
    visits: AtomicUsize,
    sent: AtomicUsize,
    gone: AtomicBool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
pub struct Elsewhere {
    pub address: SocketAddr,
    state: Arc<State>,
}

/// A port at which somebody can be in a while, and nobody is before.
pub fn later() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, free_port().expect("a free port")).into()
}

impl Elsewhere {
    pub fn new() -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into())
    }

    pub fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).expect("the port is free");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.gone.load(Ordering::SeqCst) {
                    return;
                }
                shared.visits.fetch_add(1, Ordering::SeqCst);
                let state = Arc::clone(&shared);
                thread::spawn(move || state.serve(stream));
            }
        });
        Self { address, state }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn put(&self, path: &str, page: impl Into<Page>) {
        locked(&self.state.pages).insert(path.to_owned(), page.into());
    }

    /// Whose connections were taken, whatever they said then.
    pub fn visits(&self) -> usize {
        self.state.visits.load(Ordering::SeqCst)
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        locked(&self.state.asked).iter().filter(|asked| *asked == path).count()
    }

    /// Bytes of floods that somebody took.
    pub fn sent(&self) -> usize {
        self.state.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.state.gone.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for visitors, and with it the port is free.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn serve(&self, mut stream: TcpStream) {
        let Some(path) = request(&stream) else { return };
        locked(&self.asked).push(path.clone());
        let page = locked(&self.pages).get(&path).cloned();
        // Whoever hangs up in the middle is what many tests are about.
        let _ = match page {
            None => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            Some(Page::Text(text)) => stream.write_all((head(text.len()) + &text).as_bytes()),
            Some(Page::Late(pause, text)) => {
                thread::sleep(pause);
                stream.write_all((head(text.len()) + &text).as_bytes())
            }
            Some(Page::Redirect(status, to)) => {
                stream.write_all(format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").as_bytes())
            }
            Some(Page::Flood(bytes)) => stream.write_all(head(bytes).as_bytes()).and_then(|()| self.flood(&mut stream, bytes)),
            Some(Page::EndlessFlood) => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").and_then(|()| self.flood(&mut stream, usize::MAX))
            }
            Some(Page::Trickle { head: true }) => self.trickle(&mut stream, "HTTP/1.1 200 OK\r\nX-Long: "),
            Some(Page::Trickle { head: false }) => self.trickle(&mut stream, &head(1_000_000)),
            Some(Page::Silence) => self.silence(&mut stream),
        };
    }

    fn flood(&self, stream: &mut TcpStream, bytes: usize) -> std::io::Result<()> {
        let piece = [b' '; 4096];
        let mut left = bytes;
        while left > 0 && !self.gone.load(Ordering::SeqCst) {
            let size = left.min(piece.len());
            stream.write_all(&piece[..size])?;
            self.sent.fetch_add(size, Ordering::SeqCst);
            left -= size;
        }
        Ok(())
    }

    fn trickle(&self, stream: &mut TcpStream, beginning: &str) -> std::io::Result<()> {
        stream.write_all(beginning.as_bytes())?;
        while !self.gone.load(Ordering::SeqCst) {
            stream.write_all(b"x")?;
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Until the other side has had enough.
    fn silence(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        stream.read(&mut [0]).map(drop)
    }
}

fn head(length: usize) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
}

/// The path that was asked for, without a query; none of what is no request in plain HTTP.
fn request(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.split('?').next()?.to_owned();
    while !lines.next()?.ok()?.is_empty() {}
    Some(path)
}
