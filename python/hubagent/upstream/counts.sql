-- How many homes told of each transition in one epoch: one text for every engine that speaks SQL.
-- In: the relation `raw` (upstream/raw.py). Out: keys with `hubs`, and the first and last day it was told on.
-- Every row of a hub stands in one bucket, so that the same text over each bucket gives parts that add up.
-- Nothing here is fit to be shown to anyone: the rule of release comes after.
WITH once AS (
    -- A batch that was sent again is the same hub and number; it counts once.
    SELECT locale, hub, seq, src, dst, rewritten, MAX(n) AS n, MIN(day) AS first_day, MAX(day) AS last_day
    FROM raw
    WHERE epoch = {epoch}
    GROUP BY locale, hub, seq, src, dst, rewritten
), told AS (
    SELECT locale, hub, src, dst, rewritten, SUM(n) AS times, MIN(first_day) AS first_day, MAX(last_day) AS last_day
    FROM once
    GROUP BY locale, hub, src, dst, rewritten
), ranked AS (
    -- Whatever a hub sends, {bound} of its transitions count, and each counts one. Which of equals do is
    -- settled by a hash with the hub in it: the alphabet must not drop the same ones in every home.
    SELECT locale, src, dst, rewritten, first_day, last_day,
        ROW_NUMBER() OVER (
            PARTITION BY hub
            ORDER BY times DESC, MD5(CONCAT(hub, '/', locale, '/', src, '/', dst)), locale, src, dst, rewritten
        ) AS place
    FROM told
)
SELECT locale, src, dst, rewritten, COUNT(*) AS hubs, MIN(first_day) AS first_day, MAX(last_day) AS last_day
FROM ranked
WHERE place <= {bound}
GROUP BY locale, src, dst, rewritten
