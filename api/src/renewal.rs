//! The keys of issuers that say themselves where their keys are (OpenID Connect Discovery 1.0, RFC 8414): found, and kept fresh.
//!
//! Each issuer has a task of its own, and no request ever waits for it: a request is judged by the keys that are there. One with a key that
//! is not there is refused and sets the task going, but never more often than [`Pace::apart`] allows; who makes up keys of their own can
//! therefore not make this service call its issuer faster than that.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use persistence::Clock;
use serde::Deserialize;
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};
use url::Url;

use crate::{
    auth::Issuers,
    keys::{IssuerKeys, Keyring, Keys},
    outbound::{Failure, Outbound},
};

/// How often an issuer is asked for its keys.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// When nothing happens. A key that the issuer has withdrawn is believed for so long.
    pub every: Duration,
    /// The least time between two calls, whatever happens; also how soon one that failed is repeated.
    pub apart: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: Duration::from_secs(300), apart: Duration::from_secs(10) }
    }
}

/// How long the start waits for the first keys: whoever comes in with a good token at once should not be refused, and a start must not
/// hang on somebody else's.
const FIRST: Duration = Duration::from_secs(2);

/// An address of keys that is longer than this is none.
const LONGEST_ADDRESS: usize = 2048;

/// Finds the keys of all issuers that say where they are, and goes on doing so. Returns when each of them has been asked, or soon.
pub async fn keep_fresh(issuers: &Issuers, outbound: &Outbound, clock: &Clock, pace: Pace) {
    let asked = issuers.discovered().map(|(name, address, keyring)| {
        let (tell, told) = oneshot::channel();
        let (name, address, keyring) = (name.to_owned(), address.clone(), Arc::clone(keyring));
        let renewal = Renewal { name, address, keyring, outbound: outbound.clone(), clock: clock.clone(), pace, trouble: None };
        actix_web::rt::spawn(renewal.go_on(tell));
        told
    });
    let _ = timeout(FIRST, join_all(asked.collect::<Vec<_>>())).await;
}

/// What an issuer says about itself, as far as anybody here needs it.
#[derive(Deserialize)]
struct Description {
    issuer: String,
    jwks_uri: String,
}

struct Renewal {
    name: String,
    address: Url,
    keyring: Arc<Keyring>,
    outbound: Outbound,
    clock: Clock,
    pace: Pace,
    /// Why it failed the last time. The same trouble is told once, and not as often as it is met.
    trouble: Option<String>,
}

impl Renewal {
    async fn go_on(mut self, asked: oneshot::Sender<()>) {
        self.show();
        self.renew().await;
        // Whoever waited for it may have gone.
        let _ = asked.send(());
        loop {
            sleep(self.pace.apart).await;
            if self.trouble.is_none() {
                let _ = timeout(self.pace.every.saturating_sub(self.pace.apart), self.keyring.missed()).await;
            }
            self.renew().await;
        }
    }

    async fn renew(&mut self) {
        let fetched = self.fetch().await;
        let outcome = if fetched.is_ok() { "ok" } else { "failed" };
        metrics::counter!("frivillig_issuer_refreshes_total", "issuer" => self.name.clone(), "outcome" => outcome).increment(1);
        match fetched {
            Ok(keys) => {
                if self.keyring.standing() != IssuerKeys::Fresh {
                    tracing::info!(issuer = self.name, keys = keys.count(), "the keys of an issuer are known");
                }
                self.trouble = None;
                self.keyring.renew(keys);
                #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
                let now = self.clock.now().timestamp() as f64;
                metrics::gauge!("frivillig_issuer_refreshed_timestamp_seconds", "issuer" => self.name.clone()).set(now);
            }
            Err(reason) => {
                self.keyring.keep();
                if self.trouble.as_ref() != Some(&reason) {
                    let standing = self.keyring.standing();
                    tracing::warn!(issuer = self.name, reason, keys = ?standing, "the keys of an issuer could not be fetched");
                    self.trouble = Some(reason);
                }
            }
        }
        self.show();
    }

    fn show(&self) {
        metrics::gauge!("frivillig_issuer_keys", "issuer" => self.name.clone()).set(self.keyring.current().count());
    }

    async fn fetch(&self) -> Result<Keys, String> {
        let Description { issuer, jwks_uri } = self.describe().await?;
        // What one issuer says of another is nothing to go by (OpenID Connect Discovery § 4.3, RFC 8414 § 3.3).
        if issuer != self.name {
            return Err("it calls itself by another name than the one that AUTH_ISSUERS gives".into());
        }
        let address = Some(jwks_uri).filter(|address| address.len() <= LONGEST_ADDRESS).and_then(|address| Url::parse(&address).ok());
        let address = address.ok_or("its jwks_uri is not an address")?;
        let set = self.outbound.get(&address).await.map_err(|failure| format!("{address}: {failure}"))?;
        Keys::from_json(&set).map_err(|error| format!("{address}: {error}"))
    }

    async fn describe(&self) -> Result<Description, String> {
        let (first, second) = locations(&self.address);
        let mut address = first;
        let mut answer = self.outbound.get(&address).await;
        if matches!(answer, Err(Failure::Status(_))) {
            address = second;
            answer = self.outbound.get(&address).await;
        }
        let text = answer.map_err(|failure| format!("{address}: {failure}"))?;
        serde_json::from_slice(&text).map_err(|_| format!("{address}: it is not a document with issuer and jwks_uri"))
    }
}

/// Where an issuer describes itself: after its address as OpenID Connect has it, or between host and path as RFC 8414 has it.
fn locations(issuer: &Url) -> (Url, Url) {
    let path = issuer.path().strip_suffix('/').unwrap_or(issuer.path());
    let at = |path: String| {
        let mut address = issuer.clone();
        address.set_path(&path);
        address
    };
    (at(format!("{path}/.well-known/openid-configuration")), at(format!("/.well-known/oauth-authorization-server{path}")))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::locations;

    #[test]
    fn an_issuer_describes_itself_at_two_places() {
        for (issuer, openid, oauth) in [
            (
                "https://idp.example",
                "https://idp.example/.well-known/openid-configuration",
                "https://idp.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://idp.example/",
                "https://idp.example/.well-known/openid-configuration",
                "https://idp.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://idp.example:8443/realms/kommune/",
                "https://idp.example:8443/realms/kommune/.well-known/openid-configuration",
                "https://idp.example:8443/.well-known/oauth-authorization-server/realms/kommune",
            ),
        ] {
            let (first, second) = locations(&Url::parse(issuer).expect("it is an address"));
            assert_eq!((first.as_str(), second.as_str()), (openid, oauth));
        }
    }
}
