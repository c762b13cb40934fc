//! The vocabulary by which initiatives are found.

use kernel::string_enum;

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

string_enum! {
    /// Whether new entries may use a term.
    pub enum TermStatus {
        Active = "active" da("I brug") en("Active"),
        /// Kept where it is in use, and not to be chosen any more.
        Retired = "retired" da("Trukket tilbage") en("Retired"),
    }
}
