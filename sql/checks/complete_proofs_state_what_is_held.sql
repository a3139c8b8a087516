-- What is called complete has a total that the source stated, and of everything it is what was held.
SELECT organization_id, seq, stated, held FROM proofs
WHERE verdict = 'complete'
    AND (stated IS NULL OR (from_day IS NULL AND to_day IS NULL AND held IS DISTINCT FROM stated));
