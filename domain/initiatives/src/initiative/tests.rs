use chrono::{DateTime, TimeDelta, Utc};
use kernel::{InitiativeId, Kind, OrganisationId, Principle, RevisionId, Rule};
use proptest::{collection::vec, prelude::*, sample::select};
use uuid::Uuid;

use super::{Initiative, InitiativeRule, NewIds, Refused, RevisionState, Verdict};
use crate::{
    Command, Content, Status, TRANSITIONS,
    samples::{complete, contents, submittable},
};

type Outcome = Result<(), Refused>;

fn at(second: u32) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second.into())
}

fn ids(step: u32) -> NewIds {
    let id = |half: u128| RevisionId(Uuid::from_u128(u128::from(step) * 2 + half + 1));
    NewIds { live: id(0), working: id(1) }
}

fn draft(content: Content) -> Initiative {
    Initiative::draft(InitiativeId(Uuid::nil()), OrganisationId(Uuid::nil()), RevisionId(Uuid::nil()), content, at(0))
}

fn major() -> Content {
    Content { title: "Løb med".to_owned(), ..complete() }
}

fn minor() -> Content {
    Content { min_age: Some(15), ..complete() }
}

fn run(initiative: Initiative, command: Command, content: Content, step: u32) -> Result<Initiative, Refused> {
    let now = at(step);
    let outcome = match command {
        Command::Edit => return initiative.edit(ids(step), content, now),
        Command::Submit => return initiative.submit(now),
        Command::Publish => initiative.publish(now),
        Command::Return => initiative.return_to_draft("Skriv mere".to_owned(), now),
        Command::Refuse => initiative.refuse("Lønnet".to_owned(), Principle::UnpaidAndVoluntary, now),
        Command::Revise => initiative.revise(),
        Command::Pause => initiative.pause(),
        Command::Resume => initiative.resume(),
        Command::Suspend => initiative.suspend("Anmeldt".to_owned(), now),
        Command::Clear => initiative.clear(),
        Command::Confirm => initiative.confirm(now),
        Command::Archive => initiative.archive(now),
    };
    outcome.map_err(Refused::from)
}

fn after(commands: &[Command]) -> Result<Initiative, Refused> {
    commands.iter().zip(1..).try_fold(draft(complete()), |initiative, (command, step)| run(initiative, *command, major(), step))
}

/// Every state, and where an approved revision may have another beside it, every state of that one.
const STATES: [&[Command]; 13] = {
    use Command::{Archive, Edit, Pause, Publish, Refuse, Submit, Suspend};
    [
        &[],
        &[Submit],
        &[Submit, Publish],
        &[Submit, Publish, Edit],
        &[Submit, Publish, Edit, Submit],
        &[Submit, Publish, Pause],
        &[Submit, Publish, Pause, Edit],
        &[Submit, Publish, Pause, Edit, Submit],
        &[Submit, Publish, Suspend],
        &[Submit, Publish, Suspend, Edit],
        &[Submit, Publish, Suspend, Edit, Submit],
        &[Submit, Refuse],
        &[Archive],
    ]
};

/// What each command does in each of [`STATES`], written down by hand and apart from the table that
/// drives the code. An edit here changes a reviewed field.
const REVIEWED: &str = "
            draft     in_review published +draft    +review   paused    +draft    +review   suspended +draft    +review   refused   archived
    edit    draft     busy      published published busy      paused    paused    busy      suspended suspended busy      state     gone
    submit  in_review busy      nothing   published busy      nothing   paused    busy      nothing   suspended busy      state     gone
    publish state     published nothing   nothing   published nothing   nothing   paused    nothing   nothing   suspended state     gone
    return  state     draft     nothing   nothing   published nothing   nothing   paused    nothing   nothing   suspended state     gone
    refuse  state     refused   state     state     state     state     state     state     state     state     state     state     gone
    revise  state     state     state     state     state     state     state     state     state     state     state     draft     gone
    pause   state     state     paused    paused    paused    state     state     state     state     state     state     state     gone
    resume  state     state     state     state     state     published published published state     state     state     state     gone
    suspend state     state     suspended suspended suspended state     state     state     state     state     state     state     gone
    clear   state     state     state     state     state     state     state     state     published published published state     gone
    confirm state     state     published published published paused    paused    paused    state     state     state     state     gone
    archive archived  archived  archived  archived  archived  archived  archived  archived  archived  archived  archived  archived  gone
