//! The two languages in which the service itself speaks.

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
            accept_language
                .split(',')
                .filter_map(|range| {
                    let mut parts = range.split(';').map(str::trim);
                    let tag = parts.next()?.to_ascii_lowercase();
                    let primary = tag.split('-').next()?;
                    let quality = parts.find_map(|p| p.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
                    (primary == wanted.tag() || primary == "*").then_some((primary != "*", quality))
                })
                .max_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal))
                .map_or(0.0, |(_, quality)| quality)
        };
        if weight(Self::En) > weight(Self::Da) { Self::En } else { Self::Da }
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{self, Da, En};

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
