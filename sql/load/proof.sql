-- A walk's distinct entries, and how many of them are known now.
SELECT
    count(*),
    count(*) FILTER (WHERE id IN (
        SELECT id FROM known_entries WHERE organization_id = $organization_id
    ))
FROM walked WHERE walk = $walk;
