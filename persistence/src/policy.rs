//! The volunteering policy in its versions.

use chrono::NaiveDate;
use diesel::prelude::*;
use kernel::{Fault, Finding};
use policy::{Policy, PolicyVersion};

use crate::{AnyConnection, Error, schema::policy_versions as table};

/// Every version, the oldest first: its id, and from when on it holds.
///
/// # Errors
/// Database failures.
pub fn versions(connection: &mut AnyConnection) -> Result<Vec<(String, NaiveDate)>, Error> {
    Ok(table::table.order(table::valid_from.asc()).select((table::id, table::valid_from)).load(connection)?)
}

/// The version that holds on a date.
///
/// # Errors
/// A finding for a date before the first; database failures.
pub fn on(connection: &mut AnyConnection, date: NaiveDate) -> Result<PolicyVersion, Error> {
    let row: Option<(String, NaiveDate, String)> =
        table::table.filter(table::valid_from.le(date)).order(table::valid_from.desc()).first(connection).optional()?;
    let Some((id, valid_from, document)) = row else {
        let first = versions(connection)?.first().map(|(_, valid_from)| valid_from.to_string()).unwrap_or_default();
        return Err(Error::invalid(vec![Finding::new("?valid_on", Fault::OutOfRange { min: first, max: "9999-12-31".into() })]));
    };
    let policy: Policy = serde_json::from_str(&document).map_err(Error::internal)?;
    Ok(PolicyVersion { id, valid_from, policy })
}

/// The date on which another version begins to hold, if one is waiting.
///
/// # Errors
/// Database failures.
pub fn next_after(connection: &mut AnyConnection, date: NaiveDate) -> Result<Option<NaiveDate>, Error> {
    Ok(table::table.filter(table::valid_from.gt(date)).select(diesel::dsl::min(table::valid_from)).first(connection)?)
}
