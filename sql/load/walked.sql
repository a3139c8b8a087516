-- Notes the entries of the newest pages as served in their walks. $page: the first of these pages.
INSERT INTO walked
SELECT
    walk, id, any_value(own_id), min(spot), arg_max(content_hash, page), min(position_at),
    bool_and(occurred_at IS NOT NULL)
FROM served
WHERE page >= $page
    AND NOT EXISTS (
        SELECT 1 FROM walked AS earlier WHERE earlier.walk = served.walk AND earlier.id = served.id
    )
GROUP BY walk, id;
