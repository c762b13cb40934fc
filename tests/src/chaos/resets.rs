//! A client that resets its connection in the middle leaves everything or nothing behind (R5).

use std::{thread, time::Duration};

use persistence::Engine;
use serde_json::{Value, json};

use super::{
    http::{Ask, Reply, Wire},
    on_both,
    process::{Raw, Service, citizen, editor, stamped},
    whole,
};

/// When the client goes away, counted from the last byte it sent.
const MOMENTS: [u64; 4] = [0, 5, 20, 100];

/// A client of good manners, who prepares what the rude one then asks for.
struct Stage {
    wire: Wire,
    anna: String,
    bo: String,
    staff: String,
}

impl Stage {
    fn new(service: &Service) -> Self {
        Self { wire: service.wire(), anna: citizen("anna"), bo: citizen("bo"), staff: editor() }
    }

    fn ask(&mut self, ask: &Ask) -> Reply {
        let reply = self.wire.ask(ask).expect("an answer");
        assert!((200..300).contains(&reply.status), "{} {}", reply.status, reply.text());
        reply
    }

    /// A verified organisation of Anna's.
    fn organisation(&mut self) -> Reply {
        let made = self.ask(&Ask::post("/v1/organisations", &group()).token(&self.anna));
        let verify = Ask::new("POST", &format!("{}/verify", made.header("location"))).token(&self.staff);
        self.ask(&verify);
        made
    }

    /// Bo's request to belong to a new one.
    fn request(&mut self) -> Reply {
        let memberships = format!("{}/memberships", self.organisation().header("location"));
        self.ask(&Ask::post(&memberships, &json!({"role": "editor"})).token(&self.bo))
    }

    fn draft(&mut self) -> String {
        let ask = draft_initiative(self);
        self.ask(&ask).header("location").to_owned()
    }

    fn submitted(&mut self) -> String {
        let initiative = self.draft();
        self.ask(&Ask::new("POST", &format!("{initiative}/submit")).token(&self.anna));
        initiative
    }
}

fn group() -> Value {
    json!({"kind": "volunteer_group", "name": "Strikkeholdet"})
}

fn patch(address: &str, body: &Value, token: &str) -> Ask {
    Ask::new("PATCH", address).body("application/merge-patch+json", body).header("If-Match", "*").token(token)
}

fn register_organisation(stage: &mut Stage) -> Ask {
    Ask::post("/v1/organisations", &group()).token(&stage.anna)
}

fn edit_organisation(stage: &mut Stage) -> Ask {
    patch(stage.organisation().header("location"), &json!({"name": "Hækleholdet"}), &stage.anna)
}

fn verify_organisation(stage: &mut Stage) -> Ask {
    let made = stage.ask(&Ask::post("/v1/organisations", &group()).token(&stage.anna));
    Ask::new("POST", &format!("{}/verify", made.header("location"))).token(&stage.staff)
}

fn request_membership(stage: &mut Stage) -> Ask {
    let memberships = format!("{}/memberships", stage.organisation().header("location"));
    Ask::post(&memberships, &json!({"role": "editor"})).token(&stage.bo)
}

fn confirm_membership(stage: &mut Stage) -> Ask {
    Ask::new("POST", &format!("{}/confirm", stage.request().header("location"))).token(&stage.anna)
}

fn end_membership(stage: &mut Stage) -> Ask {
    Ask::new("DELETE", stage.request().header("location")).header("If-Match", "*").token(&stage.bo)
}

fn draft_initiative(stage: &mut Stage) -> Ask {
    let organisation = stage.organisation().json()["id"].clone();
    let yes = json!({"answer": "yes"});
    let body = json!({
        "organisation_id": organisation,
        "title": "Besøgsven i Tårs",
        "summary": "Få besøg af en frivillig en gang om ugen.",
        "description": "Vores besøgsvenner kommer hjem til ældre i Tårs og omegn.",
        "guideposts": ["visibility"], "target_groups": ["older_people"], "activities": ["visiting_friend"], "themes": ["loneliness"],
        "languages": ["da"], "participation": "sign_up", "cost": {"amount": 0, "currency": "DKK"},
        "schedule": [{"weekday": "tuesday", "from": "14:00", "to": "16:00"}],
        "locations": [{"kind": "at_home", "postal_code": "9830", "town": "Tårs"}],
        "contact": {"name": "Karen", "email": "karen@vennekredsen.example", "published": true},
        "principles": {"unpaid_and_voluntary": yes, "for_others": yes, "supplement": yes, "self_determination": yes, "social_aim": yes}
    });
    Ask::post("/v1/initiatives", &body).token(&stage.anna)
}

