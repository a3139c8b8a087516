-- The ledger calls nothing complete without a proof, and without the total that it proves.
SELECT seq FROM windows
WHERE verdict = 'complete' AND (proof IS NULL OR total IS NULL);
