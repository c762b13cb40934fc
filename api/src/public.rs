//! What everybody may read, and the cache before it.

use std::sync::Arc;

use actix_web::{HttpResponse, http::Uri};
use persistence::{AnyConnection, Dependence, DoorRule, Error, tags};

use crate::{
    cache::{Entry, Key},
    call::{Call, Listed},
    problem::Problem,
};

/// Something that everybody may read: from the cache for whoever sends no token, afresh for everybody else.
#[derive(Debug)]
pub struct Public {
    pub listed: Listed,
    pub dependence: Dependence,
    /// The next instant at which a date changes the answer.
    pub valid_until: Option<chrono::DateTime<chrono::Utc>>,
}

impl Public {
    /// What no date changes.
    #[must_use]
    pub const fn depending_on(dependence: Dependence, listed: Listed) -> Self {
        Self { listed, dependence, valid_until: None }
    }
}

/// The address as it was sent.
pub(crate) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", |target| target.as_str())
}

impl Call {
    /// Answers a public question, from the cache where that is allowed. The question is read out of the request only
    /// when the cache has no answer to it: what is in the cache has been asked before, and was a good question then.
    ///
    /// # Errors
    /// Whatever reading or answering the question refuses, or `busy`, `storage-unavailable`.
    pub async fn public_list<Q>(&self, ask: impl Fn(&Self) -> Result<Q, Problem>) -> Result<HttpResponse, Problem>
    where
        Q: FnOnce(&mut AnyConnection) -> Result<Public, Error> + Send + 'static,
    {
        if !self.is_anonymous() {
            let query = ask(self)?;
            return self.read(move |connection| query(connection).map(|public| public.listed)).await;
        }
        let app = self.app();
        let now = app.clock.now();
        let moved = |since| app.read(move |connection| tags::moved_since(connection, since));
        let generation = app.cache.generation(now, moved).await?;
        let operation = self.described().ok_or(DoorRule::Internal)?;
        let make = || async {
            let Public { listed, dependence, valid_until } = app.read(ask(self)?).await?;
            Ok(Entry { finished: listed.finished(), operation: Arc::clone(operation), valid_until, dependence, generation })
        };
        let key = Key::new(target(self.request().uri()), self.language(), self.languages(), self.media_type());
        let entry = app.cache.get(key, generation, now, make).await?;
        Ok(self.finish(&entry.finished, entry.caching(now)))
    }

    /// The same for a question that stands in the address alone.
    ///
    /// # Errors
    /// Whatever the query refuses, or `busy`, `storage-unavailable`.
    pub async fn public(
        &self,
        query: impl FnOnce(&mut AnyConnection) -> Result<Public, Error> + Send + Clone + 'static,
    ) -> Result<HttpResponse, Problem> {
        self.public_list(|_| Ok(query.clone())).await
    }
}
