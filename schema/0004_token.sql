-- Tokens of the API, of which only the SHA-256 is known here.

CREATE TABLE token (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
	scopes INTEGER NOT NULL,	-- bits of enum scope
	created_at INTEGER NOT NULL,
	expires_at INTEGER,	-- NULL: never
	used_day INTEGER	-- the last one; NULL: not yet
) STRICT;
