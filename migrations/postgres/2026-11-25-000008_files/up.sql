-- What is known of a file. It goes at discard_at, unless something uses it.
CREATE TABLE files (
    id TEXT COLLATE "C" PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    purpose TEXT NOT NULL CONSTRAINT files_purpose_check CHECK (purpose IN ('image')),
    name TEXT NOT NULL,
    status TEXT NOT NULL CONSTRAINT files_status_check CHECK (status IN ('reserved', 'ready')),
    reserved_at TIMESTAMP NOT NULL,
    discard_at TIMESTAMP,
    version BIGINT NOT NULL
);
CREATE INDEX files_organisation_idx ON files (organisation_id, discard_at);
CREATE INDEX files_discard_idx ON files (discard_at);

-- What lies in the file store, from before it is laid there until after it is gone.
CREATE TABLE stored_objects (
    key TEXT COLLATE "C" PRIMARY KEY,
    file_id TEXT COLLATE "C" REFERENCES files (id),
    size TEXT NOT NULL CONSTRAINT stored_objects_size_check CHECK (size IN ('full', 'small')),
    media_type TEXT NOT NULL CONSTRAINT stored_objects_media_type_check CHECK (media_type IN ('image/jpeg', 'image/png', 'image/webp')),
    bytes BIGINT NOT NULL,
    width INTEGER,
    height INTEGER,
    digest TEXT NOT NULL,
    discard_at TIMESTAMP,
    CONSTRAINT stored_objects_file_size_key UNIQUE (file_id, size),
    CONSTRAINT stored_objects_owner_check CHECK ((file_id IS NULL) = (discard_at IS NOT NULL))
);
CREATE INDEX stored_objects_discard_idx ON stored_objects (discard_at);

-- What uses a file. A file in use cannot go, and a file that has gone cannot be used.
CREATE TABLE file_uses (
    subject_id TEXT COLLATE "C" NOT NULL,
    file_id TEXT COLLATE "C" NOT NULL REFERENCES files (id),
    subject_kind TEXT NOT NULL,
    PRIMARY KEY (subject_id, file_id)
);
CREATE INDEX file_uses_file_idx ON file_uses (file_id);
