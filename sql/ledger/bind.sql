-- Binds a stream at its first sync.
INSERT INTO streams
SELECT $organization_id, $api_base_url, $filters::JSON, $now::TIMESTAMPTZ, NULL
WHERE NOT EXISTS (SELECT 1 FROM streams WHERE organization_id = $organization_id);
