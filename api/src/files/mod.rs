//! Files: reserved, filled, given out to whoever may read them, and thrown away.

mod picture;
mod store;
mod upload;

use access::Action;
use actix_web::{
    HttpResponse,
    body::SizedStream,
    delete, get,
    http::header::{self, HeaderValue},
    post, put,
};
use chrono::{DateTime, Utc};
use files::{File, FilePurpose, FileRule, FileSize, FileStatus, MediaType, Rendition, may_delete};
use kernel::{FileId, Finding, OrganisationId, ProblemType};
use persistence::{
    Error,
    files::{self as kept, Opened, Piece, Readable},
};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

pub use store::FileStore;
pub(crate) use upload::room;
use upload::{Held, Upload};

use crate::{
    actions::ActionView,
    app::App,
    call::Call,
    json::{Body, Input},
    problem::Problem,
    reply::{self, Caching},
};

/// A file that is to come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"organisation_id": "01932b6e-7a00-7001-8000-000000000001", "purpose": "image", "name": "Havedag i juni"}))]
pub struct NewFile {
    /// The organisation to which it shall belong; the caller speaks for it.
    organisation_id: OrganisationId,
    purpose: FilePurpose,
    /// What its owners call it; nobody else reads it.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

impl Input for NewFile {
    fn findings(&self) -> Vec<Finding> {
        File::name_findings(&self.name)
    }
}

/// A file in one size.
#[derive(Debug, Serialize, ToSchema)]
pub struct RenditionView {
    size: FileSize,
    /// Where its bytes are.
    url: String,
    media_type: MediaType,
    /// How many there are.
    #[schema(minimum = 0)]
    bytes: i64,
    /// Pixels from left to right, of an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    width: Option<i32>,
    /// Pixels from top to bottom, of an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    height: Option<i32>,
}

impl RenditionView {
    pub(crate) fn new(id: FileId, rendition: &Rendition) -> Self {
        let Rendition { size, key: _, media_type, bytes, pixels, digest: _ } = rendition;
        let (width, height) = pixels.map(|pixels| (pixels.width, pixels.height)).unzip();
        Self { size: *size, url: address(id, *size), media_type: *media_type, bytes: *bytes, width, height }
    }
}

/// Where the bytes of a file are.
pub(crate) fn address(id: FileId, size: FileSize) -> String {
    match size {
        FileSize::Full => format!("/v1/files/{id}"),
        FileSize::Small => format!("/v1/files/{id}?size={}", size.as_str()),
    }
}

/// What is known of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileView {
    id: FileId,
    organisation_id: OrganisationId,
    purpose: FilePurpose,
    /// What its owners call it.
    name: String,
    status: FileStatus,
    /// The sizes in which it is there, the largest first; none while its bytes are awaited.
    renditions: Vec<RenditionView>,
    /// Whether anything uses it.
    in_use: bool,
    /// When the place was reserved.
    reserved_at: DateTime<Utc>,
    /// When it is thrown away, unless something uses it by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    discard_at: Option<DateTime<Utc>>,
    /// Grows with every change.
    #[schema(minimum = 1)]
    version: i64,
    /// What its reader may do with it: `upload` is `PUT`, and `delete` is `DELETE`, both at the address of the bytes.
    actions: Vec<ActionView>,
}

impl From<Opened> for FileView {
    fn from(opened: Opened) -> Self {
        let blocked = |outcome: Result<(), FileRule>| -> Option<&'static ProblemType> { outcome.err().map(FileRule::as_problem) };
        let actions = [("upload", blocked(opened.file.may_fill())), ("delete", blocked(may_delete(opened.in_use)))];
        let mine = actions.into_iter().filter(|_| opened.is_mine());
        let actions = mine.map(|(verb, blocked)| ActionView::new(verb, blocked)).collect();
        let Opened { file, renditions, in_use, .. } = opened;
        let File { id, organisation, purpose, name, status, reserved_at, discard_at, version } = file;
        Self {
            id,
            organisation_id: organisation,
            purpose,
            name,
            status,
            renditions: renditions.iter().map(|rendition| RenditionView::new(id, rendition)).collect(),
            in_use,
            reserved_at,
            discard_at,
            version,
            actions,
        }
    }
}

/// A picture, as bytes.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = "binary", max_length = 20_971_520)]
pub struct Picture(#[expect(dead_code, reason = "a description, never a value")] Vec<u8>);

/// Reserve a place for a file
///
/// Then send its bytes with `PUT /v1/files/{id}`, and name it where it is to be used, such as in the `images` of an initiative. What
/// nothing uses for a day is thrown away.
#[utoipa::path(tag = "files", operation_id = "reserve_file", request_body = NewFile,
    responses((status = 201, description = "Reserved", body = FileView)))]
#[post("/v1/files")]
pub async fn reserve(call: Call, body: Body<NewFile>) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::UploadFile)?;
    let NewFile { organisation_id, purpose, name } = body.0;
    call.write(move |tx| {
        let opened = kept::reserve(tx, &acting, organisation_id, purpose, name)?;
        let place = format!("/v1/files/{}/metadata", opened.file.id);
        reply::created(place, opened.file.version, &FileView::from(opened))
    })
    .await
}

/// Send the bytes of a file
///
/// The body is the file as it is, of the media type that `Content-Type` says. A picture is turned upright, made smaller (at most 1600 and 400
/// pixels on its longer side) and written anew, so that nothing is left of where, when and with what it was taken. Animations are refused.
#[utoipa::path(tag = "files", operation_id = "upload_file",
    request_body(description = "The file as it is", content((Picture = "image/jpeg"), (Picture = "image/png"), (Picture = "image/webp"))),
    params(("id" = FileId, Path, description = "The file", example = "01932b6e-7a00-7008-8000-000000000003")),
    responses((status = 200, description = "Kept", body = FileView)))]
