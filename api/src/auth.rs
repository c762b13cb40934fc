//! Who somebody is: bearer tokens (RFC 9068, RFC 8725) of the issuers that the operator trusts.
//!
//! Keys come from files that the operator names or from issuers that the operator names ([`crate::renewal`]), never from anything inside a
//! token: `jku`, `jwk` and `x5u` are not looked at, and `kid` is looked up in a map and nowhere else.

use std::{collections::HashMap, fmt, path::Path, sync::Arc};

use access::{Identity, Role};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    keys::{IssuerKeys, Keyring, Keys},
    outbound::Outbound,
};

/// Seconds that clocks of issuers may differ from ours.
const LEEWAY: f64 = 30.0;

/// The end of the year 9999. What expires later was meant in milliseconds, and would be good for ever.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// How long a demo token lives.
const DEMO_TOKEN_SECONDS: i64 = 8 * 3600;

/// The issuer of demo tokens.
pub const DEMO_ISSUER: &str = "urn:frivillig:demo";

const DEMO_AUDIENCE: &str = "frivillig-demo";

/// One issuer in the file that `AUTH_ISSUERS` names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerConfig {
    /// `iss` of its tokens.
    issuer: String,
    /// `aud` that its tokens must carry.
    audience: String,
    /// A JWK Set, relative to this file.
    jwks_file: Option<String>,
    /// Its keys are where the issuer itself says.
    #[serde(default)]
    discovery: bool,
    /// JSON Pointer to the claim that lists roles, such as `/realm_access/roles`.
    #[serde(default = "default_roles_claim")]
    roles_claim: String,
    /// The roles this issuer may grant: its name for each, and ours.
    #[serde(default)]
    roles: HashMap<String, String>,
    /// JSON Pointer to the claim with the CVR number, for issuers of business identities.
    cvr_claim: Option<String>,
}

fn default_roles_claim() -> String {
    "/roles".into()
}

#[derive(Clone)]
struct Issuer {
    audience: String,
    keys: Arc<Keyring>,
    /// Where it describes itself, if its keys are to be found that way.
    address: Option<Url>,
    roles_claim: String,
    roles: HashMap<String, Role>,
    cvr_claim: Option<String>,
}

/// The issuers that are trusted.
#[derive(Clone, Default)]
pub struct Issuers {
    by_name: HashMap<String, Issuer>,
}

impl std::fmt::Debug for Issuers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_name.keys()).finish()
    }
}

/// The token is not accepted. Why is nobody's business but the log's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected;

impl Issuers {
    /// Reads the issuers from a JSON file.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let configs: Vec<IssuerConfig> = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut issuers = Self::default();
        for config in configs {
            let name = config.issuer.clone();
            let issuer = Issuer::new(config, path.parent().unwrap_or(Path::new("."))).map_err(|error| format!("issuer {name}: {error}"))?;
            if issuers.by_name.insert(name.clone(), issuer).is_some() {
                return Err(format!("issuer {name} stands twice"));
            }
        }
        if issuers.by_name.is_empty() {
            return Err(format!("{} names no issuer", path.display()));
        }
        Ok(issuers)
    }

    /// The issuer of a demo database, and nobody else.
    ///
    /// # Errors
    /// When the key is not one.
    pub fn demo(key: &DemoKey) -> Result<Self, String> {
        let issuer = Issuer {
            audience: DEMO_AUDIENCE.into(),
            keys: Arc::new(Keyring::fixed(Keys::one("demo", Algorithm::EdDSA, DecodingKey::from_ed_der(&key.public()?)))),
            address: None,
            roles_claim: default_roles_claim(),
            roles: Role::FROM_TOKEN.into_iter().map(|role| (role.as_str().to_owned(), role)).collect(),
            cvr_claim: Some("/cvr".into()),
        };
        Ok(Self { by_name: HashMap::from([(DEMO_ISSUER.to_owned(), issuer)]) })
    }

    /// Those that are OAuth authorization servers, where somebody can get a token: their names, which are their addresses, sorted.
    #[must_use]
    pub fn authorization_servers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.by_name.keys().map(String::as_str).filter(|name| web_address(name).is_ok()).collect();
        names.sort_unstable();
        names
    }

    /// Those whose keys are to be found: name, address and where to put the keys.
    pub(crate) fn discovered(&self) -> impl Iterator<Item = (&str, &Url, &Arc<Keyring>)> {
        self.by_name.iter().filter_map(|(name, issuer)| Some((name.as_str(), issuer.address.as_ref()?, &issuer.keys)))
    }

    /// Those whose keys are to be found, sorted, and how well the keys are known.
    pub(crate) fn standings(&self) -> Vec<(&str, IssuerKeys)> {
        let mut standings: Vec<_> = self.discovered().map(|(name, _, keys)| (name, keys.standing())).collect();
        standings.sort_unstable_by_key(|(name, _)| *name);
        standings
    }

    /// Whether those whose keys are to be found may be called.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn check(&self, outbound: &Outbound) -> Result<(), String> {
        let mut calls = self.discovered().map(|(name, address, _)| (name, outbound.check(address)));
        calls.try_for_each(|(name, call)| call.map_err(|failure| format!("issuer {name}: {failure}")))
    }

    /// Who a token says that its bearer is, if it is to be believed.
    ///
    /// # Errors
    /// [`Rejected`], whatever the reason.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Identity, Rejected> {
        if token.len() > 8192 {
            return Err(Rejected);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Rejected)?;
        require_access_token(&header)?;
        let claimed: Claims = jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| Rejected)?;
        let name = claimed.0.get("iss").and_then(Value::as_str).ok_or(Rejected)?;
        let issuer = self.by_name.get(name).ok_or(Rejected)?;
        let keys = issuer.keys.current();
        let Some((algorithm, key)) = keys.get(header.kid.as_deref().unwrap_or_default()) else {
            issuer.keys.miss();
            return Err(Rejected);
        };
        let mut validation = Validation::new(*algorithm);
        validation.set_audience(&[&issuer.audience]);
        validation.set_issuer(&[name]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Times are checked below, against a clock that tests can set.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).map_err(|_| Rejected)?.claims.0;
        check_times(&claims, now)?;
        issuer.identity(name, claims)
    }
}

