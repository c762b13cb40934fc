//! What letters say: Danish first, English below, plain text, and nothing that is not needed.

use chrono::NaiveDate;
use initiatives::{Message, Status, Verdict};
use kernel::Language;
use organisations::{EligibilityStatus, MembershipRole};
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
        Matter::SigningFrozen { organisation, reason } => frozen(organisation, reason),
        Matter::SigningUnfrozen { organisation, reason } => unfrozen(organisation, reason),
        Matter::EligibilityCase { organisation, status, due_on, said } => eligibility(organisation, *status, *due_on, said),
        Matter::OrganisationUnattended { organisation } => unattended(organisation),
        Matter::OrganisationDissolved { organisation, on, successor } => dissolved(organisation, *on, successor.as_deref()),
        Matter::Invitation { organisation, role, secret } => invitation(organisation, *role, &link(secret)),
        Matter::ConfirmMessage { title, secret } => confirm_message(title, &link(secret)),
        Matter::Message { title, message } => handed_on(title, message),
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

fn frozen(organisation: &str, reason: &str) -> Text {
    both(
        format!("Tegningsretten i {organisation} er sat i bero"),
        &format!(
            "Kommunen har sat tegningsretten i {organisation} i bero, fordi der er uenighed om den. Indtil den er givet fri, kan ingen \
             forpligte organisationen.\n\nBegrundelse:\n{reason}\n\nDette brev er sendt til alle tegningsberettigede, hvis adresse kendes."
        ),
        &format!(
            "The municipality has suspended signing for {organisation}, because there is a dispute about it. Until it is restored, nobody can \
             bind the organisation.\n\nReason:\n{reason}\n\nThis letter has gone to all signatories whose address is known."
        ),
    )
}

fn unfrozen(organisation: &str, reason: &str) -> Text {
    both(
        format!("Tegningsretten i {organisation} er givet fri"),
        &format!("Tegningsretten i {organisation} er givet fri igen.\n\nBegrundelse:\n{reason}"),
        &format!("Signing for {organisation} has been restored.\n\nReason:\n{reason}"),
    )
}

fn eligibility(organisation: &str, status: EligibilityStatus, due_on: NaiveDate, said: &str) -> Text {
    let (da, en) = match status {
        EligibilityStatus::Hearing | EligibilityStatus::Answered => (
            format!(
                "Kommunen overvejer, om {organisation} fortsat kan få støtte og låne lokaler (folkeoplysningsloven § 44 a). Før der træffes en \
                 afgørelse, kan I udtale jer. Log ind og svar senest den {due_on}.\n\nOplysningerne er disse:\n{said}"
            ),
            format!(
                "The municipality considers whether {organisation} can still have support and borrow premises (folkeoplysningsloven § 44 a). \
                 Before anything is decided, you can answer. Sign in and do so by {due_on}.\n\nThe facts are these:\n{said}"
            ),
        ),
        EligibilityStatus::Held => (
            format!("Kommunen har besluttet, at {organisation} for tiden ikke kan få støtte eller låne lokaler.\n\nBegrundelse:\n{said}"),
            format!("The municipality has decided that {organisation} cannot have support or borrow premises for now.\n\nReason:\n{said}"),
        ),
        EligibilityStatus::Dropped => (
            format!("Sagen om støtte til {organisation} er henlagt.\n\nBegrundelse:\n{said}"),
            format!("The case about support for {organisation} has been dropped.\n\nReason:\n{said}"),
        ),
        EligibilityStatus::Lifted => (
            format!("{organisation} kan igen få støtte og låne lokaler.\n\nBegrundelse:\n{said}"),
            format!("{organisation} can have support and borrow premises again.\n\nReason:\n{said}"),
        ),
    };
    both(format!("Sag om støtte til {organisation}: {}", status.label(Language::Da).to_lowercase()), &da, &en)
}

fn unattended(organisation: &str) -> Text {
    both(
        format!("{organisation} har ingen tegningsberettiget"),
        &format!(
            "Den sidste tegningsberettigede har forladt {organisation}. Indtil der er en ny, kan organisationen ikke påtage sig noget \
             nyt.\n\nEt medlem kan logge ind og bede kommunen om at udpege en."
        ),
        &format!(
            "The last signatory has left {organisation}. Until there is a new one, the organisation cannot take on anything new.\n\nA member \
             can sign in and ask the municipality to appoint one."
        ),
    )
}

fn dissolved(organisation: &str, on: NaiveDate, successor: Option<&str>) -> Text {
    let da = successor.map(|name| format!(" {name} fører arbejdet videre.")).unwrap_or_default();
    let en = successor.map(|name| format!(" {name} carries on its work.")).unwrap_or_default();
    both(
        format!("{organisation} er registreret som opløst"),
        &format!("Kommunen har registreret, at {organisation} blev opløst den {on}. Dens opslag i kataloget er arkiveret.{da}"),
        &format!(
            "The municipality has registered that {organisation} was dissolved on {on}. Its entries in the catalogue are archived.{en}"
        ),
    )
}

fn invitation(organisation: &str, role: MembershipRole, link: &str) -> Text {
    let (da, en) = (role.label(Language::Da).to_lowercase(), role.label(Language::En).to_lowercase());
    both(
        format!("Invitation til {organisation}"),
        &format!(
            "Du er inviteret til at være {da} for {organisation}. Følg linket og log ind, hvis du vil. Det virker én gang og i to \
             uger:\n\n{link}\n\nKender du ikke noget til det, så gør ingenting."
        ),
        &format!(
            "You are invited to be {en} for {organisation}. Follow the link and sign in if you would like to. It works once, and for two \
             weeks:\n\n{link}\n\nIf this means nothing to you, do nothing."
        ),
    )
}

fn confirm_message(title: &str, link: &str) -> Text {
    both(
        format!("Send din besked til »{title}«"),
        &format!(
            "Nogen har skrevet en besked til »{title}« og opgivet denne adresse. Er det dig, så følg linket, og beskeden bliver sendt. Det \
             virker én gang og i en uge:\n\n{link}\n\nKender du ikke noget til det, så gør ingenting, og beskeden bliver slettet."
        ),
        &format!(
            "Somebody has written a message to “{title}” and given this address. If it was you, follow the link, and the message goes. It \
             works once, and for a week:\n\n{link}\n\nIf this means nothing to you, do nothing, and the message is deleted."
        ),
    )
}

fn handed_on(title: &str, message: &Message) -> Text {
    let Message { name, email, text, .. } = message;
    both(
        format!("Besked om »{title}«"),
        &format!(
            "{name} har læst »{title}« i kataloget og skriver:\n\n{text}\n\nSvar på dette brev, så går svaret til {email}. Adressen er \
             bekræftet; din egen er ikke vist, før du svarer."
        ),
        &format!(
            "{name} has read “{title}” in the catalogue and writes the above. Answer this letter, and the answer goes to {email}. The address \
             has been confirmed; your own is not shown before you answer."
        ),
    )
}
