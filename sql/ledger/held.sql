-- How many entries are held: as many as the view held_entries has, in a hundredth of its time. Instead of
-- an anti-join over all entries, the absences of stored entries are subtracted.
SELECT
    (SELECT count(*) FROM audit_log WHERE organization_id = $organization_id)
    + (
        SELECT count(DISTINCT id) FROM quarantine
        WHERE organization_id = $organization_id
            AND id NOT IN (SELECT id FROM audit_log WHERE organization_id = $organization_id)
    )
    - (
        SELECT count(*) FROM absent_entries AS gone
        WHERE organization_id = $organization_id AND (
            EXISTS (
                SELECT 1 FROM audit_log AS log
                WHERE log.organization_id = $organization_id AND log.id = gone.id
            )
            OR EXISTS (
                SELECT 1 FROM quarantine AS kept
                WHERE kept.organization_id = $organization_id AND kept.id = gone.id
            )
        )
    );
