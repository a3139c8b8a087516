-- The rows to be: of an entry served more than once, the content served last; beside what is stored under
-- its id. Only where each lies, since copying rows as wide as these would cost as much as parsing them.
-- One search of all ids finds the rows, and only of these the hashes are read: half the cost.
CREATE OR REPLACE TEMP TABLE arrivals AS
WITH stored AS (
    SELECT id, content_hash AS stored_hash
    FROM audit_log
    WHERE rowid IN (
        SELECT rowid FROM audit_log
        WHERE organization_id = $organization_id AND id IN (SELECT id FROM served)
    )
),
latest AS (
    SELECT id, number, content_hash, occurred_at FROM served
    WHERE reason IS NULL
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY number DESC) = 1
)
SELECT latest.*, stored_hash FROM latest LEFT JOIN stored USING (id);
