//! The commands against a database: what they store, show and tell. Who may do what, and both engines, are
//! tried through HTTP.

use std::path::PathBuf;

use access::{Acting, Action, Identity, Role};
use chrono::{DateTime, TimeDelta, Utc};
use initiatives::{Content, Freshness, Initiative, InitiativeRule, Status, TermSlug, Verdict};
use kernel::{InitiativeId, Principle, Rule};

use super::{
    Stored, archive, clear, confirm, draft, edit, get_file, list_files, pause, publish, refuse, resume, return_to_draft, revise, submit,
    suspend,
};
use crate::{
    Clock, Command, Db, DoorRule, Error, Options,
    Precondition::{self, Any, Missing, Version},
    Target, Tx, catalogue, journal,
    page::PageRequest,
    sample, tags,
};

/// A database with the sample data, and two people.
struct World {
    db: Db,
    clock: Clock,
    file: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", self.file.display()));
        }
    }
}

fn identity(subject: &str, roles: &[Role]) -> Identity {
    Identity { issuer: sample::ISSUER.into(), subject: subject.into(), roles: [&[Role::Citizen], roles].concat(), cvr: None }
}

/// The signatory of the first two sample organisations.
fn chair() -> Identity {
    identity("association-chair", &[])
}

fn staff() -> Identity {
    identity("staff", &[Role::Editor])
}

fn acting(identity: &Identity, action: Action) -> Acting {
    Acting::authorise(Some(identity), action).expect("a right")
}

fn beginning() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().expect("an instant")
}

type Step = fn(&mut Tx<'_>, &Acting, InitiativeId, Precondition) -> Result<Stored, Error>;

impl World {
    fn new() -> Self {
        let clock = Clock::manual(beginning());
        let file = std::env::temp_dir().join(format!("frivillig-initiatives-{}.db", Clock::system().new_id()));
        let db = Db::open(&Target::Sqlite(file.clone()), &Options::default()).expect("a database");
        sample::load(&db, &clock, None).expect("the sample data");
        Self { db, clock, file }
    }

    fn write<T>(&self, identity: &Identity, act: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let now = self.clock.now() + TimeDelta::minutes(1);
        self.clock.set(now);
        let command = Command {
            clock: self.clock.clone(),
            operation: "test".into(),
            request_id: String::new(),
            identity: Some(identity.clone()),
            idempotency: None,
        };
        self.db.write(&command, act).result
    }

    fn step(&self, identity: &Identity, action: Action, id: InitiativeId, step: Step) -> Result<Stored, Error> {
        self.write(identity, |tx| step(tx, &acting(identity, action), id, Missing))
    }

    fn draft(&self, content: &Content) -> Result<Stored, Error> {
        self.write(&chair(), |tx| draft(tx, &acting(&chair(), Action::DraftInitiative), sample::organisation_id(1), content.clone()))
    }

    fn edit(&self, id: InitiativeId, precondition: Precondition, change: impl FnOnce(&mut Content)) -> Result<Stored, Error> {
        let acting = acting(&chair(), Action::EditInitiative);
        self.write(&chair(), |tx| {
            edit(tx, &acting, id, precondition, |content| {
                let mut content = content.clone();
                change(&mut content);
                Ok(content)
            })
        })
    }

    fn file(&self, id: InitiativeId) -> Initiative {
        let read = |connection: &mut _| get_file(connection, &acting(&staff(), Action::ReadInitiativeFile), id);
        self.db.read(read).result.expect("a file").stored.initiative
    }

    fn public(&self, id: InitiativeId) -> Result<catalogue::Entry, Error> {
        self.db.read(|connection| catalogue::get(connection, id, &Freshness::default(), self.clock.now())).result
    }

    /// Name, visibility and data of what happened since, as staff reads it.
    fn events(&self, since: i64) -> Vec<(String, String, String)> {
        let read = |connection: &mut _| journal::after(connection, &acting(&staff(), Action::ReadEvents), since, 100);
        let events = self.db.read(read).result.expect("events");
        events.into_iter().map(|event| (event.name, event.visibility, event.data)).collect()
    }

    fn last_event(&self) -> i64 {
        self.db.read(journal::last).result.expect("a sequence number")
    }

    fn generation(&self) -> i64 {
        self.db.read(tags::generation).result.expect("a generation")
    }

    /// A published copy of the first sample.
    fn published(&self) -> InitiativeId {
        let content = self.file(sample::initiative_id(1)).approved.expect("an approved revision").content;
        let id = self.draft(&content).expect("a draft").initiative.id;
        self.step(&chair(), Action::SubmitInitiative, id, submit).expect("a submission");
        self.step(&staff(), Action::PublishInitiative, id, publish).expect("a publication");
        id
    }
}

fn problem<T: std::fmt::Debug>(outcome: Result<T, Error>) -> &'static str {
    outcome.expect_err("a refusal").problem.code
}

