-- Due work stands in one table, whatever it is; `key` names the thing it is about, or nothing for what comes round again.
-- Kinds of work, of letters and of links have no CHECK: an older instance beside a newer one leaves alone what it does not know.
DROP TABLE jobs;
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    due_at TEXT NOT NULL,
    claimed_until TEXT,
    attempts INTEGER NOT NULL,
    CONSTRAINT jobs_kind_key UNIQUE (kind, key)
) STRICT;
CREATE INDEX jobs_due_idx ON jobs (due_at, id);

-- How far each follower of the journal has come.
CREATE TABLE cursors (
    name TEXT NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT;
INSERT INTO cursors (name, sequence) SELECT 'letters', coalesce(max(sequence), 0) FROM journal;

-- Letters on their way. What they say is put together when they go, from what is true then.
CREATE TABLE mails (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    status TEXT NOT NULL CONSTRAINT mails_status_check CHECK (status IN ('waiting', 'sending', 'sent', 'failed', 'unknown')),
    attempts INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    sent_at TEXT
) STRICT;
CREATE INDEX mails_recipient_idx ON mails (recipient, created_at);
CREATE INDEX mails_created_idx ON mails (created_at);

-- Links that were mailed. The secret itself is in the letter alone.
CREATE TABLE confirmations (
    digest TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    redeemed_at TEXT
) STRICT;
CREATE INDEX confirmations_subject_idx ON confirmations (subject_id);
CREATE INDEX confirmations_expires_idx ON confirmations (expires_at);

-- How far the readers of an entry have been told that it ages: 'due', then 'hidden'. Whether it does is a matter of dates.
ALTER TABLE initiatives ADD COLUMN aging_told TEXT CONSTRAINT initiatives_aging_told_check CHECK (aging_told IN ('due', 'hidden'));
CREATE INDEX initiatives_aging_idx ON initiatives (status, aging_told, verified_at);
