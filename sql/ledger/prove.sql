-- Appends rows to the history of proofs, in their order. $proofs: a JSON list.
INSERT INTO proofs BY NAME
SELECT
    coalesce((SELECT max(seq) FROM proofs), 0) + place AS seq,
    $run_id AS run_id, $organization_id AS organization_id,
    new.from_day::DATE AS from_day, new.to_day::DATE AS to_day, new.stated AS stated,
    new.held AS held, new.how AS how, new.verdict AS verdict, new.reason AS reason,
    CASE WHEN new.everything THEN (
        SELECT max(occurred_at) FROM audit_log
        WHERE organization_id = $organization_id AND occurred_at <= $run_started_at::TIMESTAMPTZ
    ) END AS watermark,
    $run_started_at::TIMESTAMPTZ AS run_started_at, $now::TIMESTAMPTZ AS recorded_at
FROM (
    SELECT unnest(proofs) AS new, generate_subscripts(proofs, 1) AS place
    FROM (
        SELECT from_json($proofs, '[{
            "from_day": "VARCHAR", "to_day": "VARCHAR", "stated": "BIGINT", "held": "BIGINT",
            "how": "VARCHAR", "verdict": "VARCHAR", "reason": "VARCHAR", "everything": "BOOLEAN"
        }]') AS proofs
    )
);
