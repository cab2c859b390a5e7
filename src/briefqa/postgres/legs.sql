-- What the two legs of a search read: what grows with the collection, and lies on the shards where there are any.
-- Each passage in the context of its brief, and one number that makes all of them equally long. A collection of many
-- passages has a partition of its own; `part` is its number, 0 stands for all others.
CREATE TABLE {schema}.vectors (
    position integer NOT NULL, part smallint NOT NULL, vector vector({width}) NOT NULL, PRIMARY KEY (position, part)
) PARTITION BY LIST (part);
CREATE TABLE {schema}.vectors_p0 PARTITION OF {schema}.vectors DEFAULT;
-- Terms in the order of their keys, some hundred a block: little-endian arrays of the keys (uint64) and, for passages and
-- for briefs, of where each term's postings begin and end (int32), of the rows (int32) and of what it is worth (float32).
CREATE TABLE {schema}.terms (
    block integer PRIMARY KEY, keys bytea NOT NULL,
    passages_ends bytea NOT NULL, passages_rows bytea NOT NULL, passages_worth bytea NOT NULL,
    briefs_ends bytea NOT NULL, briefs_rows bytea NOT NULL, briefs_worth bytea NOT NULL
);
-- Compressing costs more time than it saves: what is worth something looks like noise.
ALTER TABLE {schema}.terms
    ALTER keys SET STORAGE EXTERNAL, ALTER passages_ends SET STORAGE EXTERNAL, ALTER passages_rows SET STORAGE EXTERNAL,
    ALTER passages_worth SET STORAGE EXTERNAL, ALTER briefs_ends SET STORAGE EXTERNAL,
    ALTER briefs_rows SET STORAGE EXTERNAL, ALTER briefs_worth SET STORAGE EXTERNAL;
