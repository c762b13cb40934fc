//! What can be done to an initiative.

use access::Acting;
use chrono::{DateTime, Utc};
use files::FilePurpose;
use initiatives::{Content, IMAGES, Initiative, NewIds, Scheme, Status};
use kernel::{Datum, Event, Fault, Finding, InitiativeId, OrganisationId, RevisionId, Subject, Visibility};
use organisations::Organisation;

use super::{Stored, all_of, load, review::subject, row, within_reach};
use crate::{
    DoorRule, Error, Precondition, Tx, assessments, catalogue, files as kept,
    organisations::{load as organisation_of, standing, within_reach as organisation_within_reach},
    taxonomies,
};

/// Begins an initiative.
///
/// # Errors
/// [`NotFound`](crate::DoorRule::NotFound) for an organisation out of reach; findings in the content; database failures.
pub fn draft(tx: &mut Tx<'_>, acting: &Acting, organisation: OrganisationId, content: Content) -> Result<Stored, Error> {
    let organisation = organisation_within_reach(tx.connection, acting, organisation)?.organisation;
    organisation.live()?;
    let content = checked(tx, organisation.id, content, None)?;
    let (id, revision) = (InitiativeId(tx.new_id()), RevisionId(tx.new_id()));
    let initiative = Initiative::draft(id, organisation.id, revision, content, tx.now());
    let stored = Stored { initiative, organisation_name: organisation.profile.name, created_at: tx.now(), updated_at: tx.now() };
    row::insert(tx, &stored)?;
    tx.record(event("initiative.drafted", &stored.initiative, Visibility::Organisation));
    Ok(stored)
}

/// Writes a new content over what the organisation sees, which `change` is given.
///
/// # Errors
/// [`NotFound`](crate::DoorRule::NotFound), [`PreconditionRequired`](crate::DoorRule::PreconditionRequired),
/// [`Stale`](crate::DoorRule::Stale); findings in the content; [`InitiativeRule`](initiatives::InitiativeRule); database failures.
pub fn edit(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: InitiativeId,
    precondition: Precondition,
    change: impl FnOnce(&Content) -> Result<Content, Error>,
) -> Result<Stored, Error> {
    let (before, organisation) = within_reach(tx.connection, acting, id)?;
    precondition.require(before.initiative.version)?;
    let base = &before.initiative.current().ok_or_else(|| Error::internal("an initiative without a revision"))?.content;
    let content = checked(tx, organisation.id, change(base)?, Some(base))?;
    let fields = base.changes(&content);
    let ids = NewIds { live: RevisionId(tx.new_id()), working: RevisionId(tx.new_id()) };
    let edited = before.initiative.clone().edit(ids, content, tx.now())?;
    let stored = row::store(tx, &before, edited)?;
    show(tx, &before.initiative, &stored.initiative, &organisation)?;
    let live = public_changes(&before.initiative, &stored.initiative, &organisation);
    let rest: Vec<_> = fields.into_iter().filter(|field| !live.contains(field)).collect();
    // What waits for review is nobody's business yet, not even the names of the fields.
    let nothing_else = !live.is_empty() && rest.is_empty();
    for (fields, visibility, left_out) in
        [(live.clone(), Visibility::Public, live.is_empty()), (rest, Visibility::Organisation, nothing_else)]
    {
        if !left_out {
            tx.record(event("initiative.edited", &stored.initiative, visibility).with("fields", Datum::Fields(fields)));
        }
    }
    Ok(stored)
}

/// The fields in which the public text differs.
fn public_changes(before: &Initiative, after: &Initiative, organisation: &Organisation) -> Vec<&'static str> {
    let face = |initiative: &Initiative| initiative.public().map(|revision| revision.content.public_view(organisation.is_private_person()));
    face(before).zip(face(after)).map(|(before, after)| before.changes(&after)).unwrap_or_default()
}

