//! What was answered to the five principles about an initiative.

use access::Action;
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use kernel::{Answer, Assessment, AssessmentId, AssessmentSide, Fault, Finding, InitiativeId, PersonId, Principle, PrincipleAnswer, text};
use persistence::initiatives as store;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::{
    call::Call,
    json::{Body, Input, limits},
    problem::Problem,
    reply,
};

/// The municipality's answer to one principle.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"principle": "supplement", "answer": "unsure", "comment": "Spørg plejehjemmet, hvad det selv tilbyder."}))]
pub struct AssessmentRequest {
    principle: Principle,
    answer: Answer,
    /// What is added for the file.
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    comment: Option<String>,
}

impl Input for AssessmentRequest {
    fn findings(&self) -> Vec<Finding> {
        let number = self.comment.as_deref().is_some_and(text::holds_personal_number);
        limits(self).into_iter().chain(number.then(|| Finding::new("/comment", Fault::PersonalNumber))).collect()
    }
}

/// An answer to one principle.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssessmentView {
    id: AssessmentId,
    side: AssessmentSide,
    principle: Principle,
    answer: Answer,
    /// What was added for the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    /// The service's own id for whoever answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<PersonId>,
    /// When it was given.
    at: DateTime<Utc>,
}

impl From<Assessment> for AssessmentView {
    fn from(assessment: Assessment) -> Self {
        let Assessment { id, side, principle, answer, comment, person, at } = assessment;
        Self { id, side, principle, answer, comment, person_id: person, at }
    }
}

/// Every answer about an initiative.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssessmentList {
    /// In the order in which they were given; of each side the latest counts.
    items: Vec<AssessmentView>,
}

/// What was answered to the principles
///
/// For staff: what the organisation declared with each text it handed in, and what staff answered.
#[utoipa::path(tag = "moderation", operation_id = "list_assessments",
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000001")),
    responses((status = 200, description = "Every answer", body = AssessmentList)))]
#[get("/v1/initiatives/{id}/assessments")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadAssessments)?;
    let id = call.id("id")?;
    call.read(move |connection| {
        let items = store::assessments_of(connection, &acting, id)?.into_iter().map(AssessmentView::from).collect();
        Ok(reply::list(&AssessmentList { items })?.into())
    })
    .await
}

/// Answer to a principle for the municipality
///
/// While the latest answer to one of the principles is *no*, the initiative cannot be published.
#[utoipa::path(tag = "moderation", operation_id = "assess_initiative", request_body = AssessmentRequest,
    params(("id" = InitiativeId, Path, description = "The initiative", example = "01932b6e-7a00-7002-8000-000000000158")),
    responses((status = 200, description = "On record", body = AssessmentView)))]
#[post("/v1/initiatives/{id}/assessments")]
pub async fn assess(call: Call, body: Body<AssessmentRequest>) -> Result<HttpResponse, Problem> {
    let precondition = call.precondition()?;
    let acting = call.may(Action::AssessInitiative)?;
    let id: InitiativeId = call.id("id")?;
    let AssessmentRequest { principle, answer, comment } = body.0;
    call.write(move |tx| {
        let assessment = store::assess(tx, &acting, id, precondition, principle, &PrincipleAnswer { answer, comment })?;
        reply::list(&AssessmentView::from(assessment))
    })
    .await
}
