//! Problem documents (RFC 9457). The one place that names a status for a failure.

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use kernel::{Finding, Kind, Language, ProblemType, Rule, rules};
use persistence::{DoorRule, Error};
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

rules! {
    /// Refusals that HTTP itself makes, before any command is reached.
    pub enum HttpRule {
        Unauthenticated = Unauthenticated "unauthenticated"
            da("Log ind først", "Send headeren Authorization: Bearer med et adgangstoken.")
            en("Sign in first", "Send the header Authorization: Bearer with an access token."),
        InvalidToken = Unauthenticated "invalid-token"
            da("Adgangstokenet duer ikke", "Hent et nyt token hos udstederen, og prøv igen.")
            en("The access token is not accepted", "Get a new token from its issuer and try again."),
        Forbidden = Forbidden "forbidden"
            da("Det har du ikke ret til", "Din rolle giver ikke adgang til denne handling. Spørg den, der tildeler roller.")
            en("You may not do this", "Your role does not reach this action. Ask whoever assigns roles."),
        MethodNotAllowed = MethodNotAllowed "method-not-allowed"
            da("Metoden bruges ikke her", "Se headeren Allow for de metoder, adressen kender.")
            en("This method is not used here", "See the header Allow for the methods that the address knows."),
        NotAcceptable = NotAcceptable "not-acceptable"
            da("Svaret findes ikke i den form", "Send Accept: application/json.")
            en("There is no answer of that media type", "Send Accept: application/json."),
        Timeout = RequestTimeout "request-timeout"
            da("Anmodningen kom for langsomt", "Send hele indholdet uden ophold.")
            en("The request came too slowly", "Send the whole body without delay."),
        TooLarge = TooLarge "body-too-large"
            da("Indholdet er for stort", "Gør indholdet mindre; grænsen er 256 KiB.")
            en("The body is too large", "Make the body smaller; the limit is 256 KiB."),
        UnsupportedMediaType = UnsupportedMediaType "unsupported-media-type"
            da("Indholdet har en medietype, der ikke forstås her", "Send Content-Type: application/json, ved PATCH application/merge-patch+json.")
            en("The body has a media type that is not understood here", "Send Content-Type: application/json, for PATCH application/merge-patch+json."),
        MalformedJson = Invalid "malformed-json"
            da("Indholdet er ikke gyldig JSON", "Kontrollér anførselstegn, kommaer og klammer omkring det angivne sted.")
            en("The body is not valid JSON", "Check quotes, commas and brackets around the place named."),
        BadRequest = Invalid "bad-request"
            da("Anmodningen kan ikke forstås", "Kontrollér adressen og headerne.")
            en("The request cannot be understood", "Check the address and the headers."),
        TooManyRequests = TooManyRequests "too-many-requests"
            da("For mange anmodninger", "Vent det antal sekunder, som headeren Retry-After siger.")
            en("Too many requests", "Wait for the number of seconds in the header Retry-After."),
    }
}

/// Every problem type there is, by code.
#[must_use]
pub fn register() -> Vec<&'static ProblemType> {
    let mut all = persistence::problem_types();
    all.extend(HttpRule::ALL);
    all.sort_by_key(|problem| problem.code);
    all.dedup_by_key(|problem| problem.code);
    all
}

/// The code of every problem type there is.
#[must_use]
pub fn codes() -> Vec<&'static str> {
    register().into_iter().map(|problem| problem.code).collect()
}

pub(crate) const fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Moved => StatusCode::PERMANENT_REDIRECT,
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Kind::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Gone => StatusCode::GONE,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Kind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Why a request was not carried out, on its way to becoming a document. The front door writes the
/// document, since it alone knows the language and the request id.
#[derive(Clone, Debug)]
pub struct Problem {
    problem: &'static ProblemType,
    findings: Vec<Finding>,
    retry_after: Option<u64>,
    allow: Option<String>,
    cause: Option<String>,
    /// Where the thing has gone: the id it was asked for by, and the one it has now.
    moved: Option<Box<(Uuid, Uuid)>>,
}

