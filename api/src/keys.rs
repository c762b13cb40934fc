//! The keys of one issuer: read, looked up by every request, and exchanged for newer ones meanwhile.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use kernel::string_enum;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Notify;

/// Keys to verify with, by `kid`, each pinned to the one algorithm that its own description names.
#[derive(Default)]
pub(crate) struct Keys(HashMap<String, (Algorithm, DecodingKey)>);

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

impl Keys {
    pub(crate) fn one(kid: &str, algorithm: Algorithm, key: DecodingKey) -> Self {
        Self(HashMap::from([(kid.to_owned(), (algorithm, key))]))
    }

    /// Reads a JWK Set (RFC 7517). Keys of a kind that nobody here understands are passed over, one by one.
    pub(crate) fn from_json(text: &[u8]) -> Result<Self, String> {
        // What serde says of an error quotes the text, which may be somebody else's and of any length.
        let set: JwkSet = serde_json::from_slice(text)
            .map_err(|error| format!("it is not a JWK Set (line {}, column {})", error.line(), error.column()))?;
        let keys: HashMap<_, _> = set.keys.into_iter().filter_map(|key| signing_key(&serde_json::from_value(key).ok()?)).collect();
        if keys.is_empty() {
            return Err("it holds no signing key with kid and a known algorithm (RS256, PS256, ES256, ES384, EdDSA)".into());
        }
        Ok(Self(keys))
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&(Algorithm, DecodingKey)> {
        self.0.get(kid)
    }

    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn signing_key(jwk: &Jwk) -> Option<(String, (Algorithm, DecodingKey))> {
    if jwk.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return None;
    }
    let algorithm = match (jwk.common.key_algorithm, &jwk.algorithm) {
        (Some(KeyAlgorithm::PS256), AlgorithmParameters::RSA(_)) => Algorithm::PS256,
        (None | Some(KeyAlgorithm::RS256), AlgorithmParameters::RSA(_)) => Algorithm::RS256,
        (None | Some(KeyAlgorithm::ES256), AlgorithmParameters::EllipticCurve(curve)) if curve.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        (None | Some(KeyAlgorithm::ES384), AlgorithmParameters::EllipticCurve(curve)) if curve.curve == EllipticCurve::P384 => {
            Algorithm::ES384
        }
        (None | Some(KeyAlgorithm::EdDSA), AlgorithmParameters::OctetKeyPair(_)) => Algorithm::EdDSA,
        _ => return None,
    };
    Some((jwk.common.key_id.clone()?, (algorithm, DecodingKey::from_jwk(jwk).ok()?)))
}

string_enum! {
    /// How well the keys of an issuer are known.
    pub enum IssuerKeys {
        /// The issuer gave them when it was last asked.
        Fresh = "fresh" da("Friske") en("Fresh"),
        /// The issuer could not be asked the last time; the keys from before are still in use.
        Kept = "kept" da("Fra før") en("From before"),
        /// The issuer has never given any; its tokens are refused until it does.
        Missing = "missing" da("Mangler") en("Missing"),
    }
}

/// The keys of an issuer as they are at the moment.
#[derive(Debug)]
pub(crate) struct Keyring {
    keys: RwLock<Arc<Keys>>,
    failing: AtomicBool,
    wanted: Notify,
}

impl Keyring {
    /// Keys that stay what they are.
    pub(crate) fn fixed(keys: Keys) -> Self {
        Self { keys: RwLock::new(Arc::new(keys)), failing: AtomicBool::new(false), wanted: Notify::new() }
    }

    /// For keys that are still to come.
    pub(crate) fn awaited() -> Self {
        Self { keys: RwLock::default(), failing: AtomicBool::new(true), wanted: Notify::new() }
    }

    /// Waits for nobody but a thread that is just exchanging one pointer for another.
    pub(crate) fn current(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn renew(&self, keys: Keys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        self.failing.store(false, Ordering::Relaxed);
    }

    /// Newer keys could not be had; those that are there stay in use.
    pub(crate) fn keep(&self) {
        self.failing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn standing(&self) -> IssuerKeys {
        match (self.failing.load(Ordering::Relaxed), self.current().count()) {
            (false, _) => IssuerKeys::Fresh,
            (true, 0) => IssuerKeys::Missing,
            (true, _) => IssuerKeys::Kept,
        }
    }

    /// Says that somebody has come with a key that is not here. However many do, it is said once.
    pub(crate) fn miss(&self) {
        self.wanted.notify_one();
    }

    pub(crate) async fn missed(&self) {
        self.wanted.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{IssuerKeys, Keyring, Keys};

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn what_is_no_key_for_signatures_is_passed_over() {
        let good = json!({"kty": "OKP", "crv": "Ed25519", "kid": "good", "x": X});
        let passed_over = [
            json!({"kty": "OKP", "crv": "Ed25519", "kid": "enc", "use": "enc", "x": X}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": X}),
            json!({"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}),
            json!({"kty": "RSA", "kid": "half", "n": "AQAB"}),
            json!({"kty": "EC", "crv": "P-256", "kid": "other", "alg": "ES384", "x": X, "y": X}),
            json!({"kty": "something new", "kid": "new"}),
            json!("no object"),
        ];
        for bad in &passed_over {
            assert!(Keys::from_json(json!({ "keys": [bad] }).to_string().as_bytes()).is_err(), "{bad}");
        }
        let all: Vec<_> = passed_over.into_iter().chain([good]).collect();
        let keys = Keys::from_json(json!({ "keys": all }).to_string().as_bytes()).expect("one of them is a key");
        assert_eq!((keys.count(), keys.get("good").is_some()), (1, true));
    }

    #[test]
    fn what_is_wrong_is_said_without_quoting_it() {
        for text in [r#"{"keys": "canary"}"#, r#"["canary"]"#, r#"{"canary": []}"#, "canary"] {
            let said = Keys::from_json(text.as_bytes()).expect_err("it is no JWK Set");
            assert!(said.contains("line 1") && !said.contains("canary"), "{said}");
        }
    }

    #[test]
    fn keys_are_missing_fresh_or_kept() {
        let some = || Keys::from_json(json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": X}]}).to_string().as_bytes());
        let ring = Keyring::awaited();
        assert_eq!(ring.standing(), IssuerKeys::Missing);
        ring.renew(some().expect("a key"));
        assert_eq!(ring.standing(), IssuerKeys::Fresh);
        ring.keep();
        assert_eq!((ring.standing(), ring.current().count()), (IssuerKeys::Kept, 1));
        assert_eq!(Keyring::fixed(some().expect("a key")).standing(), IssuerKeys::Fresh);
    }
}
