-- The tables of a generation; {schema} and {width} are filled in. They are those of a catalog in a file, and what
-- stands in a folder beside it.
CREATE TABLE {schema}.files (
    path briefqa.string PRIMARY KEY, size bigint, mtime_ns bigint, sha256 briefqa.string, brief briefqa.string,
    failure briefqa.string
);
CREATE TABLE {schema}.revisions (old briefqa.string PRIMARY KEY, brief briefqa.string);
CREATE TABLE {schema}.briefs (
    id briefqa.string PRIMARY KEY, path briefqa.string, title briefqa.string, authors briefqa.string,
    published briefqa.string, language briefqa.string, body briefqa.string, pages briefqa.string,
    sections briefqa.string, problems briefqa.string, page_count integer, passage_count integer, note_count integer
);
CREATE TABLE {schema}.passages (
    position integer PRIMARY KEY, id briefqa.string, brief briefqa.string, ordinal integer, begins integer,
    ends integer, text briefqa.string, context briefqa.string, section briefqa.string, pages briefqa.string
);
-- folded: the text without case, as Python folds it.
CREATE TABLE {schema}.notes (
    brief briefqa.string, id briefqa.string, ordinal integer, label briefqa.string, kind briefqa.string, page integer,
    text briefqa.string, refers_to briefqa.string, folded briefqa.string, PRIMARY KEY (brief, id)
);
CREATE TABLE {schema}.sources (
    brief briefqa.string, note briefqa.string, ordinal integer, csl briefqa.string, begins integer, ends integer,
    PRIMARY KEY (brief, note, ordinal)
);
CREATE TABLE {schema}.cited (
    brief briefqa.string, note briefqa.string, source integer, work integer, again boolean, fullness integer,
    words briefqa.string, PRIMARY KEY (brief, note, source)
);
CREATE TABLE {schema}.works (
    id briefqa.string, brief briefqa.string, work integer, strength integer, PRIMARY KEY (id, brief)
);
CREATE TABLE {schema}.geometry (
    brief briefqa.string, page integer, width double precision, height double precision, packed bytea,
    PRIMARY KEY (brief, page)
);
CREATE TABLE {schema}.marks (
    brief briefqa.string, ordinal integer, label briefqa.string, at integer, page integer, note briefqa.string,
    passage integer, PRIMARY KEY (brief, ordinal)
);
-- Every path at which a brief lies, and its collection: what decides over who sees it.
CREATE TABLE {schema}.places (
    brief briefqa.string, collection briefqa.string, path briefqa.string, PRIMARY KEY (brief, collection, path)
);
-- Each note that a passage cites in the context of its brief, and one number that makes all of them equally long; the array
-- "noted" has the passages.
CREATE TABLE {schema}.note_vectors (position integer PRIMARY KEY, vector vector({width}) NOT NULL);
-- The numbers of words; terms are known by keys made of them.
CREATE TABLE {schema}.words (word briefqa.string PRIMARY KEY, number integer NOT NULL);
-- What is small beside the terms and is read whole, in pieces.
CREATE TABLE {schema}.arrays (name text, piece integer, bytes bytea NOT NULL, PRIMARY KEY (name, piece));
