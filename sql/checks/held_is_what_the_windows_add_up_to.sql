-- Where the ledger ends with a proof of everything, and no other run has stored or noted anything since,
-- as many entries are held as its windows add up to (with those of no day, and those that are not compared).
WITH newest AS (
    SELECT
        organization_id,
        arg_max(run_id, seq) AS run_id,
        max(recorded_at) AS recorded_at,
        arg_max(verdict, seq) = 'complete'
            AND arg_max_null(from_day, seq) IS NULL AND arg_max_null(to_day, seq) IS NULL AS proven
    FROM proofs
    GROUP BY organization_id
),
added AS (
    SELECT
        windows.organization_id,
        sum(windows.stated) + any_value(streams.undated) AS entries
    FROM windows
    JOIN streams USING (organization_id)
    GROUP BY windows.organization_id
    HAVING bool_and(windows.stated IS NOT NULL)
),
held AS (SELECT organization_id, count(*) AS entries FROM held_entries GROUP BY organization_id)
SELECT newest.organization_id, added.entries AS added, coalesce(held.entries, 0) AS held
FROM newest
JOIN added USING (organization_id)
LEFT JOIN held USING (organization_id)
WHERE newest.proven
    AND added.entries <> coalesce(held.entries, 0)
    AND NOT EXISTS (
        SELECT 1 FROM runs
        WHERE runs.organization_id = newest.organization_id AND runs.run_id <> newest.run_id
            AND runs.finished_at > newest.recorded_at
            AND runs.inserted + runs.quarantined + runs.vanished > 0
    )
    AND NOT EXISTS (
        SELECT 1 FROM absences
        WHERE absences.organization_id = newest.organization_id
            AND absences.noticed_at > newest.recorded_at
    );
