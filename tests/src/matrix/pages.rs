//! Every list comes in pages that follow each other, and a cursor belongs to its question.

use persistence::Engine;
use serde_json::Value;

use super::matrices;
use crate::{
    client::{Actor, Answer},
    contract::{Operation, operations, resolved},
    world::{Content, World},
};

matrices! {
    async fn every_list_can_be_followed(engine: Engine) {
        let world = World::with(engine, Content::Sample, |_| {}).await;
        let editor = world.editor();
        let mut cursors: Vec<(String, String)> = Vec::new();
        for operation in lists() {
            let path = path(&operation);
            let whole = editor.get(format!("{path}?limit=100&count=true")).await.is(200).json();
            let total = whole["total"].as_u64().unwrap_or_else(|| panic!("{path} does not count"));
            assert!(total > 1, "the sample data has too little for {path}");
            assert!(editor.get(path.as_str()).await.is(200).json().get("total").is_none(), "{path} counts unasked");
            let whole = whole["items"].as_array().unwrap().clone();
            let step = (whole.len() / 3).max(1);
            let (items, cursor) = follow(&editor, &format!("{path}?limit={step}"), whole.len()).await;
            assert!(items[..whole.len()] == whole[..], "{path} in pages of {step} is another list");
            belongs(&editor, &operation, &path, &cursor).await;
            cursors.push((path, cursor));
        }
        for (path, _) in &cursors {
            for (other, cursor) in cursors.iter().filter(|(other, _)| other != path) {
                let answer = editor.get(format!("{path}?cursor={cursor}")).await.refuses(400, "invalid-input");
                assert_eq!(answer.json()["errors"][0]["code"], "invalid-cursor", "{path} takes a cursor of {other}");
            }
        }
    }
}

fn lists() -> Vec<Operation> {
    operations().into_iter().filter(|operation| operation.parameters_in("query").contains(&"cursor")).collect()
}

fn path(operation: &Operation) -> String {
    let mut path = operation.path.clone();
    for parameter in operation.parameters().into_iter().filter(|parameter| parameter["in"] == "path") {
        path = path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), parameter["example"].as_str().unwrap());
    }
    path
}

/// The items up to a number, and the first cursor.
async fn follow(actor: &Actor, first: &str, wanted: usize) -> (Vec<Value>, String) {
    let (mut items, mut address, mut cursor) = (Vec::new(), Some(first.to_owned()), None);
    while let Some(next) = address.filter(|_| items.len() < wanted) {
        let page = actor.get(next).await.is(200);
        let document = page.json();
        items.extend(document["items"].as_array().unwrap().iter().cloned());
        address = link(&page);
        assert_eq!(address.is_some(), document.get("next_cursor").is_some(), "{}", page.said);
        if let Some(next) = document["next_cursor"].as_str() {
            assert!(address.as_ref().unwrap().contains(&format!("cursor={next}")), "{}", page.said);
            cursor.get_or_insert_with(|| next.to_owned());
        }
    }
    (items, cursor.expect("there was more than one page"))
}

fn link(page: &Answer) -> Option<String> {
    let links = page.headers.get_all("link").filter_map(|value| value.to_str().ok());
    let next = links.into_iter().find(|link| link.ends_with("rel=\"next\""))?;
    Some(next[1..next.find('>').unwrap()].to_owned())
}

/// A cursor of the whole list is none of the narrowed one, and a damaged one is none at all.
async fn belongs(actor: &Actor, operation: &Operation, path: &str, cursor: &str) {
    let refused = |query: String| async move {
        let answer = actor.get(format!("{path}?{query}")).await.refuses(400, "invalid-input");
        answer.finds("?cursor", "invalid-cursor");
    };
    for filter in operation.parameters().into_iter().filter(|parameter| parameter["in"] == "query") {
        let words = resolved(&filter["schema"]).get("items").map(resolved).unwrap_or(&filter["schema"])["enum"].as_array();
        if let Some(word) = words.and_then(|words| words.first()?.as_str()) {
            refused(format!("cursor={cursor}&{}={word}", filter["name"].as_str().unwrap())).await;
        }
    }
    let mut damaged = cursor.to_owned();
    damaged.replace_range(..1, if damaged.starts_with('A') { "B" } else { "A" });
    for cursor in [damaged.as_str(), "x", "W10", "bnVsbA"] {
        refused(format!("cursor={cursor}")).await;
    }
    // How many are wanted may change from page to page.
    actor.get(format!("{path}?cursor={cursor}&limit=1&count=true")).await.is(200);
}
