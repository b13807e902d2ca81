-- Lists by name in the order of the Kazakh alphabet, whatever the database's collation: `name_key` is
-- the name's place as hexadecimal digits, `name_lower` what a search looks at.
ALTER TABLE people ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN name_lower TEXT NOT NULL DEFAULT '';
CREATE INDEX people_name ON people (name_key, id);

ALTER TABLE classes ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
CREATE INDEX classes_name ON classes (name_key, id);

CREATE INDEX class_members_person ON class_members (person);
CREATE INDEX class_staff_person ON class_staff (person);

-- The last line of the audit. Every change takes this row first, so that changes follow one another,
-- and a line cut off the end shows.
CREATE TABLE audit_head (
    id     BIGINT PRIMARY KEY,
    number BIGINT NOT NULL,
    hash   TEXT   NOT NULL
);
INSERT INTO audit_head (id, number, hash) VALUES (1, 0, '');
