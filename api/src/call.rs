//! One request, verified: who asks, in which language, for which operation, under which key.

use std::{cell::OnceCell, collections::HashSet, future::Ready, net::IpAddr, rc::Rc, str::FromStr, sync::Arc};

use access::{Acting, Action, Denied, Identity};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH},
    web::{Bytes, Data},
};
use aws_lc_rs::constant_time;
use kernel::{Fault, Finding, Language, Languages, text};
use persistence::{Command, DoorRule, Precondition, idempotency, idempotency::Answer};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    app::App,
    auth::Rejected,
    contract::Operation,
    negotiate,
    problem::{HttpRule, Problem, Reader},
    reply::{Caching, Finished, JSON},
};

/// What the front door has found out about a request before it was routed.
#[derive(Debug)]
pub struct Front {
    pub request_id: Uuid,
    pub language: Language,
    pub languages: Languages,
    pub identity: Result<Option<Identity>, Rejected>,
    /// Where the request comes from, as far as proxies can be believed.
    pub address: Option<IpAddr>,
    /// What the contract says of the route, once there is one: finding it takes a walk through all of them.
    operation: OnceCell<Option<Arc<Operation>>>,
}

impl Front {
    #[must_use]
    pub fn new(
        request_id: Uuid,
        (language, languages): (Language, Languages),
        identity: Result<Option<Identity>, Rejected>,
        address: Option<IpAddr>,
    ) -> Self {
        Self { request_id, language, languages, identity, address, operation: OnceCell::new() }
    }

    pub(crate) fn operation(&self, request: &HttpRequest) -> Option<&Arc<Operation>> {
        let found = || app(request).contract.operation(request.method(), &request.match_pattern()?).cloned();
        self.operation.get_or_init(found).as_ref()
    }

    pub(crate) fn reader<'a>(&self, app: &'a App) -> Reader<'a> {
        Reader { language: self.language, request_id: self.request_id, public_url: Some(&app.public_url) }
    }
}

/// The bytes of the body, kept beside the request for the idempotency record.
#[derive(Clone, Debug)]
pub struct RawBody(pub Bytes);

/// A request that may go on: whoever sent a token sent a good one.
#[derive(Clone, Debug)]
pub struct Call {
    request: HttpRequest,
    front: Rc<Front>,
}

pub(crate) fn app(request: &HttpRequest) -> &Data<App> {
    #[expect(clippy::expect_used, reason = "the application is built with it, and serves nothing without")]
    request.app_data::<Data<App>>().expect("the application has its state")
}

impl FromRequest for Call {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::new(request))
    }
}

impl Call {
    fn new(request: &HttpRequest) -> Result<Self, Problem> {
        let front = request.extensions().get::<Rc<Front>>().cloned().ok_or(DoorRule::Internal)?;
        let call = Self { request: request.clone(), front };
        let described = call.described();
        match &call.front.identity {
            Err(Rejected) => return Err(HttpRule::InvalidToken.into()),
            // An operation that needs a token says so in the contract; the body is not even read without one.
            Ok(None) if described.is_some_and(|operation| operation.needs_token) => return Err(HttpRule::Unauthenticated.into()),
            Ok(_) if described.is_some_and(|operation| operation.for_operator) && !call.is_operator() => {
                return Err(HttpRule::Unauthenticated.into());
            }
            Ok(_) if !call.accepts_answer() => return Err(HttpRule::NotAcceptable.into()),
            Ok(_) => {}
        }
        // A body of the wrong kind is refused before what is wrong with the address; see `Body`.
        if described.is_none_or(|operation| !operation.has_body) {
            call.check_head()?;
        }
        Ok(call)
    }

    /// Holds address and headers against the contract, so that no operation can forget to, and before anybody asks
    /// who may: a parameter it does not know, a key or a precondition that is none.
    pub(crate) fn check_head(&self) -> Result<(), Problem> {
        let Some(operation) = self.described() else { return Ok(()) };
        let mut findings = Vec::new();
        for part in self.request.query_string().split('&').filter(|part| !part.is_empty()) {
            let (name, _) = part.split_once('=').unwrap_or((part, ""));
            match decode(name) {
                Ok(name) if operation.takes("query", &name) => {}
                Ok(name) => findings.push(Finding::new(format!("?{name}"), Fault::UnknownParameter)),
                Err(fault) => findings.push(Finding::new("?", fault)),
            }
        }
        if operation.takes("header", "Idempotency-Key") {
            findings.extend(self.key_text().err());
        }
        if operation.takes("header", "If-Match") {
            findings.extend(self.seen_version().err());
        }
        if findings.is_empty() { Ok(()) } else { Err(Problem::invalid(findings)) }
    }

