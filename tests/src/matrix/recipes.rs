//! For every operation a world in which it succeeds, who may ask for it, and a valid request.

use chrono::TimeDelta;
use initiatives::Status;
use organisations::EligibilityStatus;
use persistence::Engine;
use serde_json::{Value, json};

use super::{bodies, stage::Stage};
use crate::{
    client::{Actor, Sending},
    contract::{Operation, resolved},
    pictures,
};

/// How to come to a request that succeeds.
#[derive(Clone, Copy)]
pub struct Recipe {
    /// What is special about the prepared object, where an operation has several recipes.
    pub circumstance: &'static str,
    rightful: Rightful,
    object: Object,
    verified: bool,
    body: Option<fn(&Stage) -> Value>,
    /// A body that is no document.
    bytes: Option<fn() -> Vec<u8>>,
    /// Other valid bodies, with members that cannot stand in the first.
    pub other_bodies: &'static [fn(&Stage) -> Value],
    /// Where the body names the object that decides who may.
    reference: Option<&'static str>,
    pub status: u16,
}

/// Who may ask.
#[derive(Clone, Copy)]
enum Rightful {
    Anybody,
    Signatory,
    Newcomer,
    Editor,
    /// Of the municipality, and no editor.
    Employee,
    Operator,
}

/// What the path names.
#[derive(Clone, Copy)]
enum Object {
    None,
    Word(&'static str),
    /// A term that was added to a tree: the tree, and its slug. A second one lies beside it.
    Term(Turn),
    Organisation,
    /// The newcomer's request to belong to the organisation.
    Membership,
    Initiative(Status),
    /// A text in review that the first editor has taken.
    Taken,
    /// A published entry with referral information.
    Referred,
    /// A report of a published entry.
    Report,
    /// A file of the organisation's whose bytes are awaited.
    Reserved,
    /// A picture beside an initiative that stands there.
    Picture(Status),
    /// Nothing: the body holds a link that was mailed.
    Link,
    /// Nothing: the body holds a link that was mailed to somebody who has written to a published entry.
    MessageLink,
    /// The organisation, whose signing is suspended.
    Frozen,
    /// The organisation, whose signatory has left.
    Unattended,
    /// A member of the organisation whose signatory has left.
    UnattendedMember,
    /// A case about the organisation's eligibility.
    Case(EligibilityStatus),
    Invitation,
    /// A democracy declaration of the organisation for the present year.
    Declaration,
}

/// How far a term has come.
#[derive(Clone, Copy)]
enum Turn {
    Added,
    Retired,
}

fn open() -> Recipe {
    by(Rightful::Anybody)
}

fn by(rightful: Rightful) -> Recipe {
    Recipe {
        circumstance: "",
        rightful,
        object: Object::None,
        verified: true,
        body: None,
        bytes: None,
        other_bodies: &[],
        reference: None,
        status: 200,
    }
}

impl Recipe {
    fn on(self, object: Object) -> Self {
        Self { object, ..self }
    }

    fn with(self, body: fn(&Stage) -> Value) -> Self {
        Self { body: Some(body), ..self }
    }

    fn carrying(self, bytes: fn() -> Vec<u8>) -> Self {
        Self { bytes: Some(bytes), ..self }
    }

