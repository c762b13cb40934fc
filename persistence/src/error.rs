//! How persistence says no, and how a database failure stays a database failure.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use files::FileRule;
use initiatives::{ClaimRule, InitiativeRule, MessageRule, ReportRule, TermRule};
use kernel::{Finding, Kind, ProblemType, Rule, rules};
use organisations::{DeclarationRule, EligibilityRule, InvitationRule, MembershipRule, OrganisationRule, SigningRule};
use uuid::Uuid;

use crate::confirmations::ConfirmationRule;

rules! {
    /// Refusals that the door itself makes, for every command alike.
    pub enum DoorRule {
        NotFound = NotFound "not-found"
            da("Findes ikke", "Det, du beder om, findes ikke, eller du har ikke adgang til det. Kontrollér adressen, og log ind, hvis det er dit eget.")
            en("Not found", "What you ask for does not exist, or you have no access to it. Check the address, and sign in if it is yours."),
        Moved = Moved "moved"
            da("Findes på en anden adresse", "Organisationen er lagt sammen med en anden. Følg headeren Location, og ret dine lister.")
            en("At another address now", "The organisation has been merged into another one. Follow the header Location, and change your lists."),
        Gone = Gone "gone"
            da("Findes ikke længere", "Det var offentligt engang og er nu arkiveret. Fjern det fra dine lister.")
            en("No longer there", "It was public once and has been archived. Remove it from your lists."),
        PreconditionRequired = PreconditionRequired "precondition-required"
            da("Angiv hvilken version du ændrer", "Send headeren If-Match med ETag fra det svar, du så.")
            en("Say which version you are changing", "Send the header If-Match with the ETag of the answer you saw."),
        Stale = Stale "stale-version"
            da("Nogen har ændret det imens", "Hent den nyeste version, og prøv igen med dens ETag.")
            en("Somebody has changed it meanwhile", "Fetch the newest version and try again with its ETag."),
        KeyReused = Unprocessable "idempotency-key-reused"
            da("Nøglen er brugt til en anden anmodning", "Brug en ny Idempotency-Key til en ny anmodning.")
            en("The key was used for another request", "Use a new Idempotency-Key for a new request."),
        InvalidInput = Invalid "invalid-input"
            da("Noget i anmodningen skal rettes", "Se listen errors: hvert punkt siger hvor og hvad.")
            en("Something in the request needs mending", "See the list errors: each item says where and what."),
        Busy = Unavailable "busy"
            da("Systemet har travlt lige nu", "Intet er ændret. Prøv igen om lidt.")
            en("The service is busy", "Nothing was changed. Try again shortly."),
        OutcomeUnknown = Unavailable "outcome-unknown"
            da("Det vides ikke, om ændringen blev gemt", "Gentag den samme anmodning med den samme Idempotency-Key; den udføres højst én gang.")
            en("It is not known whether the change was saved", "Repeat the same request with the same Idempotency-Key; it is carried out once at most."),
        Storage = Unavailable "storage-unavailable"
            da("Databasen kan ikke nås eller ikke skrives til", "Intet er ændret. Prøv igen om lidt.")
            en("The database cannot be reached or written", "Nothing was changed. Try again shortly."),
        Internal = Internal "internal"
            da("Der skete en fejl hos os", "Intet er ændret. Meld fejlen med svarets instance, hvis den bliver ved.")
            en("Something went wrong on our side", "Nothing was changed. Report it with the instance of this answer if it persists."),
    }
}

/// A refusal or a failure. Only the problem and its findings are for the outside; the cause is for the log.
#[derive(Debug)]
pub struct Error {
    pub problem: &'static ProblemType,
    pub findings: Vec<Finding>,
    /// What went wrong underneath, if anything did.
    pub cause: Option<String>,
    /// Where the thing has gone: the id it was asked for by, and the one it has now.
    pub moved: Option<Box<(Uuid, Uuid)>>,
}

impl Error {
    /// Input that is wrong in these places.
    #[must_use]
    pub fn invalid(findings: Vec<Finding>) -> Self {
        Self { findings, ..DoorRule::InvalidInput.into() }
    }

