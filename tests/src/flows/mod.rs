//! Stories: one for each rule, told by people, run on both engines.

mod catalogue;
mod freshness;
mod hsds;
mod initiatives;
mod letters;
mod operating;
mod organisations;
mod reading;
mod review;
mod scene;
mod search;
mod taxonomies;
