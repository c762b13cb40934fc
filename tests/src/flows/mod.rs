//! Stories: one for each rule, told by people, run on both engines.

mod catalogue;
mod freshness;
mod initiatives;
mod letters;
mod messages;
mod operating;
mod organisations;
mod reading;
mod review;
mod scene;
mod search;
mod standing;