    /// A fault of ours.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..DoorRule::Internal.into() }
    }

    /// A refusal by a rule, and what underneath led to it.
    #[must_use]
    pub fn caused_by(rule: impl Into<Self>, cause: impl std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..rule.into() }
    }

    /// The thing asked for by this id has that one now.
    pub(crate) fn moved(from: Uuid, to: Uuid) -> Self {
        Self { moved: Some(Box::new((from, to))), ..DoorRule::Moved.into() }
    }

    pub(crate) fn caused(rule: DoorRule, cause: impl std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..rule.into() }
    }

    /// Whether this is a refusal by a rule, as opposed to a failure.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self.problem.kind, Kind::Internal | Kind::Unavailable)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.problem.code)?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

/// Each family of refusals, once: how it becomes an error, and that it is in the public register of problems.
macro_rules! refusals {
    ($($family:ty),+ $(,)?) => {
        $(impl From<$family> for Error {
            fn from(rule: $family) -> Self {
                Self { problem: rule.problem(), findings: Vec::new(), cause: None, moved: None }
            }
        })+

        /// Every problem type that a command can end in.
        #[must_use]
        pub fn problem_types() -> Vec<&'static ProblemType> {
            [$(<$family>::ALL),+].concat()
        }
    };
}

refusals!(
    DoorRule,
    ConfirmationRule,
    OrganisationRule,
    MembershipRule,
    SigningRule,
    EligibilityRule,
    DeclarationRule,
    InvitationRule,
    InitiativeRule,
    ClaimRule,
    ReportRule,
    TermRule,
    FileRule,
    MessageRule,
);

/// A database error becomes the refusal of the named constraint it broke, or a failure. It never looks
/// like "not found": a query that may find nothing says so with `optional()`.
impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        if let Some(problem) = violated_rule(&error) {
            return Self { problem, findings: Vec::new(), cause: None, moved: None };
        }
        let rule = match &error {
            DieselError::DatabaseError(kind, info) => failure(kind, info.message()),
            DieselError::BrokenTransactionManager => DoorRule::Storage,
            _ => DoorRule::Internal,
        };
        Self::caused(rule, error)
    }
}

/// The rule that each named constraint stands for, so that a race lost in the database answers exactly
/// like the check in the domain. First PostgreSQL's name, then what SQLite says instead of a name.
const CONSTRAINTS: [(&str, &str, &ProblemType); 6] = [
    ("organisations_cvr_p_number_key", "organisations_cvr_p_number_key", OrganisationRule::Exists.as_problem()),
    ("organisations_unit_id_key", "organisations.unit_id", OrganisationRule::Exists.as_problem()),
    ("memberships_live_key", "memberships.organisation_id, memberships.person_id", MembershipRule::Exists.as_problem()),
    ("signing_freezes_open_key", "signing_freezes.organisation_id", SigningRule::Frozen.as_problem()),
    ("eligibility_cases_open_key", "eligibility_cases.organisation_id", EligibilityRule::Open.as_problem()),
    ("terms_scheme_slug_key", "terms.scheme, terms.slug", TermRule::Exists.as_problem()),
];

fn violated_rule(error: &DieselError) -> Option<&'static ProblemType> {
    let DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) = error else { return None };
    CONSTRAINTS
        .iter()
        .find(|(name, said, _)| info.constraint_name() == Some(*name) || info.message().contains(said))
        .map(|(_, _, problem)| *problem)
}

fn failure(kind: &DatabaseErrorKind, message: &str) -> DoorRule {
    const BUSY: [&str; 6] = [
        "database is locked",
        "database table is locked",
        "deadlock detected",
        "canceling statement due to lock timeout",
        "canceling statement due to statement timeout",
        "interrupted",
    ];
    const STORAGE: [&str; 15] = [
        "readonly database",
        "read-only",
        "disk is full",
        "disk I/O error",
        "unable to open database file",
        "No space left on device",
        "server closed the connection",
        "terminating connection",
        "connection to server",
        "no connection to the server",
        "could not receive data",
        "could not send data",
        "SSL connection has been closed",
        "the database system is",
        "too many clients",
    ];
    match kind {
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ReadOnlyTransaction => {
            DoorRule::Storage
        }
        DatabaseErrorKind::SerializationFailure => DoorRule::Busy,
        _ if BUSY.iter().any(|text| message.contains(text)) => DoorRule::Busy,
        _ if STORAGE.iter().any(|text| message.contains(text)) => DoorRule::Storage,
        _ => DoorRule::Internal,
    }
}
