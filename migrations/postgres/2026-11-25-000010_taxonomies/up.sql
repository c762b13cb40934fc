-- A term gets an id of its own, since events name what they are about by one, a place in its tree, and what it was merged
-- into. The vocabulary to begin with has the same ids in every database.
ALTER TABLE terms
    ADD COLUMN id TEXT COLLATE "C",
    ADD COLUMN parent_id TEXT COLLATE "C",
    ADD COLUMN merged_into TEXT COLLATE "C",
    ADD COLUMN version BIGINT NOT NULL DEFAULT 1,
    DROP CONSTRAINT terms_pkey,
    DROP CONSTRAINT terms_status_check;
UPDATE terms SET id = '01932b6e-7a00-7100-8000-' || lpad(to_hex(numbered.place), 12, '0')
    FROM (SELECT scheme, slug, row_number() OVER (ORDER BY scheme, slug) AS place FROM terms) numbered
    WHERE numbered.scheme = terms.scheme AND numbered.slug = terms.slug;
ALTER TABLE terms
    ALTER COLUMN version DROP DEFAULT,
    ADD PRIMARY KEY (id),
    ADD FOREIGN KEY (parent_id) REFERENCES terms (id),
    ADD FOREIGN KEY (merged_into) REFERENCES terms (id),
    ADD CONSTRAINT terms_status_check CHECK (status IN ('active', 'retired', 'merged')),
    ADD CONSTRAINT terms_scheme_slug_key UNIQUE (scheme, slug),
    ADD CONSTRAINT terms_parent_check CHECK (parent_id <> id),
    ADD CONSTRAINT terms_merged_check CHECK ((status = 'merged') = (merged_into IS NOT NULL));
