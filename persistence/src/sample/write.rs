//! Samples on their way into the tables, a statement per table and chunk.

use chrono::{DateTime, Datelike, Days, TimeDelta, Utc};
use diesel::prelude::*;
use initiatives::{Initiative, Referral, ReferralCapacity, ReferralContact, ReferralInformation, Status};
use kernel::{Event, OrganisationId, Subject, Visibility, zone};
use organisations::{DeclarationKind, Ending, MembershipRole, MembershipStatus, Organisation, OrganisationKind};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    EPOCH, ISSUER, MONTHS, id, initiative_id, organisation_id,
    pictures::{self, illustrated},
    source::{Base, live},
};
use crate::{
    Error, Tag, Tx,
    bulk::{self, Table, instant_text},
    catalogue::{self, Projection},
    confirmations::{self, Purpose},
    db::naive,
    initiatives::{InitiativeRow, RevisionRow, Stored, entry},
    referrals,
    schema::organisations as organisations_table,
    search::sort_key,
};

/// What a sample id names; each kind has a word of its own in the middle of the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Organisation,
    Initiative,
    Person,
    Membership,
    Revision,
    /// In FK Organisation.
    Unit,
    Report,
    File,
    SigningFreeze,
    EligibilityCase,
    Invitation,
    FormerRegistration,
}

impl Kind {
    pub(super) const fn nibbles(self) -> u128 {
        match self {
            Self::Organisation => 1,
            Self::Initiative => 2,
            Self::Person => 3,
            Self::Membership => 4,
            Self::Revision => 5,
            Self::Unit => 6,
            Self::Report => 7,
            Self::File => 8,
            Self::EligibilityCase => 0x21,
            Self::Invitation => 0x22,
            Self::SigningFreeze => 0x23,
            Self::FormerRegistration => 0x24,
        }
    }
}

const ORGANISATIONS: Table = Table {
    name: "organisations",
    columns: &[
        ("id", "TEXT"),
        ("kind", "TEXT"),
        ("cvr", "TEXT"),
        ("unit_id", "TEXT"),
        ("name", "TEXT"),
        ("sort_key", "TEXT"),
        ("purpose", "TEXT"),
        ("contact_name", "TEXT"),
        ("contact_email", "TEXT"),
        ("contact_phone", "TEXT"),
        ("contact_web", "TEXT"),
        ("address_street", "TEXT"),
        ("address_postal_code", "TEXT"),
        ("address_town", "TEXT"),
        ("address_municipality_code", "TEXT"),
        ("verification", "TEXT"),
        ("version", "BIGINT"),
        ("created_at", "TIMESTAMP"),
        ("updated_at", "TIMESTAMP"),
    ],
};
const PERSONS: Table =
    Table { name: "persons", columns: &[("id", "TEXT"), ("issuer", "TEXT"), ("subject", "TEXT"), ("created_at", "TIMESTAMP")] };
