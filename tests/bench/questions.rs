//! What is asked: a thousand questions that come again, and many that do not.

use std::{collections::HashSet, fmt::Write as _};

use serde_json::Value;

use crate::{Outcome, http::Client};

/// Distinct questions of a workload.
const DISTINCT: usize = 1_000;

/// Distinct questions that take turns where no answer may come from the cache. A write empties it every second, and nothing
/// makes so many answers in a second; that none came from the cache is checked all the same.
const FRESH: usize = 20_000;

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The first so many samples are hand-written, and not all of them public.
const HAND_WRITTEN: u64 = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    Page,
    Revalidation,
    One,
    Search,
}

impl Workload {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "W1 page of 20",
            Self::Revalidation => "W2 page, 304",
            Self::One => "W3 one",
            Self::Search => "W4 search",
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Question {
    pub path: String,
    /// What the client says that it has (`If-None-Match`).
    pub tag: Option<String>,
}

impl Question {
    fn new(path: String) -> Self {
        Self { path, tag: None }
    }

    pub fn line(&self) -> String {
        format!("{}\t{}\n", self.path, self.tag.as_deref().unwrap_or_default())
    }

    pub fn from_line(line: &str) -> Outcome<Self> {
        let (path, tag) = line.split_once('\t').ok_or("a question without a tab")?;
        Ok(Self { path: path.to_owned(), tag: (!tag.is_empty()).then(|| tag.to_owned()) })
    }

    pub fn ask(&self, client: &mut Client) -> Outcome<crate::http::Answer> {
        let headers: Vec<_> = self.tag.iter().map(|tag| ("If-None-Match", tag.as_str())).collect();
        let answer = client.get(&self.path, &headers)?;
        if matches!(answer.status, 200 | 304) { Ok(answer) } else { Err(format!("{} answered {}", self.path, answer.status).into()) }
    }
}

/// The questions of a workload.
#[derive(Debug)]
pub struct Questions {
    /// Asked again and again, the first ones most often.
    pub popular: Vec<Question>,
    /// Asked one after the other.
    pub fresh: Vec<Question>,
}

/// splitmix64: the same questions every time.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let number = z ^ (z >> 31);
        usize::try_from(number >> 32).unwrap_or_default() % end.max(1)
    }

    fn pick<'a>(&mut self, items: &'a [String]) -> &'a str {
        items.get(self.below(items.len())).map_or("", String::as_str)
    }
}

/// The words and labels that occur in a catalogue.
#[derive(Debug)]
pub struct Vocabulary {
    rows: u64,
    /// Filters by parameter name, encoded.
    filters: Vec<(&'static str, Vec<String>)>,
    /// The words of one entry's title and summary each, encoded.
    texts: Vec<Vec<String>>,
}

impl Vocabulary {
    /// Reads some pages of the catalogue.
    pub fn read(client: &mut Client, rows: u64) -> Outcome<Self> {
        let mut entries: Vec<Value> = Vec::new();
        let mut path = "/v1/initiatives?limit=100".to_owned();
        while entries.len() < 2_000 {
            let page = Question::new(path).ask(client)?.json()?;
            entries.extend(page.get("items").and_then(Value::as_array).into_iter().flatten().cloned());
            let cursor = page.get("next_cursor").and_then(Value::as_str).ok_or("the catalogue is too small to measure")?;
            path = format!("/v1/initiatives?limit=100&cursor={cursor}");
        }
        let labels = |path: &[&str]| distinct(entries.iter().flat_map(|entry| texts_at(entry, path)).map(encoded));
        let filters = vec![
            ("target_group", labels(&["target_groups"])),
            ("activity", labels(&["activities"])),
            ("town", labels(&["locations", "town"])),
            ("postal_code", labels(&["locations", "postal_code"])),
            ("welcomes", labels(&["welcomes"])),
            ("weekday", WEEKDAYS.map(str::to_owned).to_vec()),
        ];
        let texts = entries.iter().map(|entry| {
            let text: Vec<&str> = texts_at(entry, &["title"]).into_iter().chain(texts_at(entry, &["summary"])).collect();
            let words = text.join(" ").to_lowercase();
            distinct(words.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() >= 4).map(encoded))
        });
        Ok(Self { rows, filters, texts: texts.filter(|words| words.len() >= 2).collect() })
    }

