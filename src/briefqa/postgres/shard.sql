-- One shard of a generation, seen from the server that is asked.
CREATE FOREIGN TABLE {schema}.vectors_s{number} PARTITION OF {schema}.vectors FOR VALUES FROM ({rows}) TO ({rows_end})
    SERVER {server} OPTIONS (schema_name '{there}', table_name 'vectors');
CREATE FOREIGN TABLE {schema}.terms_s{number} PARTITION OF {schema}.terms FOR VALUES FROM ({blocks}) TO ({blocks_end})
    SERVER {server} OPTIONS (schema_name '{there}', table_name 'terms');
