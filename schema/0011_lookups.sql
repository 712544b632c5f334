-- Which names name senders, and how, by steps through an index; how many reports each domain has: counted when
-- they come and go, or a search would count all of them.

DROP INDEX evidence_sender;
CREATE INDEX evidence_sender ON evidence (sender, named_by) WHERE sender <> 0;

ALTER TABLE domain ADD COLUMN reports INTEGER NOT NULL DEFAULT 0;
UPDATE domain SET reports = (SELECT count(*) FROM report WHERE domain = domain.id);

CREATE TRIGGER report_of_domain AFTER INSERT ON report BEGIN
	UPDATE domain SET reports = reports + 1 WHERE id = new.domain;
END;
CREATE TRIGGER report_of_other_domain AFTER UPDATE OF domain ON report WHEN new.domain <> old.domain BEGIN
	UPDATE domain SET reports = reports - 1 WHERE id = old.domain;
	UPDATE domain SET reports = reports + 1 WHERE id = new.domain;
END;
CREATE TRIGGER report_of_no_domain AFTER DELETE ON report BEGIN
	UPDATE domain SET reports = reports - 1 WHERE id = old.domain;
END;

-- The domains that an address sent for, and between which days: a question about one address looks only there.
-- It may say too much, when mail was taken out again.
CREATE TABLE source_domain (
	source INTEGER NOT NULL,
	domain INTEGER NOT NULL,
	first_day INTEGER NOT NULL,
	last_day INTEGER NOT NULL,
	PRIMARY KEY (source, domain)
) STRICT, WITHOUT ROWID;
INSERT INTO source_domain (source, domain, first_day, last_day)
	SELECT source, domain, min(day), max(day) FROM sum_source GROUP BY source, domain ORDER BY source, domain;

CREATE TRIGGER source_seen AFTER INSERT ON sum_source BEGIN
	INSERT INTO source_domain (source, domain, first_day, last_day) VALUES (new.source, new.domain, new.day, new.day)
		ON CONFLICT DO UPDATE SET first_day = min(first_day, new.day), last_day = max(last_day, new.day)
		WHERE new.day NOT BETWEEN first_day AND last_day;
END;
CREATE TRIGGER source_gone AFTER DELETE ON source BEGIN
	DELETE FROM source_domain WHERE source = old.id;
END;
