//! Terms are merged while others write, from both ends at once, and at any size.

use std::future::IntoFuture;

use access::{Acting, Action, Identity, Role};
use futures_util::future::{join, join_all};
use initiatives::Scheme;
use kernel::TermSlug;
use persistence::{Command, Precondition, sample, taxonomies};
use serde_json::json;

use super::process::Raw;
use crate::{client::Actor, stories, world::World};

const WRITERS: usize = 16;

/// Places in which a word of the activities still stands.
fn left(world: &World, word: &str) -> i64 {
    let mut raw = Raw::open(&world.target);
    let places = [
        format!("SELECT count(*) FROM revisions WHERE content LIKE '%\"{word}\"%'"),
        format!("SELECT count(*) FROM catalogue WHERE content LIKE '%\"{word}\"%'"),
        format!("SELECT count(*) FROM catalogue_facets WHERE facet = 'activity:{word}'"),
    ];
    places.iter().map(|place| raw.number(place)).sum()
}

async fn merge(editor: &Actor, one: &str, into: &str) -> u16 {
    editor.post(format!("/v1/taxonomies/activity/{one}/merge"), json!({"into": into})).await.status.as_u16()
}

stories! {
    async fn a_merge_leaves_no_entry_behind_whoever_writes_meanwhile(world: World) {
        let chair = world.business("chair", "13748136");
        let made = chair.post("/v1/organisations", json!({"kind": "association", "name": "Vennekredsen", "cvr": "13748136"})).await.is(201);
        let draft = || json!({"organisation_id": made.id(), "title": "Gåtur", "activities": ["walking_group"]});
        let mut drafts = Vec::new();
        for _ in 0..WRITERS {
            drafts.push(chair.post("/v1/initiatives", draft()).await.is(201).header("location").to_owned());
        }
        let editor = world.editor();
        let writing = drafts.iter().map(|at| chair.patch(at, json!({"activities": ["cooking", "walking_group"]})).seen("*").into_future());
        let beginning = (0..WRITERS).map(|_| chair.post("/v1/initiatives", draft()).into_future());
        let (merged, answers) = join(merge(&editor, "walking_group", "exercise"), join_all(writing.chain(beginning))).await;
        assert_eq!(merged, 200);
        answers.iter().for_each(|answer| assert!(answer.status.is_success(), "{} answered {}", answer.said, answer.text()));
        assert_eq!(left(&world, "walking_group"), 0);
        assert_eq!(Raw::open(&world.target).number("SELECT count(*) FROM revisions WHERE content LIKE '%\"exercise\"%'"), 2 * WRITERS as i64);
    }

    async fn merges_and_moves_from_both_ends_make_no_circle(world: World) {
        let editor = world.editor();
        for (one, other) in [("cooking", "community_meal"), ("mentoring", "counselling"), ("excursion", "walking_group")] {
            let both = join(merge(&editor, one, other), merge(&editor, other, one)).await;
            assert!(matches!(both, (200, 422) | (422, 200) | (200, 409) | (409, 200)), "{both:?}");
        }
        let under = |one: &str, other: &str| editor.patch(format!("/v1/taxonomies/theme/{one}"), json!({"parent": other})).seen("*").into_future();
        let (one, other) = join(under("health", "nature"), under("nature", "health")).await;
        let both = [one.status.as_u16(), other.status.as_u16()];
        assert!(both.contains(&200) && both.contains(&422), "{both:?}");
        let chains = "SELECT count(*) FROM terms t JOIN terms m ON m.id = t.merged_into WHERE m.merged_into IS NOT NULL";
        assert_eq!(Raw::open(&world.target).number(chains), 0);
    }

    async fn a_merge_takes_as_many_statements_for_many_as_for_few(world: World) {
        let identity = Identity { issuer: "urn:test".into(), subject: "editor".into(), roles: vec![Role::Citizen, Role::Editor], cvr: None };
        let acting = Acting::authorise(Some(&identity), Action::MaintainTaxonomies).expect("an editor may");
        let merge = |one: &str, into: &str| {
            let command = Command {
                clock: world.clock.clone(), operation: "merge_term".into(), request_id: "01932b6e-7a00-7000-8000-000000000001".into(),
                identity: Some(identity.clone()), idempotency: None,
            };
            let merged = world.app.db.write(&command, |tx| taxonomies::merge(tx, &acting, (Scheme::Activity, one), Precondition::Any, into));
            assert!(merged.result.is_ok(), "{:?}", merged.result);
            merged.statements
        };
        // Whoever comes first is entered as a person.
        merge("reading_group", "peer_group");
        let of_none = merge("drop_in_centre", "excursion");
        sample::load(&world.app.db, &world.clock, Some(1_500)).expect("the sample data loads");
        let many = Raw::open(&world.target).number("SELECT count(*) FROM catalogue_facets WHERE facet = 'activity:community_meal'");
        assert!(many > 50, "only {many}");
        assert_eq!(merge("community_meal", "cooking"), of_none);
        assert_eq!(left(&world, "community_meal"), 0);
        assert!(Raw::open(&world.target).number("SELECT count(*) FROM catalogue_facets WHERE facet = 'activity:cooking'") >= many);
        let vocabulary = world.app.db.read(taxonomies::vocabulary).result.expect("it can be read");
        assert!(vocabulary.offers(Scheme::Activity, &TermSlug("community_meal".into())), "the old word means the new one");
    }
}
