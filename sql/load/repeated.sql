-- Within one response: of one id with several contents the one with the greatest hash is the row, and
-- each of the others gets an id of its own. Equal entries without an id are as many as were served.
UPDATE served SET
    id = CASE
        WHEN served.own_id IS NULL THEN served.id || '~' || ranked.turn
        WHEN ranked.copy = 1 THEN served.id || '~' || left(served.content_hash, 16)
        ELSE served.id || '~' || left(served.content_hash, 16) || '~' || ranked.copy
    END,
    reason = coalesce(
        served.reason, CASE WHEN served.own_id IS NOT NULL THEN 'duplicate_id' END
    )
FROM (
    SELECT
        page, place,
        row_number() OVER (
            PARTITION BY page, id ORDER BY occurred_at IS NULL, content_hash DESC, place
        ) AS turn,
        row_number() OVER (PARTITION BY page, id, content_hash ORDER BY place) AS copy
    FROM served
    WHERE page >= $page
) AS ranked
WHERE served.page >= $page AND ranked.turn > 1
    AND ranked.page = served.page AND ranked.place = served.place;
