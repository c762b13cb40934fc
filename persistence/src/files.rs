//! Files: what is known of them, and what lies in the file store under which key.
//!
//! The bytes lie outside the database, so no transaction holds both. What is about to be laid into the store is noted first, then it is
//! laid there, then the file takes it over; what a file lets go of is noted as such. So whatever dies in the middle leaves nothing in
//! the store of which the database does not know, and what belongs to no file is thrown away.

use std::collections::{BTreeSet, HashMap};

use access::{Acting, Action, Reader};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{dsl::count_star, prelude::*};
use files::{File, FilePurpose, FileRule, FileSize, FileStatus, MAX_UNUSED, MediaType, Pixels, Rendition, may_delete};
use initiatives::Freshness;
use kernel::{Event, FileId, InitiativeId, OrganisationId, Subject, Visibility};
use sha2::{Digest, Sha256};

use crate::{
    AnyConnection, Clock, Db, DoorRule, Error, Outcome, Precondition, Tx, catalogue,
    db::{naive, reaches},
    jobs,
    organisations::within_reach as organisation_within_reach,
    page::{id_column, word},
    persons,
    schema::{file_uses as uses, files as table, stored_objects as objects},
};

#[derive(Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true)]
struct Row {
    id: String,
    organisation_id: String,
    purpose: String,
    name: String,
    status: String,
    reserved_at: NaiveDateTime,
    discard_at: Option<NaiveDateTime>,
    version: i64,
}

impl Row {
    fn new(file: &File) -> Self {
        let File { id, organisation, purpose, name, status, reserved_at, discard_at, version } = file.clone();
        Self {
            id: id.to_string(),
            organisation_id: organisation.to_string(),
            purpose: purpose.as_str().into(),
            name,
            status: status.as_str().into(),
            reserved_at: naive(reserved_at),
            discard_at: discard_at.map(naive),
            version,
        }
    }

    fn file(self) -> Result<File, Error> {
        Ok(File {
            id: id_column(&self.id)?,
            organisation: id_column(&self.organisation_id)?,
            purpose: word(&self.purpose, FilePurpose::parse)?,
            name: self.name,
            status: word(&self.status, FileStatus::parse)?,
            reserved_at: self.reserved_at.and_utc(),
            discard_at: self.discard_at.map(|at| at.and_utc()),
            version: self.version,
        })
    }
}

#[derive(Debug, Queryable, Insertable)]
#[diesel(table_name = objects)]
struct ObjectRow {
    key: String,
    file_id: Option<String>,
    size: String,
    media_type: String,
    bytes: i64,
    width: Option<i32>,
    height: Option<i32>,
    digest: String,
    discard_at: Option<NaiveDateTime>,
}

impl ObjectRow {
    fn new(rendition: &Rendition, file: Option<FileId>, discard_at: Option<DateTime<Utc>>) -> Self {
        let Rendition { size, key, media_type, bytes, pixels, digest } = rendition.clone();
        Self {
            key,
            file_id: file.map(|id| id.to_string()),
            size: size.as_str().into(),
            media_type: media_type.as_str().into(),
            bytes,
            width: pixels.map(|pixels| pixels.width),
            height: pixels.map(|pixels| pixels.height),
            digest,
            discard_at: discard_at.map(naive),
        }
    }

    fn rendition(self) -> Result<Rendition, Error> {
        Ok(Rendition {
            size: word(&self.size, FileSize::parse)?,
            key: self.key,
            media_type: word(&self.media_type, MediaType::parse)?,
            bytes: self.bytes,
            pixels: self.width.zip(self.height).map(|(width, height)| Pixels { width, height }),
            digest: self.digest,
        })
    }
}

/// One size of a file before it is laid into the store.
#[derive(Clone, Debug)]
pub struct Piece {
    pub size: FileSize,
    pub media_type: MediaType,
    pub bytes: Vec<u8>,
    pub pixels: Option<Pixels>,
}

