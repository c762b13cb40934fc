//! What was answered to the principles, about whatever it is: append-only, the latest answer of each side counts.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use kernel::{Answer, Assessment, AssessmentId, AssessmentSide, Principle, PrincipleAnswer, PrincipleAnswers, Subject};

use crate::{
    AnyConnection, Error, Tx,
    db::naive,
    page::{id_column, optional_id, word},
    schema::principle_assessments as table,
};

/// Writes one answer down.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    subject: Subject,
    side: AssessmentSide,
    principle: Principle,
    answer: &PrincipleAnswer,
) -> Result<Assessment, Error> {
    let assessment = Assessment {
        id: AssessmentId(tx.new_id()),
        side,
        principle,
        answer: answer.answer,
        comment: answer.comment.clone(),
        person: tx.person().ok(),
        at: tx.now(),
    };
    let values = (
        table::id.eq(assessment.id.to_string()),
        table::subject_kind.eq(subject.kind),
        table::subject_id.eq(subject.id.to_string()),
        table::side.eq(side.as_str()),
        table::principle.eq(principle.as_str()),
        table::answer.eq(answer.answer.as_str()),
        table::comment.eq(&answer.comment),
        table::person_id.eq(assessment.person.map(|person| person.to_string())),
        table::assessed_at.eq(naive(assessment.at)),
    );
    diesel::insert_into(table::table).values(values).execute(tx.connection)?;
    Ok(assessment)
}

/// Writes a whole declaration down.
pub(crate) fn declare(tx: &mut Tx<'_>, subject: Subject, answers: &PrincipleAnswers) -> Result<(), Error> {
    for principle in Principle::ALL {
        if let Some(answer) = answers.get(*principle) {
            add(tx, subject, AssessmentSide::Declared, *principle, answer)?;
        }
    }
    Ok(())
}

/// Every answer about a thing, in the order in which they were given.
pub(crate) fn of(connection: &mut AnyConnection, subject: Subject) -> Result<Vec<Assessment>, Error> {
    type Row = (String, String, String, String, Option<String>, Option<String>, NaiveDateTime);
    let rows: Vec<Row> = table::table
        .filter(table::subject_id.eq(subject.id.to_string()).and(table::subject_kind.eq(subject.kind)))
        .order(table::id.asc())
        .select((table::id, table::side, table::principle, table::answer, table::comment, table::person_id, table::assessed_at))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, side, principle, answer, comment, person, at)| {
            Ok(Assessment {
                id: id_column(&id)?,
                side: word(&side, AssessmentSide::parse)?,
                principle: word(&principle, Principle::parse)?,
                answer: word(&answer, Answer::parse)?,
                comment,
                person: optional_id(person.as_deref())?,
                at: at.and_utc(),
            })
        })
        .collect()
}
