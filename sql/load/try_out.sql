-- What an expression of the user's gives for one entry. In braces: the expression.
SELECT ({place})::VARCHAR
FROM (SELECT raw, raw::JSON AS entry FROM (SELECT ?::VARCHAR AS raw))
WHERE ({place}) IS NULL OR ({place}) IS NOT NULL;
