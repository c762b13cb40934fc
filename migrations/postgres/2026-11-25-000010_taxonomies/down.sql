-- What was merged stays, as a word that is not to be chosen any more.
ALTER TABLE terms
    DROP CONSTRAINT terms_merged_check,
    DROP CONSTRAINT terms_status_check;
UPDATE terms SET status = 'retired' WHERE status = 'merged';
ALTER TABLE terms
    DROP CONSTRAINT terms_scheme_slug_key,
    DROP COLUMN merged_into,
    DROP COLUMN parent_id,
    DROP COLUMN id,
    DROP COLUMN version,
    ADD PRIMARY KEY (scheme, slug),
    ADD CONSTRAINT terms_status_check CHECK (status IN ('active', 'retired'));
