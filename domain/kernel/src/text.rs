//! What a text may hold, whoever wrote it and wherever it arrives.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::Fault;

/// Brings a text to NFC and refuses what has no place in one.
///
/// # Errors
/// [`Fault::ForbiddenCharacter`] for control characters (line feed, carriage return and tab apart),
/// bidirectional overrides and noncharacters: they hide what a text really says, and PostgreSQL cannot store NUL.
pub fn clean(text: &str) -> Result<String, Fault> {
    if text.chars().any(forbidden) {
        return Err(Fault::ForbiddenCharacter);
    }
    // Almost everything is composed already, and the quick check, which may say "maybe", says so in one look.
    Ok(if is_nfc_quick(text.chars()) == IsNormalized::Yes { text.to_owned() } else { text.nfc().collect() })
}

const fn forbidden(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// Whether a text seems to hold a Danish personal number (CPR): a valid date `DDMMYY`, an optional
/// hyphen or space, and four digits, standing alone. The check digit says nothing since 2007.
#[must_use]
pub fn holds_personal_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|start| {
        let before = start.checked_sub(1).and_then(|i| bytes.get(i));
        !before.is_some_and(u8::is_ascii_digit) && bytes.get(start..).is_some_and(begins_with_personal_number) && !within_uuid(text, start)
    })
}

/// Whether a place lies within an id: one in a few thousand of them holds digits that read like a personal number.
fn within_uuid(text: &str, place: usize) -> bool {
    let part = |c: char| c.is_ascii_hexdigit() || c == '-';
    let (Some(before), Some(after)) = (text.get(..place), text.get(place..)) else { return false };
    let begin =
        before.rfind(|c| !part(c)).map_or(0, |end| end + before.get(end..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    let end = after.find(|c| !part(c)).map_or(text.len(), |length| place + length);
    text.get(begin..end).is_some_and(|run| uuid::Uuid::try_parse(run).is_ok())
}

fn begins_with_personal_number(bytes: &[u8]) -> bool {
    let Some((date, rest)) = bytes.split_first_chunk::<6>() else { return false };
    let rest = match rest {
        [b'-' | b' ', rest @ ..] => rest,
        rest => rest,
    };
    let Some((serial, rest)) = rest.split_first_chunk::<4>() else { return false };
    let [d1, d2, m1, m2, y1, y2] = *date;
    if !date.iter().chain(serial).all(u8::is_ascii_digit) || rest.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let number = |tens: u8, ones: u8| u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    // The century is not known from the date alone; a leap day counts if it exists in either.
    let (day, month, year) = (number(d1, d2), number(m1, m2), number(y1, y2).cast_signed());
    [1900, 2000].iter().any(|century| chrono::NaiveDate::from_ymd_opt(century + year, month, day).is_some())
}

#[cfg(test)]
mod tests {
    use super::{clean, holds_personal_number};
    use proptest::prelude::*;

    #[test]
    fn personal_numbers_are_seen_in_their_usual_spellings_and_nothing_else_is() {
        for hit in ["010190-1234", "0101901234", "ring til 290200 1234 i dag", "(311299-0000)", "p010190-1234x"] {
            assert!(holds_personal_number(hit), "{hit}");
        }
        for miss in [
            "320190-1234",
            "011390-1234",
            "12345678",
            "+4572333333",
            "2026-11-23",
            "0101901234567",
            "9010190123",
            "30029912345",
            "010190-123",
            "",
        ] {
            assert!(!holds_personal_number(miss), "{miss}");
        }
    }

    #[test]
    fn hidden_characters_are_refused_and_danish_letters_are_composed() {
        for bad in ["a\u{0}b", "\u{202e}txt", "\u{2066}", "\u{feff}x", "\u{ffff}", "\u{1b}[31m", "\u{85}"] {
            assert!(clean(bad).is_err(), "{bad:?}");
        }
        assert_eq!(clean("A\u{30a}rhus\n\ttorv"), Ok("Århus\n\ttorv".to_owned()));
        assert_eq!(clean("👩‍👩‍👧 smørrebrød"), Ok("👩‍👩‍👧 smørrebrød".to_owned()));
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            if let Ok(once) = clean(&text) {
                prop_assert_eq!(clean(&once), Ok(once.clone()));
            }
        }

        #[test]
        fn looking_for_personal_numbers_never_panics(text in any::<String>()) {
            let _ = holds_personal_number(&text);
        }
    }
}
