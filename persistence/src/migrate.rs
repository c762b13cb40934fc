//! Bringing a schema up to date, once, however many instances start.

use diesel::{
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    migration::{Migration, MigrationSource, MigrationVersion},
    pg::Pg,
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{AnyConnection, db::Target};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");

/// Any number, the same in every version of this program: whoever holds it migrates.
const ADVISORY_LOCK: i64 = 0x0066_7269_7669_6c6c;

/// Why a schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("the database has the schema version {0}, which this version of the program does not know; start a newer version")]
    Newer(String),
    #[error("the schema could not be brought up to date: {0}")]
    Failed(String),
}

impl MigrateError {
    fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

pub(crate) fn migrate(connection: &mut AnyConnection) -> Result<(), MigrateError> {
    match connection {
        AnyConnection::Postgres(c) => {
            c.batch_execute(&format!("SET lock_timeout=0; SET statement_timeout=0; SELECT pg_advisory_lock({ADVISORY_LOCK})"))
                .map_err(MigrateError::failed)?;
            let known = MigrationSource::<Pg>::migrations(&POSTGRES).map_err(MigrateError::failed)?;
            let outcome = refuse_newer(c.applied_migrations(), &versions(&known))
                .and_then(|()| c.run_pending_migrations(POSTGRES).map(|_| ()).map_err(MigrateError::failed));
            c.batch_execute(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})")).map_err(MigrateError::failed)?;
            outcome
        }
        AnyConnection::Sqlite(c) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE").map_err(MigrateError::failed)?;
            let known = MigrationSource::<Sqlite>::migrations(&SQLITE).map_err(MigrateError::failed)?;
            let outcome = refuse_newer(c.applied_migrations(), &versions(&known))
                .and_then(|()| c.run_pending_migrations(SQLITE).map(|_| ()).map_err(MigrateError::failed));
            let end = match outcome {
                Ok(()) => AnsiTransactionManager::commit_transaction(c),
                Err(_) => AnsiTransactionManager::rollback_transaction(c),
            };
            outcome.and_then(|()| end.map_err(MigrateError::failed))
        }
    }
}

/// Takes every migration back, for the test that going up, down and up again changes nothing.
///
/// # Errors
/// [`MigrateError`].
pub fn revert_all(target: &Target) -> Result<(), MigrateError> {
    use diesel::Connection;
    match target {
        Target::Postgres(url) => {
            let mut c = diesel::PgConnection::establish(url).map_err(MigrateError::failed)?;
            c.revert_all_migrations(POSTGRES).map(|_| ()).map_err(MigrateError::failed)
        }
        Target::Sqlite(path) => {
            let mut c = diesel::SqliteConnection::establish(&path.to_string_lossy()).map_err(MigrateError::failed)?;
            c.revert_all_migrations(SQLITE).map(|_| ()).map_err(MigrateError::failed)
        }
    }
}

fn versions<DB: diesel::backend::Backend>(migrations: &[Box<dyn Migration<DB>>]) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

fn refuse_newer<E: std::fmt::Display>(applied: Result<Vec<MigrationVersion<'_>>, E>, known: &[String]) -> Result<(), MigrateError> {
    let applied = applied.map_err(MigrateError::failed)?;
    match applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        Some(unknown) => Err(MigrateError::Newer(unknown)),
        None => Ok(()),
    }
}
