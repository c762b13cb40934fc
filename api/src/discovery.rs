//! How a stranger finds out what this service is.

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    get,
    http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION},
    middleware::Next,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    call::Call,
    contract::API_VERSION,
    problem::Problem,
    reply::{self, Caching, Finished},
};

/// Where things are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Index {
    /// The name of the service.
    name: &'static str,
    /// The version of the contract.
    version: &'static str,
    /// The contract (OpenAPI 3.1).
    contract: &'static str,
    /// Swagger UI, for people.
    docs: &'static str,
    /// Every kind of problem, explained.
    problems: &'static str,
}

/// Where things are
///
/// A browser is sent to Swagger UI.
#[utoipa::path(tag = "operations", operation_id = "get_index", security(()), responses(
    (status = 200, description = "Where things are", body = Index),
    (status = 302, description = "A browser is sent to Swagger UI")))]
#[get("/")]
pub async fn index(call: Call) -> Result<HttpResponse, Problem> {
    let browser =
        call.request().headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    if browser {
        return Ok(to_docs());
    }
    let index = Index { name: "Frivillig", version: API_VERSION, contract: "/openapi.json", docs: "/docs/", problems: "/problems" };
    Ok(call.fixed(reply::list(&index)?))
}

#[get("/docs")]
pub(crate) async fn docs() -> HttpResponse {
    to_docs()
}

fn to_docs() -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, "/docs/")).finish()
}

/// Swagger UI brings scripts and styles of its own, and nothing from anywhere else.
pub(crate) async fn swagger_policy(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    if response.status().is_success() {
        let policy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    }
    Ok(response)
}

/// The APIs of this host (RFC 9727)
///
/// A link set that names each API with its contract and its documentation, for whoever knows nothing but the host.
#[utoipa::path(tag = "operations", operation_id = "get_api_catalog", security(()),
    responses((status = 200, description = "A link set (RFC 9264)", body = Object, content_type = "application/linkset+json")))]
#[get("/.well-known/api-catalog")]
pub async fn api_catalog(call: Call) -> Result<HttpResponse, Problem> {
    let url = &call.app().public_url;
    let links = json!({ "linkset": [{
        "anchor": format!("{url}/v1"),
        "service-desc": [{ "href": format!("{url}/openapi.json"), "type": "application/vnd.oai.openapi+json" }],
        "service-doc": [{ "href": format!("{url}/docs/"), "type": "text/html" }],
        "status": [{ "href": format!("{url}/health/ready"), "type": "application/json" }]
    }]});
    Ok(well_known("application/linkset+json", links.to_string()))
}

/// How to get a token for this API (RFC 9728)
///
/// Which issuers this service trusts and how it takes their tokens. A 401 points here.
#[utoipa::path(tag = "operations", operation_id = "get_protected_resource_metadata", security(()),
    responses((status = 200, description = "Metadata of this protected resource", body = Object)))]
#[get("/.well-known/oauth-protected-resource")]
pub async fn protected_resource(call: Call) -> Result<HttpResponse, Problem> {
    let app = call.app();
    let mut metadata = json!({
        "resource": app.public_url,
        "resource_name": "Frivillig",
        "bearer_methods_supported": ["header"],
        "resource_documentation": format!("{}/docs/", app.public_url)
    });
    // What has no value is left out (RFC 9728 § 3.2); nobody gets a demo token by OAuth.
    let servers = app.issuers.authorization_servers();
    if let (false, Value::Object(metadata)) = (servers.is_empty(), &mut metadata) {
        metadata.insert("authorization_servers".into(), json!(servers));
    }
    Ok(well_known("application/json", metadata.to_string()))
}

/// Whom to tell about a vulnerability (RFC 9116)
///
/// Where to report it, in which languages, and until when this holds.
#[utoipa::path(tag = "operations", operation_id = "get_security_txt", security(()),
    responses((status = 200, description = "security.txt", body = String, content_type = "text/plain; charset=utf-8")))]
#[get("/.well-known/security.txt")]
pub async fn security_txt(call: Call) -> Result<HttpResponse, Problem> {
    let app = call.app();
    let expires = app.clock.now() + chrono::TimeDelta::days(180);
    let text = format!(
        "Contact: mailto:security@frivillig.example\nExpires: {}\nPreferred-Languages: da, en\nCanonical: {}/.well-known/security.txt\n",
        expires.format("%Y-%m-%dT00:00:00Z"),
        app.public_url
    );
    Ok(well_known("text/plain; charset=utf-8", text))
}

fn well_known(media_type: &'static str, body: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, media_type)).insert_header((CACHE_CONTROL, "public, max-age=300")).body(body)
}

fn document(call: &Call, text: &str) -> HttpResponse {
    let answer = reply::text(text.to_owned());
    call.finish(&Finished::new(answer, None, reply::JSON), Caching::public_for(None))
}

/// This contract, as OpenAPI 3.1
///
/// The document from which Swagger UI is drawn and clients are generated. It is made from the routes that serve.
#[utoipa::path(tag = "operations", operation_id = "get_contract", security(()), responses((status = 200, description = "The contract", body = Object)))]
#[get("/openapi.json")]
pub async fn contract(call: Call) -> Result<HttpResponse, Problem> {
    Ok(document(&call, call.app().contract.document()))
}

/// This contract, as OpenAPI 3.0
///
/// For generators that do not read 3.1 yet.
#[utoipa::path(tag = "operations", operation_id = "get_contract_3_0", security(()), responses((status = 200, description = "The contract", body = Object)))]
#[get("/openapi-3.0.json")]
pub async fn contract_3_0(call: Call) -> Result<HttpResponse, Problem> {
    Ok(document(&call, call.app().contract.document_3_0()))
}
