-- Known entries of which it is not known on which side of a day's beginning they lie: those after
-- $after_shown, or from $earliest on, and before $latest.
SELECT count(*)
FROM known_entries
WHERE organization_id = $organization_id
    AND ($earliest IS NULL OR position_at >= $earliest::TIMESTAMPTZ)
    AND ($after_shown IS NULL OR position_at > $after_shown::TIMESTAMPTZ)
    AND position_at < $latest::TIMESTAMPTZ;
