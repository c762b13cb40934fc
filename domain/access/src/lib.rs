//! Who may do what. One policy, one `match`.
//!
//! Only `persistence` and `api` depend on this crate: a domain crate decides what is *possible*,
//! never who may ask for it.

mod acting;
mod policy;
mod reader;

pub use acting::{Acting, Denied, Identity};
pub use policy::{Action, Reach, Role, reach};
pub use reader::Reader;
