//! The vocabulary by which initiatives are found, and how it changes without anything getting lost.

use kernel::{Fault, Finding, TermId, TermSlug, machine, rules, string_enum};

use crate::Content;

string_enum! {
    /// A tree of terms.
    pub enum Scheme {
        /// For whom.
        TargetGroup = "target_group" da("Målgrupper") en("Target groups"),
        /// What is done.
        Activity = "activity" da("Aktiviteter") en("Activities"),
        /// What it is about.
        Theme = "theme" da("Temaer") en("Themes"),
    }
}

impl Scheme {
    /// The member of a [`Content`] that holds terms of this tree.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::TargetGroup => "target_groups",
            Self::Activity => "activities",
            Self::Theme => "themes",
        }
    }
}

string_enum! {
    /// Whether new entries may use a term.
    pub enum TermStatus {
        Active = "active" da("I brug") en("Active"),
        /// Kept where it is in use, and not to be chosen any more.
        Retired = "retired" da("Trukket tilbage") en("Retired"),
        /// Another term has taken its place; its old address leads there. Final.
        Merged = "merged" da("Lagt sammen med et andet") en("Merged into another"),
    }
}

string_enum! {
    /// What editors can do with a term.
    pub enum TermCommand {
        /// Give it other labels, or another place in its tree.
        Edit = "edit" da("Ret") en("Edit"),
        /// Let nobody choose it any more.
        Retire = "retire" da("Træk tilbage") en("Retire"),
        /// Let it be chosen again.
        Restore = "restore" da("Tag i brug igen") en("Restore"),
        /// Put another term in its place, wherever it stands.
        Merge = "merge" da("Læg sammen med et andet") en("Merge"),
    }
}

/// Every step there is.
pub const TERM_TRANSITIONS: &[(TermStatus, TermCommand, TermStatus)] = &[
    (TermStatus::Active, TermCommand::Edit, TermStatus::Active),
    (TermStatus::Active, TermCommand::Retire, TermStatus::Retired),
    (TermStatus::Active, TermCommand::Merge, TermStatus::Merged),
    (TermStatus::Retired, TermCommand::Edit, TermStatus::Retired),
    (TermStatus::Retired, TermCommand::Restore, TermStatus::Active),
    (TermStatus::Retired, TermCommand::Merge, TermStatus::Merged),
];

/// [`TERM_TRANSITIONS`] as a Mermaid state diagram.
#[must_use]
pub fn term_mermaid() -> String {
    let states: Vec<_> = TermStatus::ALL.iter().map(|status| status.as_str()).collect();
    let arrows: Vec<_> = TERM_TRANSITIONS.iter().map(|(from, by, to)| (from.as_str(), by.as_str(), to.as_str())).collect();
    machine::draw(&[("add", TermStatus::Active.as_str())], &states, &arrows)
}

rules! {
    /// Why a change of the vocabulary was refused.
    pub enum TermRule {
        Exists = Conflict "term-exists"
            da("Emneordet findes allerede", "Brug det, der er der, tag det i brug igen, eller vælg et andet slug. Et slug bruges kun én gang, også når emneordet er lagt sammen med et andet.")
            en("The term is there already", "Use the one that is there, restore it, or choose another slug. A slug is used once, also when its term was merged into another."),
        Status = Conflict "term-status"
            da("Emneordets status tillader det ikke", "Se emneordets status: kun et emneord i brug kan trækkes tilbage, og kun et, der er trukket tilbage, kan tages i brug igen.")
            en("The status of the term does not allow it", "See its status: only an active term can be retired, and only a retired one restored."),
        Merged = Conflict "term-merged"
            da("Emneordet er lagt sammen med et andet", "Hent emneordet: adressen fører til det, der har taget dets plads. Ret det i stedet.")
            en("The term was merged into another", "Fetch it: its address leads to the one that has taken its place. Change that one instead."),
        Cycle = Unprocessable "term-cycle"
            da("Et emneord kan ikke ligge under sig selv", "Vælg et overordnet emneord, der ikke selv ligger under dette.")
            en("A term cannot lie under itself", "Choose a parent that does not itself lie under this term."),
        Itself = Unprocessable "term-merged-into-itself"
            da("Et emneord kan ikke lægges sammen med sig selv", "Vælg det emneord, der skal tage pladsen. Er det valgte lagt sammen med dette, er der intet at gøre.")
            en("A term cannot be merged into itself", "Choose the term that shall take its place. If the one chosen was merged into this one, there is nothing left to do."),
    }
}

