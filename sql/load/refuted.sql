-- Whether what a walk of a range was served refutes the zone in which the source seems to count its days.
SELECT coalesce(
    refutes(
        $zone, $from_day::DATE::TIMESTAMP, $oldest_served::TIMESTAMPTZ, NULL::TIMESTAMPTZ,
        $to_day::DATE::TIMESTAMP, $newest_served::TIMESTAMPTZ
    ),
    FALSE
);
