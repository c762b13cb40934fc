//! Pages of a list: where one ends, the next begins, whatever is written in between.

use std::str::FromStr;

use kernel::{Fault, Finding};

use crate::Error;

/// Which part of a list is wanted.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// 1 to 100.
    pub limit: u8,
    /// The sort values of the last item of the page before.
    pub after: Option<Vec<String>>,
    /// Whether the number of all items is wanted, too.
    pub count: bool,
}

impl PageRequest {
    /// One more than is wanted tells whether there is a next page.
    pub(crate) fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }
}

/// One page.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The sort values after which the next page begins.
    pub next: Option<Vec<String>>,
    pub total: Option<i64>,
}

impl<T> Page<T> {
    /// Cuts off the one item too many, and takes the next page's beginning from the last that stays.
    pub(crate) fn cut(mut items: Vec<T>, request: &PageRequest, total: Option<i64>, keys: impl Fn(&T) -> Vec<String>) -> Self {
        let limit = usize::from(request.limit);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(keys) } else { None };
        Self { items, next, total }
    }

    pub(crate) fn try_map<U>(self, map: impl Fn(T) -> Result<U, Error>) -> Result<Page<U>, Error> {
        Ok(Page { items: self.items.into_iter().map(map).collect::<Result<_, _>>()?, next: self.next, total: self.total })
    }
}

/// The refusal of a cursor that this list never gave out.
pub(crate) fn foreign_cursor() -> Error {
    Error::invalid(vec![Finding::new("?cursor", Fault::InvalidCursor)])
}

/// One sort value out of a cursor.
pub(crate) fn cursor_part<T: FromStr>(after: &[String], place: usize) -> Result<T, Error> {
    after.get(place).and_then(|part| part.parse().ok()).ok_or_else(foreign_cursor)
}

/// An instant out of a cursor, in microseconds.
pub(crate) fn cursor_instant(after: &[String], place: usize) -> Result<chrono::NaiveDateTime, Error> {
    let micros = cursor_part(after, place)?;
    chrono::DateTime::from_timestamp_micros(micros).map(|instant| instant.naive_utc()).ok_or_else(foreign_cursor)
}

/// An id as a column holds it. What the database holds was checked on its way in.
pub(crate) fn id_column<T: FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::internal("an id in the database is not one"))
}

pub(crate) fn optional_id<T: FromStr>(text: Option<&str>) -> Result<Option<T>, Error> {
    text.map(id_column).transpose()
}

/// One word of an enum as a column holds it; the CHECK constraint lists the same words.
pub(crate) fn word<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    parse(text).ok_or_else(|| Error::internal(format!("the database holds the unknown word {text}")))
}
