//! How much anybody may ask for: per caller once verified, per address otherwise.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use access::{Identity, Role};
use governor::{Quota, RateLimiter, clock, middleware::StateInformationMiddleware, state::keyed::DashMapStateStore};
use ipnet::IpNet;
use persistence::Clock;

/// The service's own clock, as the limiter reads it.
#[derive(Clone, Debug)]
struct Ticks(Clock);

impl clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.now().timestamp_micros()).unwrap_or_default())
    }
}

/// Requests an hour that reach other people.
const SCARCE: u32 = 20;

type Limiter = RateLimiter<String, DashMapStateStore<String>, Ticks, StateInformationMiddleware>;

/// Who is asking, as far as limits go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Nobody in particular, from one address.
    Anonymous,
    SignedIn,
    /// A system, such as the municipality's intranet.
    Integration,
}

impl Tier {
    const fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::SignedIn => "signed-in",
            Self::Integration => "integration",
        }
    }

    /// Requests a minute.
    const fn quota(self) -> u32 {
        match self {
            Self::Anonymous => 600,
            Self::SignedIn => 1200,
            Self::Integration => 6000,
        }
    }
}

/// What is left, for the headers.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    tier: Tier,
    remaining: u32,
}

impl Allowance {
    /// `RateLimit-Policy` and `RateLimit`.
    #[must_use]
    pub fn headers(self) -> (String, String) {
        let (name, quota) = (self.tier.name(), self.tier.quota());
        (format!("\"{name}\";q={quota};w=60"), format!("\"{name}\";r={}", self.remaining))
    }
}

/// The counters of one running service.
#[derive(Clone)]
pub struct Limits {
    tiers: Arc<[(Tier, Limiter); 3]>,
    /// For requests that reach other people: reports, messages.
    scarce: Arc<Limiter>,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Limits")
    }
}

impl Limits {
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let limiter = |quota| -> Limiter { RateLimiter::new(quota, DashMapStateStore::default(), Ticks(clock.clone())) };
        let of_tier = |tier: Tier| (tier, limiter(Quota::per_minute(NonZeroU32::new(tier.quota()).unwrap_or(NonZeroU32::MIN))));
        let scarce = limiter(Quota::per_hour(NonZeroU32::new(SCARCE).unwrap_or(NonZeroU32::MIN)));
        Self { tiers: Arc::new([Tier::Anonymous, Tier::SignedIn, Tier::Integration].map(of_tier)), scarce: Arc::new(scarce) }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// The seconds to wait, when there have been too many.
    pub fn count(&self, identity: Option<&Identity>, address: IpAddr) -> Result<Allowance, (Allowance, u64)> {
        let (wanted, key) = match identity {
            None => (Tier::Anonymous, network(address)),
            Some(identity) if identity.roles.contains(&Role::Integration) => (Tier::Integration, caller(identity)),
            Some(identity) => (Tier::SignedIn, caller(identity)),
        };
        let none_left = Allowance { tier: wanted, remaining: 0 };
        let Some((_, limiter)) = self.tiers.iter().find(|(tier, _)| *tier == wanted) else { return Ok(none_left) };
        match limiter.check_key(&key) {
            Ok(snapshot) => Ok(Allowance { tier: wanted, remaining: snapshot.remaining_burst_capacity() }),
            Err(refused) => {
                let now = clock::Clock::now(limiter.clock());
                Err((none_left, refused.wait_time_from(now).as_secs() + 1))
            }
        }
    }

    /// Counts one request that reaches other people.
    ///
    /// # Errors
    /// The seconds to wait, when there have been too many.
    pub fn count_scarce(&self, identity: Option<&Identity>, address: IpAddr) -> Result<(), u64> {
        let key = identity.map_or_else(|| network(address), caller);
        self.scarce.check_key(&key).map(|_| ()).map_err(|refused| {
            let now = clock::Clock::now(self.scarce.clock());
            refused.wait_time_from(now).as_secs() + 1
        })
    }

    /// Forgets callers who have been quiet: the counters must not grow with every address ever seen.
    pub fn forget_the_quiet(&self) {
        for limiter in self.tiers.iter().map(|(_, limiter)| limiter).chain([&*self.scarce]) {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

fn caller(identity: &Identity) -> String {
    format!("{} {}", identity.issuer, identity.subject)
}

/// A household has one IPv4 address and a whole /64 of IPv6 addresses.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => IpNet::new(v6.into(), 64).map_or_else(|_| v6.to_string(), |net| net.trunc().to_string()),
    }
}

/// The address a request comes from: the peer's, or what trusted proxies say of it, read from the right up to
/// the first hop that is not trusted. What a client writes into the header itself stands further left.
#[must_use]
pub fn client_address(peer: IpAddr, forwarded_for: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address.to_canonical()));
    let mut address = peer;
    for hop in forwarded_for.iter().flat_map(|header| header.split(',')).rev() {
        if !is_trusted(address) {
            break;
        }
        match hop.trim().parse() {
            Ok(next) => address = next,
            Err(_) => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::{Limits, client_address};
    use chrono::{DateTime, TimeDelta};
    use persistence::Clock;
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn a_forged_header_dodges_nothing() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let trusted = ["10.0.0.0/8".parse(), "::1/128".parse()].into_iter().flatten().collect::<Vec<_>>();
        for (peer, headers, seen) in [
            ("192.0.2.7", vec!["1.2.3.4"], "192.0.2.7"),
            ("10.0.0.1", vec!["1.2.3.4"], "1.2.3.4"),
            ("10.0.0.1", vec!["9.9.9.9, 1.2.3.4"], "1.2.3.4"),
            ("10.0.0.1", vec!["9.9.9.9", "1.2.3.4, 10.0.0.2"], "1.2.3.4"),
            ("10.0.0.1", vec!["nonsense"], "10.0.0.1"),
            ("10.0.0.1", vec![], "10.0.0.1"),
        ] {
            assert_eq!(client_address(ip(peer), &headers, &trusted), ip(seen), "{peer} {headers:?}");
        }
    }

    #[test]
    fn the_counters_follow_the_injected_clock() {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap_or_default();
        let clock = Clock::manual(start);
        let limits = Limits::new(&clock);
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert!((0..600).all(|_| limits.count(None, address).is_ok()));
        assert!(limits.count(None, address).is_err_and(|(_, seconds)| seconds >= 1));
        assert!(limits.count(None, IpAddr::V4(Ipv4Addr::BROADCAST)).is_ok());
        clock.set(start + TimeDelta::seconds(61));
        assert!(limits.count(None, address).is_ok());
    }
}
