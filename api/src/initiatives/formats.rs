//! The catalogue in other forms than JSON: a spreadsheet, lines, a map, linked data.

use std::borrow::Cow;

use files::{FileSize, Pixels, Rendition};
use initiatives::{Image, Place, Weekday, WeeklySlot};
use kernel::{InitiativeId, Languages, OrganisationId};
use persistence::{catalogue::Entry, files::Renditions};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::InitiativeSummary;
use crate::{
    export::{Format, row},
    files::address,
    problem::Problem,
};

/// A spreadsheet, one line for each initiative.
pub struct Csv(pub Languages);

const COLUMNS: [&str; 18] = [
    "id",
    "title",
    "summary",
    "language",
    "organisation_id",
    "organisation",
    "target_groups",
    "activities",
    "themes",
    "welcomes",
    "languages",
    "participation",
    "cost_in_ore",
    "postal_codes",
    "towns",
    "schedule",
    "verified_at",
    "updated_at",
];

fn joined<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join("; ")
}

fn times(slot: &WeeklySlot) -> String {
    format!("{} {}-{}", slot.weekday.as_str(), slot.from, slot.to)
}

impl Format<Entry> for Csv {
    const MEDIA_TYPE: &'static str = "text/csv; charset=utf-8; header=present";
    const EXTENSION: &'static str = "csv";

    fn head(&self) -> Result<Vec<u8>, Problem> {
        row(COLUMNS.map(Cow::Borrowed))
    }

