-- How many of some entries have each column, and their times. In braces: made by sampling.py.
SELECT {filled}, list(usable_time(occurred_at)::VARCHAR ORDER BY number)
FROM ({fields});
