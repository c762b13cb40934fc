-- How employees refer somebody to an initiative: apart from everything that the public reads.
CREATE TABLE referrals (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    initiative_id TEXT COLLATE "C" NOT NULL CONSTRAINT referrals_initiative_id_key UNIQUE REFERENCES initiatives (id),
    how TEXT NOT NULL,
    suitable_for TEXT,
    capacity TEXT NOT NULL CONSTRAINT referrals_capacity_check CHECK (capacity IN ('open', 'waiting_list', 'full')),
    capacity_note TEXT,
    contact_name TEXT NOT NULL,
    contact_email TEXT,
    contact_phone TEXT,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT referrals_contact_check CHECK (contact_email IS NOT NULL OR contact_phone IS NOT NULL)
);
CREATE INDEX referrals_updated_idx ON referrals (updated_at, seq);

CREATE TABLE referral_search (
    seq BIGINT PRIMARY KEY REFERENCES referrals (seq) ON DELETE CASCADE,
    terms TSVECTOR NOT NULL
);
CREATE INDEX referral_search_terms_idx ON referral_search USING GIN (terms);
