-- A walk's distinct entries, and how many of them are known now: all have been placed in its window.
SELECT
    count(*),
    count(*) FILTER (WHERE id IN (SELECT id FROM here))
FROM walked WHERE walk = $walk;
