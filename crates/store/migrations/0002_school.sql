-- The school around its lessons. Portable as 0001: BIGINT milliseconds, BIGINT flags (0 or 1), TEXT;
-- numbers of people and things are random, so that no two servers need to agree on a counter.

CREATE TABLE people (
    id            BIGINT PRIMARY KEY,
    name          TEXT   NOT NULL,
    -- admin, teacher, student or observer.
    kind          TEXT   NOT NULL,
    -- What they type to log in; only those with a local account have one.
    login         TEXT   UNIQUE,
    -- argon2id in PHC form.
    password_hash TEXT,
    -- The school's own number of this person, if it keeps one.
    external_id   TEXT   UNIQUE,
    created_ms    BIGINT NOT NULL,
    disabled_ms   BIGINT
);

CREATE TABLE classes (
    id          BIGINT PRIMARY KEY,
    name        TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    external_id TEXT   UNIQUE,
    created_ms  BIGINT NOT NULL,
    archived_ms BIGINT
);

-- The roster: `number` is the place in the list.
CREATE TABLE class_members (
    class  BIGINT NOT NULL REFERENCES classes (id),
    person BIGINT NOT NULL REFERENCES people (id),
    number BIGINT NOT NULL,
    PRIMARY KEY (class, person)
);

-- Who teaches a class: teacher, assistant or observer.
CREATE TABLE class_staff (
    class  BIGINT NOT NULL REFERENCES classes (id),
    person BIGINT NOT NULL REFERENCES people (id),
    role   TEXT   NOT NULL,
    PRIMARY KEY (class, person)
);

-- What opens a door for a person, each as the hash of a token: a student's personal link (link), a
-- teacher's or administrator's invitation (invite), a logged-in page (login).
CREATE TABLE person_tokens (
    token      TEXT   PRIMARY KEY,
    person     BIGINT NOT NULL REFERENCES people (id),
    purpose    TEXT   NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    used_ms    BIGINT
);
CREATE INDEX person_tokens_person ON person_tokens (person);

-- Tokens of the school's own tools; `scopes` are words separated by spaces.
CREATE TABLE api_tokens (
    id         BIGINT PRIMARY KEY,
    token      TEXT   NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    scopes     TEXT   NOT NULL,
    created_by BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    revoked_ms BIGINT
);

-- The school's own rules and words: name, default language, roll rules, retention.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

ALTER TABLE lessons ADD COLUMN class BIGINT REFERENCES classes (id);
ALTER TABLE lessons ADD COLUMN teacher BIGINT REFERENCES people (id);
CREATE INDEX lessons_class ON lessons (class, started_ms);

ALTER TABLE seats ADD COLUMN person BIGINT REFERENCES people (id);
CREATE INDEX seats_person ON seats (person);

ALTER TABLE roll_events ADD COLUMN detail TEXT;

-- What a teacher, an office or the pupil says of a pupil's attendance: append only, the last one of a
-- kind counts. `number` counts the decisions of one lesson.
CREATE TABLE roll_decisions (
    lesson BIGINT NOT NULL REFERENCES lessons (id),
    number BIGINT NOT NULL,
    -- Whose attendance: a person of the roster, or a guest's seat.
    person      BIGINT REFERENCES people (id),
    participant BIGINT,
    kind   TEXT   NOT NULL,
    detail TEXT,
    -- Who decided; NULL is the server, or a teacher without an account.
    by_person BIGINT REFERENCES people (id),
    at_ms  BIGINT NOT NULL,
    PRIMARY KEY (lesson, number)
);

CREATE TABLE chat_messages (
    lesson      BIGINT NOT NULL REFERENCES lessons (id),
    number      BIGINT NOT NULL,
    participant BIGINT NOT NULL,
    -- everyone or teachers.
    audience    TEXT   NOT NULL,
    text        TEXT   NOT NULL,
    at_ms       BIGINT NOT NULL,
    deleted_ms  BIGINT,
    PRIMARY KEY (lesson, number)
);

-- Every change of the above by a person or a tool, and every bulk export. `hash` is SHA-256 over this
-- line and the hash before it, so that a line changed or taken out later shows.
CREATE TABLE audit (
    number  BIGINT PRIMARY KEY,
    at_ms   BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    detail  TEXT   NOT NULL,
    hash    TEXT   NOT NULL
);