    fn answers(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The organisation has not been checked.
    fn unverified(self) -> Self {
        Self { verified: false, circumstance: "of an unverified organisation", ..self }
    }

    fn when(self, circumstance: &'static str) -> Self {
        Self { circumstance, ..self }
    }
}

/// The recipes of an operation, the plain one first. Where it matters in which state the object is, there are several.
pub fn recipes(operation_id: &str) -> Vec<Recipe> {
    use Object::{
        Case, Declaration, Frozen, Initiative, Invitation, Link, Membership, MessageLink, Organisation, Picture, Referred, Report,
        Reserved, Taken, Term, Unattended, UnattendedMember, Word,
    };
    use Rightful::{Editor, Employee, Newcomer, Operator, Signatory};
    use Status::{Archived, Draft, InReview, Paused, Published, Refused, Suspended};
    match operation_id {
        "get_me" | "list_my_tasks" => vec![by(Signatory)],
        "list_organisations" | "list_initiatives" | "list_taxonomies" | "list_events" | "list_problem_types" => vec![open()],
        "get_policy" => vec![open()],
        "get_guidepost" => vec![open().on(Word("visibility"))],
        "get_principle" => vec![open().on(Word("supplement"))],
        "get_taxonomy" => vec![open().on(Word("activity"))],
        "get_hsds" | "list_hsds_services" | "list_hsds_organizations" | "list_hsds_taxonomies" | "list_hsds_taxonomy_terms" => vec![open()],
        "get_hsds_service" => vec![open().on(Initiative(Published))],
        "get_hsds_organization" => vec![open().on(Organisation)],
        "get_hsds_taxonomy" => vec![open().on(Word("01932b6e-7a00-7101-8000-000000000002"))],
        "get_hsds_taxonomy_term" => vec![open().on(Word("01932b6e-7a00-7100-8000-000000000001"))],
        "add_term" => vec![by(Editor).on(Word("activity")).with(bodies::new_term).answers(201)],
        "get_term" => vec![open().on(Term(Turn::Added))],
        "edit_term" => vec![by(Editor).on(Term(Turn::Added)).with(bodies::term)],
        "retire_term" => vec![by(Editor).on(Term(Turn::Added))],
        "restore_term" => vec![by(Editor).on(Term(Turn::Retired))],
        "merge_term" => vec![by(Editor).on(Term(Turn::Added)).with(bodies::merge)],
        "get_problem_type" => vec![open().on(Word("not-found"))],
        "get_index" | "get_api_catalog" | "get_protected_resource_metadata" | "get_security_txt" => vec![open()],
        "get_contract" | "get_contract_3_0" | "get_liveness" | "get_readiness" => vec![open()],
        "list_vocabularies" => vec![open()],
        "redeem_confirmation" => {
            let recipe = open().with(bodies::link);
            vec![recipe.on(Link), recipe.on(MessageLink).when("of somebody who has written to an entry")]
        }
        "get_metrics" => vec![by(Operator)],
        "create_demo_token" => vec![open().with(bodies::persona)],

        "register_organisation" => {
            let recipe = by(Signatory).with(bodies::organisation).answers(201);
            vec![
                Recipe { other_bodies: &[bodies::institution], ..recipe },
                by(Editor).with(bodies::institution).answers(201).when("an institution of the municipality"),
            ]
        }
        "get_organisation" => vec![open().on(Organisation), by(Signatory).on(Organisation).unverified()],
        "list_similar_organisations" => vec![open().on(Organisation)],
        "edit_organisation" => vec![by(Signatory).on(Organisation).with(bodies::profile)],
        "verify_organisation" => vec![by(Editor).on(Organisation).unverified()],
        "list_memberships" => vec![by(Signatory).on(Organisation)],
        "request_membership" => {
            let recipe = by(Editor).on(Organisation).with(bodies::membership).answers(201);
            vec![recipe, recipe.unverified()]
        }
        "confirm_membership" => vec![by(Signatory).on(Membership)],
        "end_membership" => vec![by(Signatory).on(Membership).answers(204), by(Newcomer).on(Membership).answers(204).unverified()],

        "appoint_signatory" => vec![by(Editor).on(UnattendedMember)],
        "get_organisation_overview" | "get_standing" | "list_eligibility_cases" | "list_declarations" | "list_former_registrations" => {
            vec![by(Signatory).on(Organisation)]
        }
        "list_invitations" => vec![by(Signatory).on(Organisation)],
        "invite_member" => vec![by(Signatory).on(Organisation).with(bodies::invitation).answers(201)],
        "get_invitation" => vec![by(Signatory).on(Invitation)],
        "get_eligibility_case" => vec![by(Signatory).on(Case(EligibilityStatus::Hearing))],
        "withdraw_invitation" => vec![by(Signatory).on(Invitation)],
        "declare" => vec![by(Signatory).on(Declaration)],
        "renumber_organisation" => vec![by(Editor).on(Organisation).with(bodies::numbers)],
        "freeze_signing" => vec![by(Editor).on(Organisation).with(bodies::reason)],
        "unfreeze_signing" => vec![by(Editor).on(Frozen).with(bodies::reason)],
        "start_succession" => vec![by(Editor).on(Unattended)],
        "dissolve_organisation" => vec![by(Editor).on(Organisation).with(bodies::dissolution)],
        "merge_organisation" => vec![by(Editor).on(Organisation).with(bodies::merger)],
        "open_eligibility_case" => vec![by(Editor).on(Organisation).with(bodies::hearing).answers(201)],
        "answer_hearing" => vec![by(Signatory).on(Case(EligibilityStatus::Hearing)).with(bodies::statement)],
        "hold_eligibility" | "drop_eligibility_case" => vec![by(Editor).on(Case(EligibilityStatus::Answered)).with(bodies::reason)],
        "lift_eligibility_hold" => vec![by(Editor).on(Case(EligibilityStatus::Held)).with(bodies::reason)],

        "list_organisation_initiatives" => vec![by(Signatory).on(Organisation)],
        "list_moderation_queue" | "list_initiative_files" | "get_moderation_figures" | "list_reports" | "list_concerns" => {
            vec![by(Editor)]
        }
        "claim_review" => vec![by(Editor).on(Initiative(InReview)), by(Editor).on(Taken).when("taken by an editor already")],
        "release_review" => vec![by(Editor).on(Taken).answers(204)],
        "compare_initiative" => vec![by(Signatory).on(Initiative(Draft))],
        "list_assessments" => vec![by(Editor).on(Initiative(InReview))],
        "assess_initiative" => vec![by(Editor).on(Initiative(InReview)).with(bodies::assessment)],
        "list_referrals" => vec![by(Employee)],
        "get_referral" => vec![by(Employee).on(Referred), by(Signatory).on(Referred).when("by its own organisation")],
        "put_referral" => vec![
            by(Signatory).on(Initiative(Published)).with(bodies::referral),
            by(Signatory).on(Referred).with(bodies::referral).when("said before"),
        ],
        "withdraw_referral" => vec![by(Signatory).on(Referred).answers(204)],
        "report_initiative" => vec![open().on(Initiative(Published)).with(bodies::report).answers(204)],
        "write_to_initiative" => vec![open().on(Initiative(Published)).with(bodies::message).answers(204)],
        "get_report" => vec![by(Editor).on(Report)],
        "uphold_report" | "dismiss_report" => vec![by(Editor).on(Report).with(bodies::reason)],
        "reserve_file" => {
            let recipe = by(Signatory).with(bodies::file).answers(201);
            vec![Recipe { reference: Some("/organisation_id"), ..recipe }]
        }
        "upload_file" => vec![by(Signatory).on(Reserved).carrying(|| pictures::jpeg(8, 8))],
        "get_file" => vec![open().on(Picture(Published)), by(Signatory).on(Picture(Draft)).when("beside a draft")],
        "get_file_metadata" => vec![by(Signatory).on(Picture(Published)), by(Signatory).on(Reserved).when("awaiting its bytes")],
        "delete_file" => vec![by(Signatory).on(Reserved).answers(204)],
        "draft_initiative" => {
            let recipe = by(Signatory).with(bodies::initiative).answers(201);
            vec![Recipe { reference: Some("/organisation_id"), ..recipe }]
        }
        "get_initiative" => {
            let file = |status| by(Signatory).on(Initiative(status));
            vec![file(Published).when("published"), file(Draft).when("a draft"), file(Archived).when("archived after it was public")]
        }
        "edit_initiative" => vec![
            by(Signatory).on(Initiative(Draft)).with(bodies::new_content).when("a draft"),
            by(Signatory).on(Initiative(Published)).with(bodies::new_content).when("published"),
        ],
        "submit_initiative" => vec![by(Signatory).on(Initiative(Draft))],
        "publish_initiative" => vec![by(Editor).on(Initiative(InReview))],
        "return_initiative" => vec![by(Editor).on(Initiative(InReview)).with(bodies::reason)],
        "refuse_initiative" => vec![by(Editor).on(Initiative(InReview)).with(bodies::refusal)],
        "revise_initiative" => vec![by(Signatory).on(Initiative(Refused))],
        "pause_initiative" => vec![by(Signatory).on(Initiative(Published))],
        "resume_initiative" => vec![by(Signatory).on(Initiative(Paused))],
        "suspend_initiative" => vec![by(Editor).on(Initiative(Published)).with(bodies::reason)],
        "clear_initiative" => vec![by(Editor).on(Initiative(Suspended))],
        "confirm_initiative" => vec![by(Signatory).on(Initiative(Published))],
        "archive_initiative" => vec![by(Signatory).on(Initiative(Published))],
        _ => Vec::new(),
    }
}

/// A recipe, cooked: the world stands, and the request can be sent.
pub struct Prepared {
    pub stage: Stage,
    pub operation: Operation,
    pub recipe: Recipe,
    ids: Vec<String>,
}

/// The plain recipe of an operation, cooked.
pub async fn prepared(engine: Engine, operation: &Operation) -> Prepared {
    let recipe = recipes(&operation.id).into_iter().next();
    let recipe = recipe.unwrap_or_else(|| panic!("the operation {} has no recipe; write one in matrix/recipes.rs", operation.id));
    cooked(engine, operation, recipe).await
}

pub async fn cooked(engine: Engine, operation: &Operation, recipe: Recipe) -> Prepared {
    let stage = Stage::new(engine, recipe.verified).await;
    let ids = recipe.object.prepare(&stage).await;
    let wanted = operation.parameters_in("path").len();
    assert_eq!(ids.len(), wanted, "the recipe of {} must name {wanted} things in the path", operation.id);
    Prepared { stage, operation: operation.clone(), recipe, ids }
}

impl Prepared {
    /// A request about things that are not there, for what is answered before anybody looks for them.
    pub fn of_nothing(stage: &Stage, operation: &Operation) -> Self {
        let recipe = recipes(&operation.id).into_iter().next();
        let recipe = recipe.unwrap_or_else(|| panic!("the operation {} has no recipe", operation.id));
        let ids = operation.parameters_in("path").iter().map(|_| stage.world.clock.new_id().to_string()).collect();
        Self { stage: stage.clone(), operation: operation.clone(), recipe, ids }
    }
}

impl Object {
    /// The parts of the path that name it, in their order.
    async fn prepare(self, stage: &Stage) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::Link => {
                initiative(stage, Status::Published).await;
                stage.world.run_due();
                stage.world.letters.take();
                stage.world.wait(TimeDelta::hours(2));
                stage.link.replace(stage.world.letters.only().secret());
                Vec::new()
            }
            Self::MessageLink => {
                let id = initiative(stage, Status::Published).await;
                stage.world.run_due();
                stage.world.letters.take();
                stage.world.anybody().post(format!("/v1/initiatives/{id}/messages"), bodies::message(stage)).await.is(204);
                stage.world.run_due();
                stage.link.replace(stage.world.letters.only().secret());
                Vec::new()
            }
            Self::Word(word) => vec![word.to_owned()],
            Self::Term(turn) => {
                let labels = json!({"da": "Skak", "en": "Chess"});
                let added = stage.world.editor().post("/v1/taxonomies/activity", json!({"slug": "chess", "labels": labels})).await.is(201);
                if let Turn::Retired = turn {
                    stage.world.editor().act(format!("{}/retire", added.header("location"))).await.is(200);
                }
                vec!["activity".to_owned(), "chess".to_owned()]
            }
            Self::Organisation => vec![stage.own.id.clone()],
            Self::Membership => vec![stage.own.id.clone(), stage.request.clone()],
            Self::Taken => {
                let id = initiative(stage, Status::InReview).await;
                stage.world.editor().act(format!("/v1/moderation/{id}/claim")).await.is(200);
                vec![id]
            }
            Self::Referred => {
                let id = initiative(stage, Status::Published).await;
                let address = format!("/v1/initiatives/{id}/referral");
                stage.own.signatory.put(address, &bodies::referral(stage)).await.is(200);
                vec![id]
            }
            Self::Report => {
                let id = initiative(stage, Status::Published).await;
                stage.world.anybody().post(format!("/v1/initiatives/{id}/reports"), bodies::report(stage)).await.is(204);
                vec![stage.world.editor().get("/v1/reports").await.is(200).ids().remove(0)]
            }
            Self::Reserved => vec![stage.own.signatory.post("/v1/files", bodies::file(stage)).await.is(201).id()],
            Self::Picture(status) => {
                initiative(stage, status).await;
                vec![stage.picture.clone()]
            }
            Self::Initiative(status) => vec![initiative(stage, status).await],
            Self::Declaration => {
                let year = stage.world.clock.now().format("%Y").to_string();
                vec![stage.own.id.clone(), "democracy".to_owned(), year]
            }
            Self::Frozen => {
                let address = format!("/v1/organisations/{}/freeze", stage.own.id);
                stage.world.editor().post(address, bodies::reason(stage)).await.is(200);
                vec![stage.own.id.clone()]
            }
            Self::Invitation => {
                let address = format!("/v1/organisations/{}/invitations", stage.own.id);
                vec![stage.own.id.clone(), stage.own.signatory.post(address, bodies::invitation(stage)).await.is(201).id()]
            }
            Self::Unattended | Self::UnattendedMember => {
                let memberships = format!("/v1/organisations/{}/memberships", stage.own.id);
                let [signatory, editor, ..] = &stage.world.editor().get(&memberships).await.is(200).ids()[..] else {
                    panic!("two members")
                };
                stage.own.signatory.delete(format!("{memberships}/{signatory}")).seen("*").await.is(204);
                let member = matches!(self, Self::UnattendedMember).then(|| editor.clone());
                std::iter::once(stage.own.id.clone()).chain(member).collect()
            }
            Self::Case(status) => {
                let cases = format!("/v1/organisations/{}/eligibility-cases", stage.own.id);
                let staff = stage.world.editor();
                let id = staff.post(&cases, bodies::hearing(stage)).await.is(201).id();
                if status != EligibilityStatus::Hearing {
                    stage.own.signatory.post(format!("{cases}/{id}/answer"), bodies::statement(stage)).await.is(200);
                }
                if status == EligibilityStatus::Held {
                    staff.post(format!("{cases}/{id}/hold"), bodies::reason(stage)).await.is(200);
                }
                vec![stage.own.id.clone(), id]
            }
        }
    }
}

