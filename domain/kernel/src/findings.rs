//! A notebook for findings: what is wrong with a text or a list, whatever it is for.

use crate::{Fault, Finding, identifier, text};

/// Collects every finding; nothing stops at the first.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// What was found, in the order in which it was looked for.
    #[must_use]
    pub fn into_inner(self) -> Vec<Finding> {
        self.0
    }

    /// Notes a fault at a place.
    pub fn put(&mut self, at: impl Into<String>, fault: Fault) {
        self.0.push(Finding::new(at, fault));
    }

    /// Notes what a check found, if it found anything.
    pub fn hold(&mut self, at: &str, outcome: Result<(), Fault>) {
        if let Err(fault) = outcome {
            self.put(at, fault);
        }
    }

    /// A text that people wrote: at most `max` characters, and no personal number among them.
    pub fn text(&mut self, at: &str, text: &str, max: usize) {
        if text.chars().count() > max {
            self.put(at, Fault::TooLong { max: max as u64 });
        }
        if text::holds_personal_number(text) {
            self.put(at, Fault::PersonalNumber);
        }
    }

    /// The same where there may be none.
    pub fn optional_text(&mut self, at: &str, text: Option<&str>, max: usize) {
        if let Some(text) = text {
            self.text(at, text, max);
        }
    }

    /// More than blanks.
    pub fn filled(&mut self, at: &str, text: &str) {
        if text.trim().is_empty() {
            self.put(at, Fault::Required);
        }
    }

    /// A text that must be there as soon as the thing around it is.
    pub fn required_text(&mut self, at: &str, text: &str, max: usize) {
        self.filled(at, text);
        self.text(at, text, max);
    }

    /// A web address of at most 500 characters.
    pub fn web(&mut self, at: &str, address: &str) {
        if address.chars().count() > 500 {
            self.put(at, Fault::TooLong { max: 500 });
        }
        self.hold(at, identifier::web(address));
    }

    /// A number between two limits, both of which are allowed.
    pub fn within(&mut self, at: &str, number: impl Into<i64>, min: i64, max: i64) {
        if !(min..=max).contains(&number.into()) {
            self.put(at, Fault::OutOfRange { min: min.to_string(), max: max.to_string() });
        }
    }

    /// A position in degrees (WGS 84) that is both or neither, in Denmark with Bornholm and some water around it:
    /// enough to catch swapped or foreign coordinates. The fields are `latitude` and `longitude`.
    pub fn coordinates(&mut self, at: &str, latitude: Option<f64>, longitude: Option<f64>) {
        self.degrees(&format!("{at}/latitude"), latitude, longitude, 54, 58);
        self.degrees(&format!("{at}/longitude"), longitude, latitude, 7, 16);
    }

    fn degrees(&mut self, at: &str, value: Option<f64>, other: Option<f64>, min: u8, max: u8) {
        match value {
            Some(degrees) if !(f64::from(min)..=f64::from(max)).contains(&degrees) => {
                self.put(at, Fault::OutOfRange { min: min.to_string(), max: max.to_string() });
            }
            None if other.is_some() => self.put(at, Fault::Required),
            Some(_) | None => {}
        }
    }

    /// Each item of a list with its own pointer. Of a list that is too long only the permitted part is
    /// looked at, so a hostile one costs neither time nor a finding per item.
    pub fn items<'a, T>(&mut self, at: &str, items: &'a [T], max: usize) -> impl Iterator<Item = (String, &'a T)> + use<'a, T> {
        if items.len() > max {
            self.put(at, Fault::TooLong { max: max as u64 });
        }
        let at = at.to_owned();
        items.iter().take(max).enumerate().map(move |(index, item)| (format!("{at}/{index}"), item))
    }

    /// A list in which nothing stands twice.
    pub fn distinct<'a, T: PartialEq>(
        &mut self,
        at: &str,
        list: &'a [T],
        max: usize,
    ) -> impl Iterator<Item = (String, &'a T)> + use<'a, T> {
        for (index, item) in list.iter().enumerate().take(max) {
            if list.iter().take(index).any(|earlier| earlier == item) {
                self.put(format!("{at}/{index}"), Fault::Duplicate);
            }
        }
        self.items(at, list, max)
    }
}