    /// The questions of a workload, the popular ones from the same source as the fresh ones.
    pub fn questions(&self, workload: Workload, client: &mut Client) -> Outcome<Questions> {
        let mut random = Random::new(20_261_123);
        let draw = |random: &mut Random| match workload {
            Workload::Page | Workload::Revalidation => self.page(random),
            Workload::One => self.one(random),
            Workload::Search => self.search(random),
        };
        let mut seen = HashSet::new();
        let drawn = (0..20 * FRESH).map(|_| draw(&mut random)).filter(|path| seen.insert(path.clone()));
        let mut popular: Vec<Question> = drawn.take(DISTINCT + FRESH).map(Question::new).collect();
        if workload == Workload::Revalidation {
            for question in &mut popular {
                question.tag = question.ask(client)?.header("etag").map(str::to_owned);
            }
        }
        let fresh = popular.split_off(DISTINCT.min(popular.len()));
        Ok(Questions { popular, fresh })
    }

    /// Two filters or three, in either order.
    fn page(&self, random: &mut Random) -> String {
        let mut filters: Vec<_> = self.filters.iter().collect();
        let mut path = "/v1/initiatives?limit=20".to_owned();
        for _ in 0..2 + random.below(2) {
            let (name, values) = filters.swap_remove(random.below(filters.len()));
            // Writing to a string cannot fail.
            let _ = write!(path, "&{name}={}", random.pick(values));
        }
        path + if random.below(2) == 0 { "&sort=title" } else { "&sort=-updated_at" }
    }

    fn one(&self, random: &mut Random) -> String {
        let numbers = usize::try_from(self.rows - HAND_WRITTEN).unwrap_or(usize::MAX);
        let number = HAND_WRITTEN + 1 + random.below(numbers) as u64;
        format!("/v1/initiatives/{}", persistence::sample::initiative_id(number))
    }

    /// Two words that stand together in some entry.
    fn search(&self, random: &mut Random) -> String {
        let place = random.below(self.texts.len());
        let words = self.texts.get(place).map_or(&[][..], Vec::as_slice);
        let first = random.below(words.len());
        let second = (first + 1 + random.below(words.len() - 1)) % words.len();
        let word = |place: usize| words.get(place).map_or("", String::as_str);
        format!("/v1/initiatives?limit=20&q={}+{}", word(first), word(second))
    }
}

/// Those searches that find something, but not more than this.
pub fn with_few_hits(questions: Vec<Question>, most: u64, wanted: usize, client: &mut Client) -> Outcome<Vec<Question>> {
    let mut few = Vec::new();
    for question in questions {
        if few.len() == wanted {
            break;
        }
        let counted = Question::new(format!("{}&count=true", question.path)).ask(client)?.json()?;
        if counted.get("total").and_then(Value::as_u64).is_some_and(|total| (1..=most).contains(&total)) {
            few.push(question);
        }
    }
    Ok(few)
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// All texts that stand at a path of member names, through lists.
fn texts_at<'a>(value: &'a Value, path: &[&str]) -> Vec<&'a str> {
    match (value, path) {
        (Value::Array(items), _) => items.iter().flat_map(|item| texts_at(item, path)).collect(),
        (Value::String(text), []) => vec![text.as_str()],
        (Value::Object(members), [name, rest @ ..]) => members.get(*name).map_or_else(Vec::new, |value| texts_at(value, rest)),
        _ => Vec::new(),
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() || byte == b'_' { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
