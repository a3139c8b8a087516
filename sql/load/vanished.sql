-- Known entries that a whole walk of their window did not serve.
--
-- In which zone the source's days begin is not published, so only what surely lies inside counts:
-- between two entries that were served, or further from the window's edges than any zone reaches
-- (UTC-12 to UTC+14). $sure_from and $sure_to are NULL where the window is open.
INSERT INTO absences
WITH seen AS (
    SELECT
        min(position_at) FILTER (WHERE readable) AS oldest,
        max(position_at) FILTER (WHERE readable) AS newest
    FROM walked
    WHERE walk = $walk
        AND ($outer_from IS NULL OR position_at >= $outer_from::TIMESTAMPTZ)
        AND ($outer_to IS NULL OR position_at < $outer_to::TIMESTAMPTZ)
)
SELECT
    $organization_id, known.id,
    CASE WHEN $from_beginning AND known.position_at < seen.oldest THEN 'expired' ELSE 'vanished' END,
    $now::TIMESTAMPTZ, $run_id
FROM known_entries AS known, seen
WHERE known.organization_id = $organization_id
    AND (
        $from_beginning
        OR known.position_at >= $sure_from::TIMESTAMPTZ OR known.position_at >= seen.oldest
    )
    AND (
        $sure_to IS NULL
        OR known.position_at < $sure_to::TIMESTAMPTZ OR known.position_at <= seen.newest
    )
    AND NOT EXISTS (SELECT 1 FROM walked WHERE walked.walk = $walk AND walked.id = known.id);
