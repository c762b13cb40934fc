//! One declaration for an enum that is a word in JSON, in a column and in a query string.

use crate::Language;

/// The words of one enumeration, for people to choose from.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary {
    /// The name of its type, as in the contract.
    pub name: &'static str,
    pub words: &'static [Word],
}

/// One word, and what people read instead.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    pub word: &'static str,
    da: &'static str,
    en: &'static str,
}

impl Word {
    /// A word with its labels in Danish and English.
    #[must_use]
    pub const fn new(word: &'static str, da: &'static str, en: &'static str) -> Self {
        Self { word, da, en }
    }

    /// What people read, in their language.
    #[must_use]
    pub const fn label(&self, language: Language) -> &'static str {
        match language {
            Language::Da => self.da,
            Language::En => self.en,
        }
    }
}

/// Declares an enum whose variants are words.
///
/// The word stands once; serde, the contract, `ALL`, `as_str` and `parse` all take it from there, so the three places where
/// it is written (JSON, column, query string) cannot drift apart. With a label in both languages behind each word, the enum
/// has a [`Vocabulary`] as well; what people never choose or read needs none.
///
/// ```
/// kernel::string_enum! {
///     /// The light of a lamp.
///     pub enum Light {
///         /// Stop.
///         Red = "red" da("Rødt") en("Red"),
///         Green = "green" da("Grønt") en("Green"),
///     }
/// }
/// assert_eq!(Light::ALL, [Light::Red, Light::Green]);
/// assert_eq!(Light::parse("red"), Some(Light::Red));
/// assert_eq!(Light::Green.as_str(), "green");
/// assert_eq!(Light::Red.label(kernel::Language::Da), "Rødt");
/// assert_eq!(Light::VOCABULARY.name, "Light");
/// ```
// The word is a `tt`: utoipa does not see through the invisible group that a `literal` fragment wears.
#[macro_export]
macro_rules! string_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$vmeta:meta])* $variant:ident = $word:tt da($da:literal) en($en:literal)),+ $(,)?
    }) => {
        $crate::string_enum! {
            $(#[$meta])* $vis enum $name { $($(#[$vmeta])* $variant = $word),+ }
        }

        impl $name {
            /// The words with their labels.
            pub const VOCABULARY: $crate::Vocabulary =
                $crate::Vocabulary { name: stringify!($name), words: &[$($crate::Word::new($word, $da, $en)),+] };

            /// What people read, in their language.
            #[must_use]
            pub const fn label(self, language: $crate::Language) -> &'static str {
                match (self, language) { $(
                    (Self::$variant, $crate::Language::Da) => $da,
                    (Self::$variant, $crate::Language::En) => $en,
                )+ }
            }
        }
    };
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$vmeta:meta])* $variant:ident = $word:tt),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize, ::utoipa::ToSchema)]
        $vis enum $name {
            $($(#[$vmeta])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it, the same in JSON, columns and query strings.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The variant with exactly this word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;

    string_enum! {
        /// Two words, one of which serde's own conventions would write differently.
        enum Sample {
            Plain = "plain",
            /// Documented.
            E164 = "e.164",
        }
    }

    #[test]
    fn every_door_uses_the_same_word() -> Result<(), serde_json::Error> {
        for one in Sample::ALL {
            assert_eq!(Sample::parse(one.as_str()), Some(*one));
            assert_eq!(serde_json::to_value(one)?, one.as_str());
            assert_eq!(serde_json::from_value::<Sample>(one.as_str().into())?, *one);
        }
        let words: Vec<_> = Sample::ALL.iter().map(|one| one.as_str()).collect();
        assert_eq!(serde_json::to_value(Sample::schema())?["enum"], serde_json::json!(words));
        assert_eq!(Sample::parse("Plain"), None);
        Ok(())
    }
}
