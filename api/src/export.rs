//! Whole lists at once, streamed: as spreadsheets, lines or a map.
//!
//! A list is read in chunks, each over a snapshot and a connection of its own, so that a client that drains slowly keeps
//! nothing of the service's but its own socket.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_TYPE},
    web::Bytes,
};
use futures_util::stream;
use persistence::page::{Page, PageRequest};

use crate::{call::Call, problem::Problem};

/// Items read at a time.
const CHUNK: u8 = 200;

/// How a list is written.
pub trait Format<T>: 'static {
    /// With its parameters.
    const MEDIA_TYPE: &'static str;
    /// How a file of it ends.
    const EXTENSION: &'static str;

    /// What stands before the first item.
    fn head(&self) -> Result<Vec<u8>, Problem>;

    /// One item.
    fn item(&self, item: T, is_first: bool, out: &mut Vec<u8>) -> Result<(), Problem>;

    /// What stands behind the last.
    fn tail(&self) -> Vec<u8>;
}

enum Place {
    Begin,
    After(Vec<String>, bool),
    End,
}

/// Streams a whole list. A failure in the middle breaks the connection off, so that half a list does not pass for one.
pub async fn stream<T, F, Read, Fut>(call: Call, name: &str, format: F, read: Read) -> Result<HttpResponse, Problem>
where
    T: 'static,
    F: Format<T>,
    Read: Fn(Call, PageRequest) -> Fut + 'static,
    Fut: Future<Output = Result<Page<T>, Problem>> + 'static,
{
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, F::MEDIA_TYPE))
        .insert_header((CONTENT_LANGUAGE, call.language().tag()))
        .insert_header((CACHE_CONTROL, if call.identity().is_some() { "private, no-store" } else { "public, max-age=60" }))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", F::EXTENSION)));
    // The first chunk is read before anything is said, so that a refusal still is one.
    let first = chunk(&call, &format, &read, Place::Begin).await?;
    let rest = stream::unfold((call, format, read, first), |(call, format, read, (bytes, place))| async move {
        match (bytes, place) {
            (None, Place::End) => None,
            (Some(bytes), Place::End) => Some((Ok(bytes), (call, format, read, (None, Place::End)))),
            (Some(bytes), place) => match chunk(&call, &format, &read, place).await {
                Ok(next) => Some((Ok(bytes), (call, format, read, next))),
                Err(problem) => {
                    tracing::error!(code = problem.code(), cause = problem.cause(), "an export broke off");
                    Some((Err(problem), (call, format, read, (None, Place::End))))
                }
            },
            (None, _) => None,
        }
    });
    Ok(answer.streaming(rest))
}

async fn chunk<T, F, Read, Fut>(call: &Call, format: &F, read: &Read, place: Place) -> Result<(Option<Bytes>, Place), Problem>
where
    F: Format<T>,
    Read: Fn(Call, PageRequest) -> Fut,
    Fut: Future<Output = Result<Page<T>, Problem>>,
{
    let (after, mut is_first, mut out) = match place {
        Place::Begin => (None, true, format.head()?),
        Place::After(after, is_first) => (Some(after), is_first, Vec::new()),
        Place::End => return Ok((None, Place::End)),
    };
    let page = read(call.clone(), PageRequest { limit: CHUNK, after, count: false }).await?;
    for item in page.items {
        let before = out.len();
        format.item(item, is_first, &mut out)?;
        is_first &= out.len() == before;
    }
    let place = match page.next {
        Some(next) => Place::After(next, is_first),
        None => {
            out.extend(format.tail());
            Place::End
        }
    };
    Ok((Some(out.into()), place))
}

/// One cell of a spreadsheet. What a spreadsheet would take for a formula begins with an apostrophe instead.
pub fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

/// One line of a spreadsheet (RFC 4180).
///
/// # Errors
/// Never but for want of memory.
pub fn row<'a>(cells: impl IntoIterator<Item = std::borrow::Cow<'a, str>>) -> Result<Vec<u8>, Problem> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let record: Vec<String> = cells.into_iter().map(|text| cell(&text)).collect();
    writer.write_record(&record).map_err(persistence::Error::internal)?;
    Ok(writer.into_inner().map_err(persistence::Error::internal)?)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::row;

    #[test]
    fn no_cell_is_a_formula_and_every_text_comes_back() {
        let written =
            row(["=1+1", "+45", "-x", "@a", "a, \"b\"\nc", "æøå"].map(Cow::Borrowed)).unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(String::from_utf8_lossy(&written), "'=1+1,'+45,'-x,'@a,\"a, \"\"b\"\"\nc\",æøå\r\n");
    }
}
