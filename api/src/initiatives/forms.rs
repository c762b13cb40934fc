//! What may be said about an initiative, and asked of the catalogue.

use chrono::{DateTime, Utc};
use initiatives::{Content, LanguageTag, Participation, TermSlug, Weekday, Welcome};
use kernel::{Fault, Finding, Guidepost, OrganisationId};
use persistence::catalogue::{Filter, Near, Order};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::{
    json::{Input, fitted},
    parameters::{Narrowing, PostalCode, Town},
    problem::Problem,
};

/// A new initiative: its organisation, and everything that is said about it.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "organisation_id": "01932b6e-7a00-7001-8000-000000000001",
    "title": "Besøgsven i Tårs",
    "summary": "Få besøg af en frivillig en gang om ugen til kaffe, snak og en gåtur.",
    "description": "Vores besøgsvenner kommer hjem til ældre i Tårs og omegn. I aftaler selv, hvornår det passer.",
    "guideposts": ["visibility"], "target_groups": ["older_people"], "activities": ["visiting_friend"], "themes": ["loneliness"],
    "welcomes": ["seniors"], "languages": ["da"], "participation": "sign_up", "cost": {"amount": 0, "currency": "DKK"},
    "schedule": [{"weekday": "tuesday", "from": "14:00", "to": "16:00"}],
    "locations": [{"kind": "at_home", "postal_code": "9830", "town": "Tårs"}],
    "contact": {"name": "Koordinator Karen", "email": "karen@vennekredsen.example", "published": true},
    "principles": {
        "unpaid_and_voluntary": {"answer": "yes"}, "for_others": {"answer": "yes"}, "supplement": {"answer": "yes"},
        "self_determination": {"answer": "yes"}, "social_aim": {"answer": "yes"}
    }
}))]
pub struct NewInitiative {
    /// The organisation that stands behind it; the caller speaks for it.
    pub organisation_id: OrganisationId,
    #[schema(inline = false)]
    #[serde(flatten)]
    pub content: Content,
}

/// What may be said about an initiative is one type, whoever sends it; here the organisation stands beside it.
/// serde cannot flatten a type that refuses unknown members, so the two are taken apart by hand.
impl Input for NewInitiative {
    fn from_document(document: Value) -> Result<Self, Finding> {
        let Value::Object(mut members) = document else {
            return Err(Finding::new("", Fault::Malformed { expected: "an object".into() }));
        };
        let organisation = members.remove("organisation_id").ok_or_else(|| Finding::new("/organisation_id", Fault::Required))?;
        let wrapped: Wrapped = fitted(json!({ "organisation_id": organisation }))?;
        Ok(Self { organisation_id: wrapped.organisation_id, content: fitted(Value::Object(members))? })
    }

    fn findings(&self) -> Vec<Finding> {
        self.content.findings()
    }
}

#[derive(Deserialize)]
struct Wrapped {
    organisation_id: OrganisationId,
}

impl<'de> Deserialize<'de> for NewInitiative {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Value::deserialize(deserializer)?;
        Self::from_document(document).map_err(|finding| serde::de::Error::custom(finding.fault.code()))
    }
}

impl Input for Content {
    fn findings(&self) -> Vec<Finding> {
        Self::findings(self)
    }
}

/// How to narrow and order the catalogue.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InitiativeQuery {
    /// Danish words, all of which must be there, in any order, with any ending or as the beginning of a longer word.
    #[param(max_length = 200, example = "besøgsven")]
    q: Option<String>,
    /// Terms of the taxonomy `target_group`.
    #[serde(default)]
    #[param(value_type = Vec<TermSlug>)]
    target_group: Vec<String>,
    /// Terms of the taxonomy `activity`.
    #[serde(default)]
    #[param(value_type = Vec<TermSlug>)]
    activity: Vec<String>,
    /// Terms of the taxonomy `theme`.
    #[serde(default)]
    #[param(value_type = Vec<TermSlug>)]
    theme: Vec<String>,
    /// Groups that are welcome in particular.
    #[serde(default)]
    welcomes: Vec<Welcome>,
    /// Guideposts of the volunteering policy.
    #[serde(default)]
    guidepost: Vec<Guidepost>,
    /// Languages spoken there, as BCP 47 tags.
    #[serde(default)]
    #[param(value_type = Vec<LanguageTag>)]
    language: Vec<String>,
    /// Days of the week on which it happens.
    #[serde(default)]
    weekday: Vec<Weekday>,
    /// Postal codes.
    #[serde(default)]
    #[param(value_type = Vec<PostalCode>, inline)]
    postal_code: Vec<String>,
    /// Towns, in any spelling.
    #[serde(default)]
    #[param(value_type = Vec<Town>, inline)]
    town: Vec<String>,
    /// How one comes to take part.
    #[serde(default)]
    participation: Vec<Participation>,
    /// An age in whole years.
    #[param(minimum = 0, maximum = 120)]
    age: Option<u8>,
    /// One organisation.
    organisation_id: Option<OrganisationId>,
    /// A point, as latitude and longitude in degrees (WGS 84) with a comma between, such as 57.4597,9.9823; goes with `radius`.
    #[param(max_length = 60)]
    near: Option<String>,
    /// Metres around `near`.
    #[param(minimum = 1, maximum = 200_000)]
    radius: Option<f64>,
    /// Changed at or after this instant.
    updated_since: Option<DateTime<Utc>>,
    /// `relevance`, `title`, `-updated_at`, `updated_at` or `distance`. By default relevance with `q`, else the latest change first.
    #[param(inline)]
    sort: Option<Sort>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    pub(super) limit: Option<u8>,
    /// Where the page begins: `next_cursor` of the page before.
    #[param(max_length = 1000)]
    pub(super) cursor: Option<String>,
    /// Whether `total` is wanted.
    pub(super) count: Option<bool>,
    /// Whether `facets` are wanted: how many there are for each value by which the list could be narrowed.
    pub(super) facets: Option<bool>,
}

