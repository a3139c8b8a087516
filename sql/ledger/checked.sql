-- The whole history was counted, and nothing lacks that can be had.
UPDATE streams SET checked_at = $now::TIMESTAMPTZ WHERE organization_id = $organization_id;
