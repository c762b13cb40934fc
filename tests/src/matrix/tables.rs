//! What a database holds, as raw SQL sees it: beneath the service, so that nothing it leaves unsaid can hide.

use std::sync::OnceLock;

use diesel::{
    Connection, PgConnection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    sql_query,
    sql_types::{BigInt, Nullable, Text},
};
use persistence::Target;

use crate::world::World;

/// A connection that goes round the service.
pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

/// One line of the journal.
#[derive(Debug, QueryableByName)]
pub struct Entry {
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub person_id: Option<String>,
    #[diesel(sql_type = Text)]
    pub operation: String,
    #[diesel(sql_type = Text)]
    pub request_id: String,
    #[diesel(sql_type = Text)]
    pub subject_kind: String,
    #[diesel(sql_type = Text)]
    pub subject_id: String,
}

impl Raw {
    pub fn open(world: &World) -> Self {
        match &world.target {
            Target::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(&path.to_string_lossy()).expect("the file is there");
                connection.batch_execute("PRAGMA busy_timeout=5000").expect("a pragma");
                Self::Sqlite(connection)
            }
            Target::Postgres(url) => Self::Postgres(PgConnection::establish(url).expect("the database is there")),
        }
    }

    pub fn execute(&mut self, sql: &str) -> QueryResult<usize> {
        match self {
            Self::Sqlite(connection) => sql_query(sql).execute(connection),
            Self::Postgres(connection) => sql_query(sql).execute(connection),
        }
    }

    fn texts(&mut self, sql: &str) -> Vec<String> {
        let rows: QueryResult<Vec<Row>> = match self {
            Self::Sqlite(connection) => sql_query(sql).load(connection),
            Self::Postgres(connection) => sql_query(sql).load(connection),
        };
        rows.unwrap_or_else(|error| panic!("{sql}: {error}")).into_iter().map(|row| row.value).collect()
    }

    /// Every row of every table, whichever tables there are. Bookkeeping of the search index counts, too.
    pub fn rows(&mut self) -> Vec<String> {
        static SQLITE: OnceLock<String> = OnceLock::new();
        static POSTGRES: OnceLock<String> = OnceLock::new();
        let cell = if matches!(self, Self::Sqlite(_)) { &SQLITE } else { &POSTGRES };
        let sql = cell.get_or_init(|| self.select_everything());
        self.texts(sql)
    }

    fn select_everything(&mut self) -> String {
        let selects: Vec<String> = match self {
            Self::Sqlite(_) => {
                let tables = self.texts(
                    "SELECT name AS value FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite_%'",
                );
                tables.iter().map(|table| self.select_sqlite(table)).collect()
            }
            Self::Postgres(_) => {
                let tables = self.texts("SELECT table_name::text AS value FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'");
                tables.iter().map(|table| format!("SELECT '{table}' || t::text AS value FROM \"{table}\" t")).collect()
            }
        };
        assert!(selects.len() > 10, "only {} tables were found", selects.len());
        format!("SELECT value FROM ({}) everything ORDER BY value", selects.join(" UNION ALL "))
    }

    fn select_sqlite(&mut self, table: &str) -> String {
        let columns = self.texts(&format!("SELECT name AS value FROM pragma_table_info('{table}')"));
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
        format!("SELECT '{table}(' || {} || ')' AS value FROM \"{table}\"", quoted.join(" || ',' || "))
    }

    /// What the journal says after a sequence number.
    pub fn journal_after(&mut self, sequence: i64) -> Vec<Entry> {
        let sql = format!(
            "SELECT sequence, person_id, operation, request_id, subject_kind, subject_id FROM journal WHERE sequence > {sequence} ORDER BY sequence"
        );
        match self {
            Self::Sqlite(connection) => sql_query(sql).load(connection),
            Self::Postgres(connection) => sql_query(sql).load(connection),
        }
        .expect("the journal can be read")
    }

    pub fn last_sequence(&mut self) -> i64 {
        self.journal_after(0).last().map_or(0, |entry| entry.sequence)
    }
}
