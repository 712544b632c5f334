-- When the data last changed, by the clock of the machine: the Last-Modified of answers.
ALTER TABLE meta ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
UPDATE meta SET changed_at = CAST(strftime('%s', 'now') AS INTEGER);
-- Whoever counts the generation, changed something.
CREATE TRIGGER meta_changed AFTER UPDATE OF generation ON meta
BEGIN
	UPDATE meta SET changed_at = CAST(strftime('%s', 'now') AS INTEGER);
END;
