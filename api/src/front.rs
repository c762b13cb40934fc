//! The front door: what happens to every request and every answer, whatever lies behind.

use std::{cell::RefCell, collections::HashMap, net::IpAddr, panic::AssertUnwindSafe, rc::Rc, sync::Arc, time::Instant};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use futures_util::FutureExt;
use kernel::{Language, Languages};
use persistence::DoorRule;
use uuid::Uuid;

use crate::{
    app::App,
    auth::Rejected,
    cache,
    call::{Front, app},
    contract::{API_VERSION, Operation},
    limit::{self, Allowance},
    log::Answered,
    problem::{HttpRule, PROBLEM_JSON, Problem},
    public::target,
    reply,
};

static API_VERSION_HEADER: HeaderName = HeaderName::from_static("api-version");
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const EXPOSED: &str = "API-Version, Content-Language, ETag, Idempotent-Replay, Link, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id";

/// The outermost layer of the application.
///
/// # Errors
/// A finished problem document when a handler panicked: nothing of the request is left to answer with by then.
pub async fn front(mut request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = Instant::now();
    let app = app(request.request()).clone();
    let front = Rc::new(look(&app, &request));
    let origin = request.headers().get(header::ORIGIN).cloned();
    let dress = Dress {
        cors: origin.and_then(|origin| cors(&app, &request, &origin)),
        request_id: front.request_id,
        allowance: RefCell::default(),
    };
    if let Some(answer) = preflight(request.request(), &dress) {
        return Ok(request.into_response(answer));
    }
    if let Err(problem) = count(&app, &request, &front, &dress) {
        let answer = dress.on(problem.document(&front.reader(&app)));
        return Ok(request.into_response(answer));
    }
    if request.method() == Method::HEAD {
        // The answer to HEAD is that to GET without its body, which the protocol layer leaves out.
        request.head_mut().method = Method::GET;
    }
    if let Some((answer, route)) = ready(&app, &request, &front).await {
        note(&app, &Answered { method: &Method::GET, route: &route.route, status: answer.status(), begun, request_id: front.request_id });
        return Ok(request.into_response(dress.on(answer)));
    }
    request.extensions_mut().insert(Rc::clone(&front));
    let method = request.method().clone();
    let answered = |route, status| Answered { method: &method, route, status, begun, request_id: front.request_id };
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let mut response = documented(response.map_into_boxed_body(), &app, &front);
            let route = front.operation(response.request()).map_or("unmatched", |operation| &operation.route);
            note(&app, &answered(route, response.status()));
            dress.put_on(response.headers_mut());
            Ok(response)
        }
        Ok(Err(error)) => Err(error),
        Err(_) => {
            note(&app, &answered("panicked", StatusCode::INTERNAL_SERVER_ERROR));
            let document = Problem::new(DoorRule::Internal).document(&front.reader(&app));
            Err(InternalError::from_response("panicked", dress.on(document)).into())
        }
    }
}

fn look(app: &App, request: &ServiceRequest) -> Front {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let request_id = text(REQUEST_ID.clone()).and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_else(|| app.clock.new_id());
    let wanted = text(header::ACCEPT_LANGUAGE);
    let languages = (wanted.map(Language::negotiate).unwrap_or_default(), wanted.map(Languages::parse).unwrap_or_default());
    let identity = match request.headers().get(header::AUTHORIZATION) {
        // The operator's token for metrics is no identity, and is looked at where metrics are.
        None => Ok(None),
        Some(_) if request.path() == "/metrics" => Ok(None),
        Some(value) => {
            let token =
                value.to_str().ok().and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            token.ok_or(Rejected).and_then(|(_, token)| app.issuers.verify(token.trim(), app.clock.now())).map(Some)
        }
    };
    let address = app.rate_limits.as_ref().and_then(|_| client_address(app, request));
    Front::new(request_id, languages, identity, address)
}

fn client_address(app: &App, request: &ServiceRequest) -> Option<IpAddr> {
    let forwarded: Vec<&str> = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    request.peer_addr().map(|peer| limit::client_address(peer.ip(), &forwarded, &app.trusted_proxies))
}

