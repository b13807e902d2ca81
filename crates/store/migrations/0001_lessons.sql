-- Portable between SQLite and PostgreSQL: times are BIGINT milliseconds since the Unix epoch (UTC),
-- everything else is BIGINT or TEXT. Tokens are only here as SHA-256 in hexadecimal.

CREATE TABLE lessons (
    id            BIGINT PRIMARY KEY,
    code          TEXT   NOT NULL UNIQUE,
    name          TEXT   NOT NULL,
    teacher_token TEXT   NOT NULL,
    started_ms    BIGINT NOT NULL,
    -- The last moment at which the server is known to have been running this lesson.
    alive_ms      BIGINT,
    ended_ms      BIGINT
);

CREATE TABLE seats (
    lesson      BIGINT NOT NULL REFERENCES lessons (id),
    participant BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    token       TEXT   NOT NULL,
    joined_ms   BIGINT NOT NULL,
    PRIMARY KEY (lesson, participant)
);

-- Append only. `number` counts the events of one lesson, so that writing one twice changes nothing.
CREATE TABLE roll_events (
    lesson      BIGINT NOT NULL REFERENCES lessons (id),
    number      BIGINT NOT NULL,
    participant BIGINT NOT NULL,
    at_ms       BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    PRIMARY KEY (lesson, number)
);
