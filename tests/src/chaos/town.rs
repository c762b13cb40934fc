//! An association that writes to the catalogue, its editor, and what they do, over real sockets.

use serde_json::{Value, json};

use super::{
    http::{Ask, Reply},
    process::{Service, citizen, editor},
};
use crate::flows::scene::{complete, with};

pub struct Town {
    pub chair: String,
    pub staff: String,
    organisation: Value,
}

impl Town {
    /// The association can be written to: whatever staff decides about its entries is worth a letter.
    pub fn new(service: &Service) -> Self {
        let (chair, staff) = (citizen("chair"), editor());
        let body = json!({"kind": "volunteer_group", "name": "Vennekredsen", "contact": {"email": "hej@vennekredsen.example"}});
        let made = service.ask(&Ask::post("/v1/organisations", &body).token(&chair)).is(201);
        service.ask(&Ask::new("POST", &format!("{}/verify", made.header("location"))).token(&staff)).is(200);
        Self { chair, staff, organisation: made.json()["id"].clone() }
    }

    /// A new entry, handed in.
    pub fn submit(&self, service: &Service, title: &str) -> Reply {
        let content = with(with(complete(""), "/organisation_id", self.organisation.clone()), "/title", json!(title));
        let drafted = service.ask(&Ask::post("/v1/initiatives", &content).token(&self.chair)).is(201);
        service.ask(&Ask::new("POST", &format!("{}/submit", drafted.header("location"))).token(&self.chair)).is(200);
        drafted
    }

    /// A new entry that everybody can read, and where it is.
    pub fn publish(&self, service: &Service, title: &str) -> String {
        let address = self.submit(service, title).header("location").to_owned();
        service.ask(&Ask::new("POST", &format!("{address}/publish")).token(&self.staff)).is(200);
        address
    }
}
