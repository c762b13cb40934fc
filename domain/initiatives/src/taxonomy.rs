//! The vocabulary by which initiatives are found.

use kernel::string_enum;

string_enum! {
    /// A tree of terms.
    pub enum Scheme {
        /// For whom.
        TargetGroup = "target_group",
        /// What is done.
        Activity = "activity",
        /// What it is about.
        Theme = "theme",
    }
}

string_enum! {
    /// Whether new entries may use a term.
    pub enum TermStatus {
        Active = "active",
        /// Kept where it is in use, and not to be chosen any more.
        Retired = "retired",
    }
}