fn edit_initiative(stage: &mut Stage) -> Ask {
    patch(&stage.draft(), &json!({"title": "Gåven i Tårs"}), &stage.anna)
}

fn submit_initiative(stage: &mut Stage) -> Ask {
    Ask::new("POST", &format!("{}/submit", stage.draft())).token(&stage.anna)
}

fn publish_initiative(stage: &mut Stage) -> Ask {
    Ask::new("POST", &format!("{}/publish", stage.submitted())).token(&stage.staff)
}

type Operation = fn(&mut Stage) -> Ask;

/// What changes something, and how many entries in the journal it is worth.
const OPERATIONS: [(&str, Operation, i64); 10] = [
    ("register_organisation", register_organisation, 2),
    ("edit_organisation", edit_organisation, 1),
    ("verify_organisation", verify_organisation, 1),
    ("request_membership", request_membership, 1),
    ("confirm_membership", confirm_membership, 1),
    ("end_membership", end_membership, 1),
    ("draft_initiative", draft_initiative, 1),
    ("edit_initiative", edit_initiative, 1),
    ("submit_initiative", submit_initiative, 1),
    ("publish_initiative", publish_initiative, 1),
];

const ENTRIES: &str = "SELECT count(*) FROM journal";

fn a_reset_leaves_everything_or_nothing(engine: Engine) {
    let database = stamped(engine);
    let service = Service::start(&database.target);
    let (mut stage, mut raw) = (Stage::new(&service), Raw::open(&database.target));
    let mut happened = 0;
    for (name, operation, worth) in OPERATIONS {
        for moment in MOMENTS {
            let ask = operation(&mut stage).key(&format!("{name}-{moment}"));
            let before = raw.number(ENTRIES);
            let mut rude = service.wire();
            rude.write(&ask.bytes()).expect("the service listens");
            thread::sleep(Duration::from_millis(moment));
            rude.reset().expect("a connection can be reset");
            let between = raw.number(ENTRIES) - before;
            assert!(between == 0 || between == worth, "{name} reset after {moment} ms left {between} entries of {worth}");
            whole(&mut raw);
            // Asked for again with the same key, it has happened exactly once, whichever of the two it was.
            let again = stage.ask(&ask);
            happened += i32::from(again.header("idempotent-replay") == "true");
            assert_eq!(raw.number(ENTRIES) - before, worth, "{name} reset after {moment} ms and asked for again");
            whole(&mut raw);
        }
    }
    assert!(happened > 0, "some resets should have come too late to matter");
}

/// The last byte never came, so nobody asked for anything.
fn half_a_request_is_none(engine: Engine) {
    let database = stamped(engine);
    let service = Service::start(&database.target);
    let (mut stage, mut raw) = (Stage::new(&service), Raw::open(&database.target));
    for (name, operation, worth) in OPERATIONS {
        let ask = operation(&mut stage).key(name);
        let (bytes, before) = (ask.bytes(), raw.number(ENTRIES));
        for cut in [1, bytes.len() / 2, bytes.len() - 1] {
            let mut rude = service.wire();
            rude.write(bytes.get(..cut).expect("it is shorter")).expect("the service listens");
            thread::sleep(Duration::from_millis(10));
            rude.reset().expect("a connection can be reset");
        }
        assert_eq!(stage.ask(&ask).header("idempotent-replay"), "", "{name} had happened already");
        assert_eq!(raw.number(ENTRIES) - before, worth);
        whole(&mut raw);
    }
}

on_both!(a_reset_leaves_everything_or_nothing, half_a_request_is_none);
