-- The new pages that hold entries without an id and without a time. $page: the first new one.
SELECT
    page, number, epoch_us(occurred_at), epoch_us(position_at), id, content_hash,
    own_id IS NULL AND occurred_at IS NULL
FROM served
WHERE page IN (
    SELECT page FROM served WHERE page >= $page AND own_id IS NULL AND occurred_at IS NULL
)
ORDER BY page, place;
