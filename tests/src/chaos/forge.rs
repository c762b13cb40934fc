//! Two issuers with keys of their own, and whoever wants to pass for them. Tokens are put together by hand here: a library
//! would refuse to make most of what an attacker sends.

use std::{fs, path::PathBuf, sync::LazyLock};

use api::auth::Issuers;
use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use crate::world::beginning;

/// Signs citizens with RSA, and hides their roles deep inside.
pub const CITIZENS: &str = "https://login.example/realms/borger";
/// Signs businesses, with Ed25519 and ECDSA.
pub const BUSINESSES: &str = "https://erhverv.example";
pub const AUDIENCE: &str = "frivillig";

/// All the keys there are in these stories, the attacker's own among them.
pub struct Keys {
    pub rsa: rsa::KeyPair,
    pub attacker: rsa::KeyPair,
    pub ed: Ed25519KeyPair,
    pub ec: EcdsaKeyPair,
}

pub static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let ed = Ed25519KeyPair::generate_pkcs8(&random).expect("the machine has randomness");
    Keys {
        rsa: rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("the machine has randomness"),
        attacker: rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("the machine has randomness"),
        ed: Ed25519KeyPair::from_pkcs8(ed.as_ref()).expect("it has just been made"),
        ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("the machine has randomness"),
    }
});

pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The two numbers of an RSA public key, out of its DER form: a sequence of two integers.
fn numbers(key: &rsa::KeyPair) -> [Vec<u8>; 2] {
    fn element(der: &[u8]) -> (&[u8], &[u8]) {
        let length = usize::from(der[1]);
        let (length, begin) = match length {
            0..0x80 => (length, 2),
            long => (der[2..2 + (long & 0x7f)].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), 2 + (long & 0x7f)),
        };
        (&der[begin..begin + length], &der[begin + length..])
    }
    let (sequence, _) = element(key.public_key().as_ref());
    let (modulus, rest) = element(sequence);
    let (exponent, _) = element(rest);
    [modulus, exponent].map(|number| number.iter().skip_while(|byte| **byte == 0).copied().collect())
}

/// The public half of an RSA key in the forms that somebody might try as a secret.
pub fn public_forms(key: &rsa::KeyPair) -> Vec<(&'static str, Vec<u8>)> {
    let spki: PublicKeyX509Der<'static> = key.public_key().as_der().expect("it can be written");
    let lines: Vec<String> =
        STANDARD.encode(spki.as_ref()).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    let [modulus, _] = numbers(key);
    vec![
        ("PEM", pem.clone().into_bytes()),
        ("PEM without its last line end", pem.trim_end().as_bytes().to_vec()),
        ("SPKI DER", spki.as_ref().to_vec()),
        ("PKCS#1 DER", key.public_key().as_ref().to_vec()),
        ("the modulus", modulus.clone()),
        ("the modulus in base64", base64(modulus).into_bytes()),
    ]
}

pub fn jwk(kid: &str, key: &rsa::KeyPair) -> Value {
    let [modulus, exponent] = numbers(key);
    json!({"kty": "RSA", "use": "sig", "kid": kid, "n": base64(modulus), "e": base64(exponent)})
}

pub fn ed_jwk() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "ed-1", "x": base64(KEYS.ed.public_key().as_ref())})
}

/// The issuers as an operator configures them, from files.
pub fn issuers() -> Issuers {
    static FILES: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = std::env::temp_dir().join(format!("issuers_{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let ec = KEYS.ec.public_key().as_ref();
        let mut pss = jwk("pss-1", &KEYS.rsa);
        pss["alg"] = json!("PS256");
        let write = |name: &str, content: &Value| fs::write(folder.join(name), content.to_string()).expect("it can be written");
        write("citizens.json", &json!({"keys": [jwk("rsa-1", &KEYS.rsa), pss]}));
        write(
            "businesses.json",
            &json!({"keys": [
                ed_jwk(),
                {"kty": "EC", "crv": "P-256", "kid": "ec-1", "x": base64(&ec[1..33]), "y": base64(&ec[33..])},
            ]}),
        );
        write(
            "issuers.json",
            &json!([
                {"issuer": CITIZENS, "audience": AUDIENCE, "jwks_file": "citizens.json", "roles_claim": "/realm_access/roles",
                    "roles": {"kommune-redaktor": "editor", "revisor": "auditor"}},
                {"issuer": BUSINESSES, "audience": AUDIENCE, "jwks_file": "businesses.json", "cvr_claim": "/cvr"},
            ]),
        );
        folder.join("issuers.json")
    });
    Issuers::from_file(&FILES).expect("the files are good")
}

/// The seconds at which every world begins.
pub fn now() -> i64 {
    beginning().timestamp()
}

/// What a good token of the citizens' issuer says.
pub fn header() -> Value {
    json!({"alg": "RS256", "typ": "at+jwt", "kid": "rsa-1"})
}

pub fn claims() -> Value {
    json!({"iss": CITIZENS, "aud": AUDIENCE, "sub": "anna", "iat": now(), "exp": now() + 600})
}

/// A document with some members changed, and those that are null left out.
pub fn with(mut document: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().expect("changes are an object") {
        document[name] = value.clone();
    }
    document.as_object_mut().expect("it is an object").retain(|_, value| !value.is_null());
    document
}

pub fn rs256(key: &rsa::KeyPair, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("the key signs");
    signature
}

pub fn ps256(key: &rsa::KeyPair, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature).expect("the key signs");
    signature
}

pub fn hs256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
}

pub fn es256(message: &[u8]) -> Vec<u8> {
    KEYS.ec.sign(&SystemRandom::new(), message).expect("the key signs").as_ref().to_vec()
}

pub fn eddsa(message: &[u8]) -> Vec<u8> {
    KEYS.ed.sign(message).as_ref().to_vec()
}

/// Any header and any payload, signed in any way.
pub fn token(header: impl ToString, payload: impl ToString, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", base64(header.to_string()), base64(payload.to_string()));
    let signature = base64(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Signed by the right key.
pub fn genuine(header: impl ToString, payload: impl ToString) -> String {
    token(header, payload, |message| rs256(&KEYS.rsa, message))
}