/// What a token says, and no part of it twice: two readers of such a token could believe two different things.
#[derive(Debug)]
struct Claims(Map<String, Value>);

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ClaimsVisitor)
    }
}

struct ClaimsVisitor;

impl<'de> Visitor<'de> for ClaimsVisitor {
    type Value = Claims;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Claims, A::Error> {
        let mut claims = Map::new();
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            if claims.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("a claim stands twice"));
            }
        }
        Ok(Claims(claims))
    }
}

/// A token made for another purpose, such as an ID token or a logout token, is not an access token; and one that names
/// extensions that must be understood is not understood here (RFC 7515 § 4.1.11).
fn require_access_token(header: &Header) -> Result<(), Rejected> {
    if header.crit.is_some() {
        return Err(Rejected);
    }
    let kind = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
    if matches!(kind.trim_start_matches("application/"), "jwt" | "at+jwt") { Ok(()) } else { Err(Rejected) }
}

fn check_times(claims: &Map<String, Value>, now: DateTime<Utc>) -> Result<(), Rejected> {
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
    let now = now.timestamp() as f64;
    let expires = claims.get("exp").and_then(Value::as_f64).ok_or(Rejected)?;
    let begins = match claims.get("nbf") {
        None => now,
        Some(begins) => begins.as_f64().ok_or(Rejected)?,
    };
    if expires > LAST_SECOND {
        return Err(Rejected);
    }
    if expires + LEEWAY > now && begins - LEEWAY <= now { Ok(()) } else { Err(Rejected) }
}

impl Issuer {
    fn new(config: IssuerConfig, folder: &Path) -> Result<Self, String> {
        let (keys, address) = match (&config.jwks_file, config.discovery) {
            (Some(file), false) => (Keyring::fixed(keys_in(&folder.join(file))?), None),
            (None, true) => (Keyring::awaited(), Some(web_address(&config.issuer)?)),
            _ => return Err("it needs either jwks_file or \"discovery\": true".into()),
        };
        let roles = config.roles.into_iter().map(|(theirs, ours)| {
            Role::from_token(&ours).map(|role| (theirs, role)).ok_or_else(|| format!("{ours} is not a role that a token can carry"))
        });
        for claim in std::iter::once(&config.roles_claim).chain(&config.cvr_claim) {
            if !claim.starts_with('/') {
                return Err(format!("{claim} is not a JSON Pointer; it begins with a slash"));
            }
        }
        Ok(Self {
            audience: config.audience,
            keys: Arc::new(keys),
            address,
            roles_claim: config.roles_claim,
            roles: roles.collect::<Result<_, _>>()?,
            cvr_claim: config.cvr_claim,
        })
    }

    fn identity(&self, issuer: &str, claims: Map<String, Value>) -> Result<Identity, Rejected> {
        let subject = claims
            .get("sub")
            .and_then(Value::as_str)
            .filter(|subject| !subject.is_empty() && subject.len() <= 255)
            .ok_or(Rejected)?
            .to_owned();
        let claims = Value::Object(claims);
        let granted = match claims.pointer(&self.roles_claim) {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(names)) => names.split_ascii_whitespace().collect(),
            _ => Vec::new(),
        };
        let mut roles: Vec<Role> = granted.into_iter().filter_map(|name| self.roles.get(name).copied()).chain([Role::Citizen]).collect();
        roles.sort_unstable();
        roles.dedup();
        let cvr = self.cvr_claim.as_ref().and_then(|pointer| claims.pointer(pointer)).and_then(Value::as_str);
        let cvr = cvr.filter(|cvr| kernel::identifier::cvr(cvr).is_ok()).map(str::to_owned);
        Ok(Identity { issuer: issuer.to_owned(), subject, roles, cvr })
    }
}

