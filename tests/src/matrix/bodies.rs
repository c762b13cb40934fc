//! Valid bodies that say everything which may be said: the limits are tried out on every member.

use serde_json::{Value, json};

use super::stage::Stage;

fn contact() -> Value {
    json!({"name": "Karen Holm", "email": "karen@forening.example", "phone": "+4572333333", "web": "https://forening.example/"})
}

fn address() -> Value {
    json!({
        "street": "Torvet 1", "postal_code": "9800", "town": "Hjørring", "municipality_code": "0860",
        "dar_id": "0a3f507a-ec01-32b8-e044-0003ba298018"
    })
}

pub fn organisation(_: &Stage) -> Value {
    json!({
        "kind": "association", "cvr": "98187650", "p_number": "1003388394", "name": "Strikkeklubben på Ærø", "purpose": "Varme sokker til alle",
        "contact": contact(), "address": address(), "seeks_cooperation": true, "cooperation": "Garn på tværs af foreninger"
    })
}

/// With the member that an association must not have.
pub fn institution(_: &Stage) -> Value {
    json!({"kind": "municipal_institution", "cvr": "29189382", "unit_id": "01932b6e-7a00-4000-8000-000000000001", "name": "Plejecenter Havblik"})
}

pub fn profile(_: &Stage) -> Value {
    json!({"name": "Et nyt navn", "purpose": "Et nyt formål", "contact": contact(), "address": address(), "seeks_cooperation": false, "cooperation": "En bus"})
}

pub fn membership(_: &Stage) -> Value {
    json!({"role": "signatory", "email": "karen@forening.example"})
}

pub fn invitation(_: &Stage) -> Value {
    json!({"role": "editor", "email": "bo@forening.example"})
}

pub fn numbers(_: &Stage) -> Value {
    json!({"cvr": "98187650", "p_number": "1003388394"})
}

pub fn hearing(_: &Stage) -> Value {
    json!({"facts": "Møderne er ikke åbne for alle.", "due_on": "2026-12-24"})
}

pub fn statement(_: &Stage) -> Value {
    json!({"text": "Det er de nu."})
}

pub fn dissolution(stage: &Stage) -> Value {
    json!({"on": "2026-10-31", "successor_id": stage.foreign.id})
}

pub fn merger(stage: &Stage) -> Value {
    json!({"into_id": stage.foreign.id})
}

pub fn reason(_: &Stage) -> Value {
    json!({"reason": "Skriv, hvem man kan ringe til, og hvornår I mødes."})
}

pub fn refusal(_: &Stage) -> Value {
    json!({"principle": "supplement", "reason": "Personlig pleje er kommunens opgave."})
}

pub fn report(_: &Stage) -> Value {
    json!({"reason": "outdated", "text": "De mødes ikke længere om tirsdagen."})
}

pub fn referral(_: &Stage) -> Value {
    json!({
        "how": "Ring til Karen, og aftal et første møde.", "suitable_for": "Ældre, der bor alene.", "capacity": "waiting_list",
        "capacity_note": "Plads igen efter påske.",
        "contact": {"name": "Karen Holm", "email": "karen@forening.example", "phone": "+4572333333"}
    })
}

pub fn message(_: &Stage) -> Value {
    json!({"name": "Jens Holm", "email": "jens@holm.example", "text": "Jeg vil gerne hjælpe om tirsdagen."})
}

pub fn assessment(_: &Stage) -> Value {
    json!({"principle": "supplement", "answer": "unsure", "comment": "Spørg plejehjemmet."})
}

pub fn file(stage: &Stage) -> Value {
    json!({"organisation_id": stage.own.id, "purpose": "image", "name": "Havedag i juni"})
}

pub fn new_term(_: &Stage) -> Value {
    json!({"slug": "board_games", "labels": {"da": "Brætspil", "en": "Board games"}, "parent": "games_and_play"})
}

pub fn term(_: &Stage) -> Value {
    json!({"labels": {"da": "Skakspil", "en": "Game of chess"}, "parent": "games_and_play"})
}

pub fn merge(_: &Stage) -> Value {
    json!({"into": "games_and_play"})
}

pub fn link(stage: &Stage) -> Value {
    json!({"token": stage.link.borrow().clone()})
}

pub fn persona(_: &Stage) -> Value {
    json!({"persona": "citizen"})
}

/// An initiative that could be handed in as it stands.
pub fn content(stage: &Stage) -> Value {
    let yes = json!({"answer": "yes", "comment": "Det har vi talt om."});
    json!({
        "title": "Besøgsven i Tårs", "summary": "Kaffe og en gåtur en gang om ugen.", "description": "I aftaler selv, hvornår det passer.",
        "guideposts": ["visibility"], "target_groups": ["older_people"], "activities": ["visiting_friend"], "themes": ["loneliness"],
        "welcomes": ["seniors"], "accommodations": "Der er tolk på.", "min_age": 18, "max_age": 99, "languages": ["da", "en"],
        "participation": "sign_up", "cost": {"amount": 2500, "currency": "DKK"},
        "schedule": [{"weekday": "tuesday", "from": "14:00", "to": "16:00", "note": "Ikke i skoleferier"}],
        "dates": [{"date": "2026-12-24", "from": "10:00", "to": "24:00", "note": "Juleaften"}],
        "locations": [
            {"kind": "address", "name": "Huset", "street": "Torvet 1", "postal_code": "9800", "town": "Hjørring", "latitude": 57.4597, "longitude": 9.9823},
            {"kind": "area", "postal_code": "9830", "town": "Tårs"},
            {"kind": "online", "url": "https://moede.example/tirsdag"},
            {"kind": "at_home", "postal_code": "9870", "town": "Sindal"},
            {"kind": "undisclosed"}
        ],
        "accessibility": ["wheelchair"], "accessibility_text": "Der er en rampe.",
        "contact": {"name": "Karen Holm", "email": "karen@forening.example", "phone": "+4572333333", "web": "https://forening.example/", "published": true},
        "images": [{"file": stage.picture, "alt": "To ældre mænd griner over et spil skak.", "credit": "Karen Holm"}],
        "translations": [{"language": "en", "title": "Visiting friend", "summary": "Coffee and a walk", "description": "Agree between you when it suits."}],
        "principles": {
            "unpaid_and_voluntary": yes, "for_others": yes, "supplement": yes, "self_determination": yes, "social_aim": yes
        }
    })
}

pub fn initiative(stage: &Stage) -> Value {
    let mut content = content(stage);
    content["organisation_id"] = json!(stage.own.id);
    content
}

/// The same with other words, all of them for a reviewer to read.
pub fn new_content(stage: &Stage) -> Value {
    let mut content = content(stage);
    content["title"] = json!("Besøgsven i hele kommunen");
    content
}
