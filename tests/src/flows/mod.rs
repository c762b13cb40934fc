//! Stories: one for each rule, told by people, run on both engines.

mod catalogue;
mod files;
mod freshness;
mod hsds;
mod initiatives;
mod letters;
mod messages;
mod operating;
mod organisations;
mod reading;
mod referrals;
mod review;
pub mod scene;
mod search;
mod standing;
mod tasks;
mod taxonomies;
