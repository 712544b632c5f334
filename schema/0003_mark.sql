-- What the owner of a domain says of a sender: word 0 undecided, 1 ours, 2 not ours.  key: of the sender, see
-- service.h in the source.
CREATE TABLE mark (
	domain INTEGER NOT NULL REFERENCES domain,
	key TEXT NOT NULL,
	word INTEGER NOT NULL,
	note TEXT,
	who TEXT,	-- who said so; NULL: nobody was asked for a name
	at INTEGER NOT NULL,
	PRIMARY KEY (domain, key)
) STRICT, WITHOUT ROWID;

-- Which names name senders, without a look at all evidence.
CREATE INDEX evidence_sender ON evidence (sender) WHERE sender <> 0;
