DROP TABLE file_uses;
DROP TABLE stored_objects;
DROP TABLE files;
