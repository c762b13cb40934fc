//! The state machine as a table.

use kernel::{machine, string_enum};

string_enum! {
    /// Where an initiative stands on its way through the catalogue.
    pub enum Status {
        /// Being written. Seen by the organisation alone.
        Draft = "draft" da("Kladde") en("Draft"),
        /// Handed in for the first time, or again after a return.
        InReview = "in_review" da("Til gennemsyn") en("In review"),
        /// In the public catalogue.
        Published = "published" da("Offentliggjort") en("Published"),
        /// Taken out of the catalogue by the organisation, for a while.
        Paused = "paused" da("Sat på pause") en("Paused"),
        /// Taken out of the catalogue by staff, after a report. The organisation can mend it, and staff puts it back.
        Suspended = "suspended" da("Taget ned af kommunen") en("Suspended"),
        /// Refused on a principle; it can be revised.
        Refused = "refused" da("Afvist") en("Refused"),
        /// Over. Final.
        Archived = "archived" da("Arkiveret") en("Archived"),
    }
}

string_enum! {
    /// What can be done to an initiative after it has been drafted.
    pub enum Command {
        /// The organisation changes the content.
        Edit = "edit" da("Ret") en("Edit"),
        /// The organisation hands the working revision in.
        Submit = "submit" da("Indsend") en("Submit"),
        /// Staff approve the revision in review.
        Publish = "publish" da("Offentliggør") en("Publish"),
        /// Staff send the revision in review back, with a reason.
        Return = "return" da("Send tilbage") en("Return"),
        /// Staff refuse a first submission on a principle, with a reason.
        Refuse = "refuse" da("Afvis") en("Refuse"),
        /// The organisation takes a refused initiative up again.
        Revise = "revise" da("Tag op igen") en("Revise"),
        /// The organisation takes it out of the catalogue for a while.
        Pause = "pause" da("Sæt på pause") en("Pause"),
        /// The organisation puts it back.
        Resume = "resume" da("Genoptag") en("Resume"),
        /// Staff take it out of the catalogue, with a reason.
        Suspend = "suspend" da("Tag ned") en("Suspend"),
        /// Staff put it back.
        Clear = "clear" da("Genåbn") en("Clear"),
        /// The organisation says that it still holds.
        Confirm = "confirm" da("Bekræft, at det stadig passer") en("Confirm that it still holds"),
        /// It is over.
        Archive = "archive" da("Arkivér") en("Archive"),
    }
}

/// Every step there is: from a state, by a command, to a state. What is not here is refused.
///
/// The last word on a step may lie with the working revision: `submit` needs one that is being
/// written, `publish`, `return` and `refuse` need one in review.
pub const TRANSITIONS: &[(Status, Command, Status)] = {
    use Command::{Archive, Clear, Confirm, Edit, Pause, Publish, Refuse, Resume, Return, Revise, Submit, Suspend};
    use Status::{Archived, Draft, InReview, Paused, Published, Refused, Suspended};
    &[
        (Draft, Edit, Draft),
        (Draft, Submit, InReview),
        (Draft, Archive, Archived),
        (InReview, Publish, Published),
        (InReview, Return, Draft),
        (InReview, Refuse, Refused),
        (InReview, Archive, Archived),
        (Published, Edit, Published),
        (Published, Submit, Published),
        (Published, Publish, Published),
        (Published, Return, Published),
        (Published, Confirm, Published),
        (Published, Pause, Paused),
        (Published, Suspend, Suspended),
        (Published, Archive, Archived),
        (Paused, Edit, Paused),
        (Paused, Submit, Paused),
        (Paused, Publish, Paused),
        (Paused, Return, Paused),
        (Paused, Confirm, Paused),
        (Paused, Resume, Published),
        (Paused, Archive, Archived),
        (Suspended, Edit, Suspended),
        (Suspended, Submit, Suspended),
        (Suspended, Publish, Suspended),
        (Suspended, Return, Suspended),
        (Suspended, Clear, Published),
        (Suspended, Archive, Archived),
        (Refused, Revise, Draft),
        (Refused, Archive, Archived),
    ]
};

/// [`TRANSITIONS`] as a Mermaid state diagram. Commands that lead the same way share one arrow.
#[must_use]
pub fn mermaid() -> String {
    let states: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
    let arrows: Vec<_> = TRANSITIONS.iter().map(|(from, by, to)| (from.as_str(), by.as_str(), to.as_str())).collect();
    machine::draw(&[("draft", "draft")], &states, &arrows)
}

#[cfg(test)]
mod tests {
    use super::{Command, Status, TRANSITIONS, mermaid};
    use std::collections::HashSet;

    #[test]
    fn no_step_has_two_ends_and_no_word_is_idle() {
        let steps: HashSet<_> = TRANSITIONS.iter().map(|(from, by, _)| (from, by)).collect();
        assert_eq!(steps.len(), TRANSITIONS.len());
        assert!(Command::ALL.iter().all(|command| TRANSITIONS.iter().any(|(_, by, _)| by == command)));
        assert!(Status::ALL.iter().all(|status| *status == Status::Draft || TRANSITIONS.iter().any(|(_, _, to)| to == status)));
    }

    #[test]
    fn archiving_is_open_to_every_live_state_and_ends_there() {
        for status in Status::ALL {
            let archivable = TRANSITIONS.contains(&(*status, Command::Archive, Status::Archived));
            assert_eq!(archivable, *status != Status::Archived, "{status:?}");
        }
        assert!(TRANSITIONS.iter().all(|(from, _, _)| *from != Status::Archived));
    }

    #[test]
    fn the_diagram_draws_every_step_once() {
        let diagram = mermaid();
        assert!(
            diagram.starts_with("stateDiagram-v2\n    [*] --> draft: draft\n    draft --> draft: edit\n    draft --> in_review: submit\n")
        );
        assert!(diagram.contains("    published --> published: edit, submit, publish, return, confirm\n"), "{diagram}");
        assert!(diagram.ends_with("    archived --> [*]\n"));
        let drawn: usize = diagram.lines().filter_map(|line| line.split_once(": ")).map(|(_, by)| by.split(", ").count()).sum();
        assert_eq!(drawn, TRANSITIONS.len() + 1);
    }
}
