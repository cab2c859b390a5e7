-- The same tables where their rows lie on other servers: each shard has some positions, and some blocks of terms.
CREATE TABLE {schema}.vectors (position integer NOT NULL, part smallint NOT NULL, vector vector({width}) NOT NULL)
    PARTITION BY RANGE (position);
CREATE TABLE {schema}.terms (
    block integer NOT NULL, keys bytea NOT NULL,
    passages_ends bytea NOT NULL, passages_rows bytea NOT NULL, passages_worth bytea NOT NULL,
    briefs_ends bytea NOT NULL, briefs_rows bytea NOT NULL, briefs_worth bytea NOT NULL
) PARTITION BY RANGE (block);