fn code(rule: impl Rule) -> &'static str {
    rule.problem().code
}

#[test]
fn the_catalogue_follows_every_step() {
    let world = World::new();
    let id = world.published();
    assert_eq!(world.public(id).expect("an entry").version, 3);
    let (c, s) = (chair(), staff());
    let suspended: Step = |tx, acting, id, precondition| suspend(tx, acting, id, precondition, "Meldt".into());
    let steps: [(&Identity, Action, Step, &str, Option<&str>); 6] = [
        (&c, Action::PauseInitiative, pause, "initiative.paused", Some("not-found")),
        (&c, Action::PauseInitiative, resume, "initiative.resumed", None),
        (&s, Action::SuspendInitiative, suspended, "initiative.suspended", Some("not-found")),
        (&s, Action::SuspendInitiative, clear, "initiative.cleared", None),
        (&c, Action::ConfirmInitiative, confirm, "initiative.confirmed", None),
        (&c, Action::ArchiveInitiative, archive, "initiative.archived", Some("gone")),
    ];
    for (who, action, step, event, refused) in steps {
        let (since, generation) = (world.last_event(), world.generation());
        let stored = world.step(who, action, id, step).expect(event);
        assert_eq!(stored.initiative, world.file(id), "what is answered is what is stored, after {event}");
        assert_eq!(world.public(id).err().map(|error| error.problem.code), refused, "after {event}");
        let entry = if refused.is_some() { "gone" } else { "shown" };
        assert_eq!(world.events(since), [(event.to_owned(), "public".to_owned(), format!("{{\"entry\":\"{entry}\"}}"))]);
        assert_eq!(world.generation(), generation + 1, "after {event}");
    }
    assert_eq!(problem(world.edit(id, Any, |content| content.title.push('!'))), code(InitiativeRule::Archived));
}

#[test]
fn minor_fields_go_live_and_the_rest_waits_unseen() {
    let world = World::new();
    let id = world.published();
    let since = world.last_event();
    let edited = world.edit(id, Version(3), |content| {
        content.title = "Hemmelig ny titel".into();
        content.accommodations = Some("Tolk efter aftale".into());
    });
    assert_eq!(edited.expect("an edit").initiative, world.file(id));
    let entry = world.public(id).expect("an entry");
    assert_eq!((entry.version, entry.content.accommodations.as_deref()), (4, Some("Tolk efter aftale")));
    assert_ne!(entry.content.title, "Hemmelig ny titel");
    let told = |visibility: &str, field: &str| {
        let entry = if visibility == "public" { "\"entry\":\"shown\"," } else { "" };
        let data = format!("{{{entry}\"fields\":[\"{field}\"]}}");
        ("initiative.edited".to_owned(), visibility.to_owned(), data)
    };
    assert_eq!(world.events(since), [told("public", "accommodations"), told("organisation", "title")]);
    // The version moves with a step that the public does not see, or members would edit against a stale one.
    world.step(&chair(), Action::SubmitInitiative, id, submit).expect("a submission");
    assert_eq!(world.public(id).expect("an entry"), catalogue::Entry { version: 5, ..entry });
    world.step(&staff(), Action::PublishInitiative, id, publish).expect("a publication");
    assert_eq!(world.public(id).expect("an entry").content.title, "Hemmelig ny titel");
    let acting = acting(&staff(), Action::ReturnInitiative);
    let returned = world.write(&staff(), |tx| return_to_draft(tx, &acting, id, Any, "Nej".into()));
    assert_eq!(problem(returned), code(InitiativeRule::NoChangesToReview));
}

#[test]
fn taking_a_change_back_leaves_nothing_to_review() {
    let world = World::new();
    let id = world.published();
    let title = world.public(id).expect("an entry").content.title;
    world.edit(id, Any, |content| content.title = "En anden titel".into()).expect("an edit");
    assert!(world.file(id).working.is_some());
    world.edit(id, Any, |content| content.title = title).expect("an edit");
    assert_eq!(world.file(id).working, None);
    world.edit(id, Any, |content| content.title = "En tredje titel".into()).expect("the number of the revision is free");
}

