//! The whole suite: one binary, both engines, real HTTP semantics over the real application.
//!
//! `flows` tell stories, `matrix` iterates the contract, `chaos` pulls plugs. A story is written once and runs on
//! SQLite and on PostgreSQL.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should stop there"
)]

mod chaos;
mod client;
mod cluster;
mod contract;
mod flows;
mod house;
mod letters;
mod matrix;
mod pictures;
mod world;
