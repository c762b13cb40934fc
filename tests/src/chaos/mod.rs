//! What must hold when plugs are pulled: the real program as a process, over real sockets, on both engines.
//!
//! What these tests measure with a clock is that something ends at all; how fast is the benchmark's question.

mod bounds;
mod elsewhere;
mod feed;
mod forge;
mod http;
mod instances;
mod issuers;
mod kill;
mod limits_of_rate;
mod mailed_once;
mod mailserver;
mod outbound;
mod process;
mod resets;
mod restart;
mod retries;
mod schema;
mod starting;
mod terms;
mod tokens;
mod town;
mod uploads;

use process::Raw;

/// Writes each test once and runs it on both engines.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[test]
            fn sqlite() {
                super::$name(persistence::Engine::Sqlite);
            }

            #[test]
            fn postgres() {
                super::$name(persistence::Engine::Postgres);
            }
        }
    )+};
}
use on_both;

/// Whatever happened: every row has its entries in the journal, and every entry its row. One statement and hence one
/// snapshot for each question, so that this holds at any moment and not only when all is quiet.
fn whole(raw: &mut Raw) {
    // A version begins at 1 with the entry that tells of the beginning, and each further entry moves it by one. Some tell
    // of what left the thing itself as it was.
    let beside =
        "'initiative.aged', 'initiative.hidden', 'initiative.claimed', 'initiative.released', 'initiative.reported', 'initiative.assessed'";
    for table in ["organisations", "memberships", "initiatives"] {
        let torn = format!(
            "SELECT count(*) FROM {table} t WHERE version <> \
             (SELECT count(*) FROM journal j WHERE j.subject_id = t.id AND j.name NOT IN ({beside}))"
        );
        assert_eq!(raw.number(&torn), 0, "rows in {table} without their entries, or the reverse");
    }
    let orphans = "SELECT count(*) FROM journal j WHERE NOT EXISTS (SELECT 1 FROM organisations t WHERE t.id = j.subject_id) \
        AND NOT EXISTS (SELECT 1 FROM memberships t WHERE t.id = j.subject_id) AND NOT EXISTS (SELECT 1 FROM initiatives t WHERE t.id = j.subject_id) \
        AND NOT EXISTS (SELECT 1 FROM reports t WHERE t.id = j.subject_id)";
    assert_eq!(raw.number(orphans), 0, "entries about nothing");
    let begun = |name: &str, table: &str| {
        format!("SELECT (SELECT count(*) FROM {table}) - (SELECT count(DISTINCT subject_id) FROM journal WHERE name IN ({name}))")
    };
    assert_eq!(raw.number(&begun("'organisation.registered'", "organisations")), 0);
    assert_eq!(raw.number(&begun("'membership.confirmed', 'membership.requested'", "memberships")), 0);
    assert_eq!(raw.number(&begun("'initiative.drafted'", "initiatives")), 0);
    let leaderless = "SELECT count(*) FROM organisations o WHERE kind <> 'municipal_institution' \
        AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.organisation_id = o.id)";
    assert_eq!(raw.number(leaderless), 0, "organisations without the membership of whoever registered them");
    let unpublished = "SELECT count(*) FROM initiatives i WHERE (status = 'published') <> EXISTS (SELECT 1 FROM catalogue c WHERE c.initiative_id = i.id AND c.version = i.version)";
    assert_eq!(raw.number(unpublished), 0, "the catalogue is out of step");
    let revisions = "SELECT count(*) FROM initiatives i WHERE working_revision_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.id = i.working_revision_id)";
    assert_eq!(raw.number(revisions), 0, "initiatives whose text is missing");
}
