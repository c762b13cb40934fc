DROP INDEX initiatives_aging_idx;
ALTER TABLE initiatives DROP COLUMN aging_told;
DROP TABLE confirmations;
DROP TABLE mails;
DROP TABLE cursors;
DROP TABLE jobs;
CREATE TABLE jobs (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT NOT NULL CONSTRAINT jobs_kind_check CHECK (kind IN ('forget_answers')),
    due_at TIMESTAMP NOT NULL,
    claimed_until TIMESTAMP,
    attempts INTEGER NOT NULL,
    CONSTRAINT jobs_kind_key UNIQUE (kind)
);
CREATE INDEX jobs_due_idx ON jobs (due_at);
