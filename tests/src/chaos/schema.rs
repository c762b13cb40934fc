//! One schema in two dialects (R9): it goes up, down and up again, and both engines say the same as the program.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process,
};

use files::{FilePurpose, FileSize, FileStatus, MediaType};
use initiatives::{Aging, Command, ReferralCapacity, ReportReason, ReportStatus, RevisionState, Scheme, Status, TermStatus, Verdict};
use kernel::{Answer, AssessmentSide, Principle, Visibility};
use organisations::{
    DeclarationKind, EligibilityStatus, Ending, InvitationStatus, MembershipRole, MembershipStatus, OrganisationKind, Verification,
};
use persistence::{Db, Engine, Options, Target, letters::LetterStatus};

use super::{on_both, process::Raw};
use crate::{
    cluster,
    world::{Content, Scratch},
};

/// The schema as the database itself writes it down.
fn dump(target: &Target) -> String {
    match target {
        Target::Sqlite(_) => Raw::open(target)
            .column(
                "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') AS value FROM sqlite_schema ORDER BY type, name",
            )
            .join("\n"),
        Target::Postgres(url) => {
            let tool = cluster::postgres().bin("pg_dump").expect("pg_dump is installed with the server");
            // What the program adds to the address for its own connections is none of pg_dump's business.
            let address = url.split('?').next().unwrap_or(url);
            let output =
                process::Command::new(tool).args(["--schema-only", "--no-owner", "--dbname", address]).output().expect("pg_dump runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).expect("it is text");
            // Newer versions guard the dump with a word that is new every time.
            text.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")).collect::<Vec<_>>().join("\n")
        }
    }
}

fn up(target: &Target) {
    Db::open(target, &Options::default()).expect("the migrations run");
}

/// Every table but diesel's own and those that belong to a text index.
fn tables(raw: &mut Raw) -> Vec<String> {
    let sql = match raw {
        Raw::Sqlite(_) => {
            "SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%\\_search%' ESCAPE '\\' \
             AND name <> '__diesel_schema_migrations' ORDER BY name"
        }
        Raw::Postgres(_) => {
            "SELECT table_name::text AS value FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE '%\\_search' \
             AND table_name NOT IN ('__diesel_schema_migrations', 'write_gate') ORDER BY table_name"
        }
    };
    raw.column(sql)
}

fn up_down_and_up_again_changes_nothing(engine: Engine) {
    let database = Scratch::new(engine, Content::Nothing);
    let before = dump(&database.target);
    assert!(before.contains("organisations_cvr_p_number_key"), "{before}");
    persistence::revert_all(&database.target).expect("the migrations go back");
    let below = dump(&database.target);
    assert_eq!(tables(&mut Raw::open(&database.target)), Vec::<String>::new(), "{below}");
    assert!(!below.contains("journal_append_only") && !below.contains("write_gate"), "{below}");
    up(&database.target);
    assert_eq!(dump(&database.target), before);
}

/// Whether a column may be empty, by table and name.
type Columns = BTreeMap<(String, String), bool>;

fn columns(raw: &mut Raw) -> Columns {
    let sql = match raw {
        Raw::Sqlite(_) => {
            "SELECT m.name || ' ' || c.name || ' ' || (c.\"notnull\" = 0 AND c.pk = 0) AS value FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'"
        }
        Raw::Postgres(_) => {
            "SELECT table_name || ' ' || column_name || ' ' || CASE is_nullable WHEN 'YES' THEN 1 ELSE 0 END AS value \
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let known = tables(raw);
    let rows = raw.column(sql);
    rows.iter()
        .filter_map(|row| {
            let [table, column, nullable] = row.split(' ').collect::<Vec<_>>().try_into().ok()?;
            known.iter().any(|name| name == table).then(|| ((table.to_owned(), column.to_owned()), nullable == "1"))
        })
        .collect()
}

/// What the program believes, read out of its own description of the tables.
fn described() -> Columns {
    let (mut all, mut table) = (Columns::new(), "");
    for line in include_str!("../../../persistence/src/schema.rs").lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            table = name;
        } else if let Some((column, kind)) = line.split_once(" -> ") {
            all.insert((table.to_owned(), column.to_owned()), kind.starts_with("Nullable"));
        }
    }
    all
}

fn the_program_knows_the_tables_as_they_are(engine: Engine) {
    let database = Scratch::new(engine, Content::Nothing);
    assert_eq!(columns(&mut Raw::open(&database.target)), described());
}

/// Every list of words that a named CHECK holds, as the engine says it.
fn checks(raw: &mut Raw) -> BTreeMap<String, Vec<String>> {
    let sql = match raw {
        Raw::Sqlite(_) => "SELECT sql AS value FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%CHECK%'",
        Raw::Postgres(_) => {
            "SELECT 'CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid) AS value FROM pg_constraint WHERE contype = 'c'"
        }
    };
    let rows = raw.column(sql);
    let constraints = rows.iter().flat_map(|row| row.split("CONSTRAINT ").skip(1));
    constraints
        .filter_map(|constraint| {
            let (name, rest) = constraint.split_once(" CHECK ")?;
            // `(column IN ('a', 'b'))`, `((column = ANY (ARRAY['a'::text, 'b'::text])))` or `((column = 'a'::text))`, and no
            // condition beside it.
            let rest = rest.split("\n").next().unwrap_or(rest);
            let simple = !rest.contains(" OR ")
                && !rest.contains(" AND ")
                && !rest.contains("IS N")
                && [" IN (", "ANY (ARRAY", " = '"].iter().any(|list| rest.contains(list));
            simple.then(|| (name.to_owned(), rest.split('\'').skip(1).step_by(2).map(str::to_owned).collect()))
        })
        .collect()
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<String> {
    all.iter().map(|one| word(*one).to_owned()).collect()
}

fn every_list_of_words_is_the_programs(engine: Engine) {
    let database = Scratch::new(engine, Content::Nothing);
    let mut expected = BTreeMap::from([
        ("files_purpose_check", words(FilePurpose::ALL, FilePurpose::as_str)),
        ("files_status_check", words(FileStatus::ALL, FileStatus::as_str)),
        ("stored_objects_media_type_check", words(MediaType::ALL, MediaType::as_str)),
        ("stored_objects_size_check", words(FileSize::ALL, FileSize::as_str)),
        ("declarations_kind_check", words(DeclarationKind::ALL, DeclarationKind::as_str)),
        ("eligibility_cases_status_check", words(EligibilityStatus::ALL, EligibilityStatus::as_str)),
        ("invitations_role_check", words(MembershipRole::ALL, MembershipRole::as_str)),
        ("invitations_status_check", words(InvitationStatus::ALL, InvitationStatus::as_str)),
        ("organisations_ending_check", words(Ending::ALL, Ending::as_str)),
        ("initiatives_aging_told_check", words(Aging::ALL, Aging::as_str)),
        ("initiatives_status_check", words(Status::ALL, Status::as_str)),
        ("initiatives_verdict_check", words(Verdict::ALL, Verdict::as_str)),
        ("initiatives_verdict_principle_check", words(Principle::ALL, Principle::as_str)),
        ("mails_status_check", words(LetterStatus::ALL, LetterStatus::as_str)),
        ("journal_visibility_check", words(&Visibility::ALL, Visibility::as_str)),
        ("memberships_role_check", words(MembershipRole::ALL, MembershipRole::as_str)),
        ("memberships_status_check", words(MembershipStatus::ALL, MembershipStatus::as_str)),
        ("organisations_kind_check", words(OrganisationKind::ALL, OrganisationKind::as_str)),
        ("organisations_verification_check", words(Verification::ALL, Verification::as_str)),
        ("principle_assessments_answer_check", words(Answer::ALL, Answer::as_str)),
        ("principle_assessments_principle_check", words(Principle::ALL, Principle::as_str)),
        ("principle_assessments_side_check", words(AssessmentSide::ALL, AssessmentSide::as_str)),
        ("referrals_capacity_check", words(ReferralCapacity::ALL, ReferralCapacity::as_str)),
        ("reports_reason_check", words(ReportReason::ALL, ReportReason::as_str)),
        ("reports_status_check", words(ReportStatus::ALL, ReportStatus::as_str)),
        ("reviews_outcome_check", words(&[Command::Publish, Command::Return, Command::Refuse], Command::as_str)),
        ("revisions_state_check", words(RevisionState::ALL, RevisionState::as_str)),
        ("terms_scheme_check", words(Scheme::ALL, Scheme::as_str)),
        ("terms_status_check", words(TermStatus::ALL, TermStatus::as_str)),
    ]);
    let mut found = checks(&mut Raw::open(&database.target));
    // A list is a set; the order in which it is written means nothing.
    expected.values_mut().chain(found.values_mut()).for_each(|words| words.sort());
    let expected: BTreeMap<String, Vec<String>> = expected.into_iter().map(|(name, words)| (name.to_owned(), words)).collect();
    assert_eq!(found, expected, "a new enumeration belongs into this list, too");
}

on_both!(up_down_and_up_again_changes_nothing, the_program_knows_the_tables_as_they_are, every_list_of_words_is_the_programs);

#[test]
fn both_engines_have_the_same_versions() {
    let versions = |engine: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(engine);
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("the migrations are there")
            .map(|entry| entry.expect("it can be read"))
            .inspect(|entry| assert!(["up.sql", "down.sql"].iter().all(|file| entry.path().join(file).is_file()), "{:?}", entry.path()))
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert!(!versions("sqlite").is_empty());
    assert_eq!(versions("sqlite"), versions("postgres"));
}

/// The names of constraints and indexes; `sort_key` is a column that ends like one. PostgreSQL's text index has no counterpart: SQLite's is a table.
fn names(engine: Engine) -> BTreeSet<String> {
    let database = Scratch::new(engine, Content::Nothing);
    let mut raw = Raw::open(&database.target);
    let sql = match engine {
        Engine::Sqlite => "SELECT sql AS value FROM sqlite_schema WHERE sql IS NOT NULL",
        Engine::Postgres => {
            "SELECT conname::text AS value FROM pg_constraint WHERE contype IN ('c', 'u') AND connamespace = 'public'::regnamespace \
             UNION SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\\_search\\_terms\\_idx'"
        }
    };
    let rows = raw.column(sql);
    let words = rows.iter().flat_map(|row| row.split_whitespace());
    words
        .filter(|word| ["_check", "_key", "_idx"].iter().any(|end| word.ends_with(end)) && *word != "sort_key")
        .map(str::to_owned)
        .collect()
}

#[test]
fn both_engines_name_constraints_and_indexes_alike() {
    assert_eq!(names(Engine::Sqlite), names(Engine::Postgres));
}
