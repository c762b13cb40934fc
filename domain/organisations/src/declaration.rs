//! What an organisation declares for a year: that it has done so, and nothing of what is behind it.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use kernel::{PersonId, rules, string_enum};

string_enum! {
    /// What is declared.
    pub enum DeclarationKind {
        /// That child certificates (børneattester) are obtained of everybody who needs one. The certificates themselves are
        /// nobody's business but the organisation's.
        ChildCertificates = "child_certificates" da("Børneattester er indhentet") en("Child certificates are obtained"),
        /// That it neither opposes nor undermines democracy and fundamental rights.
        Democracy = "democracy" da("Demokratierklæring") en("Democracy declaration"),
    }
}

/// A declaration that has been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    pub kind: DeclarationKind,
    pub year: i32,
    pub declared_at: DateTime<Utc>,
    /// Who declared it, for the organisation.
    pub declared_by: PersonId,
}

rules! {
    /// Why a declaration was refused.
    pub enum DeclarationRule {
        Year = Unprocessable "declaration-year"
            da("Erklæringen kan ikke afgives for det år", "Afgiv den for det indeværende år, eller i december for det næste.")
            en("The declaration cannot be made for that year", "Make it for the present year, or in December for the next."),
    }
}

impl Declaration {
    /// Declares something for a year: the present one or, in December, the next, so that a season that begins in January
    /// can be prepared. Declaring it again leaves the first declaration as it is.
    ///
    /// # Errors
    /// [`DeclarationRule::Year`].
    pub fn make(
        before: Option<Self>,
        (kind, year): (DeclarationKind, i32),
        declared_by: PersonId,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, DeclarationRule> {
        let open = year == today.year() || (today.month() == 12 && year == today.year() + 1);
        match (open, before) {
            (false, _) => Err(DeclarationRule::Year),
            (true, Some(before)) => Ok(before),
            (true, None) => Ok(Self { kind, year, declared_at: now, declared_by }),
        }
    }
}

/// Whether something has been declared for a year.
#[must_use]
pub fn declared(declarations: &[Declaration], kind: DeclarationKind, year: i32) -> bool {
    declarations.iter().any(|declaration| declaration.kind == kind && declaration.year == year)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};
    use kernel::PersonId;
    use uuid::Uuid;

    use super::{Declaration, DeclarationKind as Kind, DeclarationRule, declared};

    fn on(day: &str, year: i32) -> Result<Declaration, DeclarationRule> {
        let today: NaiveDate = day.parse().unwrap();
        Declaration::make(None, (Kind::Democracy, year), PersonId(Uuid::nil()), (DateTime::UNIX_EPOCH, today))
    }

    #[test]
    fn a_year_is_declared_in_it_or_in_the_december_before() {
        for (day, year, open) in [
            ("2026-01-01", 2026, true),
            ("2026-11-30", 2027, false),
            ("2026-12-01", 2027, true),
            ("2026-12-31", 2026, true),
            ("2027-01-01", 2026, false),
            ("2026-12-31", 2028, false),
        ] {
            assert_eq!(on(day, year).is_ok(), open, "{year} on {day}");
        }
    }

    #[test]
    fn the_first_word_stands_and_each_kind_is_its_own() {
        let first = on("2026-06-01", 2026).unwrap();
        let (later, today) = (DateTime::from_timestamp(9, 0).unwrap(), "2026-07-01".parse().unwrap());
        let again = Declaration::make(Some(first), (Kind::Democracy, 2026), PersonId(Uuid::from_u128(9)), (later, today));
        assert_eq!(again, Ok(first));
        assert!(declared(&[first], Kind::Democracy, 2026));
        assert!(!declared(&[first], Kind::Democracy, 2025) && !declared(&[first], Kind::ChildCertificates, 2026));
    }
}