/// Why a change of the vocabulary was refused, or what is wrong with what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermRefusal {
    Rule(TermRule),
    Input(Finding),
}

impl From<TermRule> for TermRefusal {
    fn from(rule: TermRule) -> Self {
        Self::Rule(rule)
    }
}

/// What people read instead of a slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermLabels {
    pub da: String,
    pub en: String,
}

/// A term of one of the trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub id: TermId,
    pub scheme: Scheme,
    /// The word that requests and answers use. It never changes.
    pub slug: TermSlug,
    pub labels: TermLabels,
    /// The broader term of the same tree under which it lies.
    pub parent: Option<TermId>,
    pub status: TermStatus,
    /// The term that has taken its place, which was itself never merged: editors merge on, and this follows.
    pub merged_into: Option<TermId>,
    pub version: i64,
}

impl Term {
    /// Where a step would lead now.
    ///
    /// # Errors
    /// [`TermRule::Merged`], [`TermRule::Status`].
    pub fn after(&self, command: TermCommand) -> Result<TermStatus, TermRule> {
        let refused = if self.status == TermStatus::Merged { TermRule::Merged } else { TermRule::Status };
        machine::step(TERM_TRANSITIONS, self.status, &command).ok_or(refused)
    }

    fn changed(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}

/// All terms of all trees. What must hold between terms – no slug twice, no term under itself, no merge in a circle – is
/// decided here, where all of them can be seen.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary(Vec<Term>);

impl Vocabulary {
    #[must_use]
    pub const fn new(terms: Vec<Term>) -> Self {
        Self(terms)
    }

    /// Every term, those that were merged among them.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.0
    }

    #[must_use]
    pub fn get(&self, id: TermId) -> Option<&Term> {
        self.0.iter().find(|term| term.id == id)
    }

    #[must_use]
    pub fn find(&self, scheme: Scheme, slug: &str) -> Option<&Term> {
        self.0.iter().find(|term| term.scheme == scheme && term.slug.0 == slug)
    }

    /// What a term means today: itself, or what has taken its place.
    #[must_use]
    pub fn meaning<'a>(&'a self, term: &'a Term) -> &'a Term {
        term.merged_into.and_then(|id| self.get(id)).unwrap_or(term)
    }

    /// Whether new entries may use this word. Whoever still writes an old one means the one that took its place.
    #[must_use]
    pub fn offers(&self, scheme: Scheme, slug: &TermSlug) -> bool {
        self.find(scheme, &slug.0).is_some_and(|term| self.meaning(term).status == TermStatus::Active)
    }

    /// The content in today's words, each of them once.
    #[must_use]
    pub fn settled(&self, mut content: Content) -> Content {
        for scheme in Scheme::ALL {
            let mut settled: Vec<TermSlug> = Vec::new();
            for slug in content.terms(*scheme) {
                let meant = self.find(*scheme, &slug.0).map_or(slug, |term| &self.meaning(term).slug);
                if !settled.contains(meant) {
                    settled.push(meant.clone());
                }
            }
            content.set_terms(*scheme, settled);
        }
        content
    }

