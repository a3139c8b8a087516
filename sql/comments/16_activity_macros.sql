COMMENT ON MACRO TABLE activity_between IS 'Entries by actor, department and kind of action from one moment (included) to another (excluded); write the time zone: 2026-05-01 00:00:00+00';
COMMENT ON MACRO TABLE actor_timeline IS 'Everything one actor did, in order, by id (or e-mail address or name, where the API gives no id)';
COMMENT ON MACRO TABLE department_timeline IS 'Everything that happened in one department, in order, by id (or name, where the API gives no id)';
COMMENT ON MACRO TABLE entity_history IS 'Everything that happened to one entity, in order, whether an entry names it as entity or as target';
