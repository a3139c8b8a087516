-- Within one response: of one id with several contents the one with the greatest hash is the row, and
-- each of the others gets an id of its own. The same content under the same id is one entry, served
-- twice: it must not stand for another one that was not served. Equal entries without an id are as
-- many as were served.
UPDATE served SET
    id = CASE
        WHEN served.own_id IS NULL THEN served.id || '~' || ranked.turn
        ELSE served.id || '~' || left(served.content_hash, 16)
    END,
    reason = coalesce(
        served.reason, CASE WHEN served.own_id IS NOT NULL THEN 'duplicate_id' END
    )
FROM (
    SELECT
        page, place, own_id, content_hash,
        row_number() OVER (
            PARTITION BY page, id ORDER BY occurred_at IS NULL, content_hash DESC, place
        ) AS turn,
        first_value(content_hash) OVER (
            PARTITION BY page, id ORDER BY occurred_at IS NULL, content_hash DESC, place
        ) AS greatest
    FROM served
    WHERE page >= $page
) AS ranked
WHERE served.page >= $page AND ranked.turn > 1
    AND (ranked.own_id IS NULL OR ranked.content_hash <> ranked.greatest)
    AND ranked.page = served.page AND ranked.place = served.place;
