-- Takes away the windows that begin on one of these days ($days: a JSON list), to write them anew.
DELETE FROM windows
WHERE organization_id = $organization_id
    AND from_day IN (SELECT unnest(from_json($days, '["DATE"]')));
