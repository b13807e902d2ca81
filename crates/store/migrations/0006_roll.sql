-- What a lesson's evidence came to, as JSON, once the evidence itself is thrown away.
CREATE TABLE roll_kept (
    lesson BIGINT PRIMARY KEY REFERENCES lessons (id),
    report TEXT   NOT NULL,
    at_ms  BIGINT NOT NULL
);
