//! HTTP over the persistence: parses, asks, answers. The only crate that names actix.

pub mod app;
pub mod auth;
pub mod cache;
mod call;
mod config;
mod demo;
mod discovery;
mod events;
mod front;
mod health;
mod initiatives;
mod json;
mod keys;
mod limit;
mod log;
mod me;
mod moderation;
pub mod openapi;
mod organisations;
pub mod outbound;
mod page;
mod parameters;
mod problem;
pub mod renewal;
mod reply;
mod routes;
mod serve;
mod taxonomies;

pub use limit::Limits;
pub use problem::codes as problem_codes;
pub use routes::application;
pub use serve::run;
