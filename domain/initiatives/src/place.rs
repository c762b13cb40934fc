//! Where an initiative happens, and how exactly that may be said.

use kernel::{Findings, identifier};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A place where the initiative happens.
// `Undisclosed` has braces because serde lets unknown members pass beside a tagged unit variant, and a
// shelter's street must not slip in that way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    /// A public address. For an individual volunteer the public sees postal code and town only.
    Address {
        /// What the place is called, such as the name of a community house.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(max_length = 120)]
        name: Option<String>,
        /// Street and number.
        #[schema(min_length = 1, max_length = 160)]
        street: String,
        /// Danish postal code, four digits.
        #[schema(pattern = "^[0-9]{4}$")]
        postal_code: String,
        /// Town that belongs to the postal code.
        #[schema(min_length = 1, max_length = 80)]
        town: String,
        /// Latitude in degrees (WGS 84). Stands together with `longitude`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(minimum = 54, maximum = 58)]
        latitude: Option<f64>,
        /// Longitude in degrees (WGS 84). Stands together with `latitude`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(minimum = 7, maximum = 16)]
        longitude: Option<f64>,
    },
    /// Somewhere in a postal district, such as a walk or a different house each time.
    Area {
        /// Danish postal code, four digits.
        #[schema(pattern = "^[0-9]{4}$")]
        postal_code: String,
        /// Town that belongs to the postal code.
        #[schema(min_length = 1, max_length = 80)]
        town: String,
    },
    /// On the internet or by telephone.
    Online {
        /// Public web address of the meeting place, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(max_length = 500, format = "uri")]
        url: Option<String>,
    },
    /// In private homes, of which no more than postal code and town is ever told.
    AtHome {
        /// Danish postal code, four digits.
        #[schema(pattern = "^[0-9]{4}$")]
        postal_code: String,
        /// Town that belongs to the postal code.
        #[schema(min_length = 1, max_length = 80)]
        town: String,
    },
    /// A place that is kept secret, such as a shelter.
    Undisclosed {},
}

impl Place {
    /// The word in `kind`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Address { .. } => "address",
            Self::Area { .. } => "area",
            Self::Online { .. } => "online",
            Self::AtHome { .. } => "at_home",
            Self::Undisclosed {} => "undisclosed",
        }
    }

    /// What the place is called, where it has a name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Address { name, .. } => name.as_deref(),
            Self::Area { .. } | Self::Online { .. } | Self::AtHome { .. } | Self::Undisclosed {} => None,
        }
    }

    /// Postal code and town, where the place has them.
    #[must_use]
    pub fn district(&self) -> Option<(&str, &str)> {
        match self {
            Self::Address { postal_code, town, .. } | Self::Area { postal_code, town } | Self::AtHome { postal_code, town } => {
                Some((postal_code, town))
            }
            Self::Online { .. } | Self::Undisclosed {} => None,
        }
    }

    /// Latitude and longitude in degrees. Ask the public view of a content when the answer is for the public.
    #[must_use]
    pub const fn coordinates(&self) -> Option<(f64, f64)> {
        match self {
            Self::Address { latitude: Some(latitude), longitude: Some(longitude), .. } => Some((*latitude, *longitude)),
            _ => None,
        }
    }

    /// The place as the public may know it; `private_person` when the organisation is one individual,
    /// whose address is likely to be a home.
    pub(crate) fn public_view(&self, private_person: bool) -> Self {
        match self {
            Self::Address { postal_code, town, .. } if private_person => {
                Self::Area { postal_code: postal_code.clone(), town: town.clone() }
            }
            Self::Address { .. } | Self::Area { .. } | Self::Online { .. } | Self::AtHome { .. } | Self::Undisclosed {} => self.clone(),
        }
    }

    pub(crate) fn check(&self, at: &str, findings: &mut Findings) {
        if let Some((postal_code, town)) = self.district() {
            findings.hold(&format!("{at}/postal_code"), identifier::postal_code(postal_code));
            findings.required_text(&format!("{at}/town"), town, 80);
        }
        match self {
            Self::Address { name, street, latitude, longitude, .. } => {
                findings.optional_text(&format!("{at}/name"), name.as_deref(), 120);
                findings.required_text(&format!("{at}/street"), street, 160);
                findings.coordinates(at, *latitude, *longitude);
            }
            Self::Online { url: Some(url) } => findings.web(&format!("{at}/url"), url),
            Self::Online { url: None } | Self::Area { .. } | Self::AtHome { .. } | Self::Undisclosed {} => {}
        }
    }
}