const MEMBERSHIPS: Table = Table {
    name: "memberships",
    columns: &[
        ("id", "TEXT"),
        ("organisation_id", "TEXT"),
        ("person_id", "TEXT"),
        ("role", "TEXT"),
        ("status", "TEXT"),
        ("version", "BIGINT"),
        ("created_at", "TIMESTAMP"),
        ("updated_at", "TIMESTAMP"),
    ],
};
const INITIATIVES: Table = Table {
    name: "initiatives",
    columns: &[
        ("id", "TEXT"),
        ("organisation_id", "TEXT"),
        ("status", "TEXT"),
        ("revisions", "INTEGER"),
        ("approved_revision_id", "TEXT"),
        ("working_revision_id", "TEXT"),
        ("verdict", "TEXT"),
        ("verdict_reason", "TEXT"),
        ("verdict_principle", "TEXT"),
        ("verdict_at", "TIMESTAMP"),
        ("published_at", "TIMESTAMP"),
        ("verified_at", "TIMESTAMP"),
        ("archived_at", "TIMESTAMP"),
        ("version", "BIGINT"),
        ("created_at", "TIMESTAMP"),
        ("updated_at", "TIMESTAMP"),
    ],
};
const REPORTS: Table = Table {
    name: "reports",
    columns: &[
        ("id", "TEXT"),
        ("initiative_id", "TEXT"),
        ("reason", "TEXT"),
        ("text", "TEXT"),
        ("status", "TEXT"),
        ("received_at", "TIMESTAMP"),
        ("version", "BIGINT"),
    ],
};
const FREEZES: Table = Table {
    name: "signing_freezes",
    columns: &[("id", "TEXT"), ("organisation_id", "TEXT"), ("reason", "TEXT"), ("frozen_at", "TIMESTAMP")],
};
const CASES: Table = Table {
    name: "eligibility_cases",
    columns: &[
        ("id", "TEXT"),
        ("organisation_id", "TEXT"),
        ("status", "TEXT"),
        ("facts", "TEXT"),
        ("opened_at", "TIMESTAMP"),
        ("due_on", "DATE"),
        ("decision_reason", "TEXT"),
        ("decided_at", "TIMESTAMP"),
        ("version", "BIGINT"),
    ],
};
const DECLARATIONS: Table = Table {
    name: "declarations",
    columns: &[("organisation_id", "TEXT"), ("kind", "TEXT"), ("year", "INTEGER"), ("declared_at", "TIMESTAMP"), ("declared_by", "TEXT")],
};
const INVITATIONS: Table = Table {
    name: "invitations",
    columns: &[
        ("id", "TEXT"),
        ("organisation_id", "TEXT"),
        ("email", "TEXT"),
        ("role", "TEXT"),
        ("status", "TEXT"),
        ("invited_at", "TIMESTAMP"),
        ("version", "BIGINT"),
    ],
};
const FORMER_REGISTRATIONS: Table = Table {
    name: "former_registrations",
    columns: &[("id", "TEXT"), ("organisation_id", "TEXT"), ("name", "TEXT"), ("until", "TIMESTAMP")],
};
const REVISIONS: Table = Table {
    name: "revisions",
    columns: &[
        ("id", "TEXT"),
        ("initiative_id", "TEXT"),
        ("number", "INTEGER"),
        ("state", "TEXT"),
        ("content", "TEXT"),
        ("edited_at", "TIMESTAMP"),
        ("submitted_at", "TIMESTAMP"),
    ],
};

/// Everything in the sample files, in one transaction: there is no half of it.
pub(super) fn base(tx: &mut Tx<'_>, base: &Base) -> Result<(), Error> {
    organisations(tx, &base.organisations)?;
    personas(tx)?;
    let batch =
        (1..).zip(&base.samples).filter_map(|(number, sample)| Some((number, sample, base.organisations.get(sample.organisation)?)));
    let batch = batch.map(|(number, sample, organisation)| {
        Ok((
            live((number, base.initiatives()), organisation, illustrated(number, sample.content.clone()), sample.state, tx.now())?,
            organisation.clone(),
        ))
    });
    let batch = batch.collect::<Result<Vec<_>, Error>>()?;
    initiatives(tx, &batch)?;
    referrals(tx)?;
    reports(tx)?;
    pictures::write(tx)?;
    standings(tx)?;
    confirmations::insert(tx, Purpose::ConfirmInitiative, initiative_id(1).0, LINK)
}

/// Organisations of running numbers, each with its signatory, but for the municipality's own.
pub(super) fn organisations(tx: &mut Tx<'_>, organisations: &[Organisation]) -> Result<(), Error> {
    bulk::insert(tx.connection, &ORGANISATIONS, &organisations.iter().map(organisation).collect::<Vec<_>>())?;
    let with_people = organisations.iter().filter(|organisation| organisation.kind != OrganisationKind::MunicipalInstitution);
    let numbers: Vec<u64> = with_people.filter_map(|organisation| super::number(&organisation.id.to_string())).collect();
    let member = |number: u64| SIGNATORIES + number;
    bulk::insert(
        tx.connection,
        &PERSONS,
        &numbers.iter().map(|number| person(member(*number), &format!("member-{number:03}"))).collect::<Vec<_>>(),
    )?;
    let ties = numbers.iter().map(|number| {
        let status = if UNATTENDED.contains(number) { MembershipStatus::Ended } else { MembershipStatus::Confirmed };
        membership(member(*number), organisation_id(*number), member(*number), MembershipRole::Signatory, status)
    });
    bulk::insert(tx.connection, &MEMBERSHIPS, &ties.collect::<Vec<_>>())?;
    for organisation in organisations.iter().filter(|organisation| organisation.is_verified()) {
        let subject = Subject { kind: "organisation", id: organisation.id.0 };
        tx.record(Event::new("organisation.verified", subject, Visibility::Public).of(organisation.id));
    }
    tx.touch([Tag::ORGANISATIONS]);
    Ok(())
}

