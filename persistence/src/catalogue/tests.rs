//! What needs a database is tried on SQLite here, and on both engines through HTTP.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types::Text};
use initiatives::Freshness;
use kernel::OrganisationId;

use super::{
    Entry, Filter, Near, Order, get, list, next_change,
    plan::{Bounds, Condition, Key, Measured, Sorting, Walk, Words},
    project::replace,
    rename_organisation,
};
use crate::{
    AnyConnection, Clock, Command, Db, DoorRule, Engine, Error, Options, Tag, Target, bulk::Sql, db::naive, page::PageRequest, sample,
    schema::catalogue, tags,
};

/// A database of its own with the sample data, gone with the value.
struct Catalogue {
    db: Db,
    clock: Clock,
    file: PathBuf,
}

impl Drop for Catalogue {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", self.file.display()));
        }
    }
}

fn now() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().expect("an instant")
}

impl Catalogue {
    fn new() -> Self {
        let clock = Clock::manual(now());
        let file = std::env::temp_dir().join(format!("frivillig-catalogue-{}.db", Clock::system().new_id()));
        let db = Db::open(&Target::Sqlite(file.clone()), &Options::default()).expect("a database");
        sample::load(&db, &clock, None).expect("the sample data");
        Self { db, clock, file }
    }

    fn list(&self, filter: &Filter, order: Order, request: &PageRequest) -> (Vec<Entry>, Option<Vec<String>>, u32) {
        let outcome = self.db.read(|connection| list(connection, filter, order, &Freshness::default(), now(), request));
        let page = outcome.result.expect("a page");
        (page.items, page.next, outcome.statements)
    }

