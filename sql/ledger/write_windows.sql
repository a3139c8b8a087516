-- Writes windows. $windows: a JSON list.
INSERT INTO windows BY NAME
SELECT $organization_id AS organization_id, new.*
FROM (
    SELECT unnest(from_json($windows, '[{
        "from_day": "DATE", "to_day": "DATE", "stated": "BIGINT", "total": "BIGINT",
        "read_to": "BIGINT", "reason": "VARCHAR", "counted_on": "DATE", "read_at": "TIMESTAMPTZ"
    }]')) AS new
);
