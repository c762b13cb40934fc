-- Whether an organisation looks for others to do something with, and how it came to its end. A merged one leads to its successor.
ALTER TABLE organisations ADD COLUMN seeks_cooperation BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organisations ADD COLUMN cooperation TEXT;
ALTER TABLE organisations ADD COLUMN ending TEXT CONSTRAINT organisations_ending_check CHECK (ending IN ('dissolved', 'merged'));
ALTER TABLE organisations ADD COLUMN ended_on DATE;
ALTER TABLE organisations ADD COLUMN successor_id TEXT COLLATE "C";

-- Where letters to a member go, as far as that is known.
ALTER TABLE memberships ADD COLUMN email TEXT;

-- Each time in which nobody signed for an organisation, because its signatories disagreed.
CREATE TABLE signing_freezes (
    id TEXT COLLATE "C" PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    reason TEXT NOT NULL,
    frozen_at TIMESTAMP NOT NULL,
    lifted_reason TEXT,
    lifted_at TIMESTAMP,
    CONSTRAINT signing_freezes_lifted_check CHECK ((lifted_at IS NULL) = (lifted_reason IS NULL))
);
CREATE UNIQUE INDEX signing_freezes_open_key ON signing_freezes (organisation_id) WHERE lifted_at IS NULL;
CREATE INDEX signing_freezes_organisation_idx ON signing_freezes (organisation_id, id);

-- Whether an organisation may have support and premises (folkeoplysningsloven, section 44 a).
CREATE TABLE eligibility_cases (
    id TEXT COLLATE "C" PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    status TEXT NOT NULL CONSTRAINT eligibility_cases_status_check CHECK (status IN ('hearing', 'answered', 'held', 'dropped', 'lifted')),
    facts TEXT NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    due_on DATE NOT NULL,
    answer TEXT,
    answered_at TIMESTAMP,
    decision_reason TEXT,
    decided_at TIMESTAMP,
    lifted_reason TEXT,
    lifted_at TIMESTAMP,
    version BIGINT NOT NULL,
    CONSTRAINT eligibility_cases_answered_check CHECK ((answered_at IS NULL) = (answer IS NULL)),
    CONSTRAINT eligibility_cases_decided_check CHECK ((decided_at IS NULL) = (decision_reason IS NULL) AND (decided_at IS NULL) = (status IN ('hearing', 'answered'))),
    CONSTRAINT eligibility_cases_lifted_check CHECK ((lifted_at IS NULL) = (lifted_reason IS NULL) AND (lifted_at IS NOT NULL) = (status = 'lifted'))
);
CREATE UNIQUE INDEX eligibility_cases_open_key ON eligibility_cases (organisation_id) WHERE status IN ('hearing', 'answered', 'held');
CREATE INDEX eligibility_cases_organisation_idx ON eligibility_cases (organisation_id, id);

-- Somebody wants an organisation without a signatory to have one again.
CREATE TABLE successions (
    organisation_id TEXT COLLATE "C" PRIMARY KEY REFERENCES organisations (id),
    person_id TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    started_at TIMESTAMP NOT NULL
);

-- That something was declared for a year, and nothing of what is behind it.
CREATE TABLE declarations (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL CONSTRAINT declarations_kind_check CHECK (kind IN ('child_certificates', 'democracy')),
    year INTEGER NOT NULL,
    declared_at TIMESTAMP NOT NULL,
    declared_by TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    PRIMARY KEY (organisation_id, kind, year)
);

-- Invitations to speak for an organisation; the secret of the link is in the letter alone.
CREATE TABLE invitations (
    id TEXT COLLATE "C" PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    email TEXT NOT NULL,
    role TEXT NOT NULL CONSTRAINT invitations_role_check CHECK (role IN ('signatory', 'editor')),
    status TEXT NOT NULL CONSTRAINT invitations_status_check CHECK (status IN ('open', 'accepted', 'withdrawn')),
    invited_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX invitations_open_key ON invitations (organisation_id, email) WHERE status = 'open';
CREATE INDEX invitations_organisation_idx ON invitations (organisation_id, id);

-- What an organisation was called and numbered before. A decision keeps the numbers of its day.
CREATE TABLE former_registrations (
    id TEXT COLLATE "C" PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    cvr TEXT,
    p_number TEXT,
    until TIMESTAMP NOT NULL
);
CREATE INDEX former_registrations_organisation_idx ON former_registrations (organisation_id, id);
