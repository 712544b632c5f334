-- Counters of the whole database: to count anew would take longer with every day.

ALTER TABLE meta ADD COLUMN reports INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN records INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;
UPDATE meta SET (reports, records, messages) =
	(SELECT count(*), coalesce(sum(records), 0), coalesce(sum(messages), 0) FROM report);

CREATE TRIGGER report_counted AFTER INSERT ON report BEGIN
	UPDATE meta SET reports = reports + 1, records = records + new.records, messages = messages + new.messages;
END;
CREATE TRIGGER report_counted_again AFTER UPDATE OF records, messages ON report BEGIN
	UPDATE meta SET records = records + new.records - old.records, messages = messages + new.messages - old.messages;
END;
CREATE TRIGGER report_uncounted AFTER DELETE ON report BEGIN
	UPDATE meta SET reports = reports - 1, records = records - old.records, messages = messages - old.messages;
END;

CREATE TABLE input_total (
	outcome INTEGER PRIMARY KEY,
	n INTEGER NOT NULL
) STRICT;
INSERT INTO input_total (outcome, n) SELECT outcome, count(*) FROM input GROUP BY outcome;

CREATE TRIGGER input_counted AFTER INSERT ON input BEGIN
	INSERT INTO input_total (outcome, n) VALUES (new.outcome, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER input_counted_again AFTER UPDATE OF outcome ON input WHEN new.outcome <> old.outcome BEGIN
	UPDATE input_total SET n = n - 1 WHERE outcome = old.outcome;
	INSERT INTO input_total (outcome, n) VALUES (new.outcome, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER input_uncounted AFTER DELETE ON input BEGIN
	UPDATE input_total SET n = n - 1 WHERE outcome = old.outcome;
END;
