//! What letters say: Danish first, English below, plain text, and nothing that is not needed.

use initiatives::{Status, Verdict};
use kernel::Language;
use persistence::letters::Matter;

/// A letter's words.
pub(super) struct Text {
    pub subject: String,
    pub body: String,
}

/// The same matter in both languages, one below the other.
fn both(subject: String, da: &str, en: &str) -> Text {
    Text { subject, body: format!("{da}\n\n--\nIn English:\n\n{en}\n") }
}

/// Puts a letter into words; `link` makes an address of a secret.
pub(super) fn text(matter: &Matter, link: impl Fn(&str) -> String) -> Text {
    match matter {
        Matter::InitiativeDecided { title, status, verdict, reason } => decided(title, *status, *verdict, reason.as_deref()),
        Matter::InitiativeAging { title, hidden, secret } => aging(title, *hidden, &link(secret)),
    }
}

fn decided(title: &str, status: Status, verdict: Option<Verdict>, reason: Option<&str>) -> Text {
    let outcome = |language| match verdict {
        Some(verdict) => verdict.label(language).to_lowercase(),
        None => status.label(language).to_lowercase(),
    };
    let because = |word: &str| reason.map(|reason| format!("\n\n{word}:\n{reason}")).unwrap_or_default();
    both(
        format!("»{title}«: {}", outcome(Language::Da)),
        &format!(
            "Kommunen har behandlet »{title}«. Resultat: {}.{}\n\nLog ind for at se hele sagen og rette teksten.",
            outcome(Language::Da),
            because("Begrundelse")
        ),
        &format!(
            "The municipality has looked at “{title}”. Outcome: {}.{}\n\nSign in to see the whole file and to change the text.",
            outcome(Language::En),
            because("Reason")
        ),
    )
}

fn aging(title: &str, hidden: bool, link: &str) -> Text {
    let (subject, da, en) = if hidden {
        (
            format!("»{title}« vises ikke længere"),
            format!("Ingen har bekræftet, at opslaget »{title}« stadig passer, og det er derfor taget ud af kataloget."),
            format!("Nobody has confirmed that the entry “{title}” still holds, and it has been taken out of the catalogue."),
        )
    } else {
        (
            format!("Passer »{title}« stadig?"),
            format!("Det er længe siden, nogen har sagt, at opslaget »{title}« i kataloget stadig passer."),
            format!("It is a long time since anybody said that the entry “{title}” in the catalogue still holds."),
        )
    };
    both(
        subject,
        &format!(
            "{da}\n\nPasser det stadig, så følg linket, og det står der et år til:\n\n{link}\n\nSkal noget rettes, så log ind og ret det."
        ),
        &format!(
            "{en}\n\nIf it does, follow the link, and it stands for another year:\n\n{link}\n\nIf something must change, sign in and change it."
        ),
    )
}
