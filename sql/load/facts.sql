-- What a walk has come to. Needs the warehouse attached. $walk, $page: the first page just fetched.
WITH known AS (
    SELECT id FROM known_entries
    WHERE organization_id = $organization_id AND id IN (SELECT id FROM walked WHERE walk = $walk)
),
steps AS (
    SELECT sign(epoch_us(occurred_at) - epoch_us(lag(occurred_at) OVER (ORDER BY page, place))) AS step
    FROM served WHERE walk = $walk AND page >= $page AND occurred_at IS NOT NULL
)
SELECT
    (SELECT count(*) FROM walked WHERE walk = $walk) AS walked,
    (SELECT count(*) FROM known) AS known,
    coalesce((
        SELECT arg_min(id, place) FROM served WHERE walk = $walk AND page = $page
    ) IN (SELECT id FROM known), FALSE) AS seam,
    (SELECT sum(step) FROM steps) AS direction,
    (
        SELECT mode(position_at::DATE) FROM served WHERE walk = $walk AND page >= $page
    ) AS busiest_day;
