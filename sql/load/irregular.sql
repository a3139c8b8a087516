-- Whether the pages just staged hold entries without a time, and whether one holds an id twice.
SELECT
    count(*) > count(occurred_at),
    count(*) > count(DISTINCT hash(page, id))
FROM served WHERE page >= $page;
