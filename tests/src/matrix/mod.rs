//! What must hold for every operation, whatever it does. The contract is the list: nothing here names operations
//! but the recipes, and an operation without a recipe is a red test.

mod authorisation;
mod bodies;
mod contract;
mod examples;
mod http;
mod journal;
mod limits;
mod mass_assignment;
mod operation;
mod order;
mod pages;
mod recipes;
mod spots;
mod stage;
pub mod tables;

/// Writes each matrix once and runs it on both engines.
macro_rules! matrices {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident: $kind:ty) $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($engine: $kind) $body

        mod $name {
            #[test]
            fn sqlite() {
                $crate::world::run(|| super::$name(persistence::Engine::Sqlite));
            }

            #[test]
            fn postgres() {
                $crate::world::run(|| super::$name(persistence::Engine::Postgres));
            }
        }
    )+};
}
pub(crate) use matrices;

/// Compares a table with the reviewed one. Both engines are held against the same file.
fn reviewed(name: &str, table: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, table));
}
