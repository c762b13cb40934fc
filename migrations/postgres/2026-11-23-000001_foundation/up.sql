-- Whoever holds this table's EXCLUSIVE lock is the one writer. It never holds a row.
CREATE TABLE write_gate (closed BOOLEAN PRIMARY KEY);

-- What is true of this database alone: whether it was created for demonstration, and its keys.
CREATE TABLE settings (
    name TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE persons (
    id TEXT COLLATE "C" PRIMARY KEY,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    CONSTRAINT persons_issuer_subject_key UNIQUE (issuer, subject)
);

CREATE TABLE journal (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    occurred_at TIMESTAMP NOT NULL,
    person_id TEXT COLLATE "C" REFERENCES persons (id),
    operation TEXT NOT NULL,
    request_id TEXT NOT NULL,
    name TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    organisation_id TEXT COLLATE "C",
    visibility TEXT NOT NULL CONSTRAINT journal_visibility_check CHECK (visibility IN ('public', 'organisation', 'staff')),
    data TEXT NOT NULL
);
CREATE INDEX journal_visibility_idx ON journal (visibility, sequence);
CREATE INDEX journal_organisation_idx ON journal (organisation_id, sequence);
CREATE INDEX journal_subject_idx ON journal (subject_id, sequence);
CREATE INDEX journal_person_idx ON journal (person_id);

CREATE FUNCTION journal_append_only() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'journal_append_only';
END
$$;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only();

CREATE TABLE idempotency (
    scope TEXT COLLATE "C" PRIMARY KEY,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    etag TEXT,
    body TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX idempotency_expires_idx ON idempotency (expires_at);

CREATE TABLE generations (
    tag INTEGER PRIMARY KEY,
    generation BIGINT NOT NULL
);
CREATE INDEX generations_generation_idx ON generations (generation);

CREATE TABLE jobs (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT NOT NULL CONSTRAINT jobs_kind_check CHECK (kind IN ('forget_answers')),
    due_at TIMESTAMP NOT NULL,
    claimed_until TIMESTAMP,
    attempts INTEGER NOT NULL,
    CONSTRAINT jobs_kind_key UNIQUE (kind)
);
CREATE INDEX jobs_due_idx ON jobs (due_at);