/// The secret of a link that confirms the first initiative: the one in the contract's example.
const LINK: &str = "3q2-7wMhYxkT0v8nLr5bQ1sZcPdUeWfA9gHjKlOiUyE";

/// Organisations whose signatories have left.
const UNATTENDED: [u64; 2] = [60, 65];

/// Running numbers below are those of the personas.
const SIGNATORIES: u64 = 100;
const CHAIR: u64 = 1;

/// The people whom the demo's tokens name, and one who waits to be let in.
fn personas(tx: &mut Tx<'_>) -> Result<(), Error> {
    const EDITOR: u64 = 2;
    const NEWCOMER: u64 = 3;
    // The chair has something in every state to try the contract's examples on.
    const WITH_A_PAUSED_ONE: u64 = 19;
    const WITH_A_DRAFT: u64 = 51;
    const WITH_A_REFUSED_ONE: u64 = 90;
    let people = [(CHAIR, "association-chair"), (EDITOR, "association-editor"), (NEWCOMER, "newcomer-001")];
    bulk::insert(tx.connection, &PERSONS, &people.map(|(number, subject)| person(number, subject)))?;
    let (first, second) = (organisation_id(1), organisation_id(2));
    let ties = [
        membership(1, first, CHAIR, MembershipRole::Signatory, MembershipStatus::Confirmed),
        membership(2, first, EDITOR, MembershipRole::Editor, MembershipStatus::Confirmed),
        membership(3, second, CHAIR, MembershipRole::Signatory, MembershipStatus::Confirmed),
        membership(4, first, NEWCOMER, MembershipRole::Editor, MembershipStatus::Requested),
        membership(5, organisation_id(WITH_A_PAUSED_ONE), CHAIR, MembershipRole::Signatory, MembershipStatus::Confirmed),
        membership(6, organisation_id(WITH_A_DRAFT), CHAIR, MembershipRole::Signatory, MembershipStatus::Confirmed),
        membership(7, organisation_id(WITH_A_REFUSED_ONE), CHAIR, MembershipRole::Signatory, MembershipStatus::Confirmed),
        membership(8, organisation_id(UNATTENDED[0]), CHAIR, MembershipRole::Editor, MembershipStatus::Confirmed),
    ];
    bulk::insert(tx.connection, &MEMBERSHIPS, &ties)
}

/// How employees refer somebody to some of the entries.
fn referrals(tx: &mut Tx<'_>) -> Result<(), Error> {
    let karen = || ReferralContact { name: "Koordinator Karen".into(), email: Some("henvisning@forening.example".into()), phone: None };
    let said = [
        (
            1,
            ReferralCapacity::Open,
            "Ring eller skriv til koordinatoren. Kom gerne med til det første møde.",
            Some("Ældre, der spiser alene."),
            None,
        ),
        (
            4,
            ReferralCapacity::WaitingList,
            "Skriv til koordinatoren, og aftal en samtale sammen med borgeren.",
            None,
            Some("Omkring seks uger."),
        ),
        (
            17,
            ReferralCapacity::Full,
            "Der er ikke plads i øjeblikket. Skriv, hvis borgeren vil på listen.",
            Some("Borgere, der kan være i en gruppe."),
            None,
        ),
    ];
    for (number, capacity, how, suitable_for, capacity_note) in said {
        let [suitable_for, capacity_note] = [suitable_for, capacity_note].map(|text| text.map(str::to_owned));
        let information = ReferralInformation { how: how.into(), suitable_for, capacity, capacity_note, contact: karen() };
        referrals::store(tx, Referral { initiative: initiative_id(number), information, updated_at: EPOCH, version: 1 })?;
    }
    Ok(())
}

