//! What an organisation says about an initiative.

use kernel::{Accessibility, Fault, Finding, Findings, Guidepost, Languages, Money, PrincipleAnswers, TermSlug, identifier, string_enum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DatedSlot, Image, Place, Scheme, WeeklySlot};

string_enum! {
    /// A group that an initiative says welcome to in particular.
    pub enum Welcome {
        Refugees = "refugees" da("Flygtninge") en("Refugees"),
        LonelyYouth = "lonely_youth" da("Ensomme unge") en("Lonely young people"),
        PeopleWithDisabilities = "people_with_disabilities" da("Mennesker med handicap") en("People with disabilities"),
        Youth = "youth" da("Unge") en("Young people"),
        Seniors = "seniors" da("Seniorer") en("Seniors"),
        Families = "families" da("Familier") en("Families"),
        Newcomers = "newcomers" da("Tilflyttere") en("Newcomers"),
        Everyone = "everyone" da("Alle") en("Everyone"),
    }
}

string_enum! {
    /// How one comes to take part.
    pub enum Participation {
        /// Come as you are.
        DropIn = "drop_in" da("Kom, som du er") en("Drop in"),
        /// Sign up first.
        SignUp = "sign_up" da("Tilmelding") en("Sign up"),
        /// Through somebody who refers you, such as a case worker.
        Referral = "referral" da("Henvisning") en("Referral"),
    }
}

/// A language, as a BCP 47 tag such as da, en or uk: how the contract describes the strings that hold one.
#[derive(Debug, ToSchema)]
#[schema(pattern = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length = 35, example = "da")]
pub struct LanguageTag(#[expect(dead_code, reason = "a description, never a value")] String);

/// Whom to ask about an initiative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InitiativeContact)]
pub struct Contact {
    /// The name under which the contact person is shown.
    #[schema(min_length = 1, max_length = 120)]
    pub name: String,
    /// E-mail address. The public sees it only when `published` is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 254, format = "email")]
    pub email: Option<String>,
    /// Phone number in E.164, such as +4572333333. The public sees it only when `published` is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = r"^\+[1-9][0-9]{7,14}$")]
    pub phone: Option<String>,
    /// Public web address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500, format = "uri")]
    pub web: Option<String>,
    /// The person's consent to showing e-mail and phone to the public. Without it messages go through the relay.
    #[serde(default)]
    pub published: bool,
}

impl Contact {
    fn public_view(&self) -> Self {
        let Self { name, email, phone, web, published } = self.clone();
        if published { Self { name, email, phone, web, published } } else { Self { name, email: None, phone: None, web, published } }
    }

    fn check(&self, at: &str, findings: &mut Findings) {
        let Self { name, email, phone, web, published: _ } = self;
        findings.required_text(&format!("{at}/name"), name, 120);
        findings.hold(&format!("{at}/email"), email.as_deref().map_or(Ok(()), identifier::email));
        findings.hold(&format!("{at}/phone"), phone.as_deref().map_or(Ok(()), identifier::phone));
        if let Some(web) = web {
            findings.web(&format!("{at}/web"), web);
        }
    }
}

/// Title and texts in another language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// The language of this translation, a BCP 47 tag such as en or uk.
    #[schema(max_length = 35)]
    pub language: String,
    /// The title in that language.
    #[schema(min_length = 1, max_length = 120)]
    pub title: String,
    /// The summary in that language.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 280)]
    pub summary: String,
    /// The description in that language, in the same Markdown subset.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 10000)]
    pub description: String,
}

impl Translation {
    fn check(&self, at: &str, findings: &mut Findings) {
        let Self { language, title, summary, description } = self;
        check_language(&format!("{at}/language"), language, findings);
        findings.required_text(&format!("{at}/title"), title, 120);
        findings.text(&format!("{at}/summary"), summary, 280);
        findings.text(&format!("{at}/description"), description, 10_000);
    }
}

fn check_language(at: &str, tag: &str, findings: &mut Findings) {
    if tag.chars().count() > 35 {
        findings.put(at, Fault::TooLong { max: 35 });
    }
    findings.hold(at, identifier::language_tag(tag));
}

