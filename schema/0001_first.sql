-- The first shape of the database.
--
-- A day is days since 1970-01-01, a time is seconds since 1970 UTC.  Numbers count messages unless their
-- name says otherwise.  NULL in a text reference means that the report does not say.

-- One row: the counters that would cost a scan.
CREATE TABLE meta (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	generation INTEGER NOT NULL,	-- grows with each commit that changed data
	raw_bytes INTEGER NOT NULL,	-- of document_piece, as stored
	kept_bytes INTEGER NOT NULL	-- of kept, before compression
) STRICT;
INSERT INTO meta (id, generation, raw_bytes, kept_bytes) VALUES (1, 1, 0, 0);

-- Texts that come again and again: domains, selectors, results, comments.
CREATE TABLE name (
	id INTEGER PRIMARY KEY,
	text TEXT NOT NULL UNIQUE
) STRICT;

-- Addresses: 4 or 16 bytes; none is an empty blob.  grp groups unnamed senders: IPv4 itself, the first 8
-- bytes of IPv6 (its /64).
CREATE TABLE source (
	id INTEGER PRIMARY KEY,
	ip BLOB NOT NULL UNIQUE,
	grp BLOB NOT NULL
) STRICT;

-- key: the trimmed org_name in lower case; text: as written in the newest report.
CREATE TABLE reporter (
	id INTEGER PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,
	text TEXT NOT NULL,
	newest_at INTEGER NOT NULL	-- end of the newest period
) STRICT;

-- Policy domains.
CREATE TABLE domain (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
) STRICT;

-- What records say, but for address and number, and our verdict on it.  A sender produces the same evidence
-- every day, so this is stored once.  digest: of content and verdict; content: of what the record says.
CREATE TABLE evidence (
	id INTEGER PRIMARY KEY,
	digest BLOB NOT NULL UNIQUE,
	content BLOB NOT NULL,
	header_from INTEGER REFERENCES name,
	envelope_from INTEGER REFERENCES name,
	envelope_to INTEGER REFERENCES name,
	disposition INTEGER REFERENCES name,
	eval_dkim INTEGER REFERENCES name,	-- policy_evaluated
	eval_spf INTEGER REFERENCES name,
	author INTEGER REFERENCES name,		-- header_from as one domain
	org_domain INTEGER REFERENCES name,
	sender INTEGER NOT NULL,		-- name, or 0: the address names it
	named_by INTEGER NOT NULL,
	facts INTEGER NOT NULL,			-- bits, see facts.h
	causes INTEGER NOT NULL,		-- bits, 1 << cause
	parts INTEGER NOT NULL			-- computed and reported spf, dkim, dmarc: 2 bits each
) STRICT;

