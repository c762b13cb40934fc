//! Where letters go in stories: a box that keeps them, and can be told to refuse them.

use std::sync::{Arc, Mutex, PoisonError};

use api::mail::Mailer;
use lettre::Message;
use persistence::letters::Delivery;

/// A letter that has gone out, as its recipient reads it.
#[derive(Clone, Debug)]
pub struct Received {
    pub to: String,
    /// Empty where answers go to the sender.
    pub reply_to: String,
    /// Stays the same however often it is sent.
    pub message_id: String,
    pub text: String,
}

impl Received {
    /// The secret of the one link in it.
    pub fn secret(&self) -> String {
        let (_, after) = self.text.split_once("/link#").unwrap_or_else(|| panic!("no link in {}", self.text));
        after.split_whitespace().next().unwrap_or_default().to_owned()
    }
}

#[derive(Debug, Default)]
struct Inside {
    received: Vec<Received>,
    /// What to answer instead of taking the next letters, first come first served.
    answers: Vec<Delivery>,
    dies: bool,
}

/// The box of one world.
#[derive(Clone, Debug, Default)]
pub struct Letterbox(Arc<Mutex<Inside>>);

impl Letterbox {
    fn inside<T>(&self, look: impl FnOnce(&mut Inside) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everything that has come since somebody last looked.
    pub fn take(&self) -> Vec<Received> {
        self.inside(|inside| std::mem::take(&mut inside.received))
    }

    /// The one letter that has come since somebody last looked.
    #[track_caller]
    pub fn only(&self) -> Received {
        let mut all = self.take();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// Panics over the next letter, as a process dies.
    pub fn die_over_next(&self) {
        self.inside(|inside| inside.dies = true);
    }

    /// Answers the next letter so, instead of taking it.
    pub fn answer_next(&self, delivery: Delivery) {
        self.inside(|inside| inside.answers.push(delivery));
    }
}

impl Mailer for Letterbox {
    fn send(&self, message: &Message) -> Delivery {
        let header = |name: &str| message.headers().get_raw(name).unwrap_or_default().to_owned();
        let (to, reply_to) = (header("To"), header("Reply-To"));
        let received = Received { to, reply_to, message_id: header("Message-ID"), text: decoded(message) };
        assert!(!self.inside(|inside| std::mem::take(&mut inside.dies)), "dead");
        self.inside(|inside| {
            if inside.answers.is_empty() {
                inside.received.push(received);
                Delivery::Sent
            } else {
                inside.answers.remove(0)
            }
        })
    }
}

/// The body without its transfer encoding (RFC 2045, section 6.7 and 6.8).
fn decoded(message: &Message) -> String {
    let formatted = String::from_utf8(message.formatted()).expect("a message is ASCII");
    let (head, body) = formatted.split_once("\r\n\r\n").expect("a message has a body");
    if head.contains("quoted-printable") {
        let joined = body.replace("=\r\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let [first, tail @ ..] = rest {
            if *first == b'=' && tail.len() >= 2 {
                let hex = std::str::from_utf8(&tail[..2]).expect("two digits");
                bytes.push(u8::from_str_radix(hex, 16).expect("hexadecimal"));
                rest = &tail[2..];
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        String::from_utf8(bytes).expect("UTF-8")
    } else if head.contains("base64") {
        use base64::{Engine, engine::general_purpose::STANDARD};
        String::from_utf8(STANDARD.decode(body.replace("\r\n", "")).expect("base64")).expect("UTF-8")
    } else {
        body.to_owned()
    }
}
