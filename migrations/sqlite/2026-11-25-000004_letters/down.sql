DROP INDEX initiatives_aging_idx;
ALTER TABLE initiatives DROP COLUMN aging_told;
DROP TABLE confirmations;
DROP TABLE mails;
DROP TABLE cursors;
DROP TABLE jobs;
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CONSTRAINT jobs_kind_check CHECK (kind IN ('forget_answers')),
    due_at TEXT NOT NULL,
    claimed_until TEXT,
    attempts INTEGER NOT NULL,
    CONSTRAINT jobs_kind_key UNIQUE (kind)
) STRICT;
CREATE INDEX jobs_due_idx ON jobs (due_at);
