//! How the contract describes texts in lists of parameters. The lists hold plain strings, which are checked where
//! they are read; a list itself cannot say how long its items may be.

use initiatives::TermSlug;
use kernel::{Fault, Finding, identifier};
use utoipa::ToSchema;

/// A Danish postal code.
#[derive(Debug, ToSchema)]
#[schema(pattern = "^[0-9]{4}$")]
pub struct PostalCode(#[expect(dead_code, reason = "a description, never a value")] String);

/// The name of a town.
#[derive(Debug, ToSchema)]
#[schema(max_length = 80)]
pub struct Town(#[expect(dead_code, reason = "a description, never a value")] String);

/// What is wrong with parameters that narrow a list of initiatives, whichever list it is: the first of each.
#[derive(Debug, Default)]
pub struct Narrowing(pub Vec<Finding>);

impl Narrowing {
    /// A text of at most so many characters.
    pub fn text(&mut self, at: &str, text: Option<&String>, max: u64) {
        if text.is_some_and(|text| text.chars().count() as u64 > max) {
            self.0.push(Finding::new(at, Fault::TooLong { max }));
        }
    }

    /// Terms of a taxonomy.
    pub fn terms(&mut self, at: &str, terms: &[String]) {
        self.each(at, terms, |term| TermSlug(term.clone()).check());
    }

    /// BCP 47 tags.
    pub fn languages(&mut self, at: &str, tags: &[String]) {
        self.each(at, tags, |tag| if tag.chars().count() > 35 { Err(Fault::TooLong { max: 35 }) } else { identifier::language_tag(tag) });
    }

    /// Postal codes.
    pub fn postal_codes(&mut self, at: &str, codes: &[String]) {
        self.each(at, codes, |code| identifier::postal_code(code));
    }

    /// Names of towns.
    pub fn towns(&mut self, at: &str, towns: &[String]) {
        self.each(at, towns, |town| if town.chars().count() > 80 { Err(Fault::TooLong { max: 80 }) } else { Ok(()) });
    }

    /// An age in whole years.
    pub fn age(&mut self, at: &str, age: Option<u8>) {
        if age.is_some_and(|age| age > 120) {
            self.0.push(Finding::new(at, Fault::OutOfRange { min: "0".into(), max: "120".into() }));
        }
    }

    fn each(&mut self, at: &str, values: &[String], check: impl Fn(&String) -> Result<(), Fault>) {
        self.0.extend(values.iter().find_map(|value| check(value).err()).map(|fault| Finding::new(at, fault)));
    }
}
