//! An organisation as a row.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use organisations::{Address, Contact, End, Ending, Organisation, OrganisationKind, Profile, Registration, Verification};

use crate::{
    Error,
    db::naive,
    page::{id_column, optional_id, word},
    schema::organisations as table,
    search::sort_key,
};

#[derive(Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = table, treat_none_as_null = true)]
pub(super) struct Row {
    pub(super) id: String,
    kind: String,
    cvr: Option<String>,
    p_number: Option<String>,
    unit_id: Option<String>,
    name: String,
    pub(super) sort_key: String,
    purpose: Option<String>,
    contact_name: Option<String>,
    contact_email: Option<String>,
    contact_phone: Option<String>,
    contact_web: Option<String>,
    address_street: Option<String>,
    address_postal_code: Option<String>,
    address_town: Option<String>,
    address_municipality_code: Option<String>,
    address_dar_id: Option<String>,
    verification: String,
    version: i64,
    created_at: NaiveDateTime,
    pub(super) updated_at: NaiveDateTime,
    seeks_cooperation: bool,
    cooperation: Option<String>,
    ending: Option<String>,
    ended_on: Option<NaiveDate>,
    successor_id: Option<String>,
}

/// An organisation with the instants that its history needs.
#[derive(Clone, Debug)]
pub struct Stored {
    pub organisation: Organisation,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Row {
    pub(super) fn new(stored: &Stored) -> Self {
        let Stored { organisation: Organisation { id, kind, registration, profile, verification, end, version }, created_at, updated_at } =
            stored;
        let Profile { name, purpose, contact, address, seeks_cooperation, cooperation } = profile.clone();
        let address = address
            .map(|Address { street, postal_code, town, municipality_code, dar_id }| (street, postal_code, town, municipality_code, dar_id));
        let (street, postal_code, town, municipality_code, dar_id) = match address {
            Some((street, postal_code, town, municipality_code, dar_id)) => {
                (street, Some(postal_code), Some(town), municipality_code, dar_id)
            }
            None => (None, None, None, None, None),
        };
        Self {
            id: id.to_string(),
            kind: kind.as_str().into(),
            cvr: registration.cvr.clone(),
            p_number: registration.p_number.clone(),
            unit_id: registration.unit_id.map(|id| id.to_string()),
            sort_key: sort_key(&name),
            name,
            purpose,
            contact_name: contact.name,
            contact_email: contact.email,
            contact_phone: contact.phone,
            contact_web: contact.web,
            address_street: street,
            address_postal_code: postal_code,
            address_town: town,
            address_municipality_code: municipality_code,
            address_dar_id: dar_id.map(|id| id.to_string()),
            verification: verification.as_str().into(),
            version: *version,
            created_at: naive(*created_at),
            updated_at: naive(*updated_at),
            seeks_cooperation,
            cooperation,
            ending: end.as_ref().map(|end| end.ending.as_str().into()),
            ended_on: end.as_ref().map(|end| end.on),
            successor_id: end.as_ref().and_then(|end| end.successor).map(|id| id.to_string()),
        }
    }

    pub(super) fn stored(self) -> Result<Stored, Error> {
        let address = match (self.address_postal_code, self.address_town) {
            (Some(postal_code), Some(town)) => Some(Address {
                street: self.address_street,
                postal_code,
                town,
                municipality_code: self.address_municipality_code,
                dar_id: optional_id(self.address_dar_id.as_deref())?,
            }),
            _ => None,
        };
        let contact = Contact { name: self.contact_name, email: self.contact_email, phone: self.contact_phone, web: self.contact_web };
        let end = match (self.ending, self.ended_on) {
            (Some(ending), Some(on)) => {
                Some(End { ending: word(&ending, Ending::parse)?, on, successor: optional_id(self.successor_id.as_deref())? })
            }
            _ => None,
        };
        let (seeks_cooperation, cooperation) = (self.seeks_cooperation, self.cooperation);
        Ok(Stored {
            organisation: Organisation {
                id: id_column(&self.id)?,
                kind: word(&self.kind, OrganisationKind::parse)?,
                registration: Registration { cvr: self.cvr, p_number: self.p_number, unit_id: optional_id(self.unit_id.as_deref())? },
                profile: Profile { name: self.name, purpose: self.purpose, contact, address, seeks_cooperation, cooperation },
                verification: word(&self.verification, Verification::parse)?,
                end,
                version: self.version,
            },
            created_at: self.created_at.and_utc(),
            updated_at: self.updated_at.and_utc(),
        })
    }
}
