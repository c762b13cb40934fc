//! Danish words, made comparable: the same analysis when a text is written and when it is looked for.
//!
//! Everything comes down to `[a-z0-9]`, so that neither engine's tokenizer has anything left to decide and
//! the two cannot disagree. A word is folded *before* it is stemmed: "besoegsven" and "besøgsven" then go the
//! same way from the first step on.

use std::collections::BTreeSet;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use crate::Engine;

/// Lower case, æ ø å and their relatives spelled out, every other accent taken off.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfc().flat_map(char::to_lowercase) {
        match c {
            // Nearly every letter of a Danish text: the tables of Unicode are slow.
            c if c.is_ascii() => folded.push(c),
            'æ' | 'ä' => folded.push_str("ae"),
            'ø' | 'ö' => folded.push_str("oe"),
            'å' => folded.push_str("aa"),
            'ß' => folded.push_str("ss"),
            'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            _ => folded.extend(std::iter::once(c).nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c))),
        }
    }
    folded
}

/// A key by which Danish titles sort alike on both engines: å after ø after æ after z.
pub(crate) fn sort_key(title: &str) -> String {
    title
        .nfc()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'æ' | 'ä' => "{".to_owned(),
            'ø' | 'ö' => "|".to_owned(),
            'å' => "}".to_owned(),
            c => std::iter::once(c).nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).collect(),
        })
        .collect()
}

/// Longer than any word that is looked for, and short enough for PostgreSQL, which refuses a text with a
/// word of more than 2046 bytes.
const LONGEST_WORD: usize = 100;

/// More than anybody types, and few enough for SQLite's parser.
const MOST_WORDS: usize = 32;

fn words(text: &str) -> Vec<String> {
    let words = fold(text);
    let words = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.get(..LONGEST_WORD).unwrap_or(word).to_owned()).collect()
}

/// What is left of a word without its ending, and without a genitive s alone: the stemmer takes "ens" off
/// "besøgsvens" in one piece, and with it the end of the word.
fn bases(stemmer: &Stemmer, word: &str) -> Vec<String> {
    let owner = word.strip_suffix('s').filter(|owner| owner.len() >= BEGINNING).map(str::to_owned);
    [Some(stemmer.stem(word).into_owned()), owner].into_iter().flatten().collect()
}

/// Everything a text is found by: each word and its bases.
pub(crate) fn terms(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::Danish);
    let words: BTreeSet<String> = words(text).into_iter().collect();
    let bases: Vec<String> = words.iter().flat_map(|word| bases(&stemmer, word)).collect();
    words.into_iter().chain(bases).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A query in an engine's own language. There is nothing in a term that either could take for syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextQuery {
    /// Every word, anywhere in the entry.
    pub anywhere: String,
    /// Every word, in the title. On PostgreSQL it is for the titles' own column.
    pub in_title: String,
}

/// As many letters of a term as tell it from most others.
const TELLING: usize = 5;

/// How a term begins: its first letter, its first two, and so on for as long as that tells more.
pub(crate) fn beginnings(term: &str) -> impl Iterator<Item = &str> {
    (1..=term.len().min(TELLING)).filter_map(|length| term.get(..length))
}

/// How some term begins of every text that is found by these words, word by word.
pub(crate) fn telling(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::Danish);
    let common = |word: &String| {
        let alike = |base: &String| word.bytes().zip(base.bytes()).take_while(|(one, other)| one == other).count();
        let shared = bases(&stemmer, word).iter().map(alike).min().unwrap_or(word.len());
        word.get(..shared.min(TELLING)).map(str::to_owned)
    };
    words(text).iter().take(MOST_WORDS).filter_map(common).filter(|beginning| !beginning.is_empty()).collect()
}

/// A word of fewer letters begins too many others to be looked for as their beginning.
const BEGINNING: usize = 3;

/// What somebody typed, as a query: every word must be there, in any order, with any ending and as the beginning
/// of a longer one. `None` when there is no word in it, and then nothing can be found.
pub(crate) fn query(engine: Engine, text: &str) -> Option<TextQuery> {
    let words = each(engine, text);
    if words.is_empty() {
        return None;
    }
    Some(match engine {
        Engine::Sqlite => {
            let all = words.join(" AND ");
            TextQuery { in_title: format!("title : ({all})"), anywhere: all }
        }
        // The title has a column of its own.
        Engine::Postgres => {
            let all = words.join(" & ");
            TextQuery { in_title: all.clone(), anywhere: all }
        }
    })
}

