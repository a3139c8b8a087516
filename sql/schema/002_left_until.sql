-- Days in which all was tried in vain are left for good, or only until the next day. What was left
-- before is tried once more and then noted anew: DuckDB 1.5 cannot both fill a column and drop one.
ALTER TABLE windows DROP COLUMN beyond_reach;
ALTER TABLE windows ADD COLUMN left_until DATE;