#[test]
fn a_refusal_is_kept_with_its_principle_until_it_is_taken_up() {
    let world = World::new();
    let content = world.file(sample::initiative_id(1)).approved.expect("a revision").content;
    let id = world.draft(&content).expect("a draft").initiative.id;
    world.step(&chair(), Action::SubmitInitiative, id, submit).expect("a submission");
    let since = world.last_event();
    let refusing = acting(&staff(), Action::RefuseInitiative);
    world.write(&staff(), |tx| refuse(tx, &refusing, id, Any, "Lønnet".into(), Principle::Supplement)).expect("a refusal");
    let data = "{\"principle\":\"supplement\"}".to_owned();
    assert_eq!(world.events(since), [("initiative.refused".to_owned(), "organisation".to_owned(), data)]);
    let reviewed = world.file(id).reviewed.expect("a review");
    assert_eq!((reviewed.verdict, reviewed.principle, reviewed.reason.as_str()), (Verdict::Refused, Some(Principle::Supplement), "Lønnet"));
    assert_eq!(world.step(&chair(), Action::EditInitiative, id, revise).expect("a draft").initiative.status, Status::Draft);
    world.step(&chair(), Action::ArchiveInitiative, id, archive).expect("an end");
    assert_eq!(problem(world.public(id)), code(DoorRule::NotFound), "what was never public is not gone");
}

#[test]
fn versions_and_reach_are_asked_before_the_rules() {
    let world = World::new();
    let id = world.published();
    let stranger = identity("member-009", &[]);
    let edit_as = |who: &Identity, precondition| {
        let acting = acting(who, Action::EditInitiative);
        world.write(who, |tx| edit(tx, &acting, id, precondition, |content| Ok(content.clone())))
    };
    assert_eq!(problem(edit_as(&stranger, Version(99))), code(DoorRule::NotFound));
    assert_eq!(problem(edit_as(&chair(), Missing)), code(DoorRule::PreconditionRequired));
    assert_eq!(problem(edit_as(&chair(), Version(2))), code(DoorRule::Stale));
    let resumed = world.write(&chair(), |tx| resume(tx, &acting(&chair(), Action::PauseInitiative), id, Version(2)));
    assert_eq!(problem(resumed), code(DoorRule::Stale));
    assert_eq!(problem(world.step(&chair(), Action::PauseInitiative, id, resume)), code(InitiativeRule::State));
    let unverified = world.file(sample::initiative_id(1)).approved.expect("a revision").content;
    let outside =
        world.write(&stranger, |tx| draft(tx, &acting(&stranger, Action::DraftInitiative), sample::organisation_id(1), unverified));
    assert_eq!(problem(outside), code(DoorRule::NotFound));
}

#[test]
fn unknown_terms_are_found_and_retired_ones_may_stay() {
    let world = World::new();
    let term = |slug: &str| TermSlug(slug.to_owned());
    let content =
        Content { target_groups: vec![term("children")], activities: vec![term("children"), term("NO")], ..Content::titled("Leg") };
    let findings = world.draft(&content).expect_err("a finding").findings;
    let pointers: Vec<&str> = findings.iter().map(|finding| finding.pointer.as_str()).collect();
    assert_eq!(pointers, ["/activities/1", "/activities/0"]);
    let id = world.draft(&Content { target_groups: vec![term("children")], ..Content::titled("Leg") }).expect("a draft").initiative.id;
    let retire = |tx: &mut Tx<'_>| {
        use crate::schema::terms;
        use diesel::prelude::*;
        diesel::update(terms::table.filter(terms::slug.eq("children"))).set(terms::status.eq("retired")).execute(tx.connection)?;
        Ok(())
    };
    world.write(&staff(), retire).expect("a retired term");
    world.edit(id, Any, |content| content.title.push('!')).expect("a retired term may stay");
    assert_eq!(
        problem(world.draft(&Content { target_groups: vec![term("children")], ..Content::titled("Leg") })),
        code(DoorRule::InvalidInput)
    );
}

#[test]
fn files_are_listed_to_those_whom_they_concern() {
    let world = World::new();
    let list = |who: &Identity, organisation, statuses: &[Status], limit| {
        let page = PageRequest { limit, after: None, count: true };
        world.db.read(|connection| list_files(connection, &acting(who, Action::ReadInitiativeFile), organisation, statuses, &page)).result
    };
    let first = Some(sample::organisation_id(1));
    assert_eq!(list(&chair(), first, &[], 100).expect("a list").items.len(), 3);
    assert_eq!(problem(list(&chair(), Some(sample::organisation_id(9)), &[], 100)), code(DoorRule::NotFound));
    assert_eq!(problem(list(&chair(), None, &[], 100)), code(DoorRule::InvalidInput));
    let page = list(&staff(), None, &[Status::Draft, Status::Refused], 2).expect("a list");
    assert!(page.total > Some(2) && page.next.is_some());
    assert!(page.items.is_sorted_by_key(|stored| std::cmp::Reverse(stored.updated_at)));
    assert!(
        page.items
            .iter()
            .all(|stored| matches!(stored.initiative.status, Status::Draft | Status::Refused) && !stored.organisation_name.is_empty())
    );
}
