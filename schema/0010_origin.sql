-- The mail that a report came in: what the receiver's own server said of it.

-- origin: enum carrier_state; 0: not known, as of all that came before this.
ALTER TABLE report ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;
CREATE INDEX report_origin ON report (origin, middle_day) WHERE origin <> 0;

CREATE TABLE report_carrier (
	report INTEGER PRIMARY KEY REFERENCES report ON DELETE CASCADE,
	author TEXT,	-- domain of the From field
	dmarc TEXT,	-- results, and whom they are of
	dkim TEXT,
	dkim_domain TEXT,
	spf TEXT,
	spf_domain TEXT
) STRICT;

-- How many reports there are of each origin.
CREATE TABLE origin_total (
	origin INTEGER PRIMARY KEY,
	n INTEGER NOT NULL
) STRICT;
INSERT INTO origin_total (origin, n) SELECT 0, count(*) FROM report;

CREATE TRIGGER origin_counted AFTER INSERT ON report BEGIN
	INSERT INTO origin_total (origin, n) VALUES (new.origin, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER origin_counted_again AFTER UPDATE OF origin ON report WHEN new.origin <> old.origin BEGIN
	UPDATE origin_total SET n = n - 1 WHERE origin = old.origin;
	INSERT INTO origin_total (origin, n) VALUES (new.origin, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER origin_uncounted AFTER DELETE ON report BEGIN
	UPDATE origin_total SET n = n - 1 WHERE origin = old.origin;
END;

-- Inputs that wait for somebody to let them in.
CREATE INDEX input_held ON input (last_at)
	WHERE reason IN ('unauthenticated', 'reporter-misfit') AND dismissed_at IS NULL;
