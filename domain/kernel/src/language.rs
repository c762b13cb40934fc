//! The two languages in which the service itself speaks, and those in which people read.

use std::cmp::Ordering;

/// The language of titles, advice and labels; people's own texts carry language tags of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Danish, spoken unless somebody asks for another.
    #[default]
    Da,
    En,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::Da, Self::En];

    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Da => "da",
            Self::En => "en",
        }
    }

    /// The better of the two for an `Accept-Language` value (RFC 9110 § 12.5.4); Danish when neither is wanted.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        let weight = |wanted: Self| {
            ranges(accept_language)
                .filter(|(primary, _)| primary == wanted.tag() || primary == "*")
                .map(|(primary, quality)| (primary != "*", quality))
                .max_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal))
                .map_or(0.0, |(_, quality)| quality)
        };
        if weight(Self::En) > weight(Self::Da) { Self::En } else { Self::Da }
    }
}

/// The ranges of an `Accept-Language` value: primary language and quality. What cannot be read is left out.
fn ranges(accept_language: &str) -> impl Iterator<Item = (String, f32)> {
    accept_language.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next()?.to_ascii_lowercase();
        let primary = tag.split('-').next()?.to_owned();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
        Some((primary, quality))
    })
}

/// So many languages of a reader are looked at; more than people read.
const MOST: usize = 4;

/// The languages in which somebody reads what people write, the best first. Danish where nobody says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Languages(Vec<String>);

impl Default for Languages {
    fn default() -> Self {
        Self(vec![Language::Da.tag().to_owned()])
    }
}

impl Languages {
    /// Out of an `Accept-Language` value. Regions do not count: whoever reads Austrian German reads German.
    #[must_use]
    pub fn parse(accept_language: &str) -> Self {
        let readable = |(tag, quality): &(String, f32)| {
            *quality > 0.0 && (2..=3).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_lowercase())
        };
        let mut wanted: Vec<(String, f32)> = ranges(accept_language).filter(readable).collect();
        // The order in which they stand decides between equals.
        wanted.sort_by(|(_, a), (_, b)| b.partial_cmp(a).unwrap_or(Ordering::Equal));
        let mut tags: Vec<String> = Vec::new();
        for (tag, _) in wanted {
            if tags.len() < MOST && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        if tags.is_empty() { Self::default() } else { Self(tags) }
    }

    /// The one of some tags that its reader likes best.
    #[must_use]
    pub fn best<'a>(&self, offered: &[&'a str]) -> Option<&'a str> {
        let primary = |tag: &str, wanted: &str| tag.split('-').next().is_some_and(|primary| primary.eq_ignore_ascii_case(wanted));
        self.0.iter().find_map(|wanted| offered.iter().find(|tag| primary(tag, wanted)).copied())
    }

    /// The tags, with commas between: the same for all who read the same.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Language::{self, Da, En},
        Languages,
    };

    #[test]
    fn readers_get_the_language_they_like_best() {
        for (header, offered, expected) in [
            ("uk, en;q=0.5", vec!["da", "en", "uk"], Some("uk")),
            ("en;q=0.5, uk", vec!["da", "en", "uk-UA"], Some("uk-UA")),
            ("pl, en;q=0.2", vec!["da", "en"], Some("en")),
            ("pl", vec!["da", "en"], None),
            ("", vec!["da", "en"], Some("da")),
            ("*", vec!["en", "da"], Some("da")),
            ("de-AT", vec!["da", "de"], Some("de")),
            ("en;q=0, da", vec!["en", "da"], Some("da")),
        ] {
            assert_eq!(Languages::parse(header).best(&offered), expected, "{header}");
        }
        assert_eq!(Languages::parse("DA-dk, da;q=0.9, en-US;q=0.8, x-long;q=0.7, 12").key(), "da,en");
        assert_eq!(Languages::parse("aa,bb,cc,dd,ee,ff").key(), "aa,bb,cc,dd", "nobody fills the cache with languages");
    }

    #[test]
    fn the_better_language_wins_and_danish_breaks_ties() {
        for (header, expected) in [
            ("", Da),
            ("da", Da),
            ("en", En),
            ("en-GB,en;q=0.8", En),
            ("da, en", Da),
            ("en;q=0.7, da;q=0.9", Da),
            ("de, en;q=0.5", En),
            ("de", Da),
            ("*", Da),
            ("*, da;q=0", En),
            ("en;q=0", Da),
            ("en;q=nonsense", Da),
        ] {
            assert_eq!(Language::negotiate(header), expected, "{header}");
        }
    }
}
