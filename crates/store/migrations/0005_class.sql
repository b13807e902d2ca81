-- The class in a room. Portable as 0001.

-- What a lesson's staff decided of it: locks, who may write, who has the floor. JSON, whole each time.
CREATE TABLE lesson_rules (
    lesson BIGINT PRIMARY KEY REFERENCES lessons (id),
    rules  TEXT   NOT NULL
);

-- Who was put out and may not come back. `devices` are hashes in hexadecimal, with spaces between.
CREATE TABLE removals (
    lesson      BIGINT NOT NULL REFERENCES lessons (id),
    participant BIGINT NOT NULL,
    at_ms       BIGINT NOT NULL,
    devices     TEXT   NOT NULL,
    PRIMARY KEY (lesson, participant)
);

-- More tokens that open a seat, beside the one it was taken with: a person the school knows brings a
-- new one from every device. `number` counts those of one seat.
CREATE TABLE seat_tokens (
    lesson      BIGINT NOT NULL REFERENCES lessons (id),
    participant BIGINT NOT NULL,
    number      BIGINT NOT NULL,
    token       TEXT   NOT NULL,
    PRIMARY KEY (lesson, participant, number)
);
