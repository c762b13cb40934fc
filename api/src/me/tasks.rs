//! What waits for the caller.

use access::Action;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use icalendar::{Calendar, CalendarDateTime, Component, Todo};
use kernel::{Language, OrganisationId};
use persistence::tasks::{self, Task, TaskKind};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    call::{Call, Listed},
    initiatives::OrganisationReference,
    problem::Problem,
    reply,
};

/// The media type of a calendar (RFC 5545).
pub const CALENDAR: &str = "text/calendar; charset=utf-8";

/// One thing that waits for the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskView {
    kind: TaskKind,
    /// What sort of thing waits.
    subject_kind: &'static str,
    /// Which one.
    subject_id: Uuid,
    /// What it is called.
    title: String,
    organisation: OrganisationReference,
    /// Where to look at it.
    address: String,
    /// Since when it waits.
    waiting_since: DateTime<Utc>,
    /// When it is too late, where there is such an instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<DateTime<Utc>>,
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        let address = address(&task);
        let Task { kind, subject, title, organisation, organisation_name, waiting_since, due_at } = task;
        let organisation = OrganisationReference { id: organisation, name: organisation_name };
        Self { kind, subject_kind: subject.kind, subject_id: subject.id, title, organisation, address, waiting_since, due_at }
    }
}

fn address(task: &Task) -> String {
    let (id, house): (Uuid, OrganisationId) = (task.subject.id, task.organisation);
    match task.kind {
        TaskKind::ConfirmInitiative | TaskKind::ReviseInitiative | TaskKind::CorrectInitiative => format!("/v1/initiatives/{id}"),
        TaskKind::ReviewInitiative => format!("/v1/initiatives/{id}/comparison"),
        TaskKind::ConfirmMembership => format!("/v1/organisations/{house}/memberships"),
        TaskKind::DecideReport => format!("/v1/reports/{id}"),
        TaskKind::VerifyOrganisation => format!("/v1/organisations/{id}"),
        TaskKind::AppointSignatory => format!("/v1/organisations/{id}/standing"),
        TaskKind::AnswerHearing | TaskKind::DecideEligibility => format!("/v1/organisations/{house}/eligibility-cases/{id}"),
    }
}

/// Everything that waits for the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskList {
    /// What is due first, then what has waited longest; of each kind at most a hundred.
    items: Vec<TaskView>,
}

/// What waits for me
///
/// From every part of the service: entries to confirm or to put in order, people to let in, hearings to answer, and for staff what waits for a decision. Ask with
/// `Accept: text/calendar` for the same as to-dos of a calendar.
#[utoipa::path(tag = "me", operation_id = "list_my_tasks",
    responses((status = 200, description = "Everything that waits", content((TaskList = "application/json"), (String = "text/calendar; charset=utf-8")))))]
#[get("/v1/me/tasks")]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let acting = call.may(Action::ReadMe)?;
    let (now, freshness, language) = (call.app().clock.now(), call.app().freshness, call.language());
    let calendar = (call.media_type() == CALENDAR).then(|| call.app().public_url.clone());
    call.read(move |connection| {
        let tasks = tasks::waiting(connection, &acting, &freshness, now)?;
        Ok(match calendar {
            Some(public_url) => Listed::of(CALENDAR, reply::text(to_dos(&tasks, language, &public_url, now))),
            None => reply::list(&TaskList { items: tasks.into_iter().map(TaskView::from).collect() })?.into(),
        })
    })
    .await
}

fn to_dos(tasks: &[Task], language: Language, public_url: &str, now: DateTime<Utc>) -> String {
    let mut calendar = Calendar::new();
    for task in tasks {
        let mut to_do = Todo::new();
        to_do
            .uid(&format!("{}-{}", task.kind.as_str(), task.subject.id))
            .timestamp(now)
            .summary(&format!("{}: {}", task.kind.label(language), task.title))
            .description(&task.organisation_name)
            .url(&format!("{public_url}{}", address(task)));
        to_do.created(task.waiting_since);
        if let Some(due) = task.due_at {
            to_do.due(CalendarDateTime::Utc(due));
        }
        calendar.push(to_do.done());
    }
    calendar.done().to_string()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kernel::{Language, OrganisationId, Subject};
    use persistence::tasks::{Task, TaskKind};
    use uuid::Uuid;

    use super::to_dos;

    #[test]
    fn a_calendar_says_what_is_due_when() {
        let now = DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default();
        let task = Task {
            kind: TaskKind::ConfirmInitiative,
            subject: Subject { kind: "initiative", id: Uuid::nil() },
            title: "Kaffe; te, og saft".to_owned(),
            organisation: OrganisationId(Uuid::nil()),
            organisation_name: "Vennekredsen".to_owned(),
            waiting_since: now,
            due_at: Some(now),
        };
        let text = to_dos(&[task], Language::Da, "https://frivillig.example", now);
        assert!(text.contains("BEGIN:VTODO\r\n") && text.contains("DUE:20260528T202640Z\r\n"), "{text}");
        assert!(text.contains(r"Kaffe\; te\, og saft"), "{text}");
    }
}
