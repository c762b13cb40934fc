//! What the catalogue can do besides being searched: counts to narrow it by, other languages, other forms, the policy behind it.

use serde_json::{Value, json};

use super::scene::{complete, published, with};
use crate::{client::Actor, stories};

fn counts(page: &Value, facet: &str) -> Vec<(String, i64)> {
    let list = page["facets"][facet].as_array().expect("a facet").clone();
    list.iter().map(|one| (one["value"].as_str().unwrap_or_default().to_owned(), one["count"].as_i64().unwrap_or_default())).collect()
}

async fn total(anybody: &Actor, query: &str) -> i64 {
    anybody.get(format!("/v1/initiatives?count=true&limit=1&{query}")).await.is(200).json()["total"].as_i64().expect("a total")
}

async fn in_form(anybody: &Actor, query: &str, media_type: &str) -> String {
    let answer = anybody.get(format!("/v1/initiatives?{query}")).header("accept", media_type).await.is(200);
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\"initiatives."), "{media_type}");
    answer.text()
}

stories! {
    async fn every_count_is_what_narrowing_would_leave(world: World, Sample) {
        let anybody = world.anybody();
        for query in ["", "q=kaffe", "target_group=older_people", "age=30&welcomes=families", "near=57.46,9.98&radius=9000", "q=findesikke"] {
            let page = anybody.get(format!("/v1/initiatives?facets=true&limit=1&{query}")).await.is(200).json();
            for (facet, parameter) in [("target_group", "target_group"), ("activity", "activity"), ("weekday", "weekday"), ("postal_code", "postal_code"), ("participation", "participation")] {
                let listed = counts(&page, facet);
                assert!(listed.windows(2).all(|pair| pair[0].1 >= pair[1].1), "the most common first: {listed:?}");
                // A filter given twice means either; only where it is not given yet does it narrow.
                for (value, count) in listed.iter().take(3).filter(|_| !query.contains(parameter)) {
                    assert_eq!(total(&anybody, &format!("{query}&{parameter}={value}")).await, *count, "{query} {facet} {value}");
                }
            }
        }
        assert!(anybody.get("/v1/initiatives?limit=1").await.is(200).json().get("facets").is_none(), "who does not ask is not told");
    }

    async fn what_is_hidden_is_not_counted(world: World) {
        let (chair, _) = published(&world, complete("")).await;
        let all = |page: Value| counts(&page, "activity");
        assert_eq!(all(world.anybody().get("/v1/initiatives?facets=true").await.is(200).json()), [("visiting_friend".to_owned(), 1)]);
        world.wait(chrono::TimeDelta::days(426));
        assert!(all(world.anybody().get("/v1/initiatives?facets=true").await.is(200).json()).is_empty());
        drop(chair);
    }

    async fn readers_get_the_language_they_read(world: World) {
        let translations = json!([
            {"language": "en", "title": "Visiting friends", "summary": "A visit once a week.", "description": "Coffee and a walk."},
            {"language": "uk", "title": "Друзі в гості"},
        ]);
        let (_, initiative) = published(&world, with(complete(""), "/translations", translations)).await;
        let (address, anybody) = (initiative.header("location").to_owned(), world.anybody());
        for (wanted, language, title, summary) in [
            ("da", "da", "Besøgsvenner i Tårs", "Få besøg af en frivillig en gang om ugen."),
            ("en-GB, da;q=0.5", "en", "Visiting friends", "A visit once a week."),
            ("uk, en;q=0.5", "uk", "Друзі в гості", "Få besøg af en frivillig en gang om ugen."),
            ("pl, en;q=0.5", "en", "Visiting friends", "A visit once a week."),
            ("pl", "da", "Besøgsvenner i Tårs", "Få besøg af en frivillig en gang om ugen."),
        ] {
            for _ in 0..2 {
                let one = anybody.get(&address).header("accept-language", wanted).await.is(200).json();
                let list = anybody.get("/v1/initiatives").header("accept-language", wanted).await.is(200).json();
                for seen in [&one, &list["items"][0]] {
                    assert_eq!((&seen["language"], &seen["title"], &seen["summary"]), (&json!(language), &json!(title), &json!(summary)), "{wanted}");
                }
            }
        }
        assert_eq!(super::scene::titles(&anybody, "q=visiting").await, ["Besøgsvenner i Tårs"], "every language can be searched");
    }

    async fn the_whole_list_comes_as_a_spreadsheet_as_lines_and_on_a_map(world: World, Sample) {
        let anybody = world.anybody();
        let found = total(&anybody, "").await;
        let lines = in_form(&anybody, "sort=title", "application/jsonl").await;
        assert_eq!(i64::try_from(lines.lines().count()).unwrap(), found);
        let first: Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
        assert_eq!(first, anybody.get("/v1/initiatives?sort=title&limit=1").await.is(200).json()["items"][0]);

        let csv = in_form(&anybody, "sort=title", "text/csv").await;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        assert_eq!(reader.headers().expect("a header").get(1), Some("title"));
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("every row is one");
        assert_eq!(i64::try_from(rows.len()).unwrap(), found);
        assert_eq!(rows[0].get(0), first["id"].as_str());

        let map: Value = serde_json::from_str(&in_form(&anybody, "town=Hirtshals", "application/geo+json").await).expect("GeoJSON");
        let features = map["features"].as_array().expect("features");
        assert!(!features.is_empty());
        for feature in features {
            let [longitude, latitude] = [0, 1].map(|place| feature["geometry"]["coordinates"][place].as_f64().expect("a number"));
            assert!((9.0..11.0).contains(&longitude) && (57.0..58.0).contains(&latitude), "{feature}");
        }
        // Filters and refusals are those of the list.
        let few = in_form(&anybody, "q=kaffe&town=Hirtshals", "application/jsonl").await;
        assert_eq!(i64::try_from(few.lines().count()).unwrap(), total(&anybody, "q=kaffe&town=Hirtshals").await);
        assert_eq!(in_form(&anybody, "q=findesikke", "application/geo+json").await, r#"{"type":"FeatureCollection","features":[]}"#);
        anybody.get("/v1/initiatives?age=200").header("accept", "text/csv").await.refuses(400, "invalid-input");
        anybody.get("/v1/initiatives").header("accept", "image/png").await.refuses(406, "not-acceptable");
    }

    async fn no_cell_of_a_spreadsheet_is_a_formula(world: World) {
        published(&world, with(complete(""), "/title", json!("=HYPERLINK(\"https://ond.example\")"))).await;
        let csv = in_form(&world.anybody(), "", "text/csv").await;
        assert!(csv.contains("'=HYPERLINK") && !csv.contains(",=HYPERLINK") && !csv.contains(",\"=HYPERLINK"), "{csv}");
    }

    async fn one_initiative_is_linked_data_for_whoever_asks(world: World) {
        let (chair, initiative) = published(&world, with(complete(""), "/cost", json!({"amount": 2550, "currency": "DKK"}))).await;
        let address = initiative.header("location").to_owned();
        for reader in [&world.anybody(), &chair] {
            let answer = reader.get(&address).header("accept", "application/ld+json").await.is(200);
            assert_eq!(answer.header("content-type"), "application/ld+json");
            let service = answer.json();
            assert_eq!((&service["@context"], &service["@type"], &service["name"]), (&json!("https://schema.org"), &json!("Service"), &json!("Besøgsvenner i Tårs")));
            assert_eq!(service["provider"]["name"], "Vennekredsen i Tårs");
            assert_eq!(service["offers"]["price"], "25.50");
            assert_eq!(service["hoursAvailable"][0]["dayOfWeek"], "https://schema.org/Tuesday");
            assert_eq!(service["availableChannel"][0]["serviceLocation"]["address"]["addressLocality"], "Tårs");
        }
        assert_eq!(world.anybody().get(&address).await.is(200).json()["title"], "Besøgsvenner i Tårs", "each form has its own place in the cache");
    }

    async fn the_policy_can_be_read_as_data_in_its_versions(world: World) {
        let anybody = world.anybody();
        let policy = anybody.get("/v1/policy").await.is(200).json();
        assert_eq!((policy["guideposts"].as_array().unwrap().len(), policy["principles"].as_array().unwrap().len()), (5, 5));
        let mut goals = Vec::new();
        for part in policy["guideposts"].as_array().unwrap() {
            let guidepost = anybody.get(part["href"].as_str().unwrap()).await.is(200).json();
            goals.extend(guidepost["goals"].as_array().unwrap().iter().map(|goal| goal["id"].as_str().unwrap().to_owned()));
        }
        assert_eq!(goals.len(), 23);
        goals.sort_unstable();
        goals.dedup();
        assert_eq!(goals.len(), 23, "each goal has an id of its own");
        let principle = |language: &str| anybody.get("/v1/policy/principles/supplement").header("accept-language", language);
        assert!(principle("da").await.is(200).json()["text"].as_str().unwrap().contains("kerneydelse"));
        assert!(principle("en").await.is(200).json()["text"].as_str().unwrap().contains("core service"));
        assert_eq!(anybody.get("/v1/policy?valid_on=2024-02-29").await.is(200).json()["version"], "2023-09");
        anybody.get("/v1/policy?valid_on=2023-08-31").await.refuses(400, "invalid-input").finds("?valid_on", "out-of-range");
        anybody.get("/v1/policy?valid_on=i%20dag").await.refuses(400, "invalid-input").finds("?valid_on", "malformed");
        anybody.get("/v1/policy/guideposts/ukendt").await.refuses(404, "not-found");
    }
}
