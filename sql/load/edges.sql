-- The oldest and the newest time served in a walk, but for entries that no zone explains.
SELECT min(position_at)::VARCHAR, max(position_at)::VARCHAR
FROM walked
WHERE walk = $walk AND readable
    AND ($outer_from IS NULL OR position_at >= $outer_from::TIMESTAMPTZ)
    AND ($outer_to IS NULL OR position_at < $outer_to::TIMESTAMPTZ);
