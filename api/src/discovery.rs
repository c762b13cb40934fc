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
use url::Url;
use utoipa::ToSchema;

use crate::{call::Call, problem::Problem, reply};

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
    let index =
        Index { name: "Frivillig", version: crate::front::API_VERSION, contract: "/openapi.json", docs: "/docs/", problems: "/problems" };
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

/// Where the metadata of the resource at `public_url` is: between host and path (RFC 9728 § 3.1).
pub(crate) fn metadata_address(public_url: &str) -> Option<Url> {
    let mut address = Url::parse(public_url).ok()?;
    let path = address.path().trim_end_matches('/').to_owned();
    address.set_path(&format!("/.well-known/oauth-protected-resource{path}"));
    Some(address)
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

#[cfg(test)]
mod tests {
    use super::metadata_address;

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