/// Everything an organisation says about an initiative. A draft needs no more than a title.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InitiativeContent)]
pub struct Content {
    /// What the initiative is called.
    #[schema(min_length = 1, max_length = 120)]
    pub title: String,
    /// What it is, in one or two sentences of plain text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 280)]
    pub summary: String,
    /// What it is at length, as plain text or in a subset of Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 10000)]
    pub description: String,
    /// Guideposts of the volunteering policy that it follows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5)]
    pub guideposts: Vec<Guidepost>,
    /// Whom it is for: terms of the taxonomy `target_group`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub target_groups: Vec<TermSlug>,
    /// What one does there: terms of the taxonomy `activity`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub activities: Vec<TermSlug>,
    /// What it is about: terms of the taxonomy `theme`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub themes: Vec<TermSlug>,
    /// Groups that are welcome in particular.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 8)]
    pub welcomes: Vec<Welcome>,
    /// What is done so that those who are welcome can take part, such as an interpreter or a companion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub accommodations: Option<String>,
    /// The youngest age it is for, in whole years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 120)]
    pub min_age: Option<u8>,
    /// The oldest age it is for, in whole years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 120)]
    pub max_age: Option<u8>,
    /// Languages spoken there, as BCP 47 tags such as da, en or uk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20, value_type = Vec<LanguageTag>)]
    pub languages: Vec<String>,
    /// How one comes to take part. Absent when it has not been said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participation: Option<Participation>,
    /// What one participant pays, at most 10000000 øre. An amount of 0 is free; absent when it has not been said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// Times that come back every week, wall-clock in Europe/Copenhagen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub schedule: Vec<WeeklySlot>,
    /// Times on single dates, wall-clock in Europe/Copenhagen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub dates: Vec<DatedSlot>,
    /// Where it happens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub locations: Vec<Place>,
    /// What the place does for people who need it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 7)]
    pub accessibility: Vec<Accessibility>,
    /// More about access in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub accessibility_text: Option<String>,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// Pictures, the most telling one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub images: Vec<Image>,
    /// Title and texts in other languages, each language once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub translations: Vec<Translation>,
    /// The declaration on the five principles. Never public.
    #[serde(default, skip_serializing_if = "PrincipleAnswers::is_empty")]
    pub principles: PrincipleAnswers,
}

/// Title and texts in the language that suits a reader best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken<'a> {
    /// The BCP 47 tag of that language.
    pub language: &'a str,
    pub title: &'a str,
    /// In the original where the translation has none.
    pub summary: &'a str,
    pub description: &'a str,
}

/// The language in which contents are written, apart from their translations.
const ORIGINAL: &str = "da";

/// Pictures beside one text, at most.
pub const IMAGES: usize = 10;

/// What the full-text index reads of a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchText {
    /// Words that weigh most: the title in every language.
    pub title: String,
    /// All other words.
    pub body: String,
}

/// Whether a changed field waits for review or goes live at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Reviewed,
    Minor,
}

/// Compares two contents field by field. It destructures, so a new field does not compile until
/// somebody has given it a weight.
macro_rules! compare {
    ($one:expr, $other:expr, $($weight:ident { $($field:ident),+ $(,)? })+) => {{
        let Content { $($($field),+),+ } = $one;
        [$($((stringify!($field), Weight::$weight, *$field != $other.$field)),+),+]
    }};
}