    fn item(&self, entry: Entry, _: bool, out: &mut Vec<u8>) -> Result<(), Problem> {
        let (content, spoken) = (&entry.content, entry.content.spoken(&self.0));
        let districts: Vec<(&str, &str)> = content.locations.iter().filter_map(Place::district).collect();
        let cells: [Cow<'_, str>; 18] = [
            entry.initiative.to_string().into(),
            spoken.title.into(),
            spoken.summary.into(),
            spoken.language.into(),
            entry.organisation.to_string().into(),
            entry.organisation_name.as_str().into(),
            joined(&content.target_groups, |term| term.0.clone()).into(),
            joined(&content.activities, |term| term.0.clone()).into(),
            joined(&content.themes, |term| term.0.clone()).into(),
            joined(&content.welcomes, |welcome| welcome.as_str().to_owned()).into(),
            content.languages.join("; ").into(),
            content.participation.map_or("", |participation| participation.as_str()).into(),
            content.cost.map(|cost| cost.amount.to_string()).unwrap_or_default().into(),
            joined(&districts, |(postal_code, _)| (*postal_code).to_owned()).into(),
            joined(&districts, |(_, town)| (*town).to_owned()).into(),
            joined(&content.schedule, times).into(),
            entry.verified_at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true).into(),
            entry.updated_at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true).into(),
        ];
        out.extend(row(cells)?);
        Ok(())
    }

    fn tail(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// JSON Lines: what stands in the list, an item in each line.
pub struct Lines(pub Languages);

impl Format<Entry> for Lines {
    const MEDIA_TYPE: &'static str = "application/jsonl";
    const EXTENSION: &'static str = "jsonl";

    fn head(&self) -> Result<Vec<u8>, Problem> {
        Ok(Vec::new())
    }

    fn item(&self, entry: Entry, _: bool, out: &mut Vec<u8>) -> Result<(), Problem> {
        serde_json::to_writer(&mut *out, &InitiativeSummary::new(entry, &self.0)).map_err(persistence::Error::internal)?;
        out.push(b'\n');
        Ok(())
    }

    fn tail(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// A map (RFC 7946): a feature for each place that has a position.
pub struct Map(pub Languages);

/// Places of initiatives on a map (GeoJSON, RFC 7946).
#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureCollection {
    /// Always `FeatureCollection`.
    r#type: &'static str,
    /// A feature for each place that has a position; an initiative may have several.
    features: Vec<Feature>,
}

/// One place of an initiative.
#[derive(Debug, Serialize, ToSchema)]
pub struct Feature {
    /// Always `Feature`.
    r#type: &'static str,
    geometry: Point,
    properties: FeatureProperties,
}

/// A position.
#[derive(Debug, Serialize, ToSchema)]
pub struct Point {
    /// Always `Point`.
    r#type: &'static str,
    /// Longitude and latitude in degrees (WGS 84), in this order.
    #[schema(min_items = 2, max_items = 2)]
    coordinates: Vec<f64>,
}

/// What the place is.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureProperties {
    initiative_id: InitiativeId,
    /// What the initiative is called.
    title: String,
    /// The language of the title, a BCP 47 tag.
    language: String,
    organisation_id: OrganisationId,
    /// What the organisation is called.
    organisation: String,
    /// What the place is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Postal code of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    /// Town of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    town: Option<String>,
}

fn features(entry: &Entry, languages: &Languages) -> Vec<Feature> {
    let spoken = entry.content.spoken(languages);
    let placed = entry.content.locations.iter().filter_map(|place| Some((place, place.coordinates()?)));
    placed
        .map(|(place, (latitude, longitude))| Feature {
            r#type: "Feature",
            geometry: Point { r#type: "Point", coordinates: vec![longitude, latitude] },
            properties: FeatureProperties {
                initiative_id: entry.initiative,
                title: spoken.title.to_owned(),
                language: spoken.language.to_owned(),
                organisation_id: entry.organisation,
                organisation: entry.organisation_name.clone(),
                name: place.name().map(str::to_owned),
                postal_code: place.district().map(|(postal_code, _)| postal_code.to_owned()),
                town: place.district().map(|(_, town)| town.to_owned()),
            },
        })
        .collect()
}

impl Format<Entry> for Map {
    const MEDIA_TYPE: &'static str = "application/geo+json";
    const EXTENSION: &'static str = "geojson";

    fn head(&self) -> Result<Vec<u8>, Problem> {
        Ok(br#"{"type":"FeatureCollection","features":["#.to_vec())
    }

    fn item(&self, entry: Entry, is_first: bool, out: &mut Vec<u8>) -> Result<(), Problem> {
        let mut is_first = is_first;
        for feature in features(&entry, &self.0) {
            if !is_first {
                out.push(b',');
            }
            is_first = false;
            serde_json::to_writer(&mut *out, &feature).map_err(persistence::Error::internal)?;
        }
        Ok(())
    }

    fn tail(&self) -> Vec<u8> {
        b"]}".to_vec()
    }
}

/// The media type of linked data.
pub const JSON_LD: &str = "application/ld+json";

/// An initiative as schema.org describes a service, for search engines and whoever links data.
pub fn linked(entry: &Entry, renditions: &Renditions, languages: &Languages, public_url: &str) -> Value {
    let (content, spoken) = (&entry.content, entry.content.spoken(languages));
    let mut service = json!({
        "@context": "https://schema.org",
        "@type": "Service",
        "@id": format!("{public_url}/v1/initiatives/{}", entry.initiative),
        "name": spoken.title,
        "provider": {
            "@type": "Organization",
            "@id": format!("{public_url}/v1/organisations/{}", entry.organisation),
            "name": entry.organisation_name,
        },
        // A service has neither a language nor a date; the entry about it has both.
        "mainEntityOfPage": {"@type": "WebPage", "inLanguage": spoken.language, "dateModified": entry.updated_at},
        "availableChannel": content.locations.iter().map(|place| channel(place, &content.languages)).collect::<Vec<_>>(),
        "hoursAvailable": content.schedule.iter().map(hours).collect::<Vec<_>>(),
        "audience": content.target_groups.iter().map(|term| json!({"@type": "Audience", "audienceType": term.0})).collect::<Vec<_>>(),
        "serviceType": content.activities.iter().map(|term| term.0.clone()).collect::<Vec<_>>(),
    });
    if let Some(members) = service.as_object_mut() {
        let texts = [("disambiguatingDescription", spoken.summary), ("description", spoken.description)];
        members.extend(texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| (key.to_owned(), json!(text))));
        let pictures: Vec<Value> =
            content.images.iter().filter_map(|image| picture(image, renditions.get(&image.file)?, public_url)).collect();
        if !pictures.is_empty() {
            members.insert("image".into(), json!(pictures));
        }
        if let Some(cost) = content.cost {
            let kroner = format!("{}.{:02}", cost.amount / 100, cost.amount % 100);
            members.insert("offers".into(), json!({"@type": "Offer", "price": kroner, "priceCurrency": cost.currency.as_str()}));
        }
    }
    service
}

fn picture(image: &Image, renditions: &[Rendition], public_url: &str) -> Option<Value> {
    let full = renditions.iter().find(|rendition| rendition.size == FileSize::Full)?;
    let at = |size| format!("{public_url}{}", address(image.file, size));
    let mut picture = json!({
        "@type": "ImageObject", "contentUrl": at(FileSize::Full), "thumbnailUrl": at(FileSize::Small), "caption": image.alt,
        "encodingFormat": full.media_type.as_str(),
    });
    if let (Some(members), Some(Pixels { width, height })) = (picture.as_object_mut(), full.pixels) {
        members.extend([("width".to_owned(), json!(width)), ("height".to_owned(), json!(height))]);
        members.extend(image.credit.iter().map(|credit| ("creditText".to_owned(), json!(credit))));
    }
    Some(picture)
}

fn channel(place: &Place, languages: &[String]) -> Value {
    let mut channel = json!({"@type": "ServiceChannel", "availableLanguage": languages});
    let Some(members) = channel.as_object_mut() else { return channel };
    if let Place::Online { url: Some(url) } = place {
        members.insert("serviceUrl".into(), json!(url));
    }
    if let Some((postal_code, town)) = place.district() {
        let mut address = json!({"@type": "PostalAddress", "postalCode": postal_code, "addressLocality": town, "addressCountry": "DK"});
        if let (Place::Address { street, .. }, Some(address)) = (place, address.as_object_mut()) {
            address.insert("streetAddress".into(), json!(street));
        }
        let mut location = json!({"@type": "Place", "address": address});
        if let Some(location) = location.as_object_mut() {
            location.extend(place.name().map(|name| ("name".to_owned(), json!(name))));
            let geo = |(latitude, longitude): (f64, f64)| json!({"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude});
            location.extend(place.coordinates().map(|position| ("geo".to_owned(), geo(position))));
        }
        members.insert("serviceLocation".into(), location);
    }
    channel
}

fn hours(slot: &WeeklySlot) -> Value {
    let day = match slot.weekday {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    };
    json!({
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": format!("https://schema.org/{day}"),
        "opens": slot.from.to_string(),
        // schema.org knows no 24:00.
        "closes": if slot.to.minutes() == 24 * 60 { "23:59".to_owned() } else { slot.to.to_string() },
    })
}