";

fn expected(word: &str) -> Option<Result<Status, InitiativeRule>> {
    match word {
        "busy" => Some(Err(InitiativeRule::InReview)),
        "nothing" => Some(Err(InitiativeRule::NoChangesToReview)),
        "state" => Some(Err(InitiativeRule::State)),
        "gone" => Some(Err(InitiativeRule::Archived)),
        word => Status::parse(word).map(Ok),
    }
}

#[test]
fn every_state_meets_every_command() -> Outcome {
    let rows: Vec<Vec<_>> =
        REVIEWED.lines().skip(2).map(|row| row.split_whitespace().collect()).filter(|row: &Vec<_>| !row.is_empty()).collect();
    assert_eq!(rows.len(), Command::ALL.len());
    for (row, command) in rows.iter().zip(Command::ALL) {
        assert_eq!((row.first().copied(), row.len()), (Some(command.as_str()), STATES.len() + 1));
        for (word, path) in row.iter().skip(1).zip(STATES) {
            let initiative = after(path)?;
            let (from, offered) = (initiative.status, initiative.after(*command));
            let change = Content { title: "Noget helt tredje".to_owned(), ..complete() };
            let outcome = run(initiative, *command, change, 100).map(|it| it.status).map_err(|refused| refused.rule);
            assert_eq!(Some(outcome), expected(word), "{path:?} then {command:?}");
            let in_table = TRANSITIONS.iter().find(|(a, by, _)| (a, by) == (&from, command)).map(|(_, _, to)| *to);
            assert!(outcome.map_or(true, |to| in_table == Some(to)), "{path:?} then {command:?} is not in the table");
            // A minor edit goes through during a review, so what is offered is not yet refused.
            let only_major = *command == Command::Edit && outcome == Err(InitiativeRule::InReview) && from != Status::InReview;
            assert!(offered == outcome || only_major, "{path:?} then {command:?}: offered {offered:?}");
        }
    }
    Ok(())
}

#[test]
fn the_states_of_the_grid_are_all_there_are() -> Outcome {
    let reached = STATES.iter().map(|path| after(path).map(|it| it.status)).collect::<Result<Vec<_>, _>>()?;
    assert!(Status::ALL.iter().all(|status| reached.contains(status)));
    Ok(())
}

#[test]
fn a_minor_edit_goes_live_at_once_in_a_revision_of_its_own() -> Outcome {
    use Command::{Publish, Submit};
    let edited = after(&[Submit, Publish])?.edit(ids(7), minor(), at(7))?;
    let approved = edited.approved.as_ref().map(|it| (it.id, it.number, it.state, it.content.clone(), it.edited_at));
    assert_eq!(approved, Some((ids(7).live, 2, RevisionState::Approved, minor(), at(7))));
    assert_eq!((edited.working.as_ref(), edited.revisions), (None, 2));
    assert_eq!(edited.public(), edited.approved.as_ref());
    Ok(())
}

#[test]
fn a_mixed_edit_puts_the_minor_part_live_and_leaves_the_rest_for_review() -> Outcome {
    use Command::{Publish, Submit};
    let both = Content { min_age: Some(15), ..major() };
    let edited = after(&[Submit, Publish])?.edit(ids(7), both.clone(), at(7))?;
    assert_eq!(edited.public().map(|it| (it.id, it.number, &it.content)), Some((ids(7).live, 2, &minor())));
    assert_eq!(edited.working.as_ref().map(|it| (it.id, it.number, &it.content)), Some((ids(7).working, 3, &both)));
    let published = edited.submit(at(8))?.publish(at(9))?;
    assert_eq!(published.public().map(|it| (it.number, &it.content, it.submitted_at)), Some((3, &both, Some(at(8)))));
    assert_eq!((published.published_at, published.verified_at), (Some(at(2)), Some(at(9))));
    Ok(())
}

