-- What was read of each source of mail, and how it stands with it.

-- The text that a source of far away (a mailbox on a server) remembers by; written in the transaction that
-- stores what it gave.
CREATE TABLE checkpoint (
	source TEXT PRIMARY KEY,
	text TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Its runs, listed in run or not; a run that was interrupted is neither a success nor a failure.
CREATE TABLE import_state (
	source TEXT PRIMARY KEY,
	started_at INTEGER NOT NULL,	-- of the last run
	ended_at INTEGER NOT NULL,
	success_at INTEGER,	-- end of the last one without an error; NULL: never
	received_at INTEGER,	-- end of the last one that read anything
	failures INTEGER NOT NULL,	-- runs since then that failed
	failing_at INTEGER,	-- end of the first of them
	reason TEXT,
	error TEXT
) STRICT, WITHOUT ROWID;

INSERT INTO import_state (source, started_at, ended_at, success_at, received_at, failures)
	SELECT coalesce(source, ''), max(started_at), max(ended_at), max(CASE WHEN error IS NULL THEN ended_at END),
		max(CASE WHEN inputs > 0 THEN ended_at END), 0
	FROM run WHERE ended_at > 0 GROUP BY coalesce(source, '');
