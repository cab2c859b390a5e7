-- Which generations there are, and which one is live.
CREATE TABLE briefqa.generations (
    -- Names the generation's schema, and the advisory lock that its readers hold.
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    -- loading: its tables are being filled. loaded: complete, not published yet. kept: was published. pruned: to be
    -- dropped when nobody reads it any more.
    state text NOT NULL DEFAULT 'loading' CHECK (state IN ('loading', 'loaded', 'kept', 'pruned')),
    manifest text NOT NULL,
    -- At how many lists a search among its vectors looks; -1: its index is a graph, 0: it has none.
    probes integer NOT NULL DEFAULT 0,
    -- A checksum for each of its tables, as JSON.
    checksums text NOT NULL DEFAULT '{}'
);
CREATE TABLE briefqa.live (
    alone boolean PRIMARY KEY DEFAULT true CHECK (alone),
    generation text COLLATE "C" NOT NULL REFERENCES briefqa.generations (name)
);

-- Texts compare as bytes do, here as in SQLite, whatever the database's locale.
CREATE DOMAIN briefqa.string AS text COLLATE "C";

-- What the queries of a catalog call and PostgreSQL does not have, or has otherwise: they go to SQLite, too. The schema
-- stands before pg_catalog in the path of every reader.
CREATE FUNCTION briefqa.lower(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$SELECT pg_catalog.lower($1 COLLATE "C")$$;
CREATE FUNCTION briefqa.instr(text, text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$SELECT pg_catalog.strpos($1, $2)$$;
CREATE FUNCTION briefqa.max(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$SELECT greatest($1, $2)$$;
CREATE FUNCTION briefqa.json_extract(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$SELECT pg_catalog.jsonb_path_query_first($1::jsonb, $2::jsonpath) #>> '{}'$$;
CREATE FUNCTION briefqa.json_each(text, OUT key integer, OUT value text) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 50
    AS $$SELECT (place - 1)::integer, each #>> '{}'
         FROM pg_catalog.jsonb_array_elements($1::jsonb) WITH ORDINALITY AS elements (each, place)$$;