#[test]
fn during_a_review_minor_fields_still_go_live_and_the_reviewed_ones_hold_still() -> Outcome {
    use Command::{Edit, Publish, Submit};
    let in_review = after(&[Submit, Publish, Edit, Submit])?;
    let refused = in_review.clone().edit(ids(9), complete(), at(9));
    assert_eq!(refused, Err(InitiativeRule::InReview.into()));
    let moved = in_review.edit(ids(9), Content { min_age: Some(15), ..major() }, at(9))?;
    assert_eq!(moved.public().map(|it| &it.content), Some(&minor()));
    assert!(
        moved
            .working
            .is_some_and(|it| it.state == RevisionState::InReview && it.content.min_age == Some(15) && it.content.title == "Løb med")
    );
    Ok(())
}

#[test]
fn taking_a_change_back_leaves_nothing_to_review() -> Outcome {
    use Command::{Edit, Publish, Submit};
    let back = after(&[Submit, Publish, Edit])?.edit(ids(9), complete(), at(9))?;
    assert_eq!((back.working.as_ref(), back.after(Submit)), (None, Err(InitiativeRule::NoChangesToReview)));
    assert_eq!(back.approved.as_ref().map(|it| it.number), Some(1));
    Ok(())
}

#[test]
fn a_public_text_cannot_lose_what_a_submission_must_have() -> Outcome {
    use Command::{Publish, Submit};
    let stripped = Content { locations: Vec::new(), ..complete() };
    let refused = after(&[Submit, Publish])?.edit(ids(9), stripped.clone(), at(9)).err();
    assert_eq!(refused.as_ref().map(|it| it.rule), Some(InitiativeRule::Incomplete));
    assert_eq!(refused.map(|it| it.findings.into_iter().map(|finding| finding.pointer).collect()), Some(vec!["/locations".to_owned()]));
    assert!(draft(complete()).edit(ids(9), stripped, at(9)).is_ok());
    Ok(())
}

#[test]
fn a_verdict_says_why_until_the_next_approval() -> Outcome {
    let returned = after(&[Command::Submit])?.return_to_draft("Skriv mere".to_owned(), at(5))?;
    let said = returned.reviewed.as_ref().map(|it| (it.verdict, it.reason.as_str(), it.principle, it.at));
    assert_eq!(said, Some((Verdict::Returned, "Skriv mere", None, at(5))));
    let refused = returned.submit(at(6))?.refuse("Lønnet".to_owned(), Principle::UnpaidAndVoluntary, at(7))?;
    assert_eq!(refused.reviewed.as_ref().and_then(|it| it.principle), Some(Principle::UnpaidAndVoluntary));
    assert!(refused.working.as_ref().is_some_and(|it| it.state == RevisionState::Draft));
    let published = refused.revise()?.submit(at(8))?.publish(at(9))?;
    assert_eq!(published.reviewed, None);
    Ok(())
}

#[test]
fn why_it_was_suspended_stands_while_it_is_mended() -> Outcome {
    use Command::{Edit, Publish, Submit, Suspend};
    let mended = after(&[Submit, Publish, Suspend, Edit, Submit, Publish])?;
    assert_eq!(mended.reviewed.as_ref().map(|it| (it.verdict, it.reason.as_str())), Some((Verdict::Suspended, "Anmeldt")));
    assert_eq!((mended.public(), mended.approved.as_ref().map(|it| it.content.title.as_str())), (None, Some("Løb med")));
    let cleared = mended.clear()?;
    assert_eq!((cleared.reviewed.as_ref(), cleared.public().map(|it| it.content.title.as_str())), (None, Some("Løb med")));
    Ok(())
}