#[put("/v1/files/{id}")]
pub async fn fill(call: Call, upload: Upload) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::UploadFile)?;
    let (id, has_key, declared, asking) = (call.id("id")?, call.has_key(), upload.media_type, acting.clone());
    let purpose = call.app().read(move |connection| kept::awaited(connection, &asking, id, precondition, has_key)).await?;
    let held = upload.receive(purpose).await?;
    if let Some(answer) = call.repeated().await? {
        return Ok(answer);
    }
    let renditions = call.app().keep(rendered(call.app(), held, declared).await?).await?;
    call.write(move |tx| {
        let opened = kept::fill(tx, &acting, id, precondition, &renditions)?;
        reply::ok(opened.file.version, &FileView::from(opened))
    })
    .await
}

/// The pieces that are kept of a picture. One is at work at a time: each takes as much memory as everything else together.
async fn rendered(app: &App, held: Held, declared: MediaType) -> Result<Vec<Piece>, Problem> {
    let turn = timeout(app.limits.acquire, app.rendering.clone().acquire_owned()).await;
    let Ok(Ok(turn)) = turn else { return Err(persistence::DoorRule::Busy.into()) };
    let task = app.aside(move || {
        let _turn = turn;
        picture::render(&held.bytes, declared)
    });
    match timeout(app.limits.work, task).await {
        Ok(Ok(rendered)) => rendered.map_err(Problem::new),
        Ok(Err(panicked)) => Err(Error::internal(panicked).into()),
        Err(_) => Err(persistence::DoorRule::Busy.into()),
    }
}

/// What is known of a file
///
/// For the members of its organisation and staff.
#[utoipa::path(tag = "files", operation_id = "get_file_metadata",
    params(("id" = FileId, Path, description = "The file", example = "01932b6e-7a00-7008-8000-000000000001")),
    responses((status = 200, description = "What is known of it", body = FileView)))]
#[get("/v1/files/{id}/metadata")]
pub async fn metadata(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadFile)?;
    let id = call.id("id")?;
    call.read(move |connection| {
        let opened = kept::get(connection, &acting, id)?;
        Ok(reply::ok(opened.file.version, &FileView::from(opened))?.into())
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileQuery {
    /// Which size; by default the largest.
    size: Option<FileSize>,
}

/// The bytes of a file
///
/// Everybody gets what a published initiative shows; members of the organisation and staff get the rest of it, too.
#[utoipa::path(tag = "files", operation_id = "get_file", security((), ("bearer" = [])),
    params(("id" = FileId, Path, description = "The file", example = "01932b6e-7a00-7008-8000-000000000001"), FileQuery),
    responses((status = 200, description = "The bytes", content((Picture = "image/jpeg"), (Picture = "image/png")))))]
#[get("/v1/files/{id}")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let FileQuery { size } = call.query()?;
    let id = call.id("id")?;
    let acting = call.reading(Action::ReadFile);
    let (now, freshness) = (call.app().clock.now(), call.app().freshness);
    let wanted = (id, size.unwrap_or(FileSize::Full));
    let readable = call.app().read(move |connection| kept::readable(connection, &acting, wanted, &freshness, now)).await?;
    given(&call, &readable, now).await
}

/// The bytes in an answer. Beside the text they are looked at where they stand; their name is none that anybody has chosen.
async fn given(call: &Call, readable: &Readable, now: DateTime<Utc>) -> Result<HttpResponse, Problem> {
    let Readable { file, rendition, public } = readable;
    let (digest, _) = rendition.digest.split_at_checked(16).unwrap_or_default();
    let etag = format!("\"{}.{digest}\"", file.version);
    let caching = match public {
        Some(until) if call.is_anonymous() => Caching::public_for(until.map(|until| (until - now).num_seconds())),
        _ => Caching::Never,
    };
    let value = |text: &str| HeaderValue::from_str(text).map_err(Error::internal);
    let tag = value(&etag)?;
    let known = reply::holds(call.request().headers(), &tag);
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, caching.header()));
    answer.insert_header((header::CONTENT_LANGUAGE, call.language().tag()));
    if known {
        return Ok(answer.finish());
    }
    let (length, bytes) = call.app().files.get(&rendition.key).await.map_err(unavailable)?;
    let extension = rendition.media_type.as_str().rsplit('/').next().unwrap_or_default();
    answer.insert_header((header::CONTENT_TYPE, rendition.media_type.as_str()));
    answer.insert_header((header::CONTENT_DISPOSITION, value(&format!("inline; filename=\"{}.{extension}\"", file.id))?));
    Ok(answer.body(SizedStream::new(length, bytes)))
}

/// The store failed, for a reason that is for the log.
pub(crate) fn unavailable(cause: String) -> Problem {
    Error::caused_by(FileRule::StoreUnavailable, cause).into()
}

/// Throw a file away
///
/// What is in use stays: take it out of there first. Its bytes are gone within the hour.
#[utoipa::path(tag = "files", operation_id = "delete_file",
    params(("id" = FileId, Path, description = "The file", example = "01932b6e-7a00-7008-8000-000000000003")),
    responses((status = 204, description = "Thrown away")))]
#[delete("/v1/files/{id}")]
pub async fn delete(call: Call) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::UploadFile)?;
    let id = call.id("id")?;
    call.write(move |tx| kept::delete(tx, &acting, id, precondition).map(|()| reply::no_content())).await
}
