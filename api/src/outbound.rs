//! Calls to other services, and the one place from which they are made.
//!
//! Whoever names an address to call could name one that this service alone reaches: its own machine, the network behind it, a cloud's
//! metadata. So an address is judged at the moment of the connection and on what is connected to: a name goes through a resolver that
//! gives out permitted addresses alone, and the same lookup is the one that is dialled, so that a name cannot mean one thing when it is
//! checked and another when it is called. Redirects would begin the question anew, and proxies would answer it elsewhere; neither is used.

use std::{
    error::Error,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs},
    sync::Arc,
    thread,
    time::Duration,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::{
    Client, ClientBuilder, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::ACCEPT,
    redirect,
};
use tokio::sync::oneshot;
use url::{Host, Url};

/// How long and how large an answer may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// From the lookup of the name to the last byte.
    pub time: Duration,
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { time: Duration::from_secs(10), bytes: 256 * 1024 }
    }
}

/// Why a call came to nothing; for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("it is not an https address (plain http is for OUTBOUND_NETWORKS with OUTBOUND_WITHOUT_TLS=true)")]
    NotProtected,
    #[error("it holds a user name or a password")]
    HoldsPassword,
    #[error("it leads to an address that is not public and not in OUTBOUND_NETWORKS")]
    Forbidden,
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("it did not answer in time")]
    TooSlow,
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}

impl Failure {
    fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TooSlow;
        }
        let mut causes = Vec::new();
        let mut next = error.source();
        while let Some(cause) = next {
            causes.push(cause);
            next = cause.source();
        }
        if causes.iter().any(|cause| cause.is::<NowhereToGo>()) {
            return Self::Forbidden;
        }
        Self::Unreachable(causes.iter().map(ToString::to_string).collect::<Vec<_>>().join(": "))
    }
}

/// Where calls may go.
#[derive(Clone, Debug)]
struct Reach {
    /// What the operator allows although it is not public.
    networks: Arc<[IpNet]>,
    /// Whether everything public is allowed, too.
    public: bool,
}

impl Reach {
    fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address)) || (self.public && is_public(address))
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(a: u16, b: u16, c: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), length)
}

/// What IANA's registry of special-purpose addresses does not call globally reachable, and what is no single host.
const SPECIAL_V4: [Ipv4Net; 16] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
    v4(255, 255, 255, 255, 32),
];

/// All that is handed out of IPv6 so far. What lies outside – loopback, unique-local, link-local, multicast, IPv4-compatible, the NAT64
/// prefixes of a network's own – needs no name here.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 0, 3);

/// What inside of it is no place to call: protocol assignments (Teredo among them, which carries an IPv4 address), documentation, and
/// 6to4, which carries one, too.
const SPECIAL_V6: [Ipv6Net; 4] = [v6(0x2001, 0, 0, 23), v6(0x2001, 0xdb8, 0, 32), v6(0x2002, 0, 0, 16), v6(0x3fff, 0, 0, 20)];

/// Behind it the network translates to the IPv4 address in the last four bytes (RFC 6052).
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 0, 96);

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            is_public(Ipv4Addr::new(a, b, c, d).into())
        }
        IpAddr::V6(address) => GLOBAL_V6.contains(&address) && !SPECIAL_V6.iter().any(|network| network.contains(&address)),
    }
}

/// None of the addresses behind a name may be called.
#[derive(Debug, thiserror::Error)]
#[error("no address of this name may be called")]
struct NowhereToGo;

/// Gives out those addresses of a name that may be called.
struct Guard<R> {
    reach: Reach,
    names: R,
}

impl<R: Resolve> Resolve for Guard<R> {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, found) = (self.reach.clone(), self.names.resolve(name));
        Box::pin(async move {
            let mut permitted = found.await?.filter(move |address| reach.permits(address.ip())).peekable();
            permitted.peek().ok_or(NowhereToGo)?;
            Ok(Box::new(permitted) as Addrs)
        })
    }
}

