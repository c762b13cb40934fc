DROP TABLE catalogue_search;
DROP TABLE catalogue_places;
DROP TABLE catalogue_facets;
DROP TABLE catalogue;
DROP TABLE revisions;
DROP TABLE initiatives;
DROP TABLE terms;