    pub(crate) fn described(&self) -> Option<&Arc<Operation>> {
        self.front.operation(&self.request)
    }

    #[must_use]
    pub fn app(&self) -> &Data<App> {
        app(&self.request)
    }

    #[must_use]
    pub fn language(&self) -> Language {
        self.front.language
    }

    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.front.identity.as_ref().ok().and_then(Option::as_ref)
    }

    /// The operation id in the contract.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.described().map_or("", |operation| &operation.id)
    }

    /// Whoever takes none of the forms in which an operation under `/v1` answers is told before any work is done.
    fn accepts_answer(&self) -> bool {
        let wanted = |produces: &[String]| produces.is_empty() || negotiate::choose(&self.accepted(), produces).is_some();
        !self.request.path().starts_with("/v1/") || self.described().is_none_or(|operation| wanted(&operation.produces))
    }

    fn accepted(&self) -> Vec<&str> {
        self.request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok()).collect()
    }

    /// The form in which the client wants its answer, of those that the operation has.
    #[must_use]
    pub fn media_type(&self) -> &str {
        let chosen = self.described().and_then(|operation| negotiate::choose(&self.accepted(), &operation.produces));
        chosen.unwrap_or(JSON)
    }

    /// The languages in which the caller reads what people write.
    #[must_use]
    pub fn languages(&self) -> &Languages {
        &self.front.languages
    }

    /// Counts a request that reaches other people, of which nobody in particular may make few.
    ///
    /// # Errors
    /// `too-many-requests`.
    pub fn sparingly(&self) -> Result<(), Problem> {
        let (Some(limits), Some(address)) = (&self.app().rate_limits, self.front.address) else { return Ok(()) };
        let counted = limits.count_scarce(self.identity(), address);
        counted.map_err(|seconds| Problem::new(HttpRule::TooManyRequests).after_seconds(seconds))
    }

    /// Whether a request carries the operator's own token.
    pub(crate) fn is_operator(&self) -> bool {
        let given = self.request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer "));
        let same = |wanted: &str, given: &str| constant_time::verify_slices_are_equal(wanted.as_bytes(), given.as_bytes()).is_ok();
        matches!((self.app().metrics_token.as_deref(), given), (Some(wanted), Some(given)) if same(wanted, given))
    }

    /// A part of the address.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// An id in the address; what is not one names nothing.
    ///
    /// # Errors
    /// `not-found`.
    pub fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.path(name).parse().map_err(|_| DoorRule::NotFound.into())
    }

    /// The right to do something; without it there is nothing to hand to persistence.
    ///
    /// # Errors
    /// `unauthenticated` or `forbidden`.
    pub fn may(&self, action: Action) -> Result<Acting, Problem> {
        Acting::authorise(self.identity(), action).map_err(|denied| match denied {
            Denied::Anonymous => HttpRule::Unauthenticated.into(),
            Denied::Forbidden => HttpRule::Forbidden.into(),
        })
    }

    /// The right to read what is public, and further only where roles and memberships reach.
    #[must_use]
    pub fn reading(&self, action: Action) -> Acting {
        Acting::reading(self.identity(), action)
    }

    /// The query string, cleaned, in a canonical order and strictly read.
    ///
    /// # Errors
    /// `invalid-input` with the parameter.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let canonical = self.canonical_query()?;
        let deserializer = serde_html_form::Deserializer::new(url::form_urlencoded::parse(canonical.as_bytes()));
        serde_path_to_error::deserialize(deserializer).map_err(|error| Problem::invalid(vec![of_query(&error)]))
    }

    /// The query string with its parameters cleaned and sorted: one spelling for one question.
    pub(crate) fn canonical_query(&self) -> Result<String, Problem> {
        let raw = self.request.query_string();
        let mut pairs = Vec::new();
        let mut findings = Vec::new();
        for part in raw.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match (decode(name), decode(value)) {
                (Ok(name), Ok(value)) if text::holds_personal_number(&value) => {
                    findings.push(Finding::new(format!("?{name}"), Fault::PersonalNumber))
                }
                (Ok(name), Ok(value)) => pairs.push((name, value)),
                (Ok(name), Err(fault)) => findings.push(Finding::new(format!("?{name}"), fault)),
                (Err(fault), _) => findings.push(Finding::new("?", fault)),
            }
        }
        if !findings.is_empty() {
            return Err(Problem::invalid(findings));
        }
        pairs.sort();
        Ok(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// Which version the client has seen (`If-Match`): only the part before the dot is compared.
    ///
    /// # Errors
    /// `invalid-input` when the header is not an entity tag of ours.
    pub fn precondition(&self) -> Result<Precondition, Problem> {
        self.seen_version().map_err(|finding| Problem::invalid(vec![finding]))
    }

    fn seen_version(&self) -> Result<Precondition, Finding> {
        let Some(value) = self.request.headers().get(IF_MATCH) else { return Ok(Precondition::Missing) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Precondition::Any);
        }
        let tag = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let version = tag.and_then(|tag| tag.split_once('.')).and_then(|(version, _)| version.parse().ok());
        version.map(Precondition::Version).ok_or_else(|| Finding::new("#If-Match", Fault::InvalidPrecondition))
    }

    /// Carries out a command through the write door, and answers.
    ///
    /// # Errors
    /// Whatever the command refuses, or `busy`, `outcome-unknown`, `storage-unavailable`.
    pub async fn write(
        &self,
        act: impl FnOnce(&mut persistence::Tx<'_>) -> Result<Answer, persistence::Error> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let command = self.command()?;
        let committed = self.app().write(command, act).await?;
        Ok(self.done(committed.answer, committed.replayed))
    }

    fn done(&self, answer: Answer, replayed: bool) -> HttpResponse {
        let mut response = self.finish(&Finished::new(answer, None, JSON), Caching::Never);
        if replayed {
            response.headers_mut().insert(HeaderName::from_static("idempotent-replay"), HeaderValue::from_static("true"));
        }
        response
    }

    /// The answer of before, for a command that has much to do before it comes to the write door, which looks once more.
    ///
    /// # Errors
    /// `idempotency-key-reused`, or `busy`, `storage-unavailable`.
    pub(crate) async fn repeated(&self) -> Result<Option<HttpResponse>, Problem> {
        let Some(key) = self.idempotency_key()? else { return Ok(None) };
        let now = self.app().clock.now();
        let answer = self.app().read(move |connection| idempotency::recall(connection, &key, now)).await?;
        Ok(answer.map(|answer| self.done(answer, true)))
    }

    /// Answers from one snapshot; not to be kept by anybody.
    ///
    /// # Errors
    /// Whatever the query refuses, or `busy`, `storage-unavailable`.
    pub async fn read(
        &self,
        query: impl FnOnce(&mut persistence::AnyConnection) -> Result<Listed, persistence::Error> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let listed = self.app().read(query).await?;
        Ok(self.finish(&listed.finished(), Caching::Never))
    }

    /// Answers with what the program itself knows.
    #[must_use]
    pub fn fixed(&self, answer: Answer) -> HttpResponse {
        self.finish(&Finished::new(answer, None, JSON), Caching::public_for(None))
    }

    pub(crate) fn finish(&self, finished: &Finished, caching: Caching) -> HttpResponse {
        // What was asked with a token is nobody else's answer, even where it happens to be the same.
        let caching = if self.is_anonymous() { caching } else { Caching::Never };
        finished.answer(self.request.headers(), self.language(), caching)
    }

    pub(crate) const fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// Whether the answer may be one that everybody gets.
    pub(crate) fn is_anonymous(&self) -> bool {
        !self.request.headers().contains_key(AUTHORIZATION)
    }

    fn command(&self) -> Result<Command, Problem> {
        Ok(Command {
            clock: self.app().clock.clone(),
            operation: self.operation().to_owned(),
            request_id: self.front.request_id.to_string(),
            identity: self.identity().cloned(),
            idempotency: self.idempotency_key()?,
        })
    }

    /// Whether the request may be a repeated one.
    pub(crate) fn has_key(&self) -> bool {
        self.request.headers().contains_key("Idempotency-Key")
    }

    /// The client's own key for this request.
    fn key_text(&self) -> Result<Option<&str>, Finding> {
        let Some(value) = self.request.headers().get("Idempotency-Key") else { return Ok(None) };
        let text = value.to_str().unwrap_or_default();
        let key = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        // 22 characters of base64url, or 32 of hex in a UUID, carry 128 bits; an anonymous key is shared by nobody.
        let different = key.chars().collect::<HashSet<_>>().len();
        let strong = self.identity().is_some() || (key.len() >= 22 && different >= 8);
        if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| b.is_ascii_graphic()) || !strong {
            return Err(Finding::new("#Idempotency-Key", Fault::InvalidKey));
        }
        Ok(Some(key))
    }

    fn idempotency_key(&self) -> Result<Option<idempotency::Key>, Problem> {
        let Some(key) = self.key_text().map_err(|finding| Problem::invalid(vec![finding]))? else { return Ok(None) };
        let who = self.identity().map(|identity| (identity.issuer.as_str(), identity.subject.as_str()));
        let header = |name| self.request.headers().get(name).map(|value: &HeaderValue| value.as_bytes().to_vec()).unwrap_or_default();
        let body = self.request.extensions().get::<RawBody>().map(|body| Sha256::digest(&body.0).to_vec()).unwrap_or_default();
        let (address, media_type, precondition) = (self.request.uri().to_string(), header(CONTENT_TYPE), header(IF_MATCH));
        Ok(Some(idempotency::Key::new(who, self.operation(), key, &[address.as_bytes(), &media_type, &precondition, &body])))
    }
}

