//! Every kind of refusal, explained.

use actix_web::{HttpResponse, get};
use kernel::{Language, ProblemType};
use persistence::DoorRule;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    call::Call,
    problem::{Problem, register, status},
    reply,
};

/// One kind of problem, explained.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemTypeView {
    /// Stable code; the last part of `type` in a problem document.
    code: &'static str,
    /// The HTTP status that goes with it.
    #[schema(minimum = 300, maximum = 599)]
    status: u16,
    /// What happened.
    title: &'static str,
    /// What to do about it.
    detail: &'static str,
}

/// Every kind of problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemTypeList {
    /// In the order of their codes.
    items: Vec<ProblemTypeView>,
}

impl ProblemTypeView {
    fn new(problem: &'static ProblemType, language: Language) -> Self {
        let wording = problem.wording(language);
        Self { code: problem.code, status: status(problem.kind).as_u16(), title: wording.title, detail: wording.advice }
    }
}

/// Every kind of problem this API answers with
///
/// The codes never change within version 1; the texts come in Danish and English.
#[utoipa::path(tag = "problems", operation_id = "list_problem_types", security(()), responses((status = 200, body = ProblemTypeList, description = "Every kind of problem")))]
#[get("/problems")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let items = register().into_iter().map(|problem| ProblemTypeView::new(problem, call.language())).collect();
    Ok(call.fixed(reply::list(&ProblemTypeList { items })?))
}

/// One kind of problem
///
/// The address in `type` of a problem document leads here.
#[utoipa::path(tag = "problems", operation_id = "get_problem_type", security(()),
    params(("code" = String, Path, max_length = 60, description = "The code of the problem", example = "not-found")),
    responses((status = 200, body = ProblemTypeView, description = "The kind of problem")))]
#[get("/problems/{code}")]
pub async fn get(call: Call) -> Result<HttpResponse, Problem> {
    let wanted = call.path("code");
    let problem = register().into_iter().find(|problem| problem.code == wanted).ok_or(DoorRule::NotFound)?;
    Ok(call.fixed(reply::list(&ProblemTypeView::new(problem, call.language()))?))
}
