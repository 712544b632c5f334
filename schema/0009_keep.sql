-- What was deleted for its age (`ruad db prune`), and the little that this needs.
--
-- Days: reports that end before records_from are deleted and not taken again; daily sums before sums_from, which
-- is never later, are deleted; originals of reports that end before raw_from too.  NULL: nothing was.
ALTER TABLE meta ADD COLUMN records_from INTEGER;
ALTER TABLE meta ADD COLUMN sums_from INTEGER;
ALTER TABLE meta ADD COLUMN raw_from INTEGER;
ALTER TABLE meta ADD COLUMN prune_due INTEGER NOT NULL DEFAULT 0;	-- 1: it was interrupted, and goes on with the next
ALTER TABLE meta ADD COLUMN report_last INTEGER NOT NULL DEFAULT 0;	-- numbers up to this are not given again
ALTER TABLE meta ADD COLUMN sources_gone INTEGER NOT NULL DEFAULT 0;	-- numbers of addresses that are not there
-- Of no use to queries: so that unused names are found without a look at every record.
CREATE INDEX record_ip_text ON record (ip_text) WHERE ip_text IS NOT NULL;