/// One organisation in each standing, and what the first has declared and whom it has invited.
fn standings(tx: &mut Tx<'_>) -> Result<(), Error> {
    const FROZEN: u64 = 61;
    const HELD: u64 = 62;
    const IN_HEARING: u64 = 19;
    const DISSOLVED: u64 = 69;
    let (id_of, said_at) = (|number| organisation_id(number).to_string(), instant_text(naive(EPOCH)));
    let (now, today) = (instant_text(naive(tx.now())), zone::date(tx.now()));
    let freeze = json!({
        "id": id(Kind::SigningFreeze, 1).to_string(), "organisation_id": id_of(FROZEN), "frozen_at": said_at,
        "reason": "To bestyrelser har indsendt hvert sit referat fra generalforsamlingen.",
    });
    bulk::insert(tx.connection, &FREEZES, &[freeze])?;
    let cases = [
        json!({
            "id": id(Kind::EligibilityCase, 1).to_string(), "organisation_id": id_of(IN_HEARING), "status": "hearing", "version": 1,
            "facts": "Foreningen har ikke svaret på kommunens spørgsmål om, hvem der kan deltage.",
            "opened_at": now, "due_on": (today + Days::new(14)).to_string(),
        }),
        json!({
            "id": id(Kind::EligibilityCase, 2).to_string(), "organisation_id": id_of(HELD), "status": "held", "version": 2,
            "facts": "Lokalet er brugt til møder, som ikke var åbne for alle.", "opened_at": said_at,
            "due_on": (zone::date(EPOCH) + Days::new(14)).to_string(),
            "decision_reason": "Gruppen har ikke svaret i høringen, og forholdene er ikke bragt i orden.",
            "decided_at": instant_text(naive(EPOCH + TimeDelta::days(20))),
        }),
    ];
    bulk::insert(tx.connection, &CASES, &cases)?;
    let declaration = |number, kind, year: i32| {
        let by = if number == 1 { CHAIR } else { SIGNATORIES + number };
        let by = id(Kind::Person, by).to_string();
        json!({ "organisation_id": id_of(number), "kind": kind, "year": year, "declared_at": said_at, "declared_by": by })
    };
    let year = today.year();
    let declarations = (1..=12).map(|number| declaration(number, DeclarationKind::Democracy.as_str(), year));
    let certificates = [1, 7].map(|number| declaration(number, DeclarationKind::ChildCertificates.as_str(), year - 1));
    bulk::insert(tx.connection, &DECLARATIONS, &declarations.chain(certificates).collect::<Vec<_>>())?;
    let invitation = json!({
        "id": id(Kind::Invitation, 1).to_string(), "organisation_id": id_of(1), "email": "ny.kasserer@noerrebros-venner.example",
        "role": "signatory", "status": "open", "invited_at": now, "version": 1,
    });
    bulk::insert(tx.connection, &INVITATIONS, &[invitation])?;
    let former = json!({
        "id": id(Kind::FormerRegistration, 1).to_string(), "organisation_id": id_of(1), "name": "Støtteforeningen for Aktivitetsklubben",
        "until": said_at,
    });
    bulk::insert(tx.connection, &FORMER_REGISTRATIONS, &[former])?;
    for (number, text) in [(1, "Vi vil gerne dele en bus til udflugter."), (2, "Vi søger nogen at holde fælles kurser med."), (20, "")] {
        let text = Some(text).filter(|text| !text.is_empty());
        let values = (organisations_table::seeks_cooperation.eq(true), organisations_table::cooperation.eq(text));
        diesel::update(organisations_table::table.find(id_of(number))).set(values).execute(tx.connection)?;
    }
    let end = (
        organisations_table::ending.eq(Ending::Dissolved.as_str()),
        organisations_table::ended_on.eq(zone::date(EPOCH)),
        organisations_table::successor_id.eq(id_of(1)),
    );
    diesel::update(organisations_table::table.find(id_of(DISSOLVED))).set(end).execute(tx.connection)?;
    Ok(())
}

