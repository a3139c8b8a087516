-- Which rows differ from what their texts say, and in which columns.
SELECT organization_id, old_id, differs FROM ({derived});