/// The answer to a question that has been asked before in the same words, where everybody gets the same: it is given
/// before the request is routed, read or held against the contract, since all that has been done when it was asked first.
async fn ready(app: &App, request: &ServiceRequest, front: &Front) -> Option<(HttpResponse, Arc<Operation>)> {
    let headers = request.headers();
    let plain = request.method() == Method::GET && !headers.contains_key(header::AUTHORIZATION) && request.path().starts_with("/v1/");
    let json = headers.get(header::ACCEPT).is_none_or(|accepted| matches!(accepted.as_bytes(), b"*/*" | b"application/json"));
    if !plain || !json {
        return None;
    }
    let now = app.clock.now();
    let entry = app.cache.ready(&cache::Key::new(target(request.uri()), front.language, &front.languages, reply::JSON), now).await?;
    Some((entry.finished.answer(headers, front.language, entry.caching(now)), Arc::clone(&entry.operation)))
}

fn count(app: &App, request: &ServiceRequest, front: &Front, dress: &Dress) -> Result<(), Problem> {
    let Some(limits) = app.rate_limits.as_ref().filter(|_| !request.path().starts_with("/health/")) else { return Ok(()) };
    let Some(address) = front.address else { return Ok(()) };
    // A bad token counts against the address it comes from.
    let identity = front.identity.as_ref().ok().and_then(Option::as_ref);
    match limits.count(identity, address) {
        Ok(allowance) => {
            dress.allowance.replace(Some(allowance));
            Ok(())
        }
        Err((allowance, seconds)) => {
            dress.allowance.replace(Some(allowance));
            Err(Problem::new(HttpRule::TooManyRequests).after_seconds(seconds))
        }
    }
}

/// What every answer wears.
struct Dress {
    request_id: Uuid,
    cors: Option<HeaderValue>,
    allowance: RefCell<Option<Allowance>>,
}

impl Dress {
    fn on(&self, mut answer: HttpResponse) -> HttpResponse {
        self.put_on(answer.headers_mut());
        answer
    }

    fn put_on(&self, headers: &mut HeaderMap) {
        // What the answer links to itself stands beside what all of them link to.
        headers.append(header::LINK, HeaderValue::from_static("</openapi.json>; rel=\"service-desc\""));
        headers.insert(API_VERSION_HEADER.clone(), HeaderValue::from_static(API_VERSION));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding, Accept-Language, Authorization, Origin"));
        if let Ok(id) = HeaderValue::from_str(self.request_id.hyphenated().encode_lower(&mut Uuid::encode_buffer())) {
            headers.insert(REQUEST_ID.clone(), id);
        }
        if let Some(allowance) = *self.allowance.borrow() {
            let (policy, left) = allowance.headers();
            if let (Ok(policy), Ok(left)) = (HeaderValue::from_str(&policy), HeaderValue::from_str(&left)) {
                headers.insert(HeaderName::from_static("ratelimit-policy"), policy);
                headers.insert(HeaderName::from_static("ratelimit"), left);
            }
        }
        if let Some(origin) = &self.cors {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
        if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
        }
        if !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        }
    }
}

/// Turns whatever says no, the framework's own answers among them, into a problem document.
fn documented(response: ServiceResponse<BoxBody>, app: &App, front: &Front) -> ServiceResponse<BoxBody> {
    let status = response.status();
    // A redirect that says where to is an answer already.
    let leads_on = status == StatusCode::PERMANENT_REDIRECT && !response.headers().contains_key(header::LOCATION);
    if !status.is_client_error() && !status.is_server_error() && !leads_on {
        return response;
    }
    let written = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == PROBLEM_JSON.as_bytes());
    if written {
        return response;
    }
    let problem = response.response().extensions().get::<Problem>().cloned().unwrap_or_else(|| Problem::of_status(status));
    if let Some(cause) = problem.cause() {
        tracing::error!(request_id = %front.request_id, code = problem.code(), cause, "a request failed");
    }
    let (request, _) = response.into_parts();
    let mut reader = front.reader(app);
    if front.operation(&request).is_some_and(|operation| operation.for_operator) {
        reader.public_url = None;
    }
    let mut document = problem.document(&reader);
    let location = problem.location(request.uri().path_and_query().map_or("/", |address| address.as_str()));
    if let Some(location) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
        document.headers_mut().insert(header::LOCATION, location);
    }
    ServiceResponse::new(request, document)
}

/// The figures of one route: how long its answers took, and how many there were of each status.
struct Figures {
    seconds: metrics::Histogram,
    answers: HashMap<u16, metrics::Counter>,
}

thread_local! {
    /// By route. Asking the recorder for a figure costs more than moving it.
    static FIGURES: RefCell<HashMap<String, Figures>> = RefCell::default();
}