/// The content in today's words, unless something is wrong with it, its terms and pictures included. A term that stood there
/// before it was retired may stay.
fn checked(tx: &mut Tx<'_>, organisation: OrganisationId, content: Content, before: Option<&Content>) -> Result<Content, Error> {
    let mut findings = content.findings();
    let vocabulary = taxonomies::vocabulary(tx.connection)?;
    for scheme in Scheme::ALL {
        for (place, term) in content.terms(*scheme).iter().enumerate().take(20) {
            let finding = Finding::new(format!("/{}/{place}", scheme.field()), Fault::UnknownTerm);
            let stood = before.is_some_and(|before| before.terms(*scheme).contains(term));
            if !stood && !vocabulary.offers(*scheme, term) && !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    let pictures: Vec<_> = content.images.iter().take(IMAGES).map(|image| image.file).collect();
    let unusable = kept::unusable(tx.connection, organisation, FilePurpose::Image, &pictures)?;
    let places = pictures.iter().enumerate().filter(|(_, file)| unusable.contains(file));
    findings.extend(places.map(|(place, _)| Finding::new(format!("/images/{place}/file"), Fault::UnknownFile)));
    if findings.is_empty() { Ok(vocabulary.settled(content)) } else { Err(Error::invalid(findings)) }
}

/// Hands the working revision in for review, with what it declares about the principles.
///
/// # Errors
/// [`NotFound`](crate::DoorRule::NotFound), [`Stale`](crate::DoorRule::Stale), [`InitiativeRule`](initiatives::InitiativeRule),
/// [`OrganisationRule`](organisations::OrganisationRule); database failures.
pub fn submit(tx: &mut Tx<'_>, acting: &Acting, id: InitiativeId, precondition: Precondition) -> Result<Stored, Error> {
    let (before, organisation) = within_reach(tx.connection, acting, id)?;
    precondition.accept(before.initiative.version)?;
    standing::may_commit(tx.connection, &organisation)?;
    let stored = take(tx, &before, &organisation, ("initiative.submitted", None), |initiative, _, now| Ok(initiative.submit(now)?))?;
    if let Some(working) = &stored.initiative.working {
        assessments::declare(tx, subject(id), &working.content.principles)?;
    }
    Ok(stored)
}

/// The transitions differ in nothing but the domain's command and the name of the event.
macro_rules! transitions {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) $event:literal = $act:expr $(, $key:literal: $datum:expr)?;)+) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`NotFound`](crate::DoorRule::NotFound), [`Stale`](crate::DoorRule::Stale),
        /// [`InitiativeRule`](initiatives::InitiativeRule); database failures.
        pub fn $name(tx: &mut Tx<'_>, acting: &Acting, id: InitiativeId, precondition: Precondition, $($argument: $type),*) -> Result<Stored, Error> {
            step(tx, acting, id, precondition, ($event, None$(.or(Some(($key, $datum))))?), $act)
        }
    )+};
}

transitions! {
    /// Takes a refused initiative up again.
    revise() "initiative.revised" = |initiative, _, _| Ok(initiative.revise()?);
    /// Takes it out of the catalogue for a while.
    pause() "initiative.paused" = |initiative, _, _| Ok(initiative.pause()?);
    /// Puts a paused one back.
    resume() "initiative.resumed" = |initiative, _, _| Ok(initiative.resume()?);
    /// Takes it out of the catalogue because a report was upheld.
    suspend(reason: String) "initiative.suspended" = |initiative, _, now| Ok(initiative.suspend(reason, now)?);
    /// Puts a suspended one back.
    clear() "initiative.cleared" = |initiative, _, _| Ok(initiative.clear()?);
    /// Ends it for good.
    archive() "initiative.archived" = |initiative, _, now| Ok(initiative.archive(now)?);
    /// Says that the public text still holds.
    confirm() "initiative.confirmed" = |initiative, _, now| Ok(initiative.confirm(now)?);
}

pub(super) type Told = (&'static str, Option<(&'static str, Datum)>);

fn step(
    tx: &mut Tx<'_>,
    acting: &Acting,
    id: InitiativeId,
    precondition: Precondition,
    told: Told,
    act: impl FnOnce(Initiative, &Organisation, DateTime<Utc>) -> Result<Initiative, Error>,
) -> Result<Stored, Error> {
    let (before, organisation) = within_reach(tx.connection, acting, id)?;
    precondition.accept(before.initiative.version)?;
    take(tx, &before, &organisation, told, act)
}