/// An answer to a question, and where the next page of it is.
#[derive(Debug)]
pub struct Listed {
    pub answer: Answer,
    pub link: Option<String>,
    pub media_type: &'static str,
}

impl Listed {
    #[must_use]
    pub fn finished(self) -> Finished {
        Finished::new(self.answer, self.link, self.media_type)
    }
}

impl From<Answer> for Listed {
    fn from(answer: Answer) -> Self {
        Self { answer, link: None, media_type: JSON }
    }
}

impl Listed {
    /// An answer in another form than JSON.
    #[must_use]
    pub const fn of(media_type: &'static str, answer: Answer) -> Self {
        Self { answer, link: None, media_type }
    }
}

/// Percent-decoding that does not put up with what is not UTF-8.
fn decode(text: &str) -> Result<String, Fault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        match (byte, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let digit = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
                let (Some(high), Some(low)) = (digit(high), digit(low)) else {
                    return Err(Fault::Malformed { expected: "percent-encoding".into() });
                };
                bytes.push(high * 16 + low);
                rest = tail;
            }
            (b'%', _) => return Err(Fault::Malformed { expected: "percent-encoding".into() }),
            (b'+', tail) => {
                bytes.push(b' ');
                rest = tail;
            }
            (byte, tail) => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    let decoded = String::from_utf8(bytes).map_err(|_| Fault::Malformed { expected: "UTF-8".into() })?;
    text::clean(&decoded)
}

fn of_query(error: &serde_path_to_error::Error<serde_html_form::de::Error>) -> Finding {
    let message = error.inner().to_string();
    let named = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    if let Some(name) = named("unknown field `") {
        return Finding::new(format!("?{name}"), Fault::UnknownParameter);
    }
    if let Some(name) = named("missing field `") {
        return Finding::new(format!("?{name}"), Fault::Required);
    }
    let name = error.path().iter().find_map(|segment| match segment {
        serde_path_to_error::Segment::Map { key } => Some(key.clone()),
        _ => None,
    });
    let expected = message.split_once("expected ").map_or("another value", |(_, expected)| expected);
    Finding::new(format!("?{}", name.unwrap_or_default()), Fault::Malformed { expected: expected.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_query_is_utf8_or_nothing() {
        assert_eq!(decode("bes%C3%B8gsven+nu"), Ok("besøgsven nu".to_owned()));
        for bad in ["%", "%f", "%zz", "%ff", "%00", "%E2%80%AE"] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }
}
