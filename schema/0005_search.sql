-- Where a name is found that somebody types: without these, the search would read all evidence and all
-- reports.

CREATE INDEX evidence_from ON evidence (coalesce(author, header_from));
CREATE INDEX evidence_dkim_domain ON evidence_dkim (domain, selector);
CREATE INDEX evidence_dkim_selector ON evidence_dkim (selector);
CREATE INDEX evidence_spf_domain ON evidence_spf (domain);
CREATE INDEX report_name ON report (report_id COLLATE NOCASE) WHERE report_id IS NOT NULL;