CREATE TABLE evidence_dkim (
	evidence INTEGER NOT NULL REFERENCES evidence ON DELETE CASCADE,
	n INTEGER NOT NULL,
	domain INTEGER REFERENCES name,
	selector INTEGER REFERENCES name,
	result INTEGER REFERENCES name,
	human_result INTEGER REFERENCES name,
	matches INTEGER NOT NULL,
	PRIMARY KEY (evidence, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence_spf (
	evidence INTEGER NOT NULL REFERENCES evidence ON DELETE CASCADE,
	n INTEGER NOT NULL,
	domain INTEGER REFERENCES name,
	scope INTEGER REFERENCES name,
	result INTEGER REFERENCES name,
	human_result INTEGER REFERENCES name,
	matches INTEGER NOT NULL,
	PRIMARY KEY (evidence, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence_reason (
	evidence INTEGER NOT NULL REFERENCES evidence ON DELETE CASCADE,
	n INTEGER NOT NULL,
	type INTEGER REFERENCES name,
	comment INTEGER REFERENCES name,
	PRIMARY KEY (evidence, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE report (
	id INTEGER PRIMARY KEY,
	key INTEGER NOT NULL,	-- 64 bits of the digest of org_name, domain, report_id, begin and end
	domain INTEGER NOT NULL REFERENCES domain,
	reporter INTEGER NOT NULL REFERENCES reporter,
	report_id TEXT,
	begin_at INTEGER NOT NULL,
	end_at INTEGER NOT NULL,
	middle_day INTEGER NOT NULL,
	first_day INTEGER NOT NULL,	-- other than last_day: longer than 27 h, spread over its days
	last_day INTEGER NOT NULL,
	org_name INTEGER REFERENCES name,
	email INTEGER REFERENCES name,
	contact INTEGER REFERENCES name,
	generator INTEGER REFERENCES name,
	version INTEGER REFERENCES name,
	namespace INTEGER REFERENCES name,
	format INTEGER NOT NULL DEFAULT 0,
	p INTEGER REFERENCES name,
	sp INTEGER REFERENCES name,
	np INTEGER REFERENCES name,
	adkim INTEGER REFERENCES name,
	aspf INTEGER REFERENCES name,
	fo INTEGER REFERENCES name,
	testing INTEGER REFERENCES name,
	discovery INTEGER REFERENCES name,
	pct INTEGER,
	digest BLOB,		-- of its records in any order
	messages INTEGER NOT NULL DEFAULT 0,
	pass INTEGER NOT NULL DEFAULT 0,
	records INTEGER NOT NULL DEFAULT 0,
	disagree_records INTEGER NOT NULL DEFAULT 0,
	arrived_at INTEGER NOT NULL DEFAULT 0,
	stored_at INTEGER NOT NULL DEFAULT 0,
	flags INTEGER NOT NULL DEFAULT 0,
	again INTEGER NOT NULL DEFAULT 0	-- times it came again
) STRICT;
CREATE INDEX report_key ON report (key);
CREATE INDEX report_day ON report (middle_day);
CREATE INDEX report_domain_day ON report (domain, middle_day);
CREATE INDEX report_spread ON report (first_day, last_day) WHERE first_day <> last_day;

CREATE TABLE report_error (
	report INTEGER NOT NULL REFERENCES report ON DELETE CASCADE,
	n INTEGER NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (report, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE report_note (
	report INTEGER NOT NULL REFERENCES report ON DELETE CASCADE,
	n INTEGER NOT NULL,
	code TEXT NOT NULL,
	place TEXT,
	detail TEXT,
	times INTEGER NOT NULL,
	PRIMARY KEY (report, n)
) STRICT, WITHOUT ROWID;

-- ip_text: the address as written, where that is not its canonical text.
CREATE TABLE record (
	report INTEGER NOT NULL REFERENCES report ON DELETE CASCADE,
	n INTEGER NOT NULL,
	source INTEGER NOT NULL,
	evidence INTEGER NOT NULL,
	messages INTEGER NOT NULL,
	line INTEGER NOT NULL,
	ip_text INTEGER,
	PRIMARY KEY (report, n)
) STRICT, WITHOUT ROWID;

-- The sums below follow from record, evidence and report; `ruad db verify` computes them again.
-- spread: of messages, those of reports longer than 27 h.  records of such a report count on its middle day.

CREATE TABLE sum_report (
	report INTEGER NOT NULL REFERENCES report ON DELETE CASCADE,
	facts INTEGER NOT NULL,
	messages INTEGER NOT NULL,
	records INTEGER NOT NULL,
	PRIMARY KEY (report, facts)
) STRICT, WITHOUT ROWID;

CREATE TABLE sum_reporter (
	domain INTEGER NOT NULL,
	day INTEGER NOT NULL,
	reporter INTEGER NOT NULL,
	facts INTEGER NOT NULL,
	messages INTEGER NOT NULL,
	records INTEGER NOT NULL,
	spread INTEGER NOT NULL,
	PRIMARY KEY (domain, day, reporter, facts)
) STRICT, WITHOUT ROWID;

CREATE TABLE sum_source (
	domain INTEGER NOT NULL,
	day INTEGER NOT NULL,
	source INTEGER NOT NULL,
	sender INTEGER NOT NULL,
	named_by INTEGER NOT NULL,
	facts INTEGER NOT NULL,
	messages INTEGER NOT NULL,
	records INTEGER NOT NULL,
	spread INTEGER NOT NULL,
	PRIMARY KEY (domain, day, source, sender, named_by, facts)
) STRICT, WITHOUT ROWID;

CREATE TABLE sum_evidence (
	domain INTEGER NOT NULL,
	day INTEGER NOT NULL,
	evidence INTEGER NOT NULL,
	messages INTEGER NOT NULL,
	records INTEGER NOT NULL,
	spread INTEGER NOT NULL,
	PRIMARY KEY (domain, day, evidence)
) STRICT, WITHOUT ROWID;

-- How many reports that are not spread a reporter sent about a domain and day: coverage.
CREATE TABLE sum_coverage (
	domain INTEGER NOT NULL,
	day INTEGER NOT NULL,
	reporter INTEGER NOT NULL,
	reports INTEGER NOT NULL,
	newest_at INTEGER NOT NULL,	-- latest end of their periods
	PRIMARY KEY (domain, day, reporter)
) STRICT, WITHOUT ROWID;

-- The original XML by its digest; pieces of at most 256 KiB, deflated each on its own,
-- under the number (report << 20 | n).
CREATE TABLE document (
	report INTEGER PRIMARY KEY REFERENCES report ON DELETE CASCADE,
	digest BLOB NOT NULL UNIQUE,
	size_bytes INTEGER NOT NULL,
	pieces INTEGER NOT NULL
) STRICT;
CREATE TABLE document_piece (
	id INTEGER PRIMARY KEY,
	bytes BLOB NOT NULL
) STRICT;

-- Originals of rejected inputs by their digest, oldest first; pieces as above, (kept << 20 | n).
CREATE TABLE kept (
	id INTEGER PRIMARY KEY,
	digest BLOB NOT NULL UNIQUE,
	size_bytes INTEGER NOT NULL,
	pieces INTEGER NOT NULL
) STRICT;
CREATE TABLE kept_piece (
	id INTEGER PRIMARY KEY,
	bytes BLOB NOT NULL
) STRICT;

-- One row for each run of an import.
CREATE TABLE run (
	id INTEGER PRIMARY KEY,
	source TEXT,
	started_at INTEGER NOT NULL,
	ended_at INTEGER NOT NULL DEFAULT 0,
	inputs INTEGER NOT NULL DEFAULT 0,
	stored INTEGER NOT NULL DEFAULT 0,
	duplicate INTEGER NOT NULL DEFAULT 0,
	ignored INTEGER NOT NULL DEFAULT 0,
	rejected INTEGER NOT NULL DEFAULT 0,
	reports INTEGER NOT NULL DEFAULT 0,
	records INTEGER NOT NULL DEFAULT 0,
	messages INTEGER NOT NULL DEFAULT 0,
	error TEXT
) STRICT;

-- What became of each input.  key: 128 bits of the digest of what makes it the same input with the same
-- outcome.
CREATE TABLE input (
	id INTEGER PRIMARY KEY,
	key BLOB NOT NULL UNIQUE,
	run INTEGER REFERENCES run,
	source TEXT,
	locator TEXT,
	part TEXT,
	mail_from TEXT,
	subject TEXT,
	message_id TEXT,
	sha256 BLOB NOT NULL,
	size_bytes INTEGER NOT NULL,
	arrived_at INTEGER NOT NULL,
	first_at INTEGER NOT NULL,
	last_at INTEGER NOT NULL,
	times INTEGER NOT NULL,
	outcome INTEGER NOT NULL,
	reason TEXT,
	detail TEXT,
	line INTEGER NOT NULL,
	col INTEGER NOT NULL,
	report INTEGER REFERENCES report,
	kept INTEGER REFERENCES kept ON DELETE SET NULL
) STRICT;
CREATE INDEX input_last ON input (last_at);
CREATE INDEX input_outcome ON input (outcome, last_at);
CREATE INDEX input_report ON input (report) WHERE report IS NOT NULL;
CREATE INDEX input_kept ON input (kept) WHERE kept IS NOT NULL;
