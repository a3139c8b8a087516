-- Rows of which an expression of the mapping cannot be computed.
SELECT organization_id, id, []::VARCHAR[] AS differs FROM ({rows});
