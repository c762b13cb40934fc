-- What was merged stays, as a word that is not to be chosen any more.
CREATE TABLE terms_without_ids (
    scheme TEXT NOT NULL CONSTRAINT terms_scheme_check CHECK (scheme IN ('target_group', 'activity', 'theme')),
    slug TEXT NOT NULL,
    label_da TEXT NOT NULL,
    label_en TEXT NOT NULL,
    status TEXT NOT NULL CONSTRAINT terms_status_check CHECK (status IN ('active', 'retired')),
    PRIMARY KEY (scheme, slug)
) STRICT;
INSERT INTO terms_without_ids (scheme, slug, label_da, label_en, status)
    SELECT scheme, slug, label_da, label_en, CASE status WHEN 'merged' THEN 'retired' ELSE status END FROM terms;
DROP TABLE terms;
ALTER TABLE terms_without_ids RENAME TO terms;