    /// Every entry of a list, page by page.
    fn all(&self, filter: &Filter, order: Order, limit: u8) -> Vec<Entry> {
        let mut all = Vec::new();
        let mut request = PageRequest { limit, after: None, count: false };
        loop {
            let (items, next, statements) = self.list(filter, order, &request);
            let allowed = if order == Order::Distance { 7 } else { 5 };
            assert!(statements <= allowed, "{statements} statements, BEGIN and ROLLBACK among them, for {filter:?}");
            all.extend(items);
            match next {
                Some(_) => request.after = next,
                None => return all,
            }
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

const HJORRING: Near = Near { latitude: 57.4642, longitude: 9.9823, radius: 3_000.0 };
const ORDERS: [Order; 5] = [Order::Relevance, Order::Title, Order::NewestFirst, Order::OldestFirst, Order::Distance];

/// Every part of a filter, alone and together with others.
fn filters() -> Vec<Filter> {
    let none = Filter::default;
    vec![
        none(),
        Filter { target_groups: words(&["older_people"]), ..none() },
        Filter { target_groups: words(&["older_people", "lonely_people", "older_people"]), ..none() },
        Filter { activities: words(&["community_meal"]), target_groups: words(&["older_people"]), ..none() },
        Filter { themes: words(&["culture"]), weekdays: words(&["tuesday", "sunday"]), ..none() },
        Filter { welcomes: words(&["refugees"]), guideposts: words(&["diversity"]), ..none() },
        Filter { languages: words(&["EN"]), participation: words(&["drop_in"]), ..none() },
        Filter { postal_codes: words(&["9800", "9850"]), age: Some(12), ..none() },
        Filter { towns: words(&["HJOERRING"]), q: Some("kaffe".into()), ..none() },
        Filter { organisation: Some(sample::organisation_id(1)), ..none() },
        Filter { near: Some(HJORRING), ..none() },
        Filter { updated_since: "2026-09-01T00:00:00Z".parse().ok(), ..none() },
        Filter { q: Some("frivilli".into()), ..none() },
        Filter { activities: words(&["no_such_activity"]), ..none() },
    ]
}

#[test]
fn every_order_and_every_page_size_gives_each_entry_once() {
    let catalogue = Catalogue::new();
    for filter in filters() {
        let ids = |order, limit| -> Vec<_> { catalogue.all(&filter, order, limit).into_iter().map(|entry| entry.initiative).collect() };
        let sorted = |mut ids: Vec<_>| {
            ids.sort_unstable();
            ids
        };
        let expected = sorted(ids(Order::NewestFirst, 100));
        let mut distinct = expected.clone();
        distinct.dedup();
        assert_eq!(distinct, expected, "{filter:?}");
        for order in ORDERS {
            let at_once = ids(order, 100);
            assert_eq!(ids(order, 7), at_once, "{order:?} {filter:?}");
            assert_eq!(sorted(at_once), expected, "{order:?} {filter:?}");
        }
        let request = PageRequest { limit: 1, after: None, count: true };
        let outcome = catalogue.db.read(|connection| list(connection, &filter, Order::Relevance, &Freshness::default(), now(), &request));
        assert_eq!(outcome.result.ok().and_then(|page| page.total), i64::try_from(expected.len()).ok(), "{filter:?}");
    }
}

#[test]
fn whatever_changes_a_list_moves_what_it_depends_on() {
    let catalogue = Catalogue::new();
    let lists = || -> Vec<_> { filters().iter().map(|filter| catalogue.all(filter, Order::Title, 100)).collect() };
    let row = |connection: &mut AnyConnection, number: u64| -> Result<super::Row, Error> {
        let id = sample::initiative_id(number).to_string();
        Ok(catalogue::table.filter(catalogue::initiative_id.eq(id)).first(connection)?)
    };
    let public: Vec<u64> = (1..=200).filter(|number| catalogue.db.read(|connection| row(connection, *number)).result.is_ok()).collect();
    let mut before = lists();
    let (mut changed, mut spared) = (0, 0);
    for pair in public.chunks_exact(2).take(20) {
        let &[one, other] = pair else { continue };
        let since = catalogue.db.read(tags::generation).result.expect("a generation");
        let command = Command {
            operation: "test".into(),
            request_id: String::new(),
            identity: None,
            idempotency: None,
            clock: catalogue.clock.clone(),
        };
        let take_over = catalogue.db.write(&command, |tx| {
            let content = row(tx.connection, other)?.content()?;
            let old = row(tx.connection, one)?;
            replace(tx, vec![old], |mut entries| {
                entries.iter_mut().for_each(|entry| entry.content = content.clone());
                entries
            })
        });
        take_over.result.expect("a new entry");
        let moved: Vec<Tag> = catalogue
            .db
            .read(|connection| tags::moved_since(connection, since))
            .result
            .expect("tags")
            .into_iter()
            .map(|(tag, _)| tag)
            .collect();
        let after = lists();
        for (filter, (before, after)) in filters().iter().zip(before.iter().zip(&after)) {
            let is_stale = filter.dependence().is_moved(|tag| moved.contains(&tag));
            assert!(before == after || is_stale, "{filter:?} reads differently and nobody was told");
            changed += usize::from(before != after);
            spared += usize::from(!is_stale);
        }
        before = after;
    }
    assert!(changed > 50 && spared > 50, "{changed} lists changed and {spared} were spared");
}

#[test]
fn filters_say_what_the_entries_say() {
    let catalogue = Catalogue::new();
    let all = catalogue.all(&Filter::default(), Order::NewestFirst, 100);
    let holds = |filter: &Filter, entry: &Entry| {
        let content = &entry.content;
        let any = |wanted: &[String], here: Vec<&str>| wanted.is_empty() || wanted.iter().any(|wanted| here.contains(&wanted.as_str()));
        any(&filter.target_groups, content.target_groups.iter().map(|term| term.0.as_str()).collect())
            && any(&filter.activities, content.activities.iter().map(|term| term.0.as_str()).collect())
            && any(&filter.themes, content.themes.iter().map(|term| term.0.as_str()).collect())
            && any(&filter.welcomes, content.welcomes.iter().map(|welcome| welcome.as_str()).collect())
            && any(&filter.guideposts, content.guideposts.iter().map(|guidepost| guidepost.as_str()).collect())
            && any(&filter.weekdays, content.schedule.iter().map(|slot| slot.weekday.as_str()).collect())
            && any(&filter.postal_codes, content.locations.iter().filter_map(|place| Some(place.district()?.0)).collect())
            && filter.age.is_none_or(|age| content.min_age.unwrap_or(0) <= age && age <= content.max_age.unwrap_or(u8::MAX))
            && filter.organisation.is_none_or(|organisation| entry.organisation == organisation)
            && filter.updated_since.is_none_or(|since| entry.updated_at >= since)
    };
    for filter in filters().into_iter().filter(|f| f.q.is_none() && f.near.is_none() && f.languages.is_empty()) {
        let expected: Vec<_> = all.iter().filter(|entry| holds(&filter, entry)).cloned().collect();
        assert_eq!(catalogue.all(&filter, Order::NewestFirst, 100), expected, "{filter:?}");
    }
}

#[test]
fn words_in_the_title_come_first_and_no_word_finds_nothing() {
    let catalogue = Catalogue::new();
    let titles = |q: &str| -> Vec<String> {
        let filter = Filter { q: Some(q.to_owned()), ..Filter::default() };
        catalogue.all(&filter, Order::Relevance, 3).into_iter().map(|entry| entry.content.title.to_lowercase()).collect()
    };
    let found = titles("kaffe");
    let in_title: Vec<bool> = found.iter().map(|title| title.contains("kaffe")).collect();
    assert!(in_title.contains(&true) && in_title.contains(&false), "{found:?}");
    assert!(in_title.is_sorted_by(|earlier, later| earlier >= later), "{found:?}");
    assert_eq!(titles("%"), Vec::<String>::new());
    assert_eq!(titles("kaffe xyzzyq"), Vec::<String>::new());
    assert_eq!(titles("venner nørrebros").len(), 3, "the organisation's name finds its entries");
}

#[test]
fn age_flags_an_entry_and_then_hides_it() {
    let catalogue = Catalogue::new();
    let freshness = Freshness::default();
    let at = |now| catalogue.db.read(|connection| get(connection, sample::initiative_id(1), &freshness, now)).result;
    let entry = at(now()).expect("an entry");
    assert!(!entry.needs_verification);
    assert!(at(entry.stale_after).is_ok_and(|entry| entry.needs_verification));
    let hidden = entry.stale_after + freshness.grace;
    assert!(at(hidden - TimeDelta::microseconds(1)).is_ok());
    assert_eq!(at(hidden).err().map(|error| error.problem), Some(DoorRule::NotFound.as_problem()));
    let mut changes = 0;
    let mut moment = now();
    while let Some(next) = catalogue.db.read(|connection| next_change(connection, &freshness, moment)).result.expect("an instant") {
        assert!(next > moment, "{next} is no change after {moment}");
        (moment, changes) = (next, changes + 1);
    }
    assert!(changes > 100, "every entry goes stale and is hidden in the end");
    let request = PageRequest { limit: 1, after: None, count: true };
    let left = catalogue.db.read(|connection| list(connection, &Filter::default(), Order::Title, &freshness, moment, &request)).result;
    assert_eq!(left.ok().and_then(|page| page.total), Some(0));
}

#[test]
fn a_new_name_is_found_and_the_old_one_is_not() {
    let catalogue = Catalogue::new();
    let Catalogue { db, clock, .. } = &catalogue;
    let command = Command { clock: clock.clone(), operation: "test".into(), request_id: String::new(), identity: None, idempotency: None };
    let rename = |id: OrganisationId| db.write(&command, |tx| rename_organisation(tx, id, "Kvistgården Qvintus")).result;
    let before = catalogue.all(&Filter { organisation: Some(sample::organisation_id(1)), ..Filter::default() }, Order::Title, 100);
    rename(sample::organisation_id(1)).expect("a new name");
    let found = |q: &str| catalogue.all(&Filter { q: Some(q.into()), ..Filter::default() }, Order::Title, 100);
    let after = found("qvintus");
    assert_eq!(after.iter().map(|entry| &entry.content).collect::<Vec<_>>(), before.iter().map(|entry| &entry.content).collect::<Vec<_>>());
    assert!(after.iter().all(|entry| entry.organisation_name == "Kvistgården Qvintus" && entry.updated_at == now()));
    assert_eq!(found("nørrebros venner"), []);
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let catalogue = Catalogue::new();
    for (order, after) in [
        (Order::Title, words(&["x"])),
        (Order::NewestFirst, words(&["yesterday", "1"])),
        (Order::Relevance, words(&["1", "2"])),
        (Order::Relevance, words(&["2", "1", "2"])),
        (Order::Distance, words(&["NaN", "2"])),
    ] {
        let request = PageRequest { limit: 1, after: Some(after), count: false };
        let filter = Filter { near: Some(HJORRING), ..Filter::default() };
        let refused = catalogue.db.read(|connection| list(connection, &filter, order, &Freshness::default(), now(), &request)).result;
        assert!(refused.is_err_and(|error| !error.findings.is_empty()), "{order:?}");
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How SQLite would go about one page, which begins behind an entry in the middle.
fn way(catalogue: &Catalogue, conditions: Vec<Measured>, sorting: Sorting) -> String {
    let middle = naive(now() - TimeDelta::days(150));
    let after = match sorting {
        Sorting::NewestFirst | Sorting::OldestFirst => Key::Updated(middle, 150),
        Sorting::Title => Key::Title("m".into(), 150),
        Sorting::Distance(_) => Key::Distance(1_000.0, 150),
    };
    let bounds = Bounds { hidden_until: middle, age: Some(30) };
    let walk = Walk { conditions: conditions.iter().collect(), bounds, sorting, after: Some(after), skip: 0, limit: 26 };
    let mut sql = Sql::new("EXPLAIN QUERY PLAN ");
    walk.statement(Engine::Sqlite, &mut sql);
    let steps: Vec<Step> = catalogue.db.read(|connection| Ok(sql.load(connection)?)).result.expect("a plan");
    steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("\n")
}

/// Whether nothing is sorted before the page is found.
fn sorts_the_page_alone(way: &str) -> bool {
    way.split_once("SCAN page").is_some_and(|(before, _)| !before.contains("ORDER BY"))
}

#[test]
fn a_page_is_read_in_the_order_of_an_index_or_from_a_few() {
    let catalogue = Catalogue::new();
    let facet = |name: &str, size| Measured { condition: Condition::Facets(vec![name.to_owned()]), size };
    let many = |name| facet(name, 1_001);
    for sorting in [Sorting::NewestFirst, Sorting::OldestFirst] {
        let walked = way(&catalogue, vec![many("a:b"), facet("c:d", 900)], sorting);
        assert!(walked.contains("SEARCH f USING PRIMARY KEY (facet=? AND (updated_at,seq)"), "{walked}");
        assert!(walked.contains("SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"), "{walked}");
        assert!(walked.contains("SEARCH g USING COVERING INDEX catalogue_facets_seq_idx (seq=? AND facet=?)"), "{walked}");
        assert!(!walked.contains("SCAN c") && !walked.contains("SCAN f"), "{walked}");
        assert!(sorts_the_page_alone(&walked), "{walked}");
    }
    for (sorting, index) in
        [(Sorting::NewestFirst, "catalogue_updated_idx (updated_at<?"), (Sorting::Title, "catalogue_title_idx (sort_key>?")]
    {
        let several = Measured::unknown(Condition::Facets(words(&["a:b", "a:c"])));
        let walked = way(&catalogue, vec![several, Measured::unknown(Condition::Near(HJORRING))], sorting);
        assert!(walked.contains(&format!("SEARCH c USING COVERING INDEX {index}")), "{walked}");
        assert!(sorts_the_page_alone(&walked), "{walked}");
    }
    let few = way(
        &catalogue,
        vec![many("a:b"), Measured { condition: Condition::Words(Words::Anywhere("\"kaffe\"".into())), size: 3 }],
        Sorting::Title,
    );
    assert!(few.contains("SCAN m") && few.contains("SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"), "{few}");
}
