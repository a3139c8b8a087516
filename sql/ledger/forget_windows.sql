-- Deletes the windows that begin on one of these days ($days: a JSON list); they are written again.
DELETE FROM windows
WHERE organization_id = $organization_id
    AND from_day IN (SELECT unnest(from_json($days, '["DATE"]')));