/// An initiative of the first organisation, led to where it shall stand.
async fn initiative(stage: &Stage, status: Status) -> String {
    let (member, staff) = (&stage.own.signatory, stage.world.editor());
    let id = member.post("/v1/initiatives", bodies::initiative(stage)).await.is(201).id();
    let steps: &[(&str, &Actor)] = match status {
        Status::Draft => &[],
        Status::InReview => &[("submit", member)],
        Status::Published => &[("submit", member), ("publish", &staff)],
        Status::Paused => &[("submit", member), ("publish", &staff), ("pause", member)],
        Status::Suspended => &[("submit", member), ("publish", &staff), ("suspend", &staff)],
        Status::Refused => &[("submit", member), ("refuse", &staff)],
        Status::Archived => &[("submit", member), ("publish", &staff), ("archive", member)],
    };
    for (step, actor) in steps {
        let address = format!("/v1/initiatives/{id}/{step}");
        let sending = match *step {
            "suspend" => actor.post(address, bodies::reason(stage)),
            "refuse" => actor.post(address, bodies::refusal(stage)),
            _ => actor.act(address),
        };
        sending.await.is(200);
    }
    id
}

impl Prepared {
    pub fn owner(&self) -> Actor {
        let world = &self.stage.world;
        match self.recipe.rightful {
            Rightful::Anybody => world.anybody(),
            Rightful::Signatory => self.stage.own.signatory.clone(),
            Rightful::Newcomer => self.stage.newcomer.clone(),
            Rightful::Editor => world.editor(),
            Rightful::Employee => world.employee(),
            Rightful::Operator => self.stage.operator(),
        }
    }

