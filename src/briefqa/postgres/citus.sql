-- What spreads an index over Citus. It was written by the book and never run: there was no Citus to run it on.
-- Run it once, on the coordinator, in the database of the index, after the first `briefqa reindex`; generations that are
-- built from then on are spread. Rows that a filter or a question names go to their workers alone, what is nearest is
-- sought on all of them.
CREATE EXTENSION IF NOT EXISTS citus;
-- For each worker: SELECT citus_add_node('worker1.example.org', 5432);
CREATE OR REPLACE FUNCTION briefqa.made(schema text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM create_distributed_table(format('%I.vectors', schema), 'position', colocate_with => 'none');
    PERFORM create_distributed_table(format('%I.terms', schema), 'block', colocate_with => 'none');
END $$;
-- What a session is set to does not reach the workers; briefqa.generations says at how many lists to look.
SELECT run_command_on_workers(format('ALTER DATABASE %I SET ivfflat.probes = 64', current_database()));
SELECT run_command_on_workers(
    format('ALTER DATABASE %I SET ivfflat.iterative_scan = relaxed_order', current_database()));
