//! Money in its smallest unit.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

crate::string_enum! {
    /// The currency of an amount, after ISO 4217.
    pub enum Currency {
        /// Danish kroner, counted in øre.
        Dkk = "DKK",
    }
}

/// An amount of money, counted in the smallest unit of its currency so that no sum is ever rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": 2500, "currency": "DKK"}))]
pub struct Money {
    /// The amount in øre: 2500 is 25 kroner.
    pub amount: i64,
    /// The currency of the amount.
    pub currency: Currency,
}

impl Money {
    /// So many øre.
    #[must_use]
    pub const fn ore(amount: i64) -> Self {
        Self { amount, currency: Currency::Dkk }
    }
}

#[cfg(test)]
mod tests {
    use super::Money;
    use serde_json::json;

    #[test]
    fn money_states_its_currency() -> Result<(), serde_json::Error> {
        let json = json!({"amount": 2500, "currency": "DKK"});
        assert_eq!(serde_json::to_value(Money::ore(2500))?, json);
        assert_eq!(serde_json::from_value::<Money>(json)?, Money::ore(2500));
        assert!(serde_json::from_value::<Money>(json!({"amount": 2500, "currency": "EUR"})).is_err());
        assert!(serde_json::from_value::<Money>(json!({"amount": 25.5, "currency": "DKK"})).is_err());
        Ok(())
    }
}
