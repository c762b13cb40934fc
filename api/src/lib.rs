//! HTTP over the persistence: parses, asks, answers. The only crate that names actix.

mod actions;
pub mod app;
pub mod auth;
pub mod cache;
mod call;
mod config;
mod confirmations;
mod demo;
mod discovery;
mod events;
mod front;
mod health;
mod initiatives;
mod json;
mod limit;
mod log;
pub mod mail;
mod me;
mod moderation;
pub mod openapi;
mod organisations;
mod page;
mod parameters;
mod problem;
mod reason;
mod reply;
mod reports;
mod routes;
mod serve;
mod taxonomies;
mod vocabularies;

pub use limit::Limits;
pub use problem::codes as problem_codes;
pub use routes::application;
pub use serve::run;
