-- An entry has one row.
SELECT organization_id, id, count(*) AS rows FROM audit_log
GROUP BY organization_id, id HAVING count(*) > 1;
