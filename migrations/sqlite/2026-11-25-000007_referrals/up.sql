-- How employees refer somebody to an initiative: apart from everything that the public reads.
CREATE TABLE referrals (
    seq INTEGER PRIMARY KEY,
    initiative_id TEXT NOT NULL CONSTRAINT referrals_initiative_id_key UNIQUE REFERENCES initiatives (id),
    how TEXT NOT NULL,
    suitable_for TEXT,
    capacity TEXT NOT NULL CONSTRAINT referrals_capacity_check CHECK (capacity IN ('open', 'waiting_list', 'full')),
    capacity_note TEXT,
    contact_name TEXT NOT NULL,
    contact_email TEXT,
    contact_phone TEXT,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT referrals_contact_check CHECK (contact_email IS NOT NULL OR contact_phone IS NOT NULL)
) STRICT;
CREATE INDEX referrals_updated_idx ON referrals (updated_at, seq);

CREATE VIRTUAL TABLE referral_search USING fts5(terms, content='', contentless_delete=1, detail=none, tokenize='ascii', prefix='2 3 4');
