//! The people before whom every operation is held: two organisations alike, and somebody who knocks at the first.

use std::{cell::RefCell, rc::Rc};

use access::Role;
use api::app::App;
use chrono::TimeDelta;
use initiatives::Freshness;
use persistence::Engine;
use serde_json::json;

use crate::{
    client::Actor,
    pictures,
    world::{Content, World},
};

/// The operator's token for metrics.
const METRICS: &str = "matrix-metrics-token";

/// A world with two organisations, each with a signatory and an editor.
#[derive(Clone)]
pub struct Stage {
    pub world: World,
    pub own: House,
    pub foreign: House,
    /// Has asked to belong to the first organisation, and nobody has answered yet.
    pub newcomer: Actor,
    /// What the newcomer has asked for.
    pub request: String,
    /// A picture of the first organisation's.
    pub picture: String,
    /// The secret of a link that has been mailed, once a recipe has seen to that.
    pub link: Rc<RefCell<String>>,
}

/// An organisation and who speaks for it.
#[derive(Clone)]
pub struct House {
    pub id: String,
    pub signatory: Actor,
    pub editor: Actor,
}

impl Stage {
    /// `verified` says whether somebody has checked the first organisation.
    pub async fn new(engine: Engine, verified: bool) -> Self {
        Self::adjusted(engine, verified, |_| {}).await
    }

    /// Whose service lets pages of another origin do everything.
    pub async fn with_origin(engine: Engine, origin: &str) -> Self {
        Self::adjusted(engine, true, |app| app.cors_origins = vec![origin.into()]).await
    }

    async fn adjusted(engine: Engine, verified: bool, adjust: impl FnOnce(&mut App)) -> Self {
        let open = |app: &mut App| {
            app.metrics_token = Some(METRICS.into());
            // An entry ages within the life of a token.
            app.freshness = Freshness { interval: TimeDelta::hours(1), grace: TimeDelta::hours(12) };
            adjust(app);
        };
        let world = World::with(engine, Content::Nothing, open).await;
        let own = House::new(&world, "own", "13748136", verified).await;
        let foreign = House::new(&world, "foreign", "29189382", true).await;
        let knocking = world.business("newcomer", "13748136");
        let asked = knocking.post(format!("/v1/organisations/{}/memberships", own.id), json!({"role": "editor"})).await.is(201);
        let newcomer = world.person("newcomer", &[]);
        let picture = pictures::uploaded(&own.signatory, &own.id, pictures::jpeg(8, 8)).await;
        Self { request: asked.id(), picture, world, own, foreign, newcomer, link: Rc::default() }
    }

    /// Who holds the token for metrics, and no other.
    pub fn operator(&self) -> Actor {
        Actor::bearer(self.world.clone(), METRICS)
    }

    /// Every kind of actor, by the name under which the tables know it.
    pub fn everybody(&self) -> Vec<(String, Actor)> {
        let named = |name: &str, actor: Actor| (name.to_owned(), actor);
        let strangers = [
            named("anonymous", self.world.anybody()),
            named("broken token", Actor::bearer(self.world.clone(), "e30.e30.c2lnbmF0dXJl")),
            named("operator", self.operator()),
        ];
        let staff = Role::FROM_TOKEN.map(|role| named(role.as_str(), self.world.person(&format!("somebody-{}", role.as_str()), &[role])));
        let members = [
            named("newcomer", self.newcomer.clone()),
            named("foreign signatory", self.foreign.signatory.clone()),
            named("foreign editor", self.foreign.editor.clone()),
            named("own signatory", self.own.signatory.clone()),
            named("own editor", self.own.editor.clone()),
        ];
        strangers.into_iter().chain(staff).chain(members).collect()
    }
}

impl House {
    /// A token that carries the CVR number verifies; the same people without it are members all the same.
    async fn new(world: &World, name: &str, cvr: &str, verified: bool) -> Self {
        let (signatory, editor) = (format!("{name}-signatory"), format!("{name}-editor"));
        let registrant = if verified { world.business(&signatory, cvr) } else { world.person(&signatory, &[]) };
        let form = json!({"kind": "association", "name": format!("Foreningen {name}"), "cvr": cvr});
        let id = registrant.post("/v1/organisations", form).await.is(201).id();
        let memberships = format!("/v1/organisations/{id}/memberships");
        let asked = world.business(&editor, cvr).post(&memberships, json!({"role": "editor"})).await.is(201);
        let signatory = world.person(&signatory, &[]);
        signatory.act(format!("{memberships}/{}/confirm", asked.id())).await.is(200);
        Self { id, signatory, editor: world.person(&editor, &[]) }
    }
}
