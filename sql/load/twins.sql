-- One id with several contents on several pages: these are several entries, where one walk met them
-- in several places while its total stood still. The first that was ever met is the row, the others
-- go to quarantine, the same ones each time.
UPDATE served SET
    id = own_id || '~' || left(content_hash, 16),
    reason = coalesce(reason, 'duplicate_id')
WHERE page >= $page AND id = own_id AND (
    own_id || '~' || left(content_hash, 16) IN (SELECT id FROM twins)
    OR (steady AND (
        EXISTS (
            SELECT 1 FROM walked AS earlier
            WHERE earlier.walk = served.walk AND earlier.own_id = served.own_id
                AND earlier.id = earlier.own_id
                AND earlier.spot <> served.spot AND earlier.content_hash <> served.content_hash
        )
        OR EXISTS (
            SELECT 1 FROM served AS earlier
            WHERE earlier.walk = served.walk AND earlier.own_id = served.own_id
                AND earlier.id = earlier.own_id
                AND earlier.page >= $page AND earlier.page < served.page
                AND earlier.spot <> served.spot AND earlier.content_hash <> served.content_hash
        )
    ))
);
