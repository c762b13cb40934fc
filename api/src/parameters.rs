//! How the contract describes texts in lists of parameters. The lists hold plain strings, which are checked where
//! they are read; a list itself cannot say how long its items may be.

use utoipa::ToSchema;

/// A Danish postal code.
#[derive(Debug, ToSchema)]
#[schema(pattern = "^[0-9]{4}$")]
pub struct PostalCode(#[expect(dead_code, reason = "a description, never a value")] String);

/// The name of a town.
#[derive(Debug, ToSchema)]
#[schema(max_length = 80)]
pub struct Town(#[expect(dead_code, reason = "a description, never a value")] String);