/// Says that the public text still holds, for whoever sends back the link that was mailed about it.
pub(crate) fn confirm_by_link(tx: &mut Tx<'_>, id: InitiativeId) -> Result<Stored, Error> {
    let before = load(tx.connection, id)?.ok_or(DoorRule::NotFound)?;
    let organisation = organisation_of(tx.connection, before.initiative.organisation)?;
    take(tx, &before, &organisation, ("initiative.confirmed", None), |initiative, _, now| Ok(initiative.confirm(now)?))
}

/// Ends everything that an organisation has, for it is no more itself.
pub(crate) fn archive_all(tx: &mut Tx<'_>, organisation: &Organisation) -> Result<(), Error> {
    let live = |stored: &Stored| stored.initiative.status != Status::Archived;
    for before in all_of(tx, organisation.id)?.into_iter().filter(live) {
        take(tx, &before, organisation, ("initiative.archived", None), |initiative, _, now| Ok(initiative.archive(now)?))?;
    }
    Ok(())
}

/// Gives everything that one organisation has to another, which is the same one by another registration.
pub(crate) fn hand_over(tx: &mut Tx<'_>, from: OrganisationId, to: &Organisation) -> Result<(), Error> {
    for before in all_of(tx, from)? {
        let stored = row::store(tx, &before, before.initiative.clone().hand_over(to.id))?;
        let public = stored.initiative.public().is_some();
        if public {
            catalogue::project(tx, &stored.initiative, to)?;
        }
        let visibility = if public { Visibility::Public } else { Visibility::Organisation };
        tx.record(event("initiative.moved", &stored.initiative, visibility));
    }
    Ok(())
}

pub(super) fn take(
    tx: &mut Tx<'_>,
    before: &Stored,
    organisation: &Organisation,
    (name, datum): Told,
    act: impl FnOnce(Initiative, &Organisation, DateTime<Utc>) -> Result<Initiative, Error>,
) -> Result<Stored, Error> {
    let after = act(before.initiative.clone(), organisation, tx.now())?;
    let stored = row::store(tx, before, after)?;
    let visibility = show(tx, &before.initiative, &stored.initiative, organisation)?;
    let event = event(name, &stored.initiative, visibility);
    tx.record(match datum {
        Some((key, datum)) => event.with(key, datum),
        None => event,
    });
    Ok(stored)
}

/// Keeps the catalogue in step, and says who can notice the change: the public does when an entry comes,
/// goes, reads differently or is confirmed, and when what it once read is gone for good.
fn show(tx: &mut Tx<'_>, before: &Initiative, after: &Initiative, organisation: &Organisation) -> Result<Visibility, Error> {
    let face = |initiative: &Initiative| {
        let public = initiative.public()?;
        Some((public.content.public_view(organisation.is_private_person()), initiative.verified_at))
    };
    let gone = after.status == Status::Archived && after.published_at.is_some();
    let noticed = gone || face(before) != face(after);
    if noticed {
        catalogue::project(tx, after, organisation)?;
    } else if after.public().is_some() {
        // The version is part of the ETag by which a member edits, wherever they read it.
        catalogue::set_version(tx, after)?;
    }
    Ok(if noticed { Visibility::Public } else { Visibility::Organisation })
}

/// An event of an initiative. Where the public can notice it, it says whether there is an entry to read afterwards: whoever keeps
/// a copy of the catalogue takes what is gone off it.
pub(super) fn event(name: &'static str, initiative: &Initiative, visibility: Visibility) -> Event {
    let event = Event::new(name, Subject { kind: "initiative", id: initiative.id.0 }, visibility).of(initiative.organisation);
    match visibility {
        Visibility::Public => event.with("entry", entry(initiative.public().is_some())),
        Visibility::Organisation | Visibility::Staff => event,
    }
}

/// What has become of an entry.
pub(crate) const fn entry(is_shown: bool) -> Datum {
    Datum::Code(if is_shown { "shown" } else { "gone" })
}
