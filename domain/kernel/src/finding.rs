//! What is wrong with a piece of input, and where.

use crate::Language;

/// One thing wrong with the input: a place and a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// JSON Pointer (RFC 6901) into the body, or `?name` for a query parameter and `#name` for a header.
    pub pointer: String,
    pub fault: Fault,
}

impl Finding {
    #[must_use]
    pub fn new(pointer: impl Into<String>, fault: Fault) -> Self {
        Self { pointer: pointer.into(), fault }
    }
}

macro_rules! faults {
    ($($(#[$meta:meta])* $variant:ident $({ $($field:ident : $type:ty),+ })? = $code:literal da($da:literal) en($en:literal)),+ $(,)?) => {
        /// Every way a piece of input can be wrong, with its wording in both languages.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Fault { $($(#[$meta])* $variant $({ $($field: $type),+ })?),+ }

        impl Fault {
            /// The stable code that clients match on.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant $({ $($field: _),+ })? => $code),+ }
            }

            /// What to do about it, in the reader's language.
            #[must_use]
            pub fn detail(&self, language: Language) -> String {
                match (self, language) { $(
                    (Self::$variant $({ $($field),+ })?, Language::Da) => format!($da),
                    (Self::$variant $({ $($field),+ })?, Language::En) => format!($en),
                )+ }
            }
        }
    };
}

faults! {
    Required = "required" da("Feltet skal udfyldes.") en("This must be filled in."),
    TooLong { max: u64 } = "too-long" da("Højst {max} tegn eller elementer.") en("At most {max} characters or items."),
    TooShort { min: u64 } = "too-short" da("Mindst {min} tegn eller elementer.") en("At least {min} characters or items."),
    OutOfRange { min: String, max: String } = "out-of-range" da("Skal ligge mellem {min} og {max}.") en("Must lie between {min} and {max}."),
    Malformed { expected: String } = "malformed" da("Kan ikke læses. Forventet: {expected}.") en("Cannot be read. Expected: {expected}."),
    UnknownField = "unknown-field" da("Feltet kendes ikke; fjern det.") en("This field is not known; remove it."),
    UnknownParameter = "unknown-parameter" da("Parameteren kendes ikke; fjern den.") en("This parameter is not known; remove it."),
    DuplicateField = "duplicate-field" da("Feltet står to gange; fjern det ene.") en("This field stands twice; remove one."),
    Duplicate = "duplicate" da("Værdien står to gange; fjern den ene.") en("This value stands twice; remove one."),
    TooDeep { max: u64 } = "too-deep" da("Indholdet er indlejret i mere end {max} niveauer.") en("The content is nested more than {max} levels deep."),
    ForbiddenCharacter = "forbidden-character" da("Teksten indeholder et usynligt styretegn eller et tegn, der vender læseretningen; fjern det.") en("The text holds an invisible control character or one that turns the reading direction; remove it."),
    PersonalNumber = "personal-number" da("Teksten ligner et CPR-nummer. CPR-numre må ikke skrives her; fjern det.") en("The text looks like a CPR number. CPR numbers must not be written here; remove it."),
    InvalidCvr = "invalid-cvr" da("Et CVR-nummer har otte cifre, og kontrolcifferet skal passe. Slå nummeret op på virk.dk.") en("A CVR number has eight digits with a matching check digit. Look the number up in the CVR register."),
    InvalidPNumber = "invalid-p-number" da("Et P-nummer har ti cifre.") en("A P-number has ten digits."),
    InvalidEmail = "invalid-email" da("Skriv en e-mailadresse som navn@eksempel.dk.") en("Write an e-mail address such as name@example.dk."),
    InvalidPhone = "invalid-phone" da("Skriv telefonnummeret med landekode, fx +4572333333.") en("Write the phone number with its country code, such as +4572333333."),
    InvalidUrl = "invalid-url" da("Skriv en fuld adresse, der begynder med https:// eller http://.") en("Write a full address that begins with https:// or http://."),
    InvalidPostalCode = "invalid-postal-code" da("Et postnummer har fire cifre.") en("A postal code has four digits."),
    InvalidMunicipalityCode = "invalid-municipality-code" da("En kommunekode har fire cifre, fx 0860 for Hjørring.") en("A municipality code has four digits, such as 0860 for Hjørring."),
    InvalidLanguageTag = "invalid-language-tag" da("Skriv et sprogmærke efter BCP 47, fx da, en eller uk.") en("Write a BCP 47 language tag such as da, en or uk."),
    InvalidPeriod = "invalid-period" da("Sluttidspunktet skal ligge efter starttidspunktet.") en("The end must come after the start."),
    UnknownTerm = "unknown-term" da("Emneordet findes ikke i taksonomien eller er trukket tilbage. Se /v1/taxonomies.") en("The term is not in the taxonomy or has been retired. See /v1/taxonomies."),
    UnknownFile = "unknown-file" da("Filen findes ikke hos organisationen, er ikke klar eller er til noget andet. Læg den op med POST /v1/files først.") en("The organisation has no such file, it is not ready, or it is for something else. Upload it with POST /v1/files first."),
    InvalidCursor = "invalid-cursor" da("Cursoren hører til en anden søgning eller er ødelagt. Begynd forfra uden cursor.") en("The cursor belongs to another query or is damaged. Start again without it."),
    InvalidKey = "invalid-idempotency-key" da("En nøgle har 1 til 255 synlige ASCII-tegn; uden login mindst 22 tilfældige tegn.") en("A key has 1 to 255 visible ASCII characters; without a token at least 22 random ones."),
    InvalidPrecondition = "invalid-if-match" da("If-Match skal være en ETag fra et tidligere svar, fx \"3.abc\", eller *.") en("If-Match must be an ETag from an earlier answer, such as \"3.abc\", or *."),
    PrincipleDenied = "principle-denied" da("Et initiativ, der svarer nej til et bærende princip, kan ikke indsendes.") en("An initiative that answers no to a guiding principle cannot be submitted."),
    PrincipleUnanswered = "principle-unanswered" da("Svar på, om princippet er opfyldt: yes, no eller unsure.") en("Answer whether the principle is met: yes, no or unsure."),
}

#[cfg(test)]
mod tests {
    use super::{Fault, Finding};
    use crate::Language;

    #[test]
    fn a_fault_speaks_both_languages_and_names_its_limit() {
        let finding = Finding::new("/name", Fault::TooLong { max: 120 });
        assert_eq!(finding.fault.code(), "too-long");
        assert!(finding.fault.detail(Language::Da).contains("120"));
        assert!(finding.fault.detail(Language::En).contains("120"));
    }
}
