-- Of the rows that do not follow from their texts: which they are, and the columns that differ.
SELECT organization_id, old_id, differs FROM ({derived});
