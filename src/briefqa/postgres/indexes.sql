-- Made after all rows are in, which is faster.
CREATE INDEX files_brief ON {schema}.files (brief);
CREATE INDEX briefs_path ON {schema}.briefs (path, id);
CREATE UNIQUE INDEX passages_id ON {schema}.passages (id);
CREATE INDEX passages_brief ON {schema}.passages (brief, ordinal);
CREATE INDEX marks_passage ON {schema}.marks (brief, passage);
CREATE INDEX marks_note ON {schema}.marks (brief, note, passage);
CREATE INDEX cited_work ON {schema}.cited (work, fullness DESC, brief, again);
CREATE INDEX works_work ON {schema}.works (work, strength, id, brief);
CREATE INDEX places_collection ON {schema}.places (collection, brief);