impl Problem {
    #[must_use]
    pub fn new(rule: impl Rule) -> Self {
        let problem = rule.problem();
        let retry_after = (problem.kind == Kind::Unavailable).then_some(2);
        Self { problem, findings: Vec::new(), retry_after, allow: None, cause: None, moved: None }
    }

    /// With the seconds to wait, for `Retry-After`.
    #[must_use]
    pub fn after_seconds(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// With the methods that the address knows, for `Allow`.
    #[must_use]
    pub fn allowing(self, methods: String) -> Self {
        Self { allow: Some(methods), ..self }
    }

    /// Input that is wrong in these places.
    #[must_use]
    pub fn invalid(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::new(DoorRule::InvalidInput) }
    }

    #[must_use]
    pub fn malformed_json(pointer: String, expected: String) -> Self {
        Self { findings: vec![Finding::new(pointer, kernel::Fault::Malformed { expected })], ..Self::new(HttpRule::MalformedJson) }
    }

    /// The document for an answer of the framework's own.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::new(DoorRule::NotFound),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(HttpRule::MethodNotAllowed),
            StatusCode::NOT_ACCEPTABLE => Self::new(HttpRule::NotAcceptable),
            StatusCode::REQUEST_TIMEOUT => Self::new(HttpRule::Timeout),
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(HttpRule::TooLarge),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::new(HttpRule::UnsupportedMediaType),
            status if status.is_client_error() => Self::new(HttpRule::BadRequest),
            _ => Self::new(DoorRule::Internal),
        }
    }

    /// Where what was asked for at an address is now, if it has gone elsewhere.
    #[must_use]
    pub fn location(&self, address: &str) -> Option<String> {
        let (from, to) = self.moved.as_deref()?;
        Some(address.replacen(&from.to_string(), &to.to_string(), 1))
    }

    pub(crate) fn into_parts(self) -> (&'static ProblemType, Vec<Finding>) {
        (self.problem, self.findings)
    }

    /// What is for the log alone.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.problem.code
    }

    /// The finished answer.
    #[must_use]
    pub fn document(&self, reader: &Reader<'_>) -> HttpResponse {
        let Reader { language, request_id, .. } = *reader;
        let wording = self.problem.wording(language);
        let status = status(self.problem.kind);
        let body = ProblemDocument {
            r#type: format!("/problems/{}", self.problem.code),
            title: wording.title.to_owned(),
            status: status.as_u16(),
            detail: wording.advice.to_owned(),
            instance: format!("urn:uuid:{request_id}"),
            errors: self
                .findings
                .iter()
                .map(|finding| ProblemFinding {
                    pointer: finding.pointer.clone(),
                    code: finding.fault.code().to_owned(),
                    detail: finding.fault.detail(language),
                })
                .collect(),
        };
        let mut answer = HttpResponse::build(status);
        answer.insert_header((CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON))).insert_header((CONTENT_LANGUAGE, language.tag()));
        if let Some(seconds) = self.retry_after {
            answer.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if let Some(methods) = &self.allow {
            answer.insert_header((ALLOW, methods.clone()));
        }
        if self.problem.kind == Kind::Unauthenticated {
            answer.insert_header((WWW_AUTHENTICATE, self.challenge(reader)));
        }
        if self.problem.code == HttpRule::UnsupportedMediaType.as_problem().code {
            answer.insert_header(("Accept-Patch", "application/merge-patch+json"));
        }
        answer.body(serde_json::to_string(&body).unwrap_or_default())
    }

    /// What to authenticate with (RFC 6750 § 3), and where it says from whom to get it (RFC 9728 § 5.1).
    fn challenge(&self, reader: &Reader<'_>) -> String {
        let mut challenge = "Bearer realm=\"frivillig\"".to_owned();
        if self.problem.code == HttpRule::InvalidToken.as_problem().code {
            challenge.push_str(", error=\"invalid_token\"");
        }
        if let Some(metadata) = reader.public_url.and_then(metadata_address) {
            challenge.push_str(&format!(", resource_metadata=\"{metadata}\""));
        }
        challenge
    }
}

