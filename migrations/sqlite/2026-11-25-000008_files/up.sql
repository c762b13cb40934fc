-- What is known of a file. It goes at discard_at, unless something uses it.
CREATE TABLE files (
    id TEXT NOT NULL PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    purpose TEXT NOT NULL CONSTRAINT files_purpose_check CHECK (purpose IN ('image')),
    name TEXT NOT NULL,
    status TEXT NOT NULL CONSTRAINT files_status_check CHECK (status IN ('reserved', 'ready')),
    reserved_at TEXT NOT NULL,
    discard_at TEXT,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX files_organisation_idx ON files (organisation_id, discard_at);
CREATE INDEX files_discard_idx ON files (discard_at);

-- What lies in the file store, from before it is laid there until after it is gone.
CREATE TABLE stored_objects (
    key TEXT NOT NULL PRIMARY KEY,
    file_id TEXT REFERENCES files (id),
    size TEXT NOT NULL CONSTRAINT stored_objects_size_check CHECK (size IN ('full', 'small')),
    media_type TEXT NOT NULL CONSTRAINT stored_objects_media_type_check CHECK (media_type IN ('image/jpeg', 'image/png', 'image/webp')),
    bytes INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    digest TEXT NOT NULL,
    discard_at TEXT,
    CONSTRAINT stored_objects_file_size_key UNIQUE (file_id, size),
    CONSTRAINT stored_objects_owner_check CHECK ((file_id IS NULL) = (discard_at IS NOT NULL))
) STRICT;
CREATE INDEX stored_objects_discard_idx ON stored_objects (discard_at);

-- What uses a file. A file in use cannot go, and a file that has gone cannot be used.
CREATE TABLE file_uses (
    subject_id TEXT NOT NULL,
    file_id TEXT NOT NULL REFERENCES files (id),
    subject_kind TEXT NOT NULL,
    PRIMARY KEY (subject_id, file_id)
) STRICT;
CREATE INDEX file_uses_file_idx ON file_uses (file_id);
