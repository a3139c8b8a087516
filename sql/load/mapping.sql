-- The mapping in force.
SELECT arg_max(definition, seq) FROM mappings;
