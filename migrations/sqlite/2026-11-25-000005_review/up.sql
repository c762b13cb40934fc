-- What somebody has said about an entry of the catalogue.
CREATE TABLE reports (
    id TEXT NOT NULL PRIMARY KEY,
    initiative_id TEXT NOT NULL REFERENCES initiatives (id),
    reason TEXT NOT NULL CONSTRAINT reports_reason_check CHECK (reason IN ('outdated', 'incorrect', 'commercial', 'offensive', 'unsafe', 'duplicate', 'other')),
    text TEXT,
    status TEXT NOT NULL CONSTRAINT reports_status_check CHECK (status IN ('open', 'upheld', 'dismissed')),
    decision_reason TEXT,
    decided_at TEXT,
    received_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT reports_decided_check CHECK ((status = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (decision_reason IS NULL))
) STRICT;
CREATE INDEX reports_status_idx ON reports (status, received_at, id);
CREATE INDEX reports_initiative_idx ON reports (initiative_id, received_at, id);

-- Who is at a text that waits for review.
CREATE TABLE review_claims (
    initiative_id TEXT NOT NULL PRIMARY KEY REFERENCES initiatives (id),
    person_id TEXT NOT NULL REFERENCES persons (id),
    claimed_until TEXT NOT NULL
) STRICT;
CREATE INDEX review_claims_person_idx ON review_claims (person_id);

-- How long each text waited for its answer.
CREATE TABLE reviews (
    id TEXT NOT NULL PRIMARY KEY,
    initiative_id TEXT NOT NULL REFERENCES initiatives (id),
    outcome TEXT NOT NULL CONSTRAINT reviews_outcome_check CHECK (outcome IN ('publish', 'return', 'refuse')),
    submitted_at TEXT NOT NULL,
    decided_at TEXT NOT NULL
) STRICT;
CREATE INDEX reviews_decided_idx ON reviews (decided_at);
CREATE INDEX reviews_initiative_idx ON reviews (initiative_id);
CREATE INDEX revisions_review_idx ON revisions (state, submitted_at, id);

-- What somebody answered to one of the principles, about whatever it is. The latest answer of each side counts.
CREATE TABLE principle_assessments (
    id TEXT NOT NULL PRIMARY KEY,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    side TEXT NOT NULL CONSTRAINT principle_assessments_side_check CHECK (side IN ('declared', 'assessed')),
    principle TEXT NOT NULL CONSTRAINT principle_assessments_principle_check CHECK (principle IN ('unpaid_and_voluntary', 'for_others', 'supplement', 'self_determination', 'social_aim')),
    answer TEXT NOT NULL CONSTRAINT principle_assessments_answer_check CHECK (answer IN ('yes', 'no', 'unsure')),
    comment TEXT,
    person_id TEXT REFERENCES persons (id),
    assessed_at TEXT NOT NULL
) STRICT;
CREATE INDEX principle_assessments_subject_idx ON principle_assessments (subject_id, id);