/// What names mean to this machine.
#[derive(Clone, Copy)]
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        let (tell, told) = oneshot::channel();
        // On a thread that nobody waits for: the runtime does not end before its own threads do, and the system's resolver takes its time
        // when nobody answers it.
        let started = thread::Builder::new().name("lookup".into()).spawn(move || {
            let found = (name.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            // Whoever asked may have gone.
            let _ = tell.send(found);
        });
        Box::pin(async move {
            started?;
            Ok(Box::new(told.await??.into_iter()) as Addrs)
        })
    }
}

/// A way out.
#[derive(Clone, Debug)]
struct Line {
    client: Client,
    reach: Reach,
}

impl Line {
    fn new(reach: Reach, names: impl Resolve + 'static, bounds: Bounds, with: fn(ClientBuilder) -> ClientBuilder) -> Result<Self, String> {
        let builder = Client::builder()
            .user_agent(concat!("frivillig/", env!("CARGO_PKG_VERSION")))
            .timeout(bounds.time)
            .redirect(redirect::Policy::none())
            .no_proxy()
            // Calls are rare, and a connection that waits for the next one is one whose address was judged long ago.
            .pool_max_idle_per_host(0)
            .dns_resolver(Guard { reach: reach.clone(), names });
        let client = with(builder).build().map_err(|error| match Failure::of(&error) {
            Failure::Unreachable(cause) if !cause.is_empty() => cause,
            _ => error.to_string(),
        })?;
        Ok(Self { client, reach })
    }
}

/// The caller.
#[derive(Clone, Debug)]
pub struct Outbound {
    protected: Line,
    plain: Option<Line>,
    bounds: Bounds,
}

impl Outbound {
    /// Calls what is public and what is in `networks`, through TLS. `without_tls` lets what is in `networks`, and nothing else, be called
    /// without.
    ///
    /// # Errors
    /// When this machine has no certificates by which to know anybody.
    pub fn new(networks: Vec<IpNet>, without_tls: bool, bounds: Bounds) -> Result<Self, String> {
        Self::resolving(networks, without_tls, bounds, System)
    }

    fn resolving(networks: Vec<IpNet>, without_tls: bool, bounds: Bounds, names: impl Resolve + Clone + 'static) -> Result<Self, String> {
        let networks: Arc<[IpNet]> = networks.into();
        let reach = |public| Reach { networks: Arc::clone(&networks), public };
        let protected = Line::new(reach(true), names.clone(), bounds, |builder| builder.https_only(true))?;
        // Knows no certificates, so that it could not speak TLS by mistake.
        let plain = without_tls.then(|| Line::new(reach(false), names, bounds, |builder| builder.tls_certs_only([]))).transpose()?;
        Ok(Self { protected, plain, bounds })
    }

