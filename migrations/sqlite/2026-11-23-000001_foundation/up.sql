-- BEGIN IMMEDIATE makes one writer at a time; there is no gate table here.

-- What is true of this database alone: whether it was created for demonstration, and its keys.
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE persons (
    id TEXT NOT NULL PRIMARY KEY,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT persons_issuer_subject_key UNIQUE (issuer, subject)
) STRICT;

CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    occurred_at TEXT NOT NULL,
    person_id TEXT REFERENCES persons (id),
    operation TEXT NOT NULL,
    request_id TEXT NOT NULL,
    name TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    organisation_id TEXT,
    visibility TEXT NOT NULL CONSTRAINT journal_visibility_check CHECK (visibility IN ('public', 'organisation', 'staff')),
    data TEXT NOT NULL
) STRICT;
CREATE INDEX journal_visibility_idx ON journal (visibility, sequence);
CREATE INDEX journal_organisation_idx ON journal (organisation_id, sequence);
CREATE INDEX journal_subject_idx ON journal (subject_id, sequence);
CREATE INDEX journal_person_idx ON journal (person_id);

CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN
    SELECT RAISE(ABORT, 'journal_append_only');
END;
-- REPLACE deletes without telling the trigger below, unless the connection asks for recursive triggers.
CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal WHEN EXISTS (SELECT 1 FROM journal WHERE sequence = NEW.sequence) BEGIN
    SELECT RAISE(ABORT, 'journal_append_only');
END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN
    SELECT RAISE(ABORT, 'journal_append_only');
END;

CREATE TABLE idempotency (
    scope TEXT NOT NULL PRIMARY KEY,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    etag TEXT,
    body TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX idempotency_expires_idx ON idempotency (expires_at);

CREATE TABLE generations (
    tag INTEGER NOT NULL PRIMARY KEY,
    generation INTEGER NOT NULL
);
CREATE INDEX generations_generation_idx ON generations (generation);

CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CONSTRAINT jobs_kind_check CHECK (kind IN ('forget_answers')),
    due_at TEXT NOT NULL,
    claimed_until TEXT,
    attempts INTEGER NOT NULL,
    CONSTRAINT jobs_kind_key UNIQUE (kind)
) STRICT;
CREATE INDEX jobs_due_idx ON jobs (due_at);