/// The order of the catalogue.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
enum Sort {
    #[serde(rename = "relevance")]
    Relevance,
    #[serde(rename = "title")]
    Title,
    #[serde(rename = "-updated_at")]
    NewestFirst,
    #[serde(rename = "updated_at")]
    OldestFirst,
    #[serde(rename = "distance")]
    Distance,
}

impl InitiativeQuery {
    fn near(&self) -> Result<Option<Near>, Finding> {
        if self.radius.is_some_and(|radius| !(1.0..=200_000.0).contains(&radius)) {
            return Err(Finding::new("?radius", Fault::OutOfRange { min: "1".into(), max: "200000".into() }));
        }
        let Some(near) = &self.near else {
            return if self.radius.is_some() { Err(Finding::new("?near", Fault::Required)) } else { Ok(None) };
        };
        let malformed = || Finding::new("?near", Fault::Malformed { expected: "latitude,longitude".into() });
        let (latitude, longitude) = near.split_once(',').ok_or_else(malformed)?;
        let (latitude, longitude): (f64, f64) = latitude.trim().parse().ok().zip(longitude.trim().parse().ok()).ok_or_else(malformed)?;
        if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
            return Err(malformed());
        }
        let radius = self.radius.ok_or_else(|| Finding::new("?radius", Fault::Required))?;
        Ok(Some(Near { latitude, longitude, radius }))
    }

    fn findings(&self) -> Vec<Finding> {
        let mut narrowing = Narrowing::default();
        narrowing.text("?q", self.q.as_ref(), 200);
        narrowing.terms("?target_group", &self.target_group);
        narrowing.terms("?activity", &self.activity);
        narrowing.terms("?theme", &self.theme);
        narrowing.languages("?language", &self.language);
        narrowing.towns("?town", &self.town);
        narrowing.postal_codes("?postal_code", &self.postal_code);
        narrowing.age("?age", self.age);
        narrowing.text("?near", self.near.as_ref(), 60);
        narrowing.0.extend(self.near().err());
        narrowing.0
    }
}

impl TryFrom<InitiativeQuery> for (Filter, Order) {
    type Error = Problem;

    fn try_from(query: InitiativeQuery) -> Result<Self, Problem> {
        let findings = query.findings();
        if !findings.is_empty() {
            return Err(Problem::invalid(findings));
        }
        let order = match (query.sort, &query.q) {
            (Some(Sort::Relevance), _) | (None, Some(_)) => Order::Relevance,
            (Some(Sort::Title), _) => Order::Title,
            (Some(Sort::OldestFirst), _) => Order::OldestFirst,
            (Some(Sort::Distance), _) => Order::Distance,
            (Some(Sort::NewestFirst) | None, _) => Order::NewestFirst,
        };
        let near = query.near().unwrap_or_default();
        let filter = Filter {
            q: query.q,
            target_groups: query.target_group,
            activities: query.activity,
            themes: query.theme,
            welcomes: words(&query.welcomes, |word| word.as_str()),
            guideposts: words(&query.guidepost, |word| word.as_str()),
            languages: query.language,
            weekdays: words(&query.weekday, |word| word.as_str()),
            postal_codes: query.postal_code,
            towns: query.town,
            participation: words(&query.participation, |word| word.as_str()),
            age: query.age,
            organisation: query.organisation_id,
            near,
            updated_since: query.updated_since,
        };
        Ok((filter, order))
    }
}

/// Values of an enumeration, as a filter takes them.
pub(super) fn words<T: Copy>(values: &[T], word: impl Fn(T) -> &'static str) -> Vec<String> {
    values.iter().map(|value| word(*value).to_owned()).collect()
}