    /// Whether an address may be called, as far as it can be told without asking what its name means.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, address: &Url) -> Result<(), Failure> {
        self.line(address).map(drop)
    }

    /// What is at an address.
    ///
    /// # Errors
    /// Why nothing was got.
    pub async fn get(&self, address: &Url) -> Result<Vec<u8>, Failure> {
        let request = self.line(address)?.client.get(address.clone()).header(ACCEPT, "application/json, application/jwk-set+json");
        let mut answer = request.send().await.map_err(|error| Failure::of(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(Failure::Status(answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| Failure::of(&error))? {
            if body.len() + chunk.len() > self.bounds.bytes {
                return Err(Failure::TooLong(self.bounds.bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// An address that is written in numbers goes past every resolver, and is judged here.
    fn line(&self, address: &Url) -> Result<&Line, Failure> {
        let line = match address.scheme() {
            "https" => &self.protected,
            "http" => self.plain.as_ref().ok_or(Failure::NotProtected)?,
            _ => return Err(Failure::NotProtected),
        };
        if !address.username().is_empty() || address.password().is_some() {
            return Err(Failure::HoldsPassword);
        }
        let permitted = match address.host() {
            Some(Host::Ipv4(address)) => line.reach.permits(address.into()),
            Some(Host::Ipv6(address)) => line.reach.permits(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        if permitted { Ok(line) } else { Err(Failure::Forbidden) }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{SocketAddr, TcpListener},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap_or_else(|_| panic!("{text} is an address"))
    }

    #[test]
    fn what_is_public_may_be_called_and_nothing_else() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:db9::1",
            "2a00:1450:400f:80d::200e",
            "2606:4700::1111",
            "3ffe::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
        ] {
            assert!(is_public(address(public)), "{public}");
        }
        for closed in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.171",
            "192.0.2.7",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.9",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            // IPv4-mapped, -compatible and -translated.
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:0:10.0.0.1",
            // NAT64 to what is closed, and by a network's own prefix to anywhere.
            "64:ff9b::10.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1.1.1.1",
            "64:ff9b:1:a:b:c:0a00:1",
            // 6to4 and Teredo, whatever they carry.
            "2002:7f00:1::1",
            "2002:a00:1::1",
            "2002:101:101::1",
            "2001:0:7f00:1::1",
            "2001::1",
            "2001:1ff:ffff::1",
            "2001:db8::1",
            "3fff:fff::1",
            "100::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456:789a::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
            "4000::1",
        ] {
            assert!(!is_public(address(closed)), "{closed}");
        }
    }

    #[test]
    fn the_operators_networks_are_allowed_and_no_others() {
        let networks: Vec<IpNet> =
            ["10.20.0.0/16", "fd00:1::/32"].iter().map(|text| text.parse().unwrap_or_else(|_| panic!("{text}"))).collect();
        let reach = |public| Reach { networks: networks.clone().into(), public };
        for (text, protected, plain) in [
            ("10.20.255.1", true, true),
            ("::ffff:10.20.0.1", true, true),
            ("fd00:1:2::3", true, true),
            ("10.21.0.1", false, false),
            ("fd00:2::1", false, false),
            ("64:ff9b::10.20.0.1", false, false),
            ("1.1.1.1", true, false),
            ("2606:4700::1111", true, false),
        ] {
            assert_eq!((reach(true).permits(address(text)), reach(false).permits(address(text))), (protected, plain), "{text}");
        }
    }

    /// Answers each lookup with the next of its lists, and stays with the last.
    #[derive(Clone)]
    struct Told(Arc<(AtomicUsize, Vec<Vec<&'static str>>)>);

    impl Told {
        fn new(answers: Vec<Vec<&'static str>>) -> Self {
            Self(Arc::new((AtomicUsize::new(0), answers)))
        }
    }

    impl Resolve for Told {
        fn resolve(&self, _: Name) -> Resolving {
            let (asked, answers) = &*self.0;
            let number = asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            let found: Vec<SocketAddr> = answers[number].iter().map(|text| SocketAddr::new(address(text), 0)).collect();
            Box::pin(async move { Ok(Box::new(found.into_iter()) as Addrs) })
        }
    }

    /// A server on the loopback address that counts who comes.
    fn server() -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere");
            }
        });
        (port, visits)
    }

    fn caller(networks: &[&str], names: Told) -> Outbound {
        let networks = networks.iter().map(|text| text.parse().unwrap_or_else(|_| panic!("{text}"))).collect();
        Outbound::resolving(networks, true, Bounds::default(), names).expect("this machine trusts somebody")
    }

    fn named(port: u16) -> Url {
        Url::parse(&format!("http://issuer.example:{port}/keys")).expect("it is an address")
    }

    #[actix_web::test]
    async fn a_name_that_changes_its_meaning_leads_nowhere_else() {
        let (port, visits) = server();
        let outbound = caller(&["127.0.0.1/32"], Told::new(vec![vec!["127.0.0.1"], vec!["127.0.0.2"], vec!["::1", "10.0.0.1"]]));
        assert_eq!(outbound.get(&named(port)).await, Ok(b"here".to_vec()));
        assert_eq!(outbound.get(&named(port)).await, Err(Failure::Forbidden));
        assert_eq!(outbound.get(&named(port)).await, Err(Failure::Forbidden));
        assert_eq!(visits.load(Ordering::SeqCst), 1);
    }

    #[actix_web::test]
    async fn of_several_addresses_none_is_tried_that_is_closed() {
        let (port, visits) = server();
        // Nobody listens at the address that may be called; whoever went on to the next one would find the server.
        let outbound = caller(&["127.0.0.2/32"], Told::new(vec![vec!["127.0.0.2", "127.0.0.1"]]));
        assert!(matches!(outbound.get(&named(port)).await, Err(Failure::Unreachable(_))));
        assert_eq!(visits.load(Ordering::SeqCst), 0);
    }
}
