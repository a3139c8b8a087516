-- The rows to be: of an entry served more than once, the content served last.
CREATE OR REPLACE TEMP TABLE arrivals AS
SELECT served.*, matches.content_hash AS stored_hash
FROM (
    SELECT * FROM served
    WHERE reason IS NULL
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY page DESC, place DESC) = 1
) AS served
LEFT JOIN matches USING (id);
