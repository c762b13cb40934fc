DROP TABLE jobs;
DROP TABLE generations;
DROP TABLE idempotency;
DROP TABLE journal;
DROP TABLE persons;
DROP TABLE settings;
