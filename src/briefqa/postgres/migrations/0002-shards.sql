-- Names the library on its shards, which other libraries may use, too.
CREATE TABLE briefqa.library (id text NOT NULL);
INSERT INTO briefqa.library VALUES (substr(md5(gen_random_uuid()::text), 1, 8));
-- On how many other servers a generation's vectors and terms lie.
ALTER TABLE briefqa.generations ADD COLUMN shards integer NOT NULL DEFAULT 0;
-- Is called when the tables that the legs of a search read have been made here and are empty still: the place for whoever
-- looks after the database to spread them, or to put them elsewhere. See `briefqa postgres ddl`.
CREATE FUNCTION briefqa.made(schema text) RETURNS void LANGUAGE sql AS '';
