//! In which form a client gets its answer (RFC 9110, section 12.5.1).

/// Of the media types that an operation has, the one that a client wants most; the first of them where it does not mind.
/// Nothing where it takes none of them.
pub fn choose<'a>(accepted: &[&str], offered: &'a [String]) -> Option<&'a str> {
    let ranges: Vec<Range<'_>> = accepted.iter().flat_map(|list| list.split(',')).filter_map(Range::parse).collect();
    if ranges.is_empty() {
        return offered.first().map(String::as_str);
    }
    let mut best: Option<(&str, f32)> = None;
    for media_type in offered {
        let quality = quality(&ranges, media_type);
        if quality > 0.0 && best.is_none_or(|(_, most)| quality > most) {
            best = Some((media_type, quality));
        }
    }
    best.map(|(media_type, _)| media_type)
}

/// How much a media type is wanted: what the most specific range that fits it says.
fn quality(ranges: &[Range<'_>], media_type: &str) -> f32 {
    let fitting = ranges.iter().filter_map(|range| range.fit(media_type).map(|specific| (specific, range.quality)));
    fitting.max_by_key(|(specific, _)| *specific).map_or(0.0, |(_, quality)| quality)
}

struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    quality: f32,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
        Some(Self { kind, subtype, quality })
    }

    /// Whether it means a media type, and how specifically it says so. Whoever takes problem documents takes JSON.
    fn fit(&self, media_type: &str) -> Option<u8> {
        let (kind, subtype) = media_type.split(';').next().and_then(|essence| essence.split_once('/'))?;
        match (self.kind, self.subtype) {
            ("*", "*") => Some(0),
            (own, "*") if own.eq_ignore_ascii_case(kind) => Some(1),
            (own, sub) if own.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => Some(2),
            (own, sub) if own.eq_ignore_ascii_case("application") && sub.eq_ignore_ascii_case("problem+json") => {
                (media_type == "application/json").then_some(1)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn the_client_gets_what_it_wants_most() {
        let offered = ["application/json", "text/csv", "application/geo+json"].map(str::to_owned);
        for (accepted, expected) in [
            (vec![], Some("application/json")),
            (vec!["*/*"], Some("application/json")),
            (vec!["text/csv"], Some("text/csv")),
            (vec!["text/*"], Some("text/csv")),
            (vec!["application/json;q=0.5, text/csv"], Some("text/csv")),
            (vec!["application/geo+json, application/json;q=0.9"], Some("application/geo+json")),
            (vec!["text/html, */*;q=0.1"], Some("application/json")),
            (vec!["application/json;q=0, */*"], Some("text/csv")),
            (vec!["application/problem+json"], Some("application/json")),
            (vec!["text/html"], None),
            (vec!["text/html", "text/csv"], Some("text/csv")),
            (vec!["nonsense"], Some("application/json")),
        ] {
            assert_eq!(choose(&accepted, &offered), expected, "{accepted:?}");
        }
    }
}
