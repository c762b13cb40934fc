//! Loads, lets the domain decide, stores. The only crate that names diesel.
//!
//! Everything that changes goes through [`Db::write`] or [`Db::command`]; what is not public takes an
//! [`access::Acting`]. There are no repositories here and no traits: free functions over one connection
//! type compose in one transaction.

mod assessments;
mod bulk;
pub mod catalogue;
mod clock;
pub mod confirmations;
mod db;
mod error;
pub mod files;
pub mod idempotency;
pub mod initiatives;
pub mod jobs;
pub mod journal;
pub mod letters;
pub mod messages;
mod migrate;
pub mod organisations;
mod outbox;
pub mod page;
pub mod persons;
pub mod policy;
mod precondition;
pub mod referrals;
pub mod reports;
pub mod sample;
mod schema;
mod search;
pub mod settings;
pub mod tags;
pub mod tasks;
pub mod taxonomies;

pub use clock::Clock;
pub use db::{AnyConnection, Command, Committed, Db, Engine, Options, Outcome, Target, Tx};
pub use error::{DoorRule, Error, problem_types};
pub use migrate::{MigrateError, revert_all};
pub use precondition::Precondition;
pub use tags::{Dependence, Tag};
