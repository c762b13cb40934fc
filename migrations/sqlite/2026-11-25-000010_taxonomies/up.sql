-- A term gets an id of its own, since events name what they are about by one, a place in its tree, and what it was merged
-- into. The vocabulary to begin with has the same ids in every database.
CREATE TABLE terms_with_ids (
    id TEXT NOT NULL PRIMARY KEY,
    scheme TEXT NOT NULL CONSTRAINT terms_scheme_check CHECK (scheme IN ('target_group', 'activity', 'theme')),
    slug TEXT NOT NULL,
    label_da TEXT NOT NULL,
    label_en TEXT NOT NULL,
    status TEXT NOT NULL CONSTRAINT terms_status_check CHECK (status IN ('active', 'retired', 'merged')),
    parent_id TEXT REFERENCES terms_with_ids (id),
    merged_into TEXT REFERENCES terms_with_ids (id),
    version INTEGER NOT NULL,
    CONSTRAINT terms_scheme_slug_key UNIQUE (scheme, slug),
    CONSTRAINT terms_parent_check CHECK (parent_id <> id),
    CONSTRAINT terms_merged_check CHECK ((status = 'merged') = (merged_into IS NOT NULL))
) STRICT;
INSERT INTO terms_with_ids (id, scheme, slug, label_da, label_en, status, version)
    SELECT printf('01932b6e-7a00-7100-8000-%012x', row_number() OVER (ORDER BY scheme, slug)), scheme, slug, label_da, label_en, status, 1 FROM terms;
DROP TABLE terms;
ALTER TABLE terms_with_ids RENAME TO terms;
