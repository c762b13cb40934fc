DROP TABLE principle_assessments;
DROP INDEX revisions_review_idx;
DROP TABLE reviews;
DROP TABLE review_claims;
DROP TABLE reports;
