//! Calls that this service makes go where they may, and end (S10).

use std::time::Duration;

use api::outbound::{Bounds, Failure, Outbound};
use url::Url;

use super::elsewhere::{Elsewhere, Page};
use crate::world::run;

const BYTES: usize = 10_000;

fn caller(networks: &[&str], without_tls: bool, time: Duration) -> Outbound {
    let networks = networks.iter().map(|text| text.parse().expect("it is a network")).collect();
    Outbound::new(networks, without_tls, Bounds { time, bytes: BYTES }).expect("this machine trusts somebody")
}

/// Calls this machine, and has patience.
fn neighbour() -> Outbound {
    caller(&["127.0.0.0/8"], true, Duration::from_secs(60))
}

async fn get(outbound: &Outbound, address: &str) -> Result<usize, Failure> {
    outbound.get(&Url::parse(address).expect("it is an address")).await.map(|body| body.len())
}

#[test]
fn a_redirect_is_not_followed() {
    run(|| async {
        let server = Elsewhere::new();
        server.put("/good", Page::Text("good".into()));
        assert_eq!(get(&neighbour(), &server.url("/good")).await, Ok(4));
        for status in [301, 302, 303, 307, 308] {
            server.put("/moved", Page::Redirect(status, server.url("/good")));
            assert_eq!(get(&neighbour(), &server.url("/moved")).await, Err(Failure::Status(status)));
        }
        assert_eq!(server.asked("/good"), 1);
    });
}

#[test]
fn who_is_slow_is_left() {
    run(|| async {
        let server = Elsewhere::new();
        server.put("/slow-head", Page::Trickle { head: true });
        server.put("/slow-body", Page::Trickle { head: false });
        server.put("/silent", Page::Silence);
        // A byte comes every moment: what is bounded is the whole and not the pause.
        let impatient = caller(&["127.0.0.0/8"], true, Duration::from_millis(400));
        for path in ["/slow-head", "/slow-body", "/silent"] {
            assert_eq!(get(&impatient, &server.url(path)).await, Err(Failure::TooSlow), "{path}");
        }
    });
}

#[test]
fn who_sends_too_much_is_cut_off() {
    run(|| async {
        let server = Elsewhere::new();
        const HUGE: usize = 1 << 30;
        for (path, page, got) in [
            ("/all", Page::Flood(BYTES), Ok(BYTES)),
            ("/more", Page::Flood(BYTES + 1), Err(Failure::TooLong(BYTES))),
            ("/huge", Page::Flood(HUGE), Err(Failure::TooLong(BYTES))),
            ("/endless", Page::EndlessFlood, Err(Failure::TooLong(BYTES))),
        ] {
            server.put(path, page);
            assert_eq!(get(&neighbour(), &server.url(path)).await, got, "{path}");
        }
        // The kernels on both sides hold some of it; nobody took the rest.
        assert!(server.sent() < HUGE / 4, "{}", server.sent());
    });
}

#[test]
fn what_is_not_public_is_not_called_by_any_of_its_names() {
    run(|| async {
        let server = Elsewhere::new();
        let port = server.address.port();
        let outbound = caller(&["10.0.0.0/8"], true, Duration::from_secs(60));
        for host in
            ["localhost", "LocalHost", "127.0.0.1", "127.1", "0x7f.0.0.1", "2130706433", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]"]
        {
            for scheme in ["http", "https"] {
                assert_eq!(get(&outbound, &format!("{scheme}://{host}:{port}/")).await, Err(Failure::Forbidden), "{scheme} {host}");
            }
        }
        assert_eq!(server.visits(), 0);
    });
}

#[test]
fn nothing_goes_out_unprotected_unless_the_operator_says_so() {
    run(|| async {
        let server = Elsewhere::new();
        server.put("/", Page::Text("here".into()));
        let careful = caller(&["127.0.0.0/8"], false, Duration::from_secs(60));
        for address in [server.url("/"), "ftp://127.0.0.1/".into(), "file:///etc/passwd".into(), "gopher://127.0.0.1:70/".into()] {
            assert_eq!(get(&careful, &address).await, Err(Failure::NotProtected), "{address}");
        }
        // Plain http is for the operator's networks, and not for what is public.
        assert_eq!(get(&neighbour(), "http://1.1.1.1/").await, Err(Failure::Forbidden));
        assert_eq!(get(&neighbour(), &format!("http://anna:secret@{}/", server.address)).await, Err(Failure::HoldsPassword));
        assert_eq!(server.visits(), 0);
        // Whoever does not speak TLS is not asked again without.
        assert!(matches!(get(&careful, &format!("https://{}/", server.address)).await, Err(Failure::Unreachable(_))));
        assert_eq!((server.visits(), server.asked("/")), (1, 0));
        assert_eq!(get(&neighbour(), &format!("http://localhost:{}/", server.address.port())).await, Ok(4));
    });
}