impl Content {
    /// A content that says nothing yet but its title.
    #[must_use]
    pub fn titled(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            summary: String::new(),
            description: String::new(),
            guideposts: Vec::new(),
            target_groups: Vec::new(),
            activities: Vec::new(),
            themes: Vec::new(),
            welcomes: Vec::new(),
            accommodations: None,
            min_age: None,
            max_age: None,
            languages: Vec::new(),
            participation: None,
            cost: None,
            schedule: Vec::new(),
            dates: Vec::new(),
            locations: Vec::new(),
            accessibility: Vec::new(),
            accessibility_text: None,
            contact: None,
            images: Vec::new(),
            translations: Vec::new(),
            principles: PrincipleAnswers::default(),
        }
    }

    /// Title and texts in the language that suits a reader best, which is the original where none of theirs is there.
    #[must_use]
    pub fn spoken(&self, languages: &Languages) -> Spoken<'_> {
        let offered: Vec<&str> = [ORIGINAL].into_iter().chain(self.translations.iter().map(|one| one.language.as_str())).collect();
        let best = languages.best(&offered).filter(|best| *best != ORIGINAL);
        match best.and_then(|best| self.translations.iter().find(|one| one.language == best)) {
            None => Spoken { language: ORIGINAL, title: &self.title, summary: &self.summary, description: &self.description },
            Some(Translation { language, title, summary, description }) => {
                let summary = if summary.is_empty() { &self.summary } else { summary };
                let description = if description.is_empty() { &self.description } else { description };
                Spoken { language, title, summary, description }
            }
        }
    }

    /// The terms of one tree.
    #[must_use]
    pub fn terms(&self, scheme: Scheme) -> &[TermSlug] {
        match scheme {
            Scheme::TargetGroup => &self.target_groups,
            Scheme::Activity => &self.activities,
            Scheme::Theme => &self.themes,
        }
    }

    pub(crate) fn set_terms(&mut self, scheme: Scheme, terms: Vec<TermSlug>) {
        match scheme {
            Scheme::TargetGroup => self.target_groups = terms,
            Scheme::Activity => self.activities = terms,
            Scheme::Theme => self.themes = terms,
        }
    }

    /// What is wrong in itself, however complete the content is. Hidden characters are no concern of
    /// this check: texts are cleaned where they enter, and a term's existence is checked where terms are kept.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Findings::default();
        self.check_texts(&mut findings);
        self.check_words(&mut findings);
        self.check_numbers(&mut findings);
        self.check_parts(&mut findings);
        findings.into_inner()
    }

    fn check_texts(&self, findings: &mut Findings) {
        findings.required_text("/title", &self.title, 120);
        findings.text("/summary", &self.summary, 280);
        findings.text("/description", &self.description, 10_000);
        findings.optional_text("/accommodations", self.accommodations.as_deref(), 500);
        findings.optional_text("/accessibility_text", self.accessibility_text.as_deref(), 500);
    }

    fn check_words(&self, findings: &mut Findings) {
        for scheme in Scheme::ALL {
            for (at, term) in findings.distinct(&format!("/{}", scheme.field()), self.terms(*scheme), 20) {
                findings.hold(&at, term.check());
            }
        }
        for (at, tag) in findings.distinct("/languages", &self.languages, 20) {
            check_language(&at, tag, findings);
        }
        // Words of a closed list have nothing else to be checked.
        let _ = findings.distinct("/guideposts", &self.guideposts, Guidepost::ALL.len());
        let _ = findings.distinct("/welcomes", &self.welcomes, Welcome::ALL.len());
        let _ = findings.distinct("/accessibility", &self.accessibility, Accessibility::ALL.len());
    }

    fn check_numbers(&self, findings: &mut Findings) {
        if let Some(age) = self.min_age {
            findings.within("/min_age", age, 0, 120);
        }
        if let Some(age) = self.max_age {
            let youngest = self.min_age.filter(|youngest| *youngest <= 120).unwrap_or(0);
            findings.within("/max_age", age, youngest.into(), 120);
        }
        if let Some(cost) = self.cost {
            findings.within("/cost/amount", cost.amount, 0, 10_000_000);
        }
    }

    fn check_parts(&self, findings: &mut Findings) {
        for (at, slot) in findings.distinct("/schedule", &self.schedule, 20) {
            slot.check(&at, findings);
        }
        for (at, slot) in findings.distinct("/dates", &self.dates, 50) {
            slot.check(&at, findings);
        }
        for (at, place) in findings.distinct("/locations", &self.locations, 10) {
            place.check(&at, findings);
        }
        if let Some(contact) = &self.contact {
            contact.check("/contact", findings);
        }
        for (index, (at, image)) in findings.items("/images", &self.images, IMAGES).enumerate() {
            image.check(&at, findings);
            if self.images.iter().take(index).any(|earlier| earlier.file == image.file) {
                findings.put(format!("{at}/file"), Fault::Duplicate);
            }
        }
        for (index, (at, translation)) in findings.items("/translations", &self.translations, 10).enumerate() {
            translation.check(&at, findings);
            if self.translations.iter().take(index).any(|earlier| earlier.language.eq_ignore_ascii_case(&translation.language)) {
                findings.put(format!("{at}/language"), Fault::Duplicate);
            }
        }
        self.principles.check("/principles", findings);
    }

    /// What is missing before the content can be submitted for review.
    #[must_use]
    pub fn completeness(&self) -> Vec<Finding> {
        let mut findings = Findings::default();
        for (at, text) in [("/title", &self.title), ("/summary", &self.summary), ("/description", &self.description)] {
            findings.filled(at, text);
        }
        for (at, empty) in [
            ("/guideposts", self.guideposts.is_empty()),
            ("/target_groups", self.target_groups.is_empty()),
            ("/activities", self.activities.is_empty()),
            ("/languages", self.languages.is_empty()),
            ("/locations", self.locations.is_empty()),
        ] {
            if empty {
                findings.put(at, Fault::Required);
            }
        }
        findings.filled("/contact/name", self.contact.as_ref().map_or("", |contact| &contact.name));
        self.principles.check_complete("/principles", &mut findings);
        findings.into_inner()
    }

    /// What is missing here that `before` had. What was missing already is nobody's fault now: the
    /// demands may have grown since it was approved.
    pub(crate) fn newly_missing(&self, before: &Self) -> Vec<Finding> {
        let known = before.completeness();
        self.completeness().into_iter().filter(|finding| !known.contains(finding)).collect()
    }

    /// The content as the public may see it. `private_person` says that the organisation is one
    /// individual, whose addresses are likely to be a home.
    ///
    /// Every field is named, so that a new one cannot become public by being forgotten.
    #[must_use]
    pub fn public_view(&self, private_person: bool) -> Self {
        Self {
            title: self.title.clone(),
            summary: self.summary.clone(),
            description: self.description.clone(),
            guideposts: self.guideposts.clone(),
            target_groups: self.target_groups.clone(),
            activities: self.activities.clone(),
            themes: self.themes.clone(),
            welcomes: self.welcomes.clone(),
            accommodations: self.accommodations.clone(),
            min_age: self.min_age,
            max_age: self.max_age,
            languages: self.languages.clone(),
            participation: self.participation,
            cost: self.cost,
            schedule: self.schedule.clone(),
            dates: self.dates.clone(),
            locations: self.locations.iter().map(|place| place.public_view(private_person)).collect(),
            accessibility: self.accessibility.clone(),
            accessibility_text: self.accessibility_text.clone(),
            contact: self.contact.as_ref().map(Contact::public_view),
            images: self.images.clone(),
            translations: self.translations.clone(),
            principles: PrincipleAnswers::default(),
        }
    }

    /// The names of the fields in which two contents differ.
    #[must_use]
    pub fn changes(&self, other: &Self) -> Vec<&'static str> {
        self.differences(other).map(|(field, _)| field).collect()
    }

    /// Whether the two differ in what a reviewer has to see before the public does: the public text in
    /// any language, the target groups and the principle answers.
    #[must_use]
    pub fn needs_review(&self, other: &Self) -> bool {
        self.differences(other).any(|(_, weight)| weight == Weight::Reviewed)
    }

    fn differences(&self, other: &Self) -> impl Iterator<Item = (&'static str, Weight)> + use<> {
        let fields = compare!(self, other,
            Reviewed { title, summary, description, target_groups, translations, principles }
            Minor {
                guideposts, activities, themes, welcomes, accommodations, min_age, max_age, languages, participation, cost,
                schedule, dates, locations, accessibility, accessibility_text, contact, images,
            }
        );
        fields.into_iter().filter_map(|(field, weight, differs)| differs.then_some((field, weight)))
    }

    /// This content, with everything that waits for review put back to how `approved` has it.
    pub(crate) fn with_reviewed_fields_of(self, approved: &Self) -> Self {
        let Self { title, summary, description, target_groups, translations, principles, .. } = approved.clone();
        Self { title, summary, description, target_groups, translations, principles, ..self }
    }

    /// The words by which it is found. They are all public: no address, no person, no principle answer.
    #[must_use]
    pub fn search_text(&self) -> SearchText {
        let titles = self.translations.iter().map(|translation| translation.title.as_str());
        let towns = self.locations.iter().filter_map(Place::district).map(|(_, town)| town);
        let translated = self.translations.iter().flat_map(|translation| [translation.summary.as_str(), &translation.description]);
        let own = [self.summary.as_str(), &self.description, self.accommodations.as_deref().unwrap_or_default()];
        SearchText {
            title: lines(std::iter::once(self.title.as_str()).chain(titles)),
            body: lines(own.into_iter().chain(towns).chain(translated)),
        }
    }
}

/// One text per line, so that no word runs into its neighbour.
fn lines<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