    pub fn body(&self) -> Option<Value> {
        self.recipe.body.map(|body| body(&self.stage))
    }

    /// Every valid body there is.
    pub fn bodies(&self) -> Vec<Value> {
        self.recipe.body.iter().chain(self.recipe.other_bodies).map(|body| body(&self.stage)).collect()
    }

    pub fn path(&self) -> String {
        self.path_of(&self.ids)
    }

    fn path_of(&self, ids: &[String]) -> String {
        let mut path = self.operation.path.clone();
        for (name, id) in self.operation.parameters_in("path").into_iter().zip(ids) {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        path
    }

    /// The request without its body.
    pub fn bare(&self, actor: &Actor) -> Sending {
        self.addressed(actor, self.path())
    }

    /// The whole request with a query.
    pub fn queried(&self, actor: &Actor, query: &str) -> Sending {
        self.filled(self.addressed(actor, format!("{}?{query}", self.path())))
    }

    /// With a query, and with these bytes for a body.
    pub fn queried_raw(&self, actor: &Actor, query: &str, body: impl Into<Vec<u8>>) -> Sending {
        self.addressed(actor, format!("{}?{query}", self.path())).raw(self.media_type(), body)
    }

    /// The request without body and without precondition.
    pub fn unconditional(&self, actor: &Actor) -> Sending {
        actor.request(self.operation.method.clone(), self.path())
    }

    fn addressed(&self, actor: &Actor, path: String) -> Sending {
        let sending = actor.request(self.operation.method.clone(), path);
        if self.operation.requires("If-Match") { sending.seen("*") } else { sending }
    }

    /// The request with this body.
    pub fn with_body(&self, actor: &Actor, body: &Value) -> Sending {
        self.bare(actor).json(self.media_type(), body)
    }

    pub fn media_type(&self) -> &str {
        self.operation.body().map_or("application/json", |(media_type, _)| media_type)
    }

    /// The request as it should be.
    pub fn sending(&self, actor: &Actor) -> Sending {
        self.filled(self.bare(actor))
    }

    /// With its body, if any.
    pub fn filled(&self, sending: Sending) -> Sending {
        match (self.body(), self.recipe.bytes) {
            (Some(body), _) => sending.json(self.media_type(), &body),
            (None, Some(bytes)) => sending.raw(self.media_type(), bytes()),
            (None, None) => sending,
        }
    }

    /// Its body, where that is no document.
    pub fn bytes(&self) -> Vec<u8> {
        self.recipe.bytes.expect("its body is a file")()
    }

    /// The same request about something that is not there: once for each place in which it is named.
    pub fn sendings_to_nothing(&self, actor: &Actor) -> Vec<Sending> {
        let nothing = |name: &str| {
            let schema = self
                .operation
                .parameters()
                .into_iter()
                .find(|parameter| parameter["name"] == name)
                .map(|parameter| resolved(&parameter["schema"]));
            if schema.is_some_and(|schema| schema["format"] == "uuid") {
                self.stage.world.clock.new_id().to_string()
            } else {
                "ukendt".to_owned()
            }
        };
        let in_path = self.operation.parameters_in("path").into_iter().enumerate().map(|(place, name)| {
            let mut ids = self.ids.clone();
            ids[place] = nothing(name);
            self.filled(self.addressed(actor, self.path_of(&ids)))
        });
        let in_body = self.recipe.reference.map(|pointer| {
            let mut body = self.body().expect("a reference stands in a body");
            *body.pointer_mut(pointer).expect("the reference is there") = json!(self.stage.world.clock.new_id());
            self.with_body(actor, &body)
        });
        in_path.chain(in_body).collect()
    }
}