    /// Everything that is found under some words: today's words for them, and every narrower term. What no tree
    /// knows stays, and finds nothing.
    #[must_use]
    pub fn widened(&self, scheme: Scheme, slugs: &[String]) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for slug in slugs {
            match self.find(scheme, slug) {
                None => found.push(slug.clone()),
                Some(term) => {
                    let root = self.meaning(term);
                    found.extend(
                        self.0
                            .iter()
                            .filter(|other| other.merged_into.is_none() && self.is_under(other, root.id))
                            .map(|term| term.slug.0.clone()),
                    );
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a term is this one, or lies somewhere under it.
    fn is_under(&self, term: &Term, ancestor: TermId) -> bool {
        let mut at = Some(term);
        // No tree is deeper than there are terms.
        for _ in &self.0 {
            match at {
                Some(term) if term.id == ancestor => return true,
                Some(term) => at = term.parent.and_then(|parent| self.get(parent)),
                None => return false,
            }
        }
        false
    }

    /// The term that somebody names at a place of the input, in today's words.
    fn named(&self, scheme: Scheme, slug: &str, at: &str) -> Result<&Term, TermRefusal> {
        let named = self.find(scheme, slug).map(|term| self.meaning(term)).filter(|term| term.status == TermStatus::Active);
        named.ok_or_else(|| TermRefusal::Input(Finding::new(at, Fault::UnknownTerm)))
    }

    /// Adds a term.
    ///
    /// # Errors
    /// [`TermRule::Exists`]; an unknown parent.
    pub fn add(&self, id: TermId, scheme: Scheme, slug: TermSlug, labels: TermLabels, parent: Option<&str>) -> Result<Term, TermRefusal> {
        let parent = parent.map(|parent| self.named(scheme, parent, "/parent")).transpose()?.map(|parent| parent.id);
        if self.find(scheme, &slug.0).is_some() {
            return Err(TermRule::Exists.into());
        }
        Ok(Term { id, scheme, slug, labels, parent, status: TermStatus::Active, merged_into: None, version: 1 })
    }

    /// Gives a term other labels, or another parent.
    ///
    /// # Errors
    /// [`TermRule::Merged`], [`TermRule::Cycle`]; an unknown parent.
    pub fn edit(&self, term: &Term, labels: TermLabels, parent: Option<&str>) -> Result<Term, TermRefusal> {
        term.after(TermCommand::Edit)?;
        let present = term.parent.and_then(|parent| self.get(parent));
        let parent = match (present, parent) {
            // A parent that was retired since may stay.
            (Some(present), Some(slug)) if present.slug.0 == slug => Some(present),
            (_, slug) => slug.map(|slug| self.named(term.scheme, slug, "/parent")).transpose()?,
        };
        if parent.is_some_and(|parent| self.is_under(parent, term.id)) {
            return Err(TermRule::Cycle.into());
        }
        Ok(Term { labels, parent: parent.map(|parent| parent.id), ..term.changed() })
    }

    /// Retires a term, or takes it into use again.
    ///
    /// # Errors
    /// [`TermRule::Merged`], [`TermRule::Status`].
    pub fn step(&self, term: &Term, command: TermCommand) -> Result<Term, TermRefusal> {
        Ok(Term { status: term.after(command)?, ..term.changed() })
    }

    /// Puts another term in the place of one. Gives every term that changes, the merged one first and the other one second: what
    /// lay under the one lies under the other now, and what was merged into the one before is merged into the other. Where
    /// the other lay under the one, it moves up first.
    ///
    /// # Errors
    /// [`TermRule::Merged`], [`TermRule::Itself`]; an unknown or retired target.
    pub fn merge(&self, term: &Term, into: &str) -> Result<Vec<Term>, TermRefusal> {
        let status = term.after(TermCommand::Merge)?;
        let target = self.named(term.scheme, into, "/into")?;
        if target.id == term.id {
            return Err(TermRule::Itself.into());
        }
        let up = if self.is_under(target, term.id) { term.parent } else { target.parent };
        let merged = Term { status, merged_into: Some(target.id), parent: None, ..term.changed() };
        let moved = self.0.iter().filter(|other| other.id != target.id && other.id != term.id).filter_map(|other| {
            let (child, earlier) = (other.parent == Some(term.id), other.merged_into == Some(term.id));
            let parent = if child { Some(target.id) } else { other.parent };
            let merged_into = if earlier { Some(target.id) } else { other.merged_into };
            (child || earlier).then(|| Term { parent, merged_into, ..other.changed() })
        });
        Ok([merged, Term { parent: up, ..target.changed() }].into_iter().chain(moved).collect())
    }
}

#[cfg(test)]
mod tests {
    use kernel::{TermId, TermSlug};
    use uuid::Uuid;

    use super::{Scheme, TERM_TRANSITIONS, Term, TermCommand, TermLabels, TermRefusal, TermRule, TermStatus, Vocabulary};
    use crate::Content;

    fn id(number: u128) -> TermId {
        TermId(Uuid::from_u128(number))
    }

    fn labels() -> TermLabels {
        TermLabels { da: "Musik".into(), en: "Music".into() }
    }

    fn term(number: u128, slug: &str, parent: Option<u128>) -> Term {
        Term {
            id: id(number),
            scheme: Scheme::Activity,
            slug: TermSlug(slug.into()),
            labels: labels(),
            parent: parent.map(id),
            status: TermStatus::Active,
            merged_into: None,
            version: 1,
        }
    }

    /// music > singing > choir; sport
    fn vocabulary() -> Vocabulary {
        Vocabulary::new(vec![term(1, "music", None), term(2, "singing", Some(1)), term(3, "choir", Some(2)), term(4, "sport", None)])
    }

    fn with(vocabulary: &Vocabulary, changed: Vec<Term>) -> Vocabulary {
        let kept = vocabulary.terms().iter().filter(|term| changed.iter().all(|changed| changed.id != term.id)).cloned();
        Vocabulary::new(kept.chain(changed.clone()).collect())
    }

    fn merged(vocabulary: &Vocabulary, one: &str, into: &str) -> Result<Vocabulary, TermRefusal> {
        let term = vocabulary.find(Scheme::Activity, one).expect("it is there");
        vocabulary.merge(term, into).map(|changed| with(vocabulary, changed))
    }

    fn sound(vocabulary: &Vocabulary) {
        for term in vocabulary.terms() {
            let parent = term.parent.map(|parent| vocabulary.get(parent).expect("it is there"));
            assert!(parent.is_none_or(|parent| parent.status != TermStatus::Merged && !vocabulary.is_under(parent, term.id)), "{term:?}");
            assert_eq!(term.merged_into.is_some(), term.status == TermStatus::Merged, "{term:?}");
            assert!(vocabulary.meaning(term).merged_into.is_none(), "{term:?} takes two steps");
        }
    }

    #[test]
    fn every_status_meets_every_command() {
        for status in TermStatus::ALL {
            for command in TermCommand::ALL {
                let to = TERM_TRANSITIONS.iter().find(|(from, by, _)| (from, by) == (status, command)).map(|(_, _, to)| *to);
                let refused = if *status == TermStatus::Merged { TermRule::Merged } else { TermRule::Status };
                assert_eq!(Term { status: *status, ..term(1, "music", None) }.after(*command), to.ok_or(refused));
            }
        }
    }

    #[test]
    fn nothing_comes_to_lie_under_itself() {
        let vocabulary = vocabulary();
        let music = vocabulary.find(Scheme::Activity, "music").expect("it is there");
        for under in ["music", "singing", "choir"] {
            assert_eq!(vocabulary.edit(music, labels(), Some(under)), Err(TermRule::Cycle.into()));
        }
        assert_eq!(vocabulary.edit(music, labels(), Some("sport")).map(|music| music.parent), Ok(Some(id(4))));
        assert!(matches!(vocabulary.edit(music, labels(), Some("chess")), Err(TermRefusal::Input(_))));
    }

    #[test]
    fn whatever_is_merged_with_whatever_the_trees_stay_trees() {
        let names = ["music", "singing", "choir", "sport"];
        let pairs = names.into_iter().flat_map(|one| names.map(|other| (one, other)));
        for first in pairs.clone() {
            let Ok(once) = merged(&vocabulary(), first.0, first.1) else {
                assert_eq!(first.0, first.1);
                continue;
            };
            sound(&once);
            for second in pairs.clone() {
                match merged(&once, second.0, second.1) {
                    Ok(twice) => sound(&twice),
                    Err(refusal) => assert!(matches!(refusal, TermRefusal::Rule(TermRule::Merged | TermRule::Itself)), "{refusal:?}"),
                }
            }
        }
    }

    #[test]
    fn an_old_word_means_the_new_one() {
        let once = merged(&vocabulary(), "singing", "sport").expect("both are there");
        let twice = merged(&once, "sport", "music").expect("both are there");
        let mut content = Content::titled("Kor");
        content.activities = ["singing", "music", "choir", "sport"].map(|slug| TermSlug(slug.into())).to_vec();
        let settled = twice.settled(content);
        assert_eq!(settled.activities, ["music", "choir"].map(|slug| TermSlug(slug.into())));
        assert_eq!(twice.widened(Scheme::Activity, &["singing".into()]), ["choir", "music"]);
        assert_eq!(twice.widened(Scheme::Activity, &["choir".into(), "unknown".into()]), ["choir", "unknown"]);
        assert!(matches!(
            twice.add(id(9), Scheme::Activity, TermSlug("sport".into()), labels(), None),
            Err(TermRefusal::Rule(TermRule::Exists))
        ));
    }
}
