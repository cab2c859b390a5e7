-- Views of the tables for whoever may see some collections: the setting briefqa.seen names these, as JSON. `loading` makes
-- the others, which hold the rows of these briefs. Views and not policies, since superusers pass by the latter.
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
