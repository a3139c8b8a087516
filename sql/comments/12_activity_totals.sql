COMMENT ON MACRO TABLE activity_totals_with IS 'activity_totals, and for each key how many of another kind it goes with, and which most often';
COMMENT ON MACRO TABLE activity_totals IS 'What the activity views sum up for each key of one kind (actor, department, action)';
COMMENT ON MACRO TABLE activity_counterparts IS 'For each key of one kind (actor, department, action): how many of another kind it goes with, and which most often';
