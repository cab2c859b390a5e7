-- Views of the tables for whoever may see some collections: the setting briefqa.seen names these, as JSON.
-- Views and not policies, since superusers pass by the latter.
CREATE VIEW {schema}_seen.collections AS
    SELECT jsonb_array_elements_text(current_setting('briefqa.seen')::jsonb) AS collection;
-- A brief that lies in other collections, too, shows its places in these only.
CREATE VIEW {schema}_seen.briefs AS
    SELECT b.id, seen.path::briefqa.string AS path, b.title, b.authors, b.published, b.language, b.body, b.pages,
           b.sections, b.problems, b.page_count, b.passage_count, b.note_count
    FROM {schema}.briefs b
    JOIN (SELECT brief, min(path) AS path FROM {schema}.places
          WHERE collection IN (SELECT collection FROM {schema}_seen.collections) GROUP BY brief) seen
      ON seen.brief = b.id;
CREATE VIEW {schema}_seen.files AS
    SELECT * FROM {schema}.files
    WHERE CASE WHEN path LIKE '%/%' THEN split_part(path, '/', 1) ELSE '' END
          IN (SELECT collection FROM {schema}_seen.collections);
CREATE VIEW {schema}_seen.revisions AS SELECT * FROM {schema}.revisions WHERE FALSE;
CREATE VIEW {schema}_seen.passages AS SELECT * FROM {schema}.passages WHERE brief IN
    (SELECT brief FROM {schema}.places WHERE collection IN (SELECT collection FROM {schema}_seen.collections));
CREATE VIEW {schema}_seen.notes AS SELECT * FROM {schema}.notes WHERE brief IN
    (SELECT brief FROM {schema}.places WHERE collection IN (SELECT collection FROM {schema}_seen.collections));
CREATE VIEW {schema}_seen.sources AS SELECT * FROM {schema}.sources WHERE brief IN
    (SELECT brief FROM {schema}.places WHERE collection IN (SELECT collection FROM {schema}_seen.collections));
CREATE VIEW {schema}_seen.cited AS SELECT * FROM {schema}.cited WHERE brief IN
    (SELECT brief FROM {schema}.places WHERE collection IN (SELECT collection FROM {schema}_seen.collections));
CREATE VIEW {schema}_seen.works AS SELECT * FROM {schema}.works WHERE brief IN
    (SELECT brief FROM {schema}.places WHERE collection IN (SELECT collection FROM {schema}_seen.collections));
CREATE VIEW {schema}_seen.geometry AS SELECT * FROM {schema}.geometry WHERE brief IN
    (SELECT brief FROM {schema}.places WHERE collection IN (SELECT collection FROM {schema}_seen.collections));
CREATE VIEW {schema}_seen.marks AS SELECT * FROM {schema}.marks WHERE brief IN
    (SELECT brief FROM {schema}.places WHERE collection IN (SELECT collection FROM {schema}_seen.collections));