/// One line and two numbers for each request: the route's template, never the address, which may name people.
fn note(app: &App, answered: &Answered<'_>) {
    let Answered { route, status, begun, .. } = *answered;
    let seconds = begun.elapsed().as_secs_f64();
    FIGURES.with_borrow_mut(|figures| {
        if !figures.contains_key(route) {
            let seconds = metrics::histogram!("frivillig_request_seconds", "route" => route.to_owned());
            figures.insert(route.to_owned(), Figures { seconds, answers: HashMap::new() });
        }
        if let Some(figures) = figures.get_mut(route) {
            figures.seconds.record(seconds);
            let answers = figures.answers.entry(status.as_u16());
            answers
                .or_insert_with(
                    || metrics::counter!("frivillig_requests_total", "route" => route.to_owned(), "status" => status.as_str().to_owned()),
                )
                .increment(1);
        }
    });
    app.request_log.note(app.clock.now(), answered, seconds);
}

/// What a browser on another origin may have: public reads for everybody, the rest for those on the list. There
/// are no cookies, so nothing is ever sent along that the page did not put there itself.
fn cors(app: &App, request: &ServiceRequest, origin: &HeaderValue) -> Option<HeaderValue> {
    if app.cors_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()) {
        return Some(origin.clone());
    }
    let asked =
        request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD).map_or(request.method().as_str().as_bytes(), HeaderValue::as_bytes);
    let asks_for_token = request
        .headers()
        .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
        .and_then(|names| names.to_str().ok())
        .is_some_and(|names| names.split(',').any(|name| name.trim().eq_ignore_ascii_case("authorization")));
    let public_read = matches!(asked, b"GET" | b"HEAD") && !asks_for_token && !request.headers().contains_key(header::AUTHORIZATION);
    public_read.then(|| HeaderValue::from_static("*"))
}

fn preflight(request: &HttpRequest, dress: &Dress) -> Option<HttpResponse> {
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    if request.method() != Method::OPTIONS || !request.headers().contains_key(header::ORIGIN) {
        return None;
    }
    let mut answer = HttpResponse::NoContent();
    if dress.cors.is_some() {
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, asked.clone())).insert_header((header::ACCESS_CONTROL_MAX_AGE, "7200"));
        if let Some(names) = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone()));
        }
    }
    Some(dress.on(answer.finish()))
}

/// Where no operation is: what the address knows, if it knows anything.
///
/// # Errors
/// `not-found` or `method-not-allowed`.
pub async fn nowhere(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let methods = app(&request).contract.methods(request.path());
    if methods.is_empty() {
        return Err(DoorRule::NotFound.into());
    }
    let allow = methods.join(", ");
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish());
    }
    Err(Problem::new(HttpRule::MethodNotAllowed).allowing(allow))
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App as ActixApp,
        middleware::from_fn,
        test,
        web::{self, Data},
    };
    use persistence::{Clock, Db, Options, Target};

    use super::{HttpResponse, StatusCode, front, header};
    use crate::{
        app::{App, Bounds},
        auth::Issuers,
    };

    async fn breaks() -> HttpResponse {
        panic!("as the test wants it")
    }

    #[actix_web::test]
    async fn a_handler_that_panics_is_answered_like_every_failure_and_the_next_one_works() {
        let file = std::env::temp_dir().join(format!("frivillig-front-{}.db", Clock::system().new_id()));
        let db = Db::open(&Target::Sqlite(file.clone()), &Options::default()).expect("a database");
        let app = Data::new(App::new(db, Clock::system(), Bounds::default(), Issuers::default(), crate::contract_of_this_service()));
        let routes = ActixApp::new().app_data(app).service(web::resource("/breaks").to(breaks)).service(crate::health::live);
        let service = test::init_service(routes.wrap(from_fn(front))).await;
        let request = test::TestRequest::get().uri("/breaks").insert_header((header::ACCEPT_LANGUAGE, "en")).to_request();
        let answer = test::try_call_service(&service, request).await.expect_err("a finished answer").error_response();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers().get(header::CONTENT_TYPE).expect("it has one"), crate::problem::PROBLEM_JSON);
        assert!(answer.headers().contains_key("x-request-id") && answer.headers().contains_key("api-version"));
        let next = test::call_service(&service, test::TestRequest::get().uri("/health/live").to_request()).await;
        assert_eq!(next.status(), StatusCode::OK);
        let _ = std::fs::remove_file(file);
    }
}