impl Piece {
    /// Under a new key.
    fn keyed(&self) -> Result<Rendition, Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(Error::internal)?;
        Ok(self.under(hexadecimal(&random)))
    }

    pub(crate) fn under(&self, key: String) -> Rendition {
        Rendition {
            size: self.size,
            key,
            media_type: self.media_type,
            bytes: i64::try_from(self.bytes.len()).unwrap_or(i64::MAX),
            pixels: self.pixels,
            digest: hexadecimal(&Sha256::digest(&self.bytes)),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file before somebody who may read what is known of it.
#[derive(Clone, Debug)]
pub struct Opened {
    pub file: File,
    pub renditions: Vec<Rendition>,
    pub in_use: bool,
    reader: Reader,
}

impl Opened {
    /// Whether its reader may put something into it or throw it away.
    #[must_use]
    pub fn is_mine(&self) -> bool {
        self.reader.may(Action::UploadFile)
    }
}

fn load(connection: &mut AnyConnection, id: FileId) -> Result<File, Error> {
    let row: Option<Row> = table::table.find(id.to_string()).first(connection).optional()?;
    row.ok_or(DoorRule::NotFound)?.file()
}

fn within_reach(connection: &mut AnyConnection, acting: &Acting, id: FileId) -> Result<File, Error> {
    let file = load(connection, id)?;
    if reaches(connection, acting, file.organisation)? { Ok(file) } else { Err(DoorRule::NotFound.into()) }
}

fn is_used(connection: &mut AnyConnection, id: FileId) -> Result<bool, Error> {
    let used: i64 = uses::table.filter(uses::file_id.eq(id.to_string())).select(count_star()).first(connection)?;
    Ok(used > 0)
}

fn opened(connection: &mut AnyConnection, acting: &Acting, file: File) -> Result<Opened, Error> {
    let reader = persons::reader(connection, acting, file.organisation)?;
    let in_use = is_used(connection, file.id)?;
    let renditions = renditions(connection, &[file.id])?.remove(&file.id).unwrap_or_default();
    Ok(Opened { file, renditions, in_use, reader })
}

/// What is known of a file, for those to whose organisation it belongs.
///
/// # Errors
/// [`DoorRule::NotFound`]; database failures.
pub fn get(connection: &mut AnyConnection, acting: &Acting, id: FileId) -> Result<Opened, Error> {
    let file = within_reach(connection, acting, id)?;
    opened(connection, acting, file)
}

/// Files in their sizes.
pub type Renditions = HashMap<FileId, Vec<Rendition>>;

/// The sizes of files, the largest first.
///
/// # Errors
/// Database failures.
pub fn renditions(connection: &mut AnyConnection, ids: &[FileId]) -> Result<Renditions, Error> {
    let mut found = Renditions::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let wanted: Vec<String> = ids.iter().map(FileId::to_string).collect();
    let rows: Vec<ObjectRow> =
        objects::table.filter(objects::file_id.eq_any(wanted)).order((objects::file_id.asc(), objects::size.asc())).load(connection)?;
    for row in rows {
        let Some(id) = &row.file_id else { continue };
        found.entry(id_column(id)?).or_default().push(row.rendition()?);
    }
    Ok(found)
}

fn event(name: &'static str, file: &File) -> Event {
    Event::new(name, Subject { kind: "file", id: file.id.0 }, Visibility::Organisation).of(file.organisation)
}

/// Reserves a place for a file of an organisation's.
///
/// # Errors
/// [`DoorRule::NotFound`] for an organisation out of reach; [`FileRule::TooMany`]; database failures.
pub fn reserve(
    tx: &mut Tx<'_>,
    acting: &Acting,
    organisation: OrganisationId,
    purpose: FilePurpose,
    name: String,
) -> Result<Opened, Error> {
    organisation_within_reach(tx.connection, acting, organisation)?;
    let unused: i64 = table::table
        .filter(table::organisation_id.eq(organisation.to_string()).and(table::discard_at.is_not_null()))
        .select(count_star())
        .first(tx.connection)?;
    if unused >= MAX_UNUSED {
        return Err(FileRule::TooMany.into());
    }
    let file = File::reserve(FileId(tx.new_id()), organisation, purpose, name, tx.now());
    diesel::insert_into(table::table).values(Row::new(&file)).execute(tx.connection)?;
    tx.record(event("file.reserved", &file));
    opened(tx.connection, acting, file)
}

/// Asks before its bytes are read whether a file awaits them, and what it is for. Of a request that may be a repeated one only the
/// transaction knows whether it comes too late.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::PreconditionRequired`], [`DoorRule::Stale`], [`FileRule::Ready`]; database failures.
pub fn awaited(
    connection: &mut AnyConnection,
    acting: &Acting,
    id: FileId,
    precondition: Precondition,
    may_be_repeated: bool,
) -> Result<FilePurpose, Error> {
    let file = within_reach(connection, acting, id)?;
    if may_be_repeated && precondition != Precondition::Missing {
        return Ok(file.purpose);
    }
    precondition.require(file.version)?;
    file.may_fill()?;
    Ok(file.purpose)
}

/// How long what has been noted may take to find its file.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// Notes what is about to be laid into the store, each piece under a new key.
pub fn note(db: &Db, clock: &Clock, pieces: &[Piece]) -> Outcome<Vec<Rendition>> {
    db.write(&jobs::command(clock, "store_file"), |tx| {
        let renditions = pieces.iter().map(Piece::keyed).collect::<Result<Vec<_>, _>>()?;
        let discard_at = tx.now() + PATIENCE;
        for rendition in &renditions {
            diesel::insert_into(objects::table).values(ObjectRow::new(rendition, None, Some(discard_at))).execute(tx.connection)?;
        }
        Ok(renditions)
    })
}

/// Gives a file what has been laid into the store for it.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::PreconditionRequired`], [`DoorRule::Stale`], [`FileRule::Ready`];
/// [`FileRule::StoreUnavailable`] when that took so long that it was thrown away; database failures.
pub fn fill(tx: &mut Tx<'_>, acting: &Acting, id: FileId, precondition: Precondition, renditions: &[Rendition]) -> Result<Opened, Error> {
    let before = within_reach(tx.connection, acting, id)?;
    precondition.require(before.version)?;
    let seen = before.version;
    let file = before.fill(tx.now())?;
    let same = table::table.find(id.to_string()).filter(table::version.eq(seen));
    if diesel::update(same).set(Row::new(&file)).execute(tx.connection)? != 1 {
        return Err(DoorRule::Stale.into());
    }
    let keys: Vec<&String> = renditions.iter().map(|rendition| &rendition.key).collect();
    let noted = objects::table.filter(objects::key.eq_any(keys).and(objects::discard_at.assume_not_null().gt(naive(tx.now()))));
    let values = (objects::file_id.eq(Some(id.to_string())), objects::discard_at.eq(None::<NaiveDateTime>));
    if diesel::update(noted).set(values).execute(tx.connection)? != renditions.len() {
        return Err(FileRule::StoreUnavailable.into());
    }
    tx.record(event("file.stored", &file));
    opened(tx.connection, acting, file)
}

/// Throws a file away that nothing uses.
///
/// # Errors
/// [`DoorRule::NotFound`], [`DoorRule::PreconditionRequired`], [`DoorRule::Stale`], [`FileRule::InUse`]; database failures.
pub fn delete(tx: &mut Tx<'_>, acting: &Acting, id: FileId, precondition: Precondition) -> Result<(), Error> {
    let file = within_reach(tx.connection, acting, id)?;
    precondition.require(file.version)?;
    may_delete(is_used(tx.connection, id)?)?;
    remove(tx, id)?;
    tx.record(event("file.deleted", &file));
    Ok(())
}

/// Lets go of its bytes, and forgets it.
fn remove(tx: &mut Tx<'_>, id: FileId) -> Result<(), Error> {
    let values = (objects::file_id.eq(None::<String>), objects::discard_at.eq(Some(naive(tx.now()))));
    diesel::update(objects::table.filter(objects::file_id.eq(id.to_string()))).set(values).execute(tx.connection)?;
    diesel::delete(table::table.find(id.to_string())).execute(tx.connection)?;
    Ok(())
}

/// Those of the files that an organisation cannot use for something: missing, not ready, somebody else's or for something else.
pub(crate) fn unusable(
    connection: &mut AnyConnection,
    organisation: OrganisationId,
    purpose: FilePurpose,
    wanted: &[FileId],
) -> Result<Vec<FileId>, Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let usable: Vec<String> = table::table
        .filter(table::id.eq_any(wanted.iter().map(FileId::to_string).collect::<Vec<_>>()))
        .filter(table::organisation_id.eq(organisation.to_string()).and(table::purpose.eq(purpose.as_str())))
        .filter(table::status.eq(FileStatus::Ready.as_str()))
        .select(table::id)
        .load(connection)?;
    Ok(wanted.iter().filter(|id| !usable.contains(&id.to_string())).copied().collect())
}

/// Notes which files something uses from now on. The last use keeps a file for a while longer: what was taken out by mistake is there
/// to be put back.
pub(crate) fn use_by(tx: &mut Tx<'_>, subject: Subject, before: &BTreeSet<FileId>, after: &BTreeSet<FileId>) -> Result<(), Error> {
    for id in after.difference(before).map(FileId::to_string) {
        let values = (uses::subject_id.eq(subject.id.to_string()), uses::file_id.eq(&id), uses::subject_kind.eq(subject.kind));
        diesel::insert_into(uses::table).values(values).execute(tx.connection)?;
        diesel::update(table::table.find(&id)).set(table::discard_at.eq(None::<NaiveDateTime>)).execute(tx.connection)?;
    }
    for id in before.difference(after) {
        diesel::delete(uses::table.find((subject.id.to_string(), id.to_string()))).execute(tx.connection)?;
        if !is_used(tx.connection, *id)? {
            let discard_at = naive(tx.now() + files::UNUSED);
            diesel::update(table::table.find(id.to_string())).set(table::discard_at.eq(Some(discard_at))).execute(tx.connection)?;
        }
    }
    Ok(())
}

/// Bytes that a reader may have.
#[derive(Clone, Debug)]
pub struct Readable {
    pub file: File,
    pub rendition: Rendition,
    /// Whether everybody may, and then until when at least.
    pub public: Option<Option<DateTime<Utc>>>,
}

/// One size of a file, for everybody where an entry of the catalogue shows it, and otherwise for those to whose organisation it belongs.
///
/// # Errors
/// [`DoorRule::NotFound`]; database failures.
pub fn readable(
    connection: &mut AnyConnection,
    acting: &Acting,
    (id, size): (FileId, FileSize),
    freshness: &Freshness,
    now: DateTime<Utc>,
) -> Result<Readable, Error> {
    let file = load(connection, id)?;
    let is_public = is_shown(connection, id, freshness, now)?;
    if !is_public && (acting.identity().is_none() || !reaches(connection, acting, file.organisation)?) {
        return Err(DoorRule::NotFound.into());
    }
    let found = renditions(connection, &[id])?.remove(&id).unwrap_or_default();
    let rendition = found.into_iter().find(|rendition| rendition.size == size).ok_or(DoorRule::NotFound)?;
    let public = if is_public { Some(catalogue::next_change(connection, freshness, now)?) } else { None };
    Ok(Readable { file, rendition, public })
}

/// Whether an entry that the public reads shows a file.
fn is_shown(connection: &mut AnyConnection, id: FileId, freshness: &Freshness, now: DateTime<Utc>) -> Result<bool, Error> {
    let subjects: Vec<String> = uses::table
        .filter(uses::file_id.eq(id.to_string()).and(uses::subject_kind.eq(INITIATIVE)))
        .select(uses::subject_id)
        .load(connection)?;
    for subject in subjects {
        let initiative: InitiativeId = id_column(&subject)?;
        match catalogue::get(connection, initiative, freshness, now) {
            Ok(entry) if entry.content.images.iter().any(|image| image.file == id) => return Ok(true),
            Ok(_) => {}
            Err(error) if error.is_refusal() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// How the journal calls an initiative.
const INITIATIVE: &str = "initiative";

/// Thrown away in one transaction, at most.
const CHUNK: i64 = 200;

/// Forgets files that were of no use for too long, and says under which keys something lies that belongs to no file any more.
pub(crate) fn discard(tx: &mut Tx<'_>) -> Result<Vec<String>, Error> {
    let due: Vec<Row> = table::table
        .filter(table::discard_at.assume_not_null().le(naive(tx.now())))
        .order((table::discard_at.asc(), table::id.asc()))
        .limit(CHUNK)
        .load(tx.connection)?;
    for row in due {
        let file = row.file()?;
        remove(tx, file.id)?;
        tx.record(event("file.discarded", &file));
    }
    Ok(objects::table
        .filter(objects::discard_at.assume_not_null().le(naive(tx.now())))
        .order((objects::discard_at.asc(), objects::key.asc()))
        .select(objects::key)
        .limit(CHUNK)
        .load(tx.connection)?)
}

/// Forgets what is gone from the store; says whether that was all of it.
pub(crate) fn forget(tx: &mut Tx<'_>, keys: &[String]) -> Result<bool, Error> {
    diesel::delete(objects::table.filter(objects::key.eq_any(keys))).execute(tx.connection)?;
    Ok(i64::try_from(keys.len()).unwrap_or(CHUNK) < CHUNK)
}

/// Whether a file has its bytes under this key.
pub(crate) fn is_kept(connection: &mut AnyConnection, key: &str) -> Result<bool, Error> {
    let kept: i64 = objects::table.find(key).filter(objects::file_id.is_not_null()).select(count_star()).first(connection)?;
    Ok(kept > 0)
}

/// Gives an organisation's files to the one that it is merged into.
pub(crate) fn hand_over(tx: &mut Tx<'_>, from: OrganisationId, to: OrganisationId) -> Result<(), Error> {
    diesel::update(table::table.filter(table::organisation_id.eq(from.to_string())))
        .set(table::organisation_id.eq(to.to_string()))
        .execute(tx.connection)?;
    Ok(())
}

/// Writes files of the sample data, with what lies in the store for them.
pub(crate) fn insert(tx: &mut Tx<'_>, file: &File, renditions: &[Rendition], used_by: Option<Subject>) -> Result<(), Error> {
    diesel::insert_into(table::table).values(Row::new(file)).execute(tx.connection)?;
    for rendition in renditions {
        diesel::insert_into(objects::table).values(ObjectRow::new(rendition, Some(file.id), None)).execute(tx.connection)?;
    }
    used_by.map_or(Ok(()), |subject| use_by(tx, subject, &BTreeSet::new(), &BTreeSet::from([file.id])))
}
