//! Danish and international identifiers, checked as their registers define them.

use crate::Fault;

/// A CVR number: eight digits, modulus 11 with weights 2 7 6 5 4 3 2 1.
///
/// The check digit is eleven minus the remainder; a remainder of one is never issued
/// (Erhvervsstyrelsen). Both follow from the weighted sum being divisible by eleven.
///
/// # Errors
/// [`Fault::InvalidCvr`].
pub fn cvr(text: &str) -> Result<(), Fault> {
    const WEIGHTS: [u32; 8] = [2, 7, 6, 5, 4, 3, 2, 1];
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    match digits {
        Some(digits)
            if digits.len() == 8
                && digits.iter().any(|d| *d != 0)
                && digits.iter().zip(WEIGHTS).map(|(d, w)| d * w).sum::<u32>() % 11 == 0 =>
        {
            Ok(())
        }
        _ => Err(Fault::InvalidCvr),
    }
}

/// A P-number: ten digits. A series was issued with wrong check digits, so there is no checksum to hold it to.
///
/// # Errors
/// [`Fault::InvalidPNumber`].
pub fn p_number(text: &str) -> Result<(), Fault> {
    if digits(text, 10) { Ok(()) } else { Err(Fault::InvalidPNumber) }
}

/// A Danish postal code: four digits.
///
/// # Errors
/// [`Fault::InvalidPostalCode`].
pub fn postal_code(text: &str) -> Result<(), Fault> {
    if digits(text, 4) { Ok(()) } else { Err(Fault::InvalidPostalCode) }
}

/// A municipality code as DAR writes it: four digits, Hjørring is `0860`.
///
/// # Errors
/// [`Fault::InvalidMunicipalityCode`].
pub fn municipality_code(text: &str) -> Result<(), Fault> {
    if digits(text, 4) { Ok(()) } else { Err(Fault::InvalidMunicipalityCode) }
}

/// A phone number in E.164: a plus, then 8 to 15 digits of which the first is not zero.
///
/// # Errors
/// [`Fault::InvalidPhone`].
pub fn phone(text: &str) -> Result<(), Fault> {
    match text.strip_prefix('+') {
        Some(rest) if (8..=15).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit()) && !rest.starts_with('0') => Ok(()),
        _ => Err(Fault::InvalidPhone),
    }
}

/// A web address with scheme `https` or `http`, a host with a dot, and no white space or user name.
///
/// # Errors
/// [`Fault::InvalidUrl`].
pub fn web(text: &str) -> Result<(), Fault> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    match host {
        Some(host)
            if host.contains('.')
                && !host.starts_with('.')
                && !host.contains('@')
                && !text.chars().any(|c| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\')) =>
        {
            Ok(())
        }
        _ => Err(Fault::InvalidUrl),
    }
}

/// An e-mail address in the shape that mail systems deliver to: one `@`, a host with a dot, no white space.
///
/// # Errors
/// [`Fault::InvalidEmail`].
pub fn email(text: &str) -> Result<(), Fault> {
    let shaped = text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && host.contains('.') && !host.contains('@') && host.split('.').all(|label| !label.is_empty())
    });
    let odd = text.len() > 254 || text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | ',' | ';'));
    if shaped && !odd { Ok(()) } else { Err(Fault::InvalidEmail) }
}

/// A language tag after BCP 47, in the common shape: a language of two or three letters and optional subtags.
///
/// # Errors
/// [`Fault::InvalidLanguageTag`].
pub fn language_tag(text: &str) -> Result<(), Fault> {
    let mut subtags = text.split('-');
    let primary = subtags.next().is_some_and(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_lowercase()));
    let others = subtags.all(|s| (2..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric()));
    if primary && others { Ok(()) } else { Err(Fault::InvalidLanguageTag) }
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{cvr, email, language_tag, p_number, phone, web};
    use proptest::prelude::*;

    #[test]
    fn the_authoritys_own_example_is_valid_and_a_known_bad_one_is_not() {
        assert!(cvr("13748136").is_ok());
        for bad in ["35254119", "1374813", "137481360", "1374813x", "00000000", "", "１３７４８１３６"] {
            assert!(cvr(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_never_passes(place in 0_usize..8, shift in 1_u8..10) {
            let mut digits = *b"13748136";
            if let Some(digit) = digits.get_mut(place) {
                *digit = b'0' + (*digit - b'0' + shift) % 10;
            }
            let text = String::from_utf8_lossy(&digits).into_owned();
            prop_assert!(cvr(&text).is_err(), "{}", text);
        }
    }

    #[test]
    fn other_identifiers_hold_to_their_shapes() {
        assert!(p_number("1003388394").is_ok() && p_number("100338839").is_err());
        assert!(email("karen@venner.example").is_ok());
        for bad in ["karen", "karen@", "@venner.example", "karen@venner", "a@b@c.dk", "a b@c.dk", "a@c..dk", "A <a@c.dk>"] {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert!(phone("+4572333333").is_ok() && phone("72333333").is_err() && phone("+0572333333").is_err());
        assert!(web("https://frivilligcenter.example/kontakt?x=1").is_ok());
        for bad in ["ftp://a.b", "https://", "https://localhost", "https://a@b.dk", "javascript:alert(1)", "https://a.dk/<x>"] {
            assert!(web(bad).is_err(), "{bad}");
        }
        assert!(
            language_tag("da").is_ok() && language_tag("zh-Hant").is_ok() && language_tag("Dansk").is_err() && language_tag("").is_err()
        );
    }
}
