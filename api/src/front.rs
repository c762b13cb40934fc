//! The front door: what happens to every request and every answer, whatever lies behind.

use std::{cell::RefCell, collections::HashMap, panic::AssertUnwindSafe, rc::Rc, time::Instant};

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
use kernel::Language;
use persistence::DoorRule;
use uuid::Uuid;

use crate::{
    app::App,
    auth::Rejected,
    call::{Front, app},
    limit::{self, Allowance},
    problem::{HttpRule, PROBLEM_JSON, Problem},
};

/// The version of the contract; its first number stands in every path.
pub const API_VERSION: &str = "1.0.0";

const EXPOSED: &str =
    "API-Version, Content-Language, ETag, Idempotent-Replay, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";

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
        let answer = dress.on(problem.document(front.language, &front.request_id.to_string()));
        return Ok(request.into_response(answer));
    }
    request.extensions_mut().insert(Rc::clone(&front));
    if request.method() == Method::HEAD {
        // The answer to HEAD is that to GET without its body, which the protocol layer leaves out.
        request.head_mut().method = Method::GET;
    }
    let method = request.method().clone();
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let response = documented(response.map_into_boxed_body(), &front);
            let route = front.operation(response.request()).map_or("unmatched", |operation| &operation.route);
            note(&method, route, response.status(), begun, &front);
            Ok(dressed(response, &dress))
        }
        Ok(Err(error)) => Err(error),
        Err(_) => {
            note(&method, "panicked", StatusCode::INTERNAL_SERVER_ERROR, begun, &front);
            let document = Problem::new(DoorRule::Internal).document(front.language, &front.request_id.to_string());
            Err(InternalError::from_response("panicked", dress.on(document)).into())
        }
    }
}

fn look(app: &App, request: &ServiceRequest) -> Front {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let request_id =
        text(HeaderName::from_static("x-request-id")).and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_else(|| app.clock.new_id());
    let language = text(header::ACCEPT_LANGUAGE).map(Language::negotiate).unwrap_or_default();
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
    Front::new(request_id, language, identity)
}

fn count(app: &App, request: &ServiceRequest, front: &Front, dress: &Dress) -> Result<(), Problem> {
    let Some(limits) = app.rate_limits.as_ref().filter(|_| !request.path().starts_with("/health/")) else { return Ok(()) };
    let Some(peer) = request.peer_addr() else { return Ok(()) };
    let forwarded: Vec<&str> = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    let address = limit::client_address(peer.ip(), &forwarded, &app.trusted_proxies);
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
        let mut put = |name: &'static str, value: HeaderValue| {
            headers.insert(HeaderName::from_static(name), value);
        };
        put("api-version", HeaderValue::from_static(API_VERSION));
        put("x-content-type-options", HeaderValue::from_static("nosniff"));
        put("referrer-policy", HeaderValue::from_static("no-referrer"));
        put("vary", HeaderValue::from_static("Accept, Accept-Encoding, Accept-Language, Authorization, Origin"));
        put("link", HeaderValue::from_static("</openapi.json>; rel=\"service-desc\""));
        if let Ok(id) = HeaderValue::from_str(&self.request_id.to_string()) {
            put("x-request-id", id);
        }
        if let Some(allowance) = *self.allowance.borrow() {
            let (policy, left) = allowance.headers();
            if let (Ok(policy), Ok(left)) = (HeaderValue::from_str(&policy), HeaderValue::from_str(&left)) {
                put("ratelimit-policy", policy);
                put("ratelimit", left);
            }
        }
        if let Some(origin) = &self.cors {
            put("access-control-allow-origin", origin.clone());
            put("access-control-expose-headers", HeaderValue::from_static(EXPOSED));
        }
        if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
        }
        if !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        }
    }
}

fn dressed(mut response: ServiceResponse<BoxBody>, dress: &Dress) -> ServiceResponse<BoxBody> {
    let link = response.headers().get(header::LINK).cloned();
    dress.put_on(response.headers_mut());
    if let Some(link) = link {
        response.headers_mut().append(header::LINK, link);
    }
    response
}

/// Turns whatever says no, the framework's own answers among them, into a problem document.
fn documented(response: ServiceResponse<BoxBody>, front: &Front) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
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
    ServiceResponse::new(request, problem.document(front.language, &front.request_id.to_string()))
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
fn note(method: &Method, route: &str, status: StatusCode, begun: Instant, front: &Front) {
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
    tracing::info!(request_id = %front.request_id, method = method.as_str(), route, status = status.as_u16(), seconds, "request");
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
