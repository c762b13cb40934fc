//! Refusals: what kind they are, the code clients match on, and the words people read.

use crate::Language;

/// What sort of refusal a rule makes. The HTTP layer turns it into a status in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is at another address now.
    Moved,
    /// Malformed or invalid input.
    Invalid,
    /// Nobody has proven who they are.
    Unauthenticated,
    /// Known, but may not.
    Forbidden,
    /// Missing, or not yours.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// No offered media type is acceptable.
    NotAcceptable,
    /// The client was too slow.
    RequestTimeout,
    /// The state of the thing forbids it.
    Conflict,
    /// Once public, now gone for good.
    Gone,
    /// The reader's version is not the current one.
    Stale,
    /// The body is too large.
    TooLarge,
    /// The media type of the body is not understood.
    UnsupportedMediaType,
    /// Understood and well formed, but against a rule.
    Unprocessable,
    /// A version must be named.
    PreconditionRequired,
    /// Too many requests.
    TooManyRequests,
    /// A fault of ours.
    Internal,
    /// Try again later.
    Unavailable,
}

/// Title and advice in one language: what happened, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording {
    pub title: &'static str,
    pub advice: &'static str,
}

/// One documented kind of problem (RFC 9457 `type`), `/problems/<code>`.
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemType {
    pub code: &'static str,
    pub kind: Kind,
    pub da: Wording,
    pub en: Wording,
}

impl ProblemType {
    #[must_use]
    pub const fn wording(&self, language: Language) -> Wording {
        match language {
            Language::Da => self.da,
            Language::En => self.en,
        }
    }
}

/// A refusal that the domain can make.
pub trait Rule: Copy {
    fn problem(self) -> &'static ProblemType;
}

/// Declares the refusals of one family of commands, each with its code, kind and both wordings,
/// so that a rule, its code and its text have one home.
#[macro_export]
macro_rules! rules {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$vmeta:meta])* $variant:ident = $kind:ident $code:literal
            da($da:literal, $da_advice:literal) en($en:literal, $en_advice:literal)),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name { $($(#[$vmeta])* #[doc = $en] $variant),+ }

        impl $name {
            /// Every problem type of this family, for the public register of problems.
            pub const ALL: &'static [&'static $crate::ProblemType] = &[$(Self::$variant.as_problem()),+];

            /// The problem type of this rule.
            #[must_use]
            pub const fn as_problem(self) -> &'static $crate::ProblemType {
                match self { $(Self::$variant => const { &$crate::ProblemType {
                    code: $code,
                    kind: $crate::Kind::$kind,
                    da: $crate::Wording { title: $da, advice: $da_advice },
                    en: $crate::Wording { title: $en, advice: $en_advice },
                } }),+ }
            }
        }

        impl $crate::Rule for $name {
            fn problem(self) -> &'static $crate::ProblemType {
                self.as_problem()
            }
        }
    };
}
