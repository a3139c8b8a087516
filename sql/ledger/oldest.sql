SELECT (min(position_at)::DATE)::VARCHAR FROM known_entries WHERE organization_id = $organization_id;
