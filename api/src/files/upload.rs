//! A body that is a file: as it is, streamed, with bounds of its own.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{CONTENT_LENGTH, CONTENT_TYPE},
    web::{Bytes, BytesMut},
};
use files::{FilePurpose, FileRule, MediaType};
use futures_util::StreamExt;
use persistence::DoorRule;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    call::{Call, RawBody, app},
    problem::{HttpRule, Problem},
};

/// A file on its way in. Nothing of it has been read yet: who may send it is known before.
pub struct Upload {
    pub media_type: MediaType,
    request: HttpRequest,
    payload: Payload,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("media_type", &self.media_type).finish_non_exhaustive()
    }
}

/// Bytes in memory, and the room that they take there.
#[derive(Debug)]
pub struct Held {
    pub bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let media_type =
                MediaType::parse(&text(CONTENT_TYPE).to_ascii_lowercase()).ok_or(FileRule::UnsupportedType).map_err(Problem::new)?;
            let largest = FilePurpose::ALL.iter().map(|purpose| purpose.max_bytes()).max().unwrap_or_default();
            if text(CONTENT_LENGTH).parse::<usize>().is_ok_and(|length| length > largest) {
                return Err(Problem::new(FileRule::TooLarge));
            }
            Call::extract(&request).await?.check_head()?;
            Ok(Self { media_type, request, payload })
        })
    }
}

/// A unit of room.
const KIB: usize = 1024;

impl Upload {
    /// Reads it, whatever it holds, as long as it keeps coming and there is room for it.
    ///
    /// # Errors
    /// `unsupported-file-type`, `file-too-large`, `request-timeout`, `busy`.
    pub async fn receive(mut self, purpose: FilePurpose) -> Result<Held, Problem> {
        if !purpose.accepts().contains(&self.media_type) {
            return Err(Problem::new(FileRule::UnsupportedType));
        }
        let app = app(&self.request).clone();
        let end = Instant::now() + app.limits.upload_time;
        let mut room = Room { free: Arc::clone(&app.uploading), taken: None };
        let mut collected = BytesMut::new();
        while let Some(chunk) =
            timeout_at(end.min(Instant::now() + app.limits.upload_pause), self.payload.next()).await.map_err(|_| HttpRule::Timeout)?
        {
            let chunk = chunk.map_err(|_| HttpRule::BadRequest)?;
            if collected.len() + chunk.len() > purpose.max_bytes() {
                return Err(Problem::new(FileRule::TooLarge));
            }
            collected.extend_from_slice(&chunk);
            timeout(app.limits.acquire, room.grow_to(collected.len())).await.map_err(|_| DoorRule::Busy)??;
        }
        let bytes = collected.freeze();
        // A repeated key is held against the same bytes.
        self.request.extensions_mut().insert(RawBody(bytes.clone()));
        Ok(Held { bytes, _room: room.taken })
    }
}

/// Room in memory, for all uploads together: whoever sends slowly takes no more of it than what they have sent.
struct Room {
    free: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Room {
    async fn grow_to(&mut self, bytes: usize) -> Result<(), Problem> {
        let has = self.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Ok(more) = u32::try_from(bytes.div_ceil(KIB).saturating_sub(has)) else { return Err(DoorRule::Busy.into()) };
        if more > 0 {
            let more = Arc::clone(&self.free).acquire_many_owned(more).await.map_err(|_| DoorRule::Busy)?;
            match &mut self.taken {
                Some(taken) => taken.merge(more),
                None => self.taken = Some(more),
            }
        }
        Ok(())
    }
}

/// Room for all uploads together.
#[must_use]
pub fn room(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(bytes / KIB))
}
