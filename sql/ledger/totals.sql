-- How far the proof reaches, and what is known.
SELECT watermark::VARCHAR, complete, stated_at::VARCHAR, known
FROM watermark
WHERE organization_id = $organization_id;
