//! Stories: one for each rule, told by people, run on both engines.

mod initiatives;
mod operating;
mod organisations;
mod reading;
mod search;
