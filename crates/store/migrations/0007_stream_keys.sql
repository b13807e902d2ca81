-- What programs publish and play a lesson with, as SHA-256 in hexadecimal; the last one made. Portable as
-- 0001.
CREATE TABLE stream_keys (
    lesson     BIGINT PRIMARY KEY REFERENCES lessons (id),
    stream_key TEXT   NOT NULL,
    made_ms    BIGINT NOT NULL
);
