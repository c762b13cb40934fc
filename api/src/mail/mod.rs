//! Letters, written and sent.

mod wording;

use std::{fmt, path::PathBuf, time::Duration};

use lettre::{
    FileTransport, Message, SmtpTransport, Transport,
    message::{Mailbox, header::ContentType},
    transport::smtp,
};
use persistence::letters::{Delivery, Letter, Matter};

/// How long a mail server may take over each step.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes a finished message somewhere.
pub trait Mailer: fmt::Debug + Send + Sync {
    /// Sends it, and says how that went.
    fn send(&self, message: &Message) -> Delivery;
}

/// A mail server.
struct Smtp(SmtpTransport);

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Smtp(…)")
    }
}

impl Mailer for Smtp {
    /// A connection of its own comes first: what fails there has certainly sent nothing. Of what fails later without the
    /// server's word nobody knows whether it was taken.
    fn send(&self, message: &Message) -> Delivery {
        match self.0.test_connection() {
            Ok(true) => {}
            Ok(false) => return Delivery::Later("the mail server does not answer".into()),
            Err(error) => return Delivery::Later(error.to_string()),
        }
        match self.0.send(message) {
            Ok(_) => Delivery::Sent,
            Err(error) => of_failure(&error),
        }
    }
}

fn of_failure(error: &smtp::Error) -> Delivery {
    if error.is_permanent() {
        Delivery::Refused(error.to_string())
    } else if error.is_transient() {
        Delivery::Later(error.to_string())
    } else {
        Delivery::Unknown(error.to_string())
    }
}

/// A folder, where people who try the service out can read what would have been sent.
#[derive(Debug)]
struct Folder(PathBuf);

impl Mailer for Folder {
    fn send(&self, message: &Message) -> Delivery {
        let written = std::fs::create_dir_all(&self.0)
            .map_err(|error| error.to_string())
            .and_then(|()| FileTransport::new(&self.0).send(message).map_err(|error| error.to_string()));
        written.map_or_else(Delivery::Later, |_| Delivery::Sent)
    }
}

/// A mail server by its address.
///
/// # Errors
/// A sentence for the operator.
pub fn smtp(url: &str) -> Result<Box<dyn Mailer>, String> {
    let parsed = url::Url::parse(url).map_err(|error| format!("it is not an address: {error}"))?;
    let local = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let protected = parsed.scheme() == "smtps" || parsed.query_pairs().any(|(name, value)| name == "tls" && value == "required");
    if !local && !protected {
        return Err("the server is on another machine and would be reached without TLS; use smtps://, or add ?tls=required".into());
    }
    let transport = SmtpTransport::from_url(url).map_err(|error| error.to_string())?;
    Ok(Box::new(Smtp(transport.timeout(Some(PATIENCE)).build())))
}

/// A folder instead of a mail server.
#[must_use]
pub fn folder(path: PathBuf) -> Box<dyn Mailer> {
    Box::new(Folder(path))
}

/// An address as a sender has it, with or without a name before it.
///
/// # Errors
/// A sentence for the operator.
pub fn sender(text: &str) -> Result<Mailbox, String> {
    text.parse().map_err(|_| "it must be an address such as Frivillig <no-reply@kommune.example>".into())
}

/// Writes letters, and hands them to whoever takes them.
#[derive(Debug)]
pub struct Post {
    mailer: Box<dyn Mailer>,
    from: Mailbox,
    /// The address of the front end that takes links; the secret stands behind it as a fragment, which no server sees.
    links: String,
}

impl Post {
    #[must_use]
    pub const fn new(mailer: Box<dyn Mailer>, from: Mailbox, links: String) -> Self {
        Self { mailer, from, links }
    }

    /// Writes and sends a letter.
    #[must_use]
    pub fn send(&self, letter: &Letter) -> Delivery {
        match self.message(letter) {
            Ok(message) => self.mailer.send(&message),
            // What cannot be addressed today cannot tomorrow.
            Err(reason) => Delivery::Refused(reason),
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, String> {
        let to: Mailbox = letter.recipient.parse().map_err(|_| "the recipient is no address".to_owned())?;
        let wording::Text { subject, body } = wording::text(&letter.matter, |secret| format!("{}#{secret}", self.links));
        let message = match &letter.matter {
            // The answer goes to whoever wrote.
            Matter::Message { message, .. } => {
                Message::builder().reply_to(message.email.parse().map_err(|_| "the writer's address is none".to_owned())?)
            }
            _ => Message::builder(),
        };
        message
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(format!("<{}@{}>", letter.id, self.from.email.domain())))
            // Answers of machines to machines go round in circles (RFC 3834).
            .raw_header(lettre::message::header::HeaderValue::new(
                lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .body(body)
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{sender, smtp};

    #[test]
    fn a_server_on_another_machine_is_reached_through_tls() {
        for good in
            ["smtp://localhost:2525", "smtp://127.0.0.1:2525", "smtps://u:p@mail.example:465", "smtp://mail.example:587?tls=required"]
        {
            assert!(smtp(good).is_ok(), "{good}");
        }
        for bad in ["mail.example", "smtp://mail.example", "http://localhost", "smtp://mail.example?tls=opportunistic", ""] {
            assert!(smtp(bad).is_err(), "{bad}");
        }
        assert!(sender("Frivillig <no-reply@kommune.example>").is_ok() && sender("no-reply@kommune.example").is_ok());
        assert!(sender("nobody").is_err());
    }
}