/// What people have said about entries, for staff to decide.
fn reports(tx: &mut Tx<'_>) -> Result<(), Error> {
    let said = [
        (1, 4, "outdated", Some("Vi stod der i tirsdags, og døren var låst.")),
        (2, 17, "incorrect", Some("Telefonnummeret passer ikke.")),
        (3, 33, "duplicate", None),
    ];
    let received_at = |number| instant_text(naive(EPOCH + TimeDelta::hours(number)));
    let rows = said.map(|(number, initiative, reason, text)| {
        json!({
            "id": id(Kind::Report, number).to_string(), "initiative_id": initiative_id(initiative).to_string(), "reason": reason, "text": text,
            "status": "open", "received_at": received_at(i64::try_from(number).unwrap_or_default()), "version": 1,
        })
    });
    bulk::insert(tx.connection, &REPORTS, &rows)
}

/// Initiatives with their revisions, and the entries of those that are public.
pub(super) fn initiatives(tx: &mut Tx<'_>, batch: &[(Initiative, Organisation)]) -> Result<(), Error> {
    let mut rows = Vec::new();
    let mut revisions = Vec::new();
    let mut entries = Vec::new();
    for (initiative, organisation) in batch {
        let updated_at = initiative.published_at.or(initiative.current().map(|revision| revision.edited_at)).unwrap_or(EPOCH);
        let created_at = updated_at - TimeDelta::days(9);
        rows.push(InitiativeRow::new(&Stored { initiative: initiative.clone(), organisation_name: String::new(), created_at, updated_at }));
        for revision in initiative.approved.iter().chain(&initiative.working) {
            revisions.push(RevisionRow::new(initiative.id, revision)?);
        }
        entries.extend(Projection::of(initiative, organisation, updated_at));
        if initiative.status == Status::Published {
            let subject = Subject { kind: "initiative", id: initiative.id.0 };
            tx.record(Event::new("initiative.published", subject, Visibility::Public).of(organisation.id).with("entry", entry(true)));
        }
    }
    bulk::insert(tx.connection, &INITIATIVES, &rows)?;
    bulk::insert(tx.connection, &REVISIONS, &revisions)?;
    tx.touch(Tag::all());
    catalogue::insert(tx.connection, &entries)
}

/// When the organisations registered: before any sample was published.
fn registered_at() -> DateTime<Utc> {
    EPOCH - MONTHS - TimeDelta::days(30)
}

fn organisation(organisation: &Organisation) -> Value {
    let Organisation { id, kind, registration, profile, verification, end: _, version } = organisation;
    let registered_at = instant_text(naive(registered_at()));
    let address = profile.address.as_ref();
    json!({
        "id": id.to_string(),
        "kind": kind.as_str(),
        "cvr": registration.cvr,
        "unit_id": registration.unit_id.as_ref().map(Uuid::to_string),
        "name": profile.name,
        "sort_key": sort_key(&profile.name),
        "purpose": profile.purpose,
        "contact_name": profile.contact.name,
        "contact_email": profile.contact.email,
        "contact_phone": profile.contact.phone,
        "contact_web": profile.contact.web,
        "address_street": address.and_then(|address| address.street.as_ref()),
        "address_postal_code": address.map(|address| &address.postal_code),
        "address_town": address.map(|address| &address.town),
        "address_municipality_code": address.and_then(|address| address.municipality_code.as_ref()),
        "verification": verification.as_str(),
        "version": version,
        "created_at": registered_at,
        "updated_at": registered_at,
    })
}

fn person(number: u64, subject: &str) -> Value {
    let created_at = instant_text(naive(registered_at()));
    json!({ "id": id(Kind::Person, number).to_string(), "issuer": ISSUER, "subject": subject, "created_at": created_at })
}

fn membership(number: u64, organisation: OrganisationId, person: u64, role: MembershipRole, status: MembershipStatus) -> Value {
    let created_at = instant_text(naive(registered_at()));
    json!({
        "id": id(Kind::Membership, number).to_string(),
        "organisation_id": organisation.to_string(),
        "person_id": id(Kind::Person, person).to_string(),
        "role": role.as_str(),
        "status": status.as_str(),
        "version": 1,
        "created_at": created_at,
        "updated_at": created_at,
    })
}
