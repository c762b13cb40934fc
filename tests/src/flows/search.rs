//! People find what they look for, in Danish, however they spell it – and the same on both engines.

use persistence::Engine;

use crate::{
    client::Actor,
    stories,
    world::{Content, World, run},
};

async fn ids(actor: &Actor, query: &str) -> Vec<String> {
    actor.get(format!("/v1/initiatives?limit=100&{query}")).await.is(200).ids()
}

stories! {
    async fn spelling_case_and_inflection_do_not_matter(world: World, Sample) {
        let anybody = world.anybody();
        let found = ids(&anybody, "q=besøgsven").await;
        assert!(found.len() >= 5, "the sample data holds visiting friends");
        for spelling in ["BESØGSVEN", "besoegsven", "besøgsvenner", "besøgsvennerne", "Besøgsvennen", "BESOEGSVENNER"] {
            assert_eq!(ids(&anybody, &format!("q={spelling}")).await, found, "{spelling}");
        }
        let city = ids(&anybody, "q=Århus").await;
        assert!(!city.is_empty());
        for spelling in ["Aarhus", "århus", "AARHUS"] {
            assert_eq!(ids(&anybody, &format!("q={spelling}")).await, city, "{spelling}");
        }
        assert_eq!(ids(&anybody, "q=kaffe hjørring").await, ids(&anybody, "q=hjørring kaffe").await, "word order");
        assert!(ids(&anybody, "q=besøgsv").await.len() >= found.len(), "an unfinished word finds at least as much");
    }

    async fn wildcards_are_letters_and_find_nothing(world: World, Sample) {
        for literal in ["%25", "_", "*", "%5C", "%22", "%27", "%25_%25", "%28%29", ":*"] {
            assert!(ids(&world.anybody(), &format!("q={literal}")).await.is_empty(), "{literal}");
        }
        for hostile in ["%27;DROP TABLE catalogue--", "a%22 OR %22b", "x:* | !y", "NEAR(a b)", "title:kaffe", "-kaffe"] {
            world.anybody().get(format!("/v1/initiatives?q={hostile}")).await.is(200);
        }
        assert!(!ids(&world.anybody(), "").await.is_empty());
    }

    async fn filters_narrow_together_and_repeated_ones_widen(world: World, Sample) {
        let anybody = world.anybody();
        let total = |page: crate::client::Answer| page.json()["total"].as_i64().unwrap();
        let count = |query: &'static str| { let anybody = anybody.clone(); async move { total(anybody.get(format!("/v1/initiatives?count=true&{query}")).await.is(200)) } };
        let all = count("").await;
        assert_eq!(all, 285);
        let (older, children) = (count("target_group=older_people").await, count("target_group=children").await);
        assert!(0 < older && older < all && 0 < children);
        assert!(count("target_group=older_people&target_group=children").await <= older + children);
        assert!(count("target_group=older_people&town=Sindal").await <= older.min(count("town=Sindal").await));
        assert_eq!(count("town=hjoerring").await, count("town=Hjørring").await);
        anybody.get("/v1/initiatives?age=8&age=9").await.refuses(400, "invalid-input").finds("?age", "malformed");
    }
}

#[test]
fn an_unknown_value_of_a_closed_filter_is_refused_and_an_unknown_term_finds_nothing() {
    run(|| async {
        let world = World::with(Engine::Sqlite, Content::Sample, |_| {}).await;
        let anybody = world.anybody();
        anybody.get("/v1/initiatives?weekday=someday").await.refuses(400, "invalid-input").finds("?weekday", "malformed");
        anybody.get("/v1/initiatives?age=200").await.refuses(400, "invalid-input").finds("?age", "out-of-range");
        anybody.get("/v1/initiatives?near=57.4").await.refuses(400, "invalid-input").finds("?near", "malformed");
        anybody.get("/v1/initiatives?near=57.4,10").await.refuses(400, "invalid-input").finds("?radius", "required");
        anybody.get("/v1/initiatives?q=010190-1234").await.refuses(400, "invalid-input").finds("?q", "personal-number");
        assert!(ids(&anybody, "activity=nobody_does_this").await.is_empty());
    });
}

/// Questions of every sort, for comparing engines.
const QUESTIONS: [&str; 24] = [
    "",
    "sort=title",
    "sort=updated_at",
    "sort=-updated_at",
    "q=kaffe",
    "q=kaffe hjørring",
    "q=ensom&sort=title",
    "q=b",
    "q=sprogcafé&language=en",
    "target_group=older_people",
    "target_group=older_people&target_group=relatives&sort=title",
    "activity=community_meal&town=Hjørring",
    "theme=loneliness&weekday=tuesday",
    "welcomes=seniors&welcomes=everyone",
    "guidepost=diversity&postal_code=9800",
    "weekday=saturday&weekday=sunday",
    "age=16",
    "age=75&target_group=everyone",
    "participation=drop_in&sort=title",
    "near=57.4597,9.9823&radius=5000",
    "near=57.5883,9.9595&radius=8000&sort=distance",
    "near=57.4597,9.9823&radius=30000&q=gåtur&sort=distance",
    "updated_since=2026-09-01T00:00:00Z",
    "language=uk",
];

#[test]
fn both_engines_find_the_same_in_the_same_order_page_by_page() {
    run(|| async {
        let sqlite = World::with(Engine::Sqlite, Content::Sample, |_| {}).await;
        let postgres = World::with(Engine::Postgres, Content::Sample, |_| {}).await;
        let mut found = 0;
        for question in QUESTIONS {
            let (one, other) = (all_pages(&sqlite, question).await, all_pages(&postgres, question).await);
            assert_eq!(one, other, "{question}");
            let mut distinct = one.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len(), one.len(), "{question} repeats an entry");
            let total = sqlite.anybody().get(format!("/v1/initiatives?count=true&{question}")).await.json()["total"].as_u64();
            assert_eq!(total, u64::try_from(one.len()).ok(), "{question}");
            found += one.len();
        }
        assert!(found > 1000, "the questions find something");
    });
}

async fn all_pages(world: &World, question: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.anybody().get(format!("/v1/initiatives?limit=7&{question}{cursor}")).await.is(200);
        found.extend(page.ids());
        match page.json()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}
