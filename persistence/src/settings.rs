//! What is true of this database alone.

use diesel::prelude::*;

use crate::{AnyConnection, Error, Tx, schema::settings};

/// The names a setting can have.
#[derive(Clone, Copy, Debug)]
pub enum Setting {
    /// `demo` when the database was created for demonstration, `production` otherwise. Written once.
    Purpose,
    /// The demo issuer's signing key, PKCS#8 in base64; only a demo database has one.
    DemoKey,
}

impl Setting {
    const fn name(self) -> &'static str {
        match self {
            Self::Purpose => "purpose",
            Self::DemoKey => "demo_key",
        }
    }
}

/// # Errors
/// Database failures.
pub fn get(connection: &mut AnyConnection, setting: Setting) -> Result<Option<String>, Error> {
    Ok(settings::table.find(setting.name()).select(settings::value).first(connection).optional()?)
}

/// The same inside a command, where nobody can write it meanwhile.
///
/// # Errors
/// Database failures.
pub fn present(tx: &mut Tx<'_>, setting: Setting) -> Result<Option<String>, Error> {
    get(tx.connection, setting)
}

/// Writes a setting that has none yet.
///
/// # Errors
/// Database failures, also when it is there already.
pub fn put(tx: &mut Tx<'_>, setting: Setting, value: &str) -> Result<(), Error> {
    let values = (settings::name.eq(setting.name()), settings::value.eq(value));
    diesel::insert_into(settings::table).values(values).execute(tx.connection)?;
    Ok(())
}
