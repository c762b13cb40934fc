//! What answers depend on, counted: the means by which a cache knows what a write has made stale.
//!
//! Everything that an answer can depend on has a name, and every name falls into one of a fixed number of tags.
//! A command moves the tags of what it changes to the next generation, in its own transaction; an answer that was
//! read at some generation holds for as long as none of its tags has moved beyond. Two names that share a tag cost
//! an answer that is made once more than was needed, and never one that is wrong.

use std::collections::BTreeSet;

use diesel::{dsl::max, prelude::*};

use crate::{
    AnyConnection, Engine, Error,
    bulk::{Sql, engine, json_list},
    schema::generations,
};

/// One of [`Tag::COUNT`] things that answers may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(u32);

impl Tag {
    /// Few enough to keep them all in memory.
    pub const COUNT: u32 = 4096;

    /// The list of organisations, and each of them.
    pub const ORGANISATIONS: Self = Self(0);
    /// The words by which things are classified.
    pub const TAXONOMIES: Self = Self(1);
    /// The catalogue as a whole.
    pub const CATALOGUE: Self = Self(2);
    const RESERVED: u32 = 3;

    /// The tag into which a name falls: FNV-1a, which is the same in every build and on every machine.
    pub(crate) fn of(name: &str) -> Self {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let hash = u32::try_from(hash >> 32).unwrap_or_default();
        Self(Self::RESERVED + hash % (Self::COUNT - Self::RESERVED))
    }

    /// Below [`Tag::COUNT`].
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }
}

/// What an answer depends on: it can only have changed when some tag of *each* group has moved.
///
/// A list narrowed twice has two groups, for what comes into it or leaves it meets both conditions, before or after.
#[derive(Clone, Debug)]
pub struct Dependence(Vec<Vec<Tag>>);

impl From<Tag> for Dependence {
    fn from(tag: Tag) -> Self {
        Self(vec![vec![tag]])
    }
}

impl Dependence {
    /// On every group, and on one tag where there is none.
    pub(crate) fn on_each(groups: Vec<Vec<Tag>>, otherwise: Tag) -> Self {
        if groups.is_empty() { otherwise.into() } else { Self(groups) }
    }

    /// Also on this, whatever else it depends on.
    #[must_use]
    pub fn or(mut self, tag: Tag) -> Self {
        for group in &mut self.0 {
            group.push(tag);
        }
        self
    }

    /// On nothing that a command changes.
    #[must_use]
    pub fn nothing() -> Self {
        Self(vec![Vec::new()])
    }

    /// Whether the answer may have changed, given which tags have moved since.
    pub fn is_moved(&self, moved: impl Fn(Tag) -> bool) -> bool {
        self.0.iter().all(|group| group.iter().any(|tag| moved(*tag)))
    }
}

/// Moves tags to the next generation. Behind the write gate, so generations follow each other as commits do.
pub(crate) fn advance(connection: &mut AnyConnection, tags: &BTreeSet<Tag>) -> Result<(), Error> {
    if tags.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = tags.iter().map(|tag| i64::from(tag.0)).collect();
    let mut sql = Sql::new("INSERT INTO generations (tag, generation) SELECT ");
    sql.push(match engine(connection) {
        Engine::Sqlite => "value, next.generation FROM json_each(",
        Engine::Postgres => "value::integer, next.generation FROM json_array_elements_text((",
    });
    sql.bind(json_list(&numbers).as_str()).push(match engine(connection) {
        Engine::Sqlite => ")",
        Engine::Postgres => ")::json)",
    });
    sql.push(" CROSS JOIN (SELECT coalesce(max(generation), 0) + 1 AS generation FROM generations) next WHERE true ");
    sql.push("ON CONFLICT (tag) DO UPDATE SET generation = excluded.generation");
    sql.execute(connection)?;
    Ok(())
}

/// The generation of the snapshot at hand.
///
/// # Errors
/// Database failures.
pub fn generation(connection: &mut AnyConnection) -> Result<i64, Error> {
    let last: Option<i64> = generations::table.select(max(generations::generation)).first(connection)?;
    Ok(last.unwrap_or(0))
}

/// The tags that have moved beyond a generation, and the generation to which each has.
///
/// # Errors
/// Database failures.
pub fn moved_since(connection: &mut AnyConnection, generation: i64) -> Result<Vec<(Tag, i64)>, Error> {
    let moved: Vec<(i32, i64)> = generations::table
        .filter(generations::generation.gt(generation))
        .select((generations::tag, generations::generation))
        .load(connection)?;
    Ok(moved
        .into_iter()
        .filter_map(|(tag, generation)| Some((Tag(u32::try_from(tag).ok().filter(|tag| *tag < Tag::COUNT)?), generation)))
        .collect())
}