#[test]
fn an_unverified_organisation_drafts_and_does_not_submit() {
    let refused = draft(Content::titled("Gå med")).submit(at(1)).err();
    assert!(
        refused.is_some_and(|it| it.rule == InitiativeRule::Incomplete
            && it.findings.len() == 13
            && it.to_string() == "initiative-incomplete")
    );
}

#[test]
fn what_is_out_of_the_catalogue_shows_nothing() -> Outcome {
    for path in STATES {
        let initiative = after(path)?;
        assert_eq!(initiative.public().is_some(), initiative.status == Status::Published, "{path:?}");
    }
    assert_eq!(InitiativeRule::Archived.problem().kind, Kind::Gone);
    Ok(())
}

/// What holds of every initiative that commands can make.
fn assert_sound(it: &Initiative) -> Result<(), TestCaseError> {
    prop_assert_eq!(it.approved.is_some(), it.published_at.is_some());
    prop_assert_eq!(it.archived_at.is_some(), it.status == Status::Archived);
    let working = it.working.as_ref().map(|working| working.state);
    match it.status {
        Status::Draft | Status::Refused => prop_assert_eq!(working, Some(RevisionState::Draft)),
        Status::InReview => prop_assert_eq!(working, Some(RevisionState::InReview)),
        Status::Published | Status::Paused | Status::Suspended => prop_assert!(it.approved.is_some()),
        Status::Archived => {}
    }
    if let Some(approved) = &it.approved {
        prop_assert_eq!(approved.state, RevisionState::Approved);
        prop_assert_eq!(approved.content.completeness(), vec![]);
        if let Some(working) = &it.working {
            prop_assert!(working.content.needs_review(&approved.content) && working.state != RevisionState::Approved);
            prop_assert_eq!(&working.content, &approved.content.clone().with_reviewed_fields_of(&working.content));
            prop_assert!(working.id != approved.id && working.number != approved.number);
        }
    }
    let newest = it.approved.iter().chain(&it.working).map(|revision| revision.number).max();
    prop_assert!(newest <= Some(it.revisions));
    Ok(())
}

/// Steps towards a life worth testing: mostly forwards, at times anything.
fn commands() -> impl Strategy<Value = Command> {
    use Command::{Edit, Publish, Submit};
    let live: Vec<_> = Command::ALL.iter().copied().filter(|command| *command != Command::Archive).collect();
    prop_oneof![6 => select(vec![Edit, Submit, Publish]), 6 => select(live), 1 => Just(Command::Archive)]
}

proptest! {
    #[test]
    fn only_a_review_or_a_minor_edit_changes_what_the_public_reads(
        steps in vec((commands(), prop_oneof![9 => submittable().boxed(), 1 => contents().boxed()]), 0..60),
    ) {
        let mut initiative = draft(complete());
        for ((command, content), step) in steps.into_iter().zip(1..) {
            let before = initiative.clone();
            let archived = before.status == Status::Archived;
            match run(initiative, command, content, step) {
                Err(refused) => {
                    prop_assert!(!archived || refused.rule == InitiativeRule::Archived);
                    initiative = before;
                    continue;
                }
                Ok(changed) => initiative = changed,
            }
            prop_assert!(!archived, "archived is final");
            prop_assert_eq!(initiative.version, before.version + 1);
            assert_sound(&initiative)?;
            if initiative.approved != before.approved {
                let (old, new) = (before.approved.map(|it| it.content), initiative.approved.as_ref().map(|it| &it.content));
                let reviewed = before.working.filter(|it| it.state == RevisionState::InReview).map(|it| it.content);
                match (command, old, new) {
                    (Command::Publish, _, new) => prop_assert_eq!(new, reviewed.as_ref()),
                    (Command::Edit, Some(old), Some(new)) => prop_assert!(!new.needs_review(&old)),
                    (command, ..) => prop_assert!(false, "{:?} changed the approved revision", command),
                }
            }
        }
    }

    #[test]
    fn complete_means_submittable(content in contents()) {
        let complete = content.completeness().is_empty();
        prop_assert_eq!(draft(content).submit(at(1)).is_ok(), complete);
    }
}
