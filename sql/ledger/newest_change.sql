-- What a copy for readers must not lack: the newest run that changed an entry, the newest absence or
-- return, and what the views are made from, which a comment on one of them tells (schema.py).
SELECT
    (SELECT max(run_id) FROM runs WHERE inserted + changed + quarantined + vanished > 0),
    (SELECT max(noticed_at)::VARCHAR FROM absences),
    (
        SELECT comment FROM duckdb_views()
        WHERE database_name = current_database() AND view_name = 'coverage'
    );
