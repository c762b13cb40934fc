//! Everything about one organisation on one page.

use access::Action;
use actix_web::{HttpResponse, get};
use initiatives::Status;
use kernel::OrganisationId;
use organisations::{MembershipRole, MembershipStatus};
use persistence::organisations::overview::{self as store, Entries, Overview};
use serde::Serialize;
use utoipa::ToSchema;

use super::{declarations::DeclarationView, invitations::InvitationView, standing::StandingView};
use crate::{call::Call, problem::Problem, reply};

/// How many entries of a status there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusCount {
    status: Status,
    /// How many there are.
    #[schema(minimum = 1)]
    count: i64,
}

/// What an organisation has in the catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntriesView {
    /// How many there are of each status that there is.
    by_status: Vec<StatusCount>,
    /// How many are public, but should be confirmed again.
    #[schema(minimum = 0)]
    needs_verification: i64,
    /// How many are hidden, because nobody has confirmed them.
    #[schema(minimum = 0)]
    hidden: i64,
}

impl From<Entries> for EntriesView {
    fn from(Entries { statuses, needs_verification, hidden }: Entries) -> Self {
        let by_status = statuses.into_iter().map(|(status, count)| StatusCount { status, count }).collect();
        Self { by_status, needs_verification, hidden }
    }
}

/// How many members of a role and status there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberCount {
    role: MembershipRole,
    status: MembershipStatus,
    /// How many there are.
    #[schema(minimum = 1)]
    count: i64,
}

/// One page about an organisation. What its reader has no right to is not there.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverviewView {
    organisation_id: OrganisationId,
    /// What it is called.
    name: String,
    standing: StandingView,
    /// What it has in the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    initiatives: Option<EntriesView>,
    /// Who belongs to it, and who has asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    memberships: Option<Vec<MemberCount>>,
    /// Who has been invited.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitations: Option<Vec<InvitationView>>,
    /// What it has declared, the latest year first.
    declarations: Vec<DeclarationView>,
}

/// Everything about an organisation
///
/// For its members and staff, each part for whoever has the right to it: how it stands, its entries, members, invitations and declarations.
#[utoipa::path(tag = "organisations", operation_id = "get_organisation_overview",
    params(("id" = OrganisationId, Path, description = "The organisation", example = "01932b6e-7a00-7001-8000-000000000001")),
    responses((status = 200, description = "The overview", body = OverviewView)))]
#[get("/v1/organisations/{id}/overview")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadOrganisationFile)?;
    let (id, language) = (call.id("id")?, call.language());
    let (freshness, now) = (call.app().freshness, call.app().clock.now());
    call.read(move |connection| {
        let Overview { standing, entries, memberships, invitations, declarations } = store::get(connection, &acting, id, &freshness, now)?;
        let count = |(role, status, count)| MemberCount { role, status, count };
        let view = OverviewView {
            organisation_id: id,
            name: standing.stored.organisation.profile.name.clone(),
            standing: StandingView::new(&standing, language),
            initiatives: entries.map(EntriesView::from),
            memberships: memberships.map(|members| members.into_iter().map(count).collect()),
            invitations: invitations.map(|open| open.into_iter().map(InvitationView::from).collect()),
            declarations: declarations.into_iter().map(DeclarationView::from).collect(),
        };
        Ok(reply::ok(standing.stored.organisation.version, &view)?.into())
    })
    .await
}
