-- Whether the pages just staged hold entries without a time, whether one of them holds an id twice,
-- and whether any of their ids may be one with several contents: met before, or known as such.
SELECT
    count(*) > count(occurred_at),
    count(*) > count(DISTINCT hash(page, id)),
    count(own_id) > count(DISTINCT CASE WHEN own_id IS NOT NULL THEN hash(walk, own_id) END)
        OR EXISTS (SELECT 1 FROM twins)
        OR EXISTS (
            SELECT 1 FROM served AS newest JOIN walked USING (walk, own_id)
            WHERE newest.page >= $page
        )
FROM served WHERE page >= $page;