/// For whom a document is written.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub language: Language,
    pub request_id: Uuid,
    /// Where the resource is that somebody must be authorised for; the operator's figures are none.
    pub public_url: Option<&'a str>,
}

/// Where the metadata of the resource at `public_url` is: between host and path (RFC 9728 § 3.1).
fn metadata_address(public_url: &str) -> Option<Url> {
    let mut address = Url::parse(public_url).ok()?;
    let path = address.path().trim_end_matches('/').to_owned();
    address.set_path(&format!("/.well-known/oauth-protected-resource{path}"));
    Some(address)
}

impl From<Error> for Problem {
    fn from(Error { problem, findings, cause, moved }: Error) -> Self {
        let retry_after = (problem.kind == Kind::Unavailable).then_some(2);
        Self { problem, findings, retry_after, allow: None, cause, moved }
    }
}

impl From<HttpRule> for Problem {
    fn from(rule: HttpRule) -> Self {
        Self::new(rule)
    }
}

impl From<DoorRule> for Problem {
    fn from(rule: DoorRule) -> Self {
        Self::new(rule)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.problem.code)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        status(self.problem.kind)
    }

    /// An empty answer that carries the problem; the front door turns it into the document.
    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::new(self.status_code());
        answer.extensions_mut().insert(self.clone());
        answer
    }
}

/// A problem document (RFC 9457): what went wrong, and what to do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/problems/invalid-input", "title": "Noget i anmodningen skal rettes", "status": 400,
    "detail": "Se listen errors: hvert punkt siger hvor og hvad.", "instance": "urn:uuid:01932b6e-7a00-7000-8000-000000000001",
    "errors": [{"pointer": "/name", "code": "required", "detail": "Feltet skal udfyldes."}]
}))]
pub struct ProblemDocument {
    /// Address of the kind of problem; its last part is the stable code.
    r#type: String,
    /// What happened, in the language asked for.
    title: String,
    /// The HTTP status, repeated.
    #[schema(minimum = 300, maximum = 599)]
    status: u16,
    /// What to do about it, in the language asked for.
    detail: String,
    /// The request id, as in the log and in the header `X-Request-Id`.
    instance: String,
    /// Every single thing that is wrong with the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<ProblemFinding>,
}

/// One thing that is wrong with the input.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemFinding {
    /// JSON Pointer (RFC 6901) into the body; `?name` is a query parameter, `#name` a header.
    pointer: String,
    /// Stable code.
    code: String,
    /// What to do about it, in the language asked for.
    detail: String,
}

#[cfg(test)]
mod tests {
    use super::{metadata_address, register};

    #[test]
    fn a_code_means_one_thing() {
        let mut all = persistence::problem_types();
        all.extend(super::HttpRule::ALL);
        for problem in &all {
            let same: Vec<_> = all.iter().filter(|other| other.code == problem.code).collect();
            assert!(
                same.iter().all(|other| other.kind == problem.kind && other.da == problem.da && other.en == problem.en),
                "{}",
                problem.code
            );
            assert!(problem.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", problem.code);
            assert_ne!(problem.da.title, problem.en.title);
        }
        assert!(register().len() > 20);
    }

    #[test]
    fn metadata_stand_between_host_and_path() {
        for (resource, metadata) in [
            ("https://api.example", "https://api.example/.well-known/oauth-protected-resource"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/.well-known/oauth-protected-resource"),
            ("https://kommune.example/frivillig", "https://kommune.example/.well-known/oauth-protected-resource/frivillig"),
            ("https://kommune.example/a\"b", "https://kommune.example/.well-known/oauth-protected-resource/a%22b"),
        ] {
            assert_eq!(metadata_address(resource).map(String::from).as_deref(), Some(metadata));
        }
    }
}
