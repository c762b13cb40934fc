//! SQL that diesel's two-engine connection cannot say: many rows in one statement, and queries whose shape
//! is decided while they are written.

use chrono::NaiveDateTime;
use diesel::{
    Connection, QueryResult, RunQueryDsl,
    deserialize::QueryableByName,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_query,
    sql_types::{BigInt, Double, Text, Timestamp},
};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{AnyConnection, Engine, Error};

type Backend = <AnyConnection as Connection>::Backend;

pub(crate) const fn engine(connection: &AnyConnection) -> Engine {
    match connection {
        AnyConnection::Postgres(_) => Engine::Postgres,
        AnyConnection::Sqlite(_) => Engine::Sqlite,
    }
}

/// A table, and those of its columns that are written, each with PostgreSQL's word for its type.
pub(crate) struct Table {
    pub name: &'static str,
    pub columns: &'static [(&'static str, &'static str)],
}

/// Inserts rows, each a JSON object with the columns as its members, in one statement.
pub(crate) fn insert<T: Serialize>(connection: &mut AnyConnection, table: &Table, rows: &[T]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let list = |column: &dyn Fn(&str, &str) -> String| -> String {
        table.columns.iter().map(|(name, sort)| column(name, sort)).collect::<Vec<_>>().join(", ")
    };
    let (name, columns) = (table.name, list(&|name, _| name.to_owned()));
    let statement = match engine(connection) {
        Engine::Sqlite => {
            let values = list(&|name, _| format!("value ->> '{name}'"));
            format!("INSERT INTO {name} ({columns}) SELECT {values} FROM jsonb_each($1)")
        }
        Engine::Postgres => {
            let typed = list(&|name, sort| format!("{name} {sort}"));
            format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM json_to_recordset($1::json) AS given ({typed})")
        }
    };
    let rows = serde_json::to_string(rows).map_err(Error::internal)?;
    sql_query(statement).bind::<Text, _>(rows).execute(connection)?;
    Ok(())
}

/// An instant as diesel writes it into SQLite's text columns, which PostgreSQL reads as well.
pub(crate) fn instant_text(at: NaiveDateTime) -> String {
    at.format("%F %T%.f").to_string()
}

/// For `serialize_with`; serde fixes the signature.
pub(crate) fn instant<S: Serializer>(at: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant_text(*at))
}

/// For `serialize_with`; serde fixes the signature.
pub(crate) fn optional_instant<S: Serializer>(at: &Option<NaiveDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(instant_text).serialize(serializer)
}

/// A value behind a placeholder.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bind {
    Text(String),
    Integer(i64),
    Real(f64),
    Instant(NaiveDateTime),
}

impl From<&str> for Bind {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Bind {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Bind {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<NaiveDateTime> for Bind {
    fn from(at: NaiveDateTime) -> Self {
        Self::Instant(at)
    }
}

/// A statement that grows. Every value gets a placeholder of its own, so their numbers always ascend:
/// SQLite counts `$n` by first appearance and would quietly mix up any other order.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    text: String,
    binds: Vec<Bind>,
}

impl Sql {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), binds: Vec::new() }
    }

    /// Adds text, which must never be anything that somebody typed.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn bind(&mut self, value: impl Into<Bind>) -> &mut Self {
        self.binds.push(value.into());
        self.text.push_str(&format!("${}", self.binds.len()));
        self
    }

    /// Adds one placeholder per value, between commas.
    pub(crate) fn bind_all(&mut self, values: &[String]) -> &mut Self {
        for (place, value) in values.iter().enumerate() {
            self.push(if place == 0 { "" } else { ", " }).bind(value.as_str());
        }
        self
    }

    pub(crate) fn load<T: QueryableByName<Backend> + 'static>(self, connection: &mut AnyConnection) -> QueryResult<Vec<T>> {
        self.boxed().load(connection)
    }

    pub(crate) fn execute(self, connection: &mut AnyConnection) -> QueryResult<usize> {
        self.boxed().execute(connection)
    }

    fn boxed(self) -> BoxedSqlQuery<'static, Backend, SqlQuery> {
        self.binds.into_iter().fold(sql_query(self.text).into_boxed(), |query, bind| match bind {
            Bind::Text(text) => query.bind::<Text, _>(text),
            Bind::Integer(number) => query.bind::<BigInt, _>(number),
            Bind::Real(number) => query.bind::<Double, _>(number),
            Bind::Instant(at) => query.bind::<Timestamp, _>(at),
        })
    }
}

/// One word for another in a list that a JSON document in the column `content` holds.
pub(crate) struct Exchange<'a> {
    /// The member that is the list.
    pub field: &'static str,
    pub old: &'a str,
    pub new: &'a str,
}

impl Exchange<'_> {
    /// Puts the new word where the old one stands, once, in every row of a table that `among` leaves.
    pub(crate) fn execute(&self, connection: &mut AnyConnection, table: &str, among: impl FnOnce(&mut Sql)) -> QueryResult<usize> {
        let Self { field, old, new } = self;
        let sqlite = engine(connection) == Engine::Sqlite;
        let mut sql = Sql::new(&format!("UPDATE {table} SET content = "));
        sql.push(&if sqlite {
            format!("json_set(content, '$.{field}', json((SELECT json_group_array(word ORDER BY place) FROM (SELECT CASE value WHEN ")
        } else {
            format!("jsonb_set(content::jsonb, '{{{field}}}', (SELECT jsonb_agg(word ORDER BY place) FROM (SELECT CASE value WHEN ")
        });
        sql.bind(*old).push(" THEN ").bind(*new).push(" ELSE value END AS word, min(");
        sql.push(&if sqlite {
            format!("key) AS place FROM json_each(content, '$.{field}') GROUP BY word) once)))")
        } else {
            format!("place) AS place FROM jsonb_array_elements_text(content::jsonb -> '{field}') WITH ORDINALITY each (value, place) GROUP BY word) once))::text")
        });
        sql.push(" WHERE ");
        among(&mut sql);
        sql.execute(connection)
    }
}

/// A list of numbers as JSON, for both engines' functions that read one.
pub(crate) fn json_list(numbers: &[i64]) -> String {
    Value::from(numbers).to_string()
}