fn keys_in(path: &Path) -> Result<Keys, String> {
    let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Keys::from_json(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The address that an issuer's name is (OpenID Connect Discovery § 3, RFC 8414 § 2).
fn web_address(name: &str) -> Result<Url, String> {
    let address = Url::parse(name).ok().filter(|address| matches!(address.scheme(), "http" | "https"));
    let address = address.filter(|address| address.query().is_none() && address.fragment().is_none());
    address.ok_or_else(|| "its name is not an address of the form https://host/path".into())
}

/// The signing key of one demo database.
#[derive(Clone)]
pub struct DemoKey(Vec<u8>);

impl std::fmt::Debug for DemoKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DemoKey(***)")
    }
}

impl DemoKey {
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn generate() -> Result<Self, String> {
        let document = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).map_err(|error| error.to_string())?;
        Ok(Self(document.as_ref().to_vec()))
    }

    /// # Errors
    /// When the text is not base64.
    pub fn from_text(text: &str) -> Result<Self, String> {
        STANDARD.decode(text).map(Self).map_err(|error| error.to_string())
    }

    #[must_use]
    pub fn to_text(&self) -> String {
        STANDARD.encode(&self.0)
    }

    fn public(&self) -> Result<Vec<u8>, String> {
        let pair = Ed25519KeyPair::from_pkcs8(&self.0).map_err(|error| error.to_string())?;
        Ok(pair.public_key().as_ref().to_vec())
    }

    /// A token for somebody, good for eight hours.
    ///
    /// # Errors
    /// When the key is not one.
    pub fn token(&self, persona: &Persona, now: DateTime<Utc>, id: uuid::Uuid) -> Result<String, String> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".into());
        header.kid = Some("demo".into());
        let mut claims = json!({
            "iss": DEMO_ISSUER, "aud": DEMO_AUDIENCE, "sub": persona.subject, "jti": id,
            "iat": now.timestamp(), "exp": now.timestamp() + DEMO_TOKEN_SECONDS,
            "roles": persona.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        });
        if let (Some(cvr), Value::Object(claims)) = (&persona.cvr, &mut claims) {
            claims.insert("cvr".into(), json!(cvr));
        }
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&self.0)).map_err(|error| error.to_string())
    }
}

/// Somebody whom a demo token makes you.
#[derive(Clone, Debug)]
pub struct Persona {
    pub subject: String,
    pub roles: Vec<Role>,
    pub cvr: Option<String>,
}

impl Persona {
    /// The ready-made personas: everybody whom the municipality's volunteering involves.
    pub const NAMES: [&'static str; 17] = [
        "citizen",
        "association-chair",
        "association-editor",
        "grants-officer",
        "committee-member",
        "premises-manager",
        "caretaker",
        "institution-contact",
        "prize-secretary",
        "juror",
        "centre-adviser",
        "municipal-employee",
        "editor",
        "administrator",
        "auditor",
        "records-officer",
        "integration",
    ];

    /// A persona by name. Chair and editor of an association are citizens: what they may do there is data.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let known = Self::NAMES.contains(&name);
        let roles = Role::from_token(&name.replace('-', "_")).into_iter().collect();
        known.then(|| Self { subject: name.to_owned(), roles, cvr: None })
    }
}

#[cfg(test)]
mod tests {
    use super::{DemoKey, Issuers, Persona, Rejected};
    use access::Role;
    use chrono::DateTime;

    #[test]
    fn a_demo_token_is_believed_until_it_expires_and_only_here() {
        let (Ok(key), Ok(other)) = (DemoKey::generate(), DemoKey::generate()) else { panic!("no randomness") };
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap_or_default();
        let persona = Persona::named("editor").unwrap_or_else(|| panic!("editor is a persona"));
        let token = key.token(&persona, now, uuid::Uuid::nil()).unwrap_or_default();
        let issuers = Issuers::demo(&key).unwrap_or_default();
        assert_eq!(issuers.verify(&token, now).map(|identity| identity.roles), Ok(vec![Role::Citizen, Role::Editor]));
        assert_eq!(issuers.verify(&token, now + chrono::TimeDelta::hours(9)), Err(Rejected));
        assert_eq!(Issuers::demo(&other).unwrap_or_default().verify(&token, now), Err(Rejected));
    }

    #[test]
    fn every_persona_exists_once() {
        let mut names = Persona::NAMES.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Persona::NAMES.len());
        assert!(names.iter().all(|name| Persona::named(name).is_some()));
        assert!(Persona::named("signatory").is_none());
    }
}