/// The same, word by word: each as the alternatives it is found by, the first of them perhaps the beginning of a longer word.
pub(crate) fn each(engine: Engine, text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::Danish);
    let mut words = words(text);
    words.truncate(MOST_WORDS);
    let alone = words.len() == 1;
    let one = |word: &String| {
        let longer = alone || word.len() >= BEGINNING;
        let bases = bases(&stemmer, word);
        let (first, others, or): (String, Vec<String>, &str) = match engine {
            Engine::Sqlite => {
                let first = format!("\"{word}\"{}", if longer { "*" } else { "" });
                (first, bases.iter().map(|base| format!("\"{base}\"")).collect(), " OR ")
            }
            Engine::Postgres => {
                let first = format!("'{word}'{}", if longer { ":*" } else { "" });
                (first, bases.iter().map(|base| format!("'{base}'")).collect(), " | ")
            }
        };
        format!("({})", [vec![first], others].concat().join(or))
    };
    words.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{bases, beginnings, query, sort_key, telling, terms, words};
    use crate::Engine;

    /// Whether a text is found by a word, as both engines decide it.
    fn finds(word: &str, text: &str) -> bool {
        let stemmer = rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::Danish);
        let [folded] = words(word).try_into().unwrap_or_else(|_| panic!("{word} is one word"));
        let bases = bases(&stemmer, &folded);
        terms(text).iter().any(|term| term.starts_with(&folded) || bases.contains(term))
    }

    #[test]
    fn spellings_and_inflections_find_each_other() {
        let forms = ["besøgsven", "BESØGSVEN", "besoegsven", "besøgsvenner", "besøgsvennerne", "besøgsvennen", "besøgsvens"];
        for typed in forms {
            for written in forms {
                assert!(finds(typed, &format!("Vi søger en {written} i Sindal")), "{typed} should find {written}");
            }
        }
        for (typed, written) in [
            ("Århus", "Aarhus"),
            ("aarhus", "ÅRHUS"),
            ("cafe", "café"),
            ("frivilli", "frivillige"),
            ("lektiehjælpen", "lektiehjælp"),
            ("flygtninge", "flygtning"),
            ("AABENRAA", "Åbenrå"),
        ] {
            assert!(finds(typed, written), "{typed} should find {written}");
        }
        assert!(!finds("hund", "Vi søger en besøgsven"));
    }

    #[test]
    fn what_is_found_begins_as_was_told() {
        let texts =
            ["Besøgsvenner i Sindal", "En besøgsvens aften", "Lektiehjælpen ved Aarhus", "Cafeer", "Is og kaffe", "Bushold", "løse ender"];
        for text in texts {
            let terms = terms(text);
            for typed in
                ["besøgsven", "besøgsvennens", "lektiehjælps", "Århus", "café", "is", "kaffer", "bus", "bushold", "løst", "løses", "e"]
            {
                if finds(typed, text) {
                    let told = telling(typed);
                    let begins = |told: &String| terms.iter().any(|term| beginnings(term).any(|beginning| beginning == told));
                    assert!(!told.is_empty() && told.iter().all(begins), "{typed} finds {text}, but not by {told:?}");
                }
            }
        }
        assert_eq!(telling("is lektiehjælp"), ["is", "lekti"]);
        assert_eq!(telling("% _"), [""; 0]);
    }

    #[test]
    fn wildcards_and_quotes_are_not_syntax() {
        for text in ["%", "_", "\\", "''", "\"", "*", "( & |", ":*"] {
            assert_eq!(query(Engine::Sqlite, text), None, "{text}");
            assert_eq!(query(Engine::Postgres, text), None, "{text}");
        }
        let both = ["a'b OR \"café", "x:* & !y"].map(|text| (query(Engine::Sqlite, text), query(Engine::Postgres, text)));
        let [(Some(sqlite), Some(postgres)), (Some(_), Some(_))] = &both else { panic!("words are left in {both:?}") };
        assert_eq!(sqlite.anywhere, "(\"a\" OR \"a\") AND (\"b\" OR \"b\") AND (\"or\" OR \"or\") AND (\"cafe\"* OR \"caf\")");
        assert_eq!(postgres.in_title, "('a' | 'a') & ('b' | 'b') & ('or' | 'or') & ('cafe':* | 'caf')");
    }

    #[test]
    fn no_word_and_no_query_is_too_long() {
        assert!(terms(&"x".repeat(10_000)).iter().all(|term| term.len() <= 100));
        assert!(finds(&"x".repeat(9_000), &"x".repeat(10_000)));
        let long = query(Engine::Sqlite, &"ord ".repeat(1_000));
        assert!(long.is_some_and(|long| long.anywhere.matches("ord").count() <= 64));
    }

    #[test]
    fn danish_titles_sort_as_danes_expect() {
        let mut titles = ["Ånd", "Ære", "Zebra", "Øre", "abe"];
        titles.sort_by_key(|title| sort_key(title));
        assert_eq!(titles, ["abe", "Zebra", "Ære", "Øre", "Ånd"]);
    }
}
