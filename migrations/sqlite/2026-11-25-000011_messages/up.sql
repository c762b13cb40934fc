-- What somebody wants to say to the contact of an entry: kept until its link expires, or for a while after it has gone.
CREATE TABLE messages (
    id TEXT NOT NULL PRIMARY KEY,
    initiative_id TEXT NOT NULL REFERENCES initiatives (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    text TEXT NOT NULL,
    received_at TEXT NOT NULL,
    confirmed_at TEXT
) STRICT;
CREATE INDEX messages_received_idx ON messages (received_at);
CREATE INDEX messages_initiative_idx ON messages (initiative_id);
