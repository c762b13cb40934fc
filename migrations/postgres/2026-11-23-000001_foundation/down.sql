DROP TABLE jobs;
DROP TABLE generations;
DROP TABLE idempotency;
DROP TABLE journal;
DROP FUNCTION journal_append_only();
DROP TABLE persons;
DROP TABLE settings;
DROP TABLE write_gate;
