-- The watermark of the last proof of everything: the newest time held then, not after that run's start.
SELECT arg_max(watermark, seq)::VARCHAR FROM proofs
WHERE organization_id = $organization_id AND from_day IS NULL AND to_day IS NULL
    AND verdict = 'complete';
