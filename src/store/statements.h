/*
 * statements.h - the fixed SQL of this room, STMT(name, text).  What is made for one query from
 * its filters is in question.c and the lists.
 */
#ifndef RUAD_STATEMENTS_H
#define RUAD_STATEMENTS_H

/* clang-format off: the SQL is broken where it reads well. */
#define STATEMENTS(STMT) \
	/* batches and documents */ \
	STMT(begin, "BEGIN IMMEDIATE") \
	STMT(commit, "COMMIT") \
	STMT(savepoint, "SAVEPOINT document") \
	STMT(release, "RELEASE document") \
	STMT(rollback_to, "ROLLBACK TO document") \
	STMT(meta_bump, \
		"UPDATE meta SET generation = generation + 1, raw_bytes = raw_bytes + ?1," \
		" kept_bytes = kept_bytes + ?2") \
	STMT(meta_generation, "SELECT generation FROM meta") \
	STMT(meta_changed, "SELECT changed_at FROM meta") \
	STMT(meta_writes, "SELECT writes FROM meta") \
	STMT(meta_batch, "SELECT generation, coalesce(records_from, -9223372036854775808)," \
			 " coalesce(sums_from, -9223372036854775808) FROM meta") \
	STMT(meta_sums_from, "SELECT sums_from FROM meta") \
	/* what comes again */ \
	STMT(name_find, "SELECT id FROM name WHERE text = ?1") \
	STMT(name_insert, "INSERT INTO name (text) VALUES (?1)") \
	STMT(source_find, "SELECT id FROM source WHERE ip = ?1") \
	STMT(source_insert, "INSERT INTO source (ip, grp) VALUES (?1, ?2)") \
	STMT(reporter_find, "SELECT id FROM reporter WHERE key = ?1") \
	STMT(reporter_insert, "INSERT INTO reporter (key, text, newest_at) VALUES (?1, ?2," \
			      " -9223372036854775808)") \
	STMT(reporter_newest, \
		"UPDATE reporter SET text = ?2, newest_at = ?3 WHERE id = ?1 AND (newest_at" \
		" < ?3 OR (newest_at = ?3 AND text < ?2))") \
	STMT(domain_find, "SELECT id FROM domain WHERE name = ?1") \
	STMT(domain_insert, "INSERT INTO domain (name) VALUES (?1)") \
	/* evidence */ \
	STMT(evidence_find, "SELECT id FROM evidence WHERE digest = ?1") \
	STMT(evidence_insert, \
		"INSERT INTO evidence (digest, content, header_from, envelope_from," \
		" envelope_to, disposition, eval_dkim, eval_spf, author, org_domain," \
		" sender, named_by, facts, causes, parts) VALUES" \
		" (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)") \
	STMT(evidence_dkim_insert, \
		"INSERT INTO evidence_dkim (evidence, n, domain, selector, result," \
		" human_result, matches) VALUES (?1,?2,?3,?4,?5,?6,?7)") \
	STMT(evidence_spf_insert, \
		"INSERT INTO evidence_spf (evidence, n, domain, scope, result," \
		" human_result, matches) VALUES (?1,?2,?3,?4,?5,?6,?7)") \
	STMT(evidence_reason_insert, \
		"INSERT INTO evidence_reason (evidence, n, type, comment) VALUES" \
		" (?1,?2,?3,?4)") \
	STMT(evidence_get, \
		"SELECT hf.text, ef.text, et.text, di.text, ed.text, es.text, au.text," \
		" og.text, se.text, e.named_by, e.facts, e.causes, e.parts FROM evidence e" \
		" LEFT JOIN name hf ON hf.id = e.header_from LEFT JOIN name ef ON ef.id =" \
		" e.envelope_from LEFT JOIN name et ON et.id = e.envelope_to LEFT JOIN name" \
		" di ON di.id = e.disposition LEFT JOIN name ed ON ed.id = e.eval_dkim LEFT" \
		" JOIN name es ON es.id = e.eval_spf LEFT JOIN name au ON au.id = e.author" \
		" LEFT JOIN name og ON og.id = e.org_domain LEFT JOIN name se ON se.id =" \
		" e.sender WHERE e.id = ?1") \
	STMT(evidence_digests, "SELECT facts, content, digest FROM evidence WHERE id = ?1") \
	STMT(evidence_dkim_get, \
		"SELECT dn.text, se.text, re.text, hu.text, d.matches FROM evidence_dkim d" \
		" LEFT JOIN name dn ON dn.id = d.domain LEFT JOIN name se ON se.id =" \
		" d.selector LEFT JOIN name re ON re.id = d.result LEFT JOIN name hu ON" \
		" hu.id = d.human_result WHERE d.evidence = ?1 ORDER BY d.n") \
	STMT(evidence_spf_get, \
		"SELECT dn.text, sc.text, re.text, hu.text, d.matches FROM evidence_spf d" \
		" LEFT JOIN name dn ON dn.id = d.domain LEFT JOIN name sc ON sc.id =" \
		" d.scope LEFT JOIN name re ON re.id = d.result LEFT JOIN name hu ON hu.id" \
		" = d.human_result WHERE d.evidence = ?1 ORDER BY d.n") \
	STMT(evidence_reason_get, \
		"SELECT ty.text, co.text FROM evidence_reason r LEFT JOIN name ty ON ty.id" \
		" = r.type LEFT JOIN name co ON co.id = r.comment WHERE r.evidence = ?1" \
		" ORDER BY r.n") \
	/* reports */ \
	STMT(report_next, \
		"SELECT max(report_last, coalesce((SELECT max(id) FROM report), 0)) + 1 FROM" \
		" meta") \
	STMT(report_insert, \
		"INSERT INTO report (id, key, domain, reporter, report_id, begin_at," \
		" end_at, middle_day, first_day, last_day) VALUES" \
		" (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)") \
	STMT(report_rekey, \
		"UPDATE report SET key = ?2, domain = ?3, reporter = ?4, report_id = ?5," \
		" begin_at = ?6, end_at = ?7, middle_day = ?8, first_day = ?9, last_day =" \
		" ?10 WHERE id = ?1") \
	STMT(report_finish, \
		"UPDATE report SET org_name = ?2, email = ?3, contact = ?4, generator = ?5," \
		" version = ?6, namespace = ?7, p = ?8, sp = ?9, np = ?10, adkim = ?11," \
		" aspf = ?12, fo = ?13, testing = ?14, discovery = ?15, format = ?16, pct =" \
		" ?17, digest = ?18, messages = ?19, pass = ?20, records = ?21," \
		" disagree_records = ?22, arrived_at = ?23, stored_at = ?24, flags = ?25" \
		" WHERE id = ?1") \
	STMT(report_error_insert, \
		"INSERT INTO report_error (report, n, text) VALUES (?1,?2,?3)") \
	STMT(report_note_insert, \
		"INSERT INTO report_note (report, n, code, place, detail, times) VALUES" \
		" (?1,?2,?3,?4,?5,?6)") \
	STMT(report_errors, "SELECT text FROM report_error WHERE report = ?1 ORDER BY n") \
	STMT(report_notes, \
		"SELECT code, place, detail, times FROM report_note WHERE report = ?1 ORDER" \
		" BY n") \
	STMT(report_same_key, "SELECT id, digest, records, messages, again, origin FROM " \
			      "report WHERE key = ?1 AND" \
			      " id <> ?2 AND id <> ?8 AND domain = ?3 AND reporter = ?4 AND " \
			      "report_id IS ?5 AND" \
			      " begin_at = ?6 AND end_at = ?7 ORDER BY id LIMIT 256") \
	STMT(report_again, \
		"UPDATE report SET again = again + ?2, flags = flags | ?3 WHERE id = ?1") \
	STMT(report_origin, "SELECT origin FROM report WHERE id = ?1") \
	STMT(report_origin_put, \
		"UPDATE report SET origin = ?2, flags = flags & ~?3 | ?4 WHERE id = ?1") \
	STMT(report_carrier_put, \
		"INSERT OR REPLACE INTO report_carrier (report, author, dmarc, dkim," \
		" dkim_domain, spf, spf_domain) VALUES (?1,?2,?3,?4,?5,?6,?7)") \
	STMT(report_carrier_get, \
		"SELECT author, dmarc, dkim, dkim_domain, spf, spf_domain FROM report_carrier" \
		" WHERE report = ?1") \
	STMT(report_of_author, \
		"SELECT 1 FROM report_carrier WHERE report = ?1 AND author = coalesce(?2," \
		" (SELECT author FROM report_carrier WHERE report = ?3)) COLLATE NOCASE") \
	STMT(report_facts, \
		"SELECT facts, messages, records FROM sum_report WHERE report = ?1") \
	STMT(report_get, \
		"SELECT d.name, r.report_id, og.text, em.text, co.text, ge.text, ve.text," \
		" na.text, p.text, sp.text, np.text, ad.text, af.text, fo.text, te.text," \
		" di.text, r.pct, r.format, r.begin_at, r.end_at, r.arrived_at," \
		" r.stored_at, r.disagree_records, r.flags, r.again, o.pieces, o.size_bytes," \
		" r.origin FROM report r JOIN domain d ON d.id = r.domain LEFT JOIN name og " \
		"ON og.id" \
		" = r.org_name LEFT JOIN name em ON em.id = r.email LEFT JOIN name co ON" \
		" co.id = r.contact LEFT JOIN name ge ON ge.id = r.generator LEFT JOIN name" \
		" ve ON ve.id = r.version LEFT JOIN name na ON na.id = r.namespace LEFT" \
		" JOIN name p ON p.id = r.p LEFT JOIN name sp ON sp.id = r.sp LEFT JOIN" \
		" name np ON np.id = r.np LEFT JOIN name ad ON ad.id = r.adkim LEFT JOIN" \
		" name af ON af.id = r.aspf LEFT JOIN name fo ON fo.id = r.fo LEFT JOIN" \
		" name te ON te.id = r.testing LEFT JOIN name di ON di.id = r.discovery" \
		" LEFT JOIN document o ON o.report = r.id WHERE r.id = ?1") \
	STMT(domain_policy, \
		"SELECT p.text, sp.text, np.text, ad.text, af.text, fo.text, te.text," \
		" di.text, r.pct FROM (SELECT * FROM report INDEXED BY report_domain_day" \
		" WHERE domain = ?1 AND middle_day < ?2 ORDER BY middle_day DESC, end_at" \
		" DESC, id DESC LIMIT 1) r LEFT JOIN name p ON p.id = r.p LEFT JOIN name sp" \
		" ON sp.id = r.sp LEFT JOIN name np ON np.id = r.np LEFT JOIN name ad ON" \
		" ad.id = r.adkim LEFT JOIN name af ON af.id = r.aspf LEFT JOIN name fo ON" \
		" fo.id = r.fo LEFT JOIN name te ON te.id = r.testing LEFT JOIN name di ON" \
		" di.id = r.discovery") \
	STMT(reporter_name, "SELECT text FROM reporter WHERE id = ?1") \
	STMT(newest_domains, "SELECT id, name FROM domain ORDER BY id LIMIT ?1") \
	STMT(newest_known, "SELECT count(*) FROM domain") \
	STMT(newest_report, \
		"SELECT r.end_at, p.text, sp.text, np.text, ad.text, af.text, fo.text," \
		" te.text, di.text, r.pct FROM (SELECT * FROM report INDEXED BY" \
		" report_domain_day WHERE domain = ?1 AND middle_day <= ?2 AND end_at <= ?3" \
		" ORDER BY middle_day DESC, end_at DESC, id DESC LIMIT 1) r LEFT JOIN name p" \
		" ON p.id = r.p LEFT JOIN name sp ON sp.id = r.sp LEFT JOIN name np ON np.id" \
		" = r.np LEFT JOIN name ad ON ad.id = r.adkim LEFT JOIN name af ON af.id =" \
		" r.aspf LEFT JOIN name fo ON fo.id = r.fo LEFT JOIN name te ON te.id =" \
		" r.testing LEFT JOIN name di ON di.id = r.discovery") \
	STMT(ip_get, "SELECT ip FROM source WHERE id = ?1") \
	STMT(name_get, "SELECT text FROM name WHERE id = ?1") \
	STMT(record_get, \
		"SELECT r.report, r.n, r.source, r.evidence, r.messages, r.line, r.ip_text," \
		" r.messages FROM record r WHERE r.report = ?1 AND r.n = ?2") \
	STMT(report_delete, "DELETE FROM report WHERE id = ?1") \
	STMT(coverage_add, \
		"INSERT INTO sum_coverage (domain, day, reporter, reports, newest_at)" \
		" VALUES (?1,?2,?3,1,?4) ON CONFLICT DO UPDATE SET reports = reports + 1," \
		" newest_at = max(newest_at, excluded.newest_at)") \
	STMT(coverage_less, \
		"UPDATE sum_coverage SET reports = reports - 1 WHERE domain = ?1 AND day =" \
		" ?2 AND reporter = ?3") \
	STMT(record_insert, \
		"INSERT INTO record (report, n, source, evidence, messages, line, ip_text)" \
		" VALUES (?1,?2,?3,?4,?5,?6,?7)") \
	STMT(record_content, \
		"SELECT r.source, e.content, r.messages FROM record r JOIN evidence e ON" \
		" e.id = r.evidence WHERE r.report = ?1 ORDER BY 1, 2, 3") \
	STMT(record_content_too, \
		"SELECT r.source, e.content, r.messages FROM record r JOIN evidence e ON" \
		" e.id = r.evidence WHERE r.report = ?1 ORDER BY 1, 2, 3") \
	STMT(record_sums, \
		"SELECT r.source, r.evidence, e.sender, e.named_by, e.facts, r.messages" \
		" FROM record r JOIN evidence e ON e.id = r.evidence WHERE r.report = ?1") \
	/* a report read again: ?1 the stored one, ?2 the new one */ \
	STMT(revise_ids, \
		"SELECT p.id FROM report p WHERE p.id > ?1 AND p.id <= ?2 AND (?3 IS NULL OR" \
		" p.domain = (SELECT id FROM domain WHERE name = ?3)) AND p.middle_day >= ?4" \
		" ORDER BY p.id LIMIT ?5") \
	STMT(revise_count, \
		"SELECT count(*) FROM report p WHERE p.id > ?1 AND p.id <= ?2 AND (?3 IS NULL" \
		" OR p.domain = (SELECT id FROM domain WHERE name = ?3)) AND p.middle_day >=" \
		" ?4") \
	STMT(revise_last, "SELECT coalesce(max(id), 0) FROM report") \
	STMT(revise_frame, \
		"SELECT domain, reporter, begin_at, end_at, again FROM report WHERE id = ?1") \
	STMT(revise_records, \
		"SELECT source, evidence, messages, line, ip_text FROM record WHERE report =" \
		" ?1 ORDER BY n") \
	STMT(revise_records_too, \
		"SELECT source, evidence, messages, line, ip_text FROM record WHERE report =" \
		" ?1 ORDER BY n") \
	STMT(revise_evidence, \
		"SELECT a.content IS b.content, a.facts, b.facts, a.causes IS b.causes FROM" \
		" evidence a, evidence b WHERE a.id = ?1 AND b.id = ?2") \
	STMT(revise_policy, \
		"SELECT a.p IS NOT b.p OR a.sp IS NOT b.sp OR a.np IS NOT b.np OR a.adkim IS" \
		" NOT b.adkim OR a.aspf IS NOT b.aspf OR a.fo IS NOT b.fo OR a.testing IS NOT" \
		" b.testing OR a.discovery IS NOT b.discovery OR a.pct IS NOT b.pct FROM" \
		" report a, report b WHERE a.id = ?1 AND b.id = ?2") \
	STMT(revise_metadata, \
		"SELECT a.key <> b.key OR a.domain <> b.domain OR a.reporter <> b.reporter OR" \
		" a.report_id IS NOT b.report_id OR a.begin_at <> b.begin_at OR a.end_at <>" \
		" b.end_at OR a.org_name IS NOT b.org_name OR a.email IS NOT b.email OR" \
		" a.contact IS NOT b.contact OR a.generator IS NOT b.generator OR a.version " \
		"IS" \
		" NOT b.version OR a.namespace IS NOT b.namespace OR a.format <> b.format " \
		"FROM" \
		" report a, report b WHERE a.id = ?1 AND b.id = ?2") \
	STMT(revise_errors, \
		"SELECT EXISTS (SELECT n, text FROM report_error WHERE report = ?1 EXCEPT" \
		" SELECT n, text FROM report_error WHERE report = ?2) OR EXISTS (SELECT n," \
		" text FROM report_error WHERE report = ?2 EXCEPT SELECT n, text FROM" \
		" report_error WHERE report = ?1)") \
	STMT(revise_notes, \
		"SELECT EXISTS (SELECT n, code, place, detail, times FROM report_note WHERE" \
		" report = ?1 EXCEPT SELECT n, code, place, detail, times FROM report_note" \
		" WHERE report = ?2) OR EXISTS (SELECT n, code, place, detail, times FROM" \
		" report_note WHERE report = ?2 EXCEPT SELECT n, code, place, detail, times" \
		" FROM report_note WHERE report = ?1)") \
	STMT(revise_drop_records, "DELETE FROM record WHERE report = ?1") \
	STMT(revise_drop_sums, "DELETE FROM sum_report WHERE report = ?1") \
	STMT(revise_drop_errors, "DELETE FROM report_error WHERE report = ?1") \
	STMT(revise_drop_notes, "DELETE FROM report_note WHERE report = ?1") \
	STMT(revise_move_records, "UPDATE record SET report = ?1 WHERE report = ?2") \
	STMT(revise_move_sums, "UPDATE sum_report SET report = ?1 WHERE report = ?2") \
	STMT(revise_move_errors, "UPDATE report_error SET report = ?1 WHERE report = ?2") \
	STMT(revise_move_notes, "UPDATE report_note SET report = ?1 WHERE report = ?2") \
	STMT(revise_move_inputs, "UPDATE input SET report = ?1 WHERE report = ?2") \
	STMT(revise_move_report, \
		"UPDATE report SET (key, domain, reporter, report_id, begin_at, end_at," \
		" middle_day, first_day, last_day, org_name, email, contact, generator," \
		" version, namespace, format, p, sp, np, adkim, aspf, fo, testing, discovery," \
		" pct, digest, messages, pass, records, disagree_records, again, flags) =" \
		" (SELECT n.key, n.domain, n.reporter, n.report_id, n.begin_at, n.end_at," \
		" n.middle_day, n.first_day, n.last_day, n.org_name, n.email, n.contact," \
		" n.generator, n.version, n.namespace, n.format, n.p, n.sp, n.np, n.adkim," \
		" n.aspf, n.fo, n.testing, n.discovery, n.pct, n.digest, n.messages, n.pass," \
		" n.records, n.disagree_records, report.again + n.again, (report.flags & " \
		"~?3) |" \
		" n.flags FROM report n WHERE n.id = ?2) WHERE id = ?1") \
	/* sums; zero rows go */ \
	STMT(sum_report_add, \
		"INSERT INTO sum_report (report, facts, messages, records) VALUES" \
		" (?1,?2,?3,?4) ON CONFLICT DO UPDATE SET messages = messages +" \
		" excluded.messages, records = records + excluded.records") \
	STMT(sum_reporter_add, \
		"INSERT INTO sum_reporter (domain, day, reporter, facts, messages, records," \
		" spread) VALUES (?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE SET messages" \
		" = messages + excluded.messages, records = records + excluded.records," \
		" spread = spread + excluded.spread") \
	STMT(sum_reporter_drop, \
		"DELETE FROM sum_reporter WHERE domain = ?1 AND day = ?2 AND reporter = ?3" \
		" AND facts = ?4 AND messages = 0 AND records = 0") \
	STMT(sum_source_add, \
		"INSERT INTO sum_source (domain, day, source, sender, named_by, facts," \
		" messages, records, spread) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9) ON" \
		" CONFLICT DO UPDATE SET messages = messages + excluded.messages, records =" \
		" records + excluded.records, spread = spread + excluded.spread") \
	STMT(sum_source_drop, \
		"DELETE FROM sum_source WHERE domain = ?1 AND day = ?2 AND source = ?3 AND" \
		" sender = ?4 AND named_by = ?5 AND facts = ?6 AND messages = 0 AND records" \
		" = 0") \
	STMT(sum_evidence_add, \
		"INSERT INTO sum_evidence (domain, day, evidence, messages, records," \
		" spread) VALUES (?1,?2,?3,?4,?5,?6) ON CONFLICT DO UPDATE SET messages =" \
		" messages + excluded.messages, records = records + excluded.records," \
		" spread = spread + excluded.spread") \
	STMT(sum_evidence_drop, \
		"DELETE FROM sum_evidence WHERE domain = ?1 AND day = ?2 AND evidence = ?3" \
		" AND messages = 0 AND records = 0") \
	STMT(coverage_drop, \
		"DELETE FROM sum_coverage WHERE domain = ?1 AND day = ?2 AND reporter = ?3" \
		" AND reports = 0") \
	/* originals */ \
	STMT(document_find, "SELECT report FROM document WHERE digest = ?1") \
	STMT(document_insert, \
		"INSERT INTO document (report, digest, size_bytes, pieces) VALUES" \
		" (?1,?2,?3,?4)") \
	STMT(document_get, \
		"SELECT pieces, size_bytes, digest FROM document WHERE report = ?1") \
	STMT(document_piece_insert, "INSERT INTO document_piece (id, bytes) VALUES (?1, ?2)") \
	STMT(document_piece_get, "SELECT bytes FROM document_piece WHERE id = ?1") \
	STMT(document_piece_bytes, \
		"SELECT sum(length(bytes)) FROM document_piece WHERE id BETWEEN ?1 AND ?2") \
	STMT(document_piece_delete, "DELETE FROM document_piece WHERE id BETWEEN ?1 AND ?2") \
	STMT(kept_find, "SELECT id FROM kept WHERE digest = ?1") \
	STMT(kept_next, "SELECT coalesce(max(id), 0) + 1 FROM kept") \
	STMT(kept_insert, \
		"INSERT INTO kept (id, digest, size_bytes, pieces) VALUES (?1,?2,?3,?4)") \
	STMT(kept_get, "SELECT pieces, size_bytes, digest FROM kept WHERE id = ?1") \
	STMT(kept_oldest, "SELECT id, size_bytes FROM kept ORDER BY id LIMIT 1") \
	STMT(kept_delete, "DELETE FROM kept WHERE id = ?1") \
	STMT(kept_total, "SELECT kept_bytes FROM meta") \
	STMT(kept_piece_insert, "INSERT INTO kept_piece (id, bytes) VALUES (?1, ?2)") \
	STMT(kept_piece_get, "SELECT bytes FROM kept_piece WHERE id = ?1") \
	STMT(kept_piece_delete, "DELETE FROM kept_piece WHERE id BETWEEN ?1 AND ?2") \
	/* the ledger */ \
	STMT(run_insert, "INSERT INTO run (source, started_at) VALUES (?1, ?2)") \
	STMT(run_finish, \
		"UPDATE run SET ended_at = ?2, inputs = ?3, stored = ?4, duplicate = ?5," \
		" ignored = ?6, rejected = ?7, reports = ?8, records = ?9, messages = ?10," \
		" error = ?11 WHERE id = ?1") \
	STMT(run_done, \
		"SELECT id FROM run WHERE coalesce(source, '') = ?1 AND ended_at > 0 AND" \
		" error IS NULL ORDER BY id DESC LIMIT 1") \
	STMT(run_undone, \
		"SELECT min(started_at) FROM run WHERE id > ?2 AND coalesce(source, '') = ?1") \
	STMT(settled, \
		"SELECT i.locator, i.sha256, i.outcome, i.reason IS 'read-failed' FROM input " \
		"i" \
		" INDEXED BY input_last CROSS JOIN run r ON r.id = i.run WHERE i.last_at >= " \
		"?3" \
		" AND r.id > ?2 AND coalesce(r.source, '') = ?1 AND i.sha256 <> zeroblob(32)" \
		" ORDER BY i.last_at DESC LIMIT ?4") \
	STMT(run_newest, "SELECT coalesce(max(id), 0) FROM run") \
	STMT(runs_after, \
		"SELECT id, source, started_at, ended_at, inputs, stored, duplicate, ignored," \
		" rejected, error FROM run WHERE id > ?1 ORDER BY id") \
	STMT(run_get, \
		"SELECT id, source, started_at, ended_at, inputs, stored, duplicate, ignored," \
		" rejected, error FROM run WHERE id = ?1") \
	STMT(run_reasons, \
		"SELECT reason, count(*) FROM input INDEXED BY input_outcome WHERE outcome =" \
		" ?3 AND last_at >= ?2 AND run = ?1 AND reason IS NOT NULL GROUP BY reason") \
	STMT(run_limits, \
		"SELECT substr(detail, instr(detail, '(limit '), 40), count(*) FROM input" \
		" INDEXED BY input_outcome WHERE outcome = ?3 AND last_at >= ?2 AND run = ?1" \
		" AND instr(detail, '(limit ') > 0 GROUP BY 1 UNION ALL SELECT" \
		" '(limit kept_bytes)', count(*) FROM input INDEXED BY input_outcome WHERE" \
		" outcome = ?3 AND last_at >= ?2 AND run = ?1 AND kept IS NULL AND reason NOT" \
		" IN ('read-failed', 'mail-too-large') LIMIT 1000") \
	STMT(run_notes, \
		"SELECT n.code, count(*) FROM input i INDEXED BY input_outcome JOIN" \
		" report_note n ON n.report = i.report WHERE i.outcome = ?3 AND i.last_at >=" \
		" ?2 AND i.run = ?1 AND n.code IN ('text-cut', 'entries-dropped') GROUP BY" \
		" n.code") \
	STMT(import_state_put, \
		"INSERT INTO import_state (source, started_at, ended_at, success_at," \
		" received_at, failures, failing_at, reason, error) VALUES (?1, ?2, ?3," \
		" iif(?4 = 0, ?3, NULL), iif(?5, ?3, NULL), ?4 = 1, iif(?4 = 1, ?3, NULL)," \
		" ?6, ?7) ON CONFLICT DO UPDATE SET started_at = excluded.started_at," \
		" ended_at = excluded.ended_at, success_at = coalesce(excluded.success_at," \
		" success_at), received_at = coalesce(excluded.received_at, received_at)," \
		" failures = CASE ?4 WHEN 0 THEN 0 WHEN 1 THEN failures + 1 ELSE failures" \
		" END, failing_at = CASE ?4 WHEN 0 THEN NULL WHEN 1 THEN" \
		" coalesce(failing_at, excluded.failing_at) ELSE failing_at END, reason =" \
		" iif(?4 = 2, reason, excluded.reason), error = iif(?4 = 2, error," \
		" excluded.error)") \
	STMT(import_state_get, \
		"SELECT source, started_at, ended_at, success_at, received_at, failures," \
		" failing_at, reason, error FROM import_state WHERE source = ?1") \
	STMT(import_state_all, \
		"SELECT source, started_at, ended_at, success_at, received_at, failures," \
		" failing_at, reason, error FROM import_state ORDER BY source") \
	STMT(checkpoint_put, \
		"INSERT INTO checkpoint (source, text, at) VALUES (?1, ?2, ?3) ON CONFLICT" \
		" DO UPDATE SET text = excluded.text, at = excluded.at") \
	STMT(checkpoint_get, "SELECT text FROM checkpoint WHERE source = ?1") \
	STMT(input_put, \
		"INSERT INTO input (key, run, source, locator, part, mail_from, subject," \
		" message_id, sha256, size_bytes, arrived_at, first_at, last_at, times," \
		" outcome, reason, detail, line, col, report, kept) VALUES" \
		" (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?12,1,?13,?14,?15,?16,?17,?18,?19)" \
		" ON CONFLICT (key) DO UPDATE SET times = times + 1, last_at = max(last_at," \
		" excluded.last_at), run = excluded.run, locator = excluded.locator, detail" \
		" = excluded.detail, line = excluded.line, col = excluded.col, report =" \
		" coalesce(excluded.report, report), kept = coalesce(excluded.kept, kept)" \
		" RETURNING id") \
	STMT(input_forget, "DELETE FROM input WHERE key = ?1 AND report IS NULL") \
	/* inputs whose bytes are kept */ \
	STMT(retry_get, \
		"SELECT kept, source, locator, mail_from, subject, message_id, sha256," \
		" size_bytes, arrived_at, outcome FROM input WHERE id = ?1") \
	STMT(retry_next, \
		"SELECT id FROM input a WHERE id > ?1 AND outcome = ?3 AND kept IS NOT NULL " \
		"AND" \
		" first_at >= ?2 AND NOT EXISTS (SELECT 1 FROM input b WHERE b.kept = a.kept" \
		" AND b.source IS a.source AND b.outcome = ?3 AND b.id < a.id) ORDER BY id" \
		" LIMIT 1") \
	STMT(retry_count, "SELECT count(*) FROM (SELECT DISTINCT kept, source FROM input " \
			  "WHERE outcome =" \
			  " ?2 AND kept IS NOT NULL AND first_at >= ?1)") \
	STMT(retry_entries, \
		"SELECT id, part, outcome, reason FROM input WHERE kept = ?1 AND source IS ?2" \
		" ORDER BY id") \
	STMT(retry_find, "SELECT id FROM input WHERE key = ?1") \
	STMT(retry_same, \
		"UPDATE input SET again_at = ?2, detail = ?3, line = ?4, col = ?5 WHERE id =" \
		" ?1") \
	STMT(retry_becomes, \
		"UPDATE input SET key = ?2, part = ?3, was = coalesce(reason, was), outcome =" \
		" ?4, reason = ?5, detail = ?6, line = ?7, col = ?8, report = ?9, kept = ?10," \
		" again_at = ?11, dismissed_at = NULL WHERE id = ?1") \
	STMT(retry_gone, "DELETE FROM input WHERE id = ?1") \
	STMT(retry_kept, \
		"SELECT size_bytes FROM kept WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM" \
		" input WHERE kept = ?1)") \
	STMT(dismiss, "UPDATE input SET dismissed_at = ?2 WHERE id = ?1") \
	STMT(input_move, "UPDATE input SET report = ?2 WHERE report = ?1") \
	/* what is too old: ?1 where to look on, ?2 the first day (or time) that stays */ \
	STMT(prune_ages, \
		"SELECT coalesce(records_from, -9223372036854775808), coalesce(sums_from," \
		" -9223372036854775808), coalesce(raw_from, -9223372036854775808), prune_due" \
		" FROM meta") \
	STMT(prune_ages_put, "UPDATE meta SET records_from = ?1, sums_from = ?2, raw_from = " \
			     "?3, prune_due =" \
			     " ?4, report_last = max(report_last, coalesce((SELECT max(id) " \
			     "FROM report), 0))") \
	STMT(prune_reports, \
		"SELECT id, middle_day FROM report INDEXED BY report_day WHERE middle_day >=" \
		" ?1 AND middle_day < ?2 AND last_day < ?2 ORDER BY middle_day LIMIT ?3") \
	STMT(prune_is_old, "SELECT messages FROM report WHERE id = ?1 AND last_day < ?2") \
	STMT(prune_records, \
		"DELETE FROM record WHERE report = ?1 AND n IN (SELECT n FROM record WHERE" \
		" report = ?1 ORDER BY n LIMIT ?2)") \
	STMT(prune_report_inputs, \
		"UPDATE input SET report = NULL WHERE id IN (SELECT id FROM input INDEXED BY" \
		" input_report WHERE report = ?1 LIMIT ?2)") \
	STMT(prune_domains, "SELECT id, id FROM domain WHERE id > ?1 AND ?2 IS NOT NULL ORDER" \
			    " BY id LIMIT ?3") \
	STMT(prune_sum_reporter, \
		"DELETE FROM sum_reporter WHERE (domain, day, reporter, facts) IN (SELECT" \
		" domain, day, reporter, facts FROM sum_reporter WHERE domain = ?1 AND day <" \
		" ?2 LIMIT ?3)") \
	STMT(prune_sum_source, \
		"DELETE FROM sum_source WHERE (domain, day, source, sender, named_by, facts)" \
		" IN (SELECT domain, day, source, sender, named_by, facts FROM sum_source" \
		" WHERE domain = ?1 AND day < ?2 LIMIT ?3)") \
	STMT(prune_sum_evidence, \
		"DELETE FROM sum_evidence WHERE (domain, day, evidence) IN (SELECT domain," \
		" day, evidence FROM sum_evidence WHERE domain = ?1 AND day < ?2 LIMIT ?3)") \
	STMT(prune_sum_coverage, \
		"DELETE FROM sum_coverage WHERE (domain, day, reporter) IN (SELECT domain," \
		" day, reporter FROM sum_coverage WHERE domain = ?1 AND day < ?2 LIMIT ?3)") \
	STMT(prune_originals, \
		"SELECT p.id, p.middle_day FROM report p INDEXED BY report_day CROSS JOIN" \
		" document d ON d.report = p.id WHERE p.middle_day >= ?1 AND p.middle_day < " \
		"?2" \
		" AND p.last_day < ?2 AND d.pieces <> 0 ORDER BY p.middle_day LIMIT ?3") \
	STMT(prune_original_state, "UPDATE document SET pieces = ?2 WHERE report = ?1") \
	STMT(prune_pieces, "SELECT sum(length(bytes)), max(id) FROM (SELECT id, bytes FROM" \
			   " document_piece WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3)") \
	STMT(prune_kept, \
		"SELECT k.id, k.id FROM kept k WHERE k.id > ?1 AND NOT EXISTS (SELECT 1 FROM" \
		" input i WHERE i.kept = k.id AND i.last_at >= ?2) ORDER BY k.id LIMIT ?3") \
	STMT(prune_kept_size, \
		"SELECT size_bytes FROM kept k WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM" \
		" input i WHERE i.kept = k.id AND i.last_at >= ?2)") \
	STMT(prune_inputs, \
		"SELECT id, last_at FROM input WHERE last_at >= ?1 AND last_at < ?2 ORDER BY" \
		" last_at LIMIT ?3") \
	STMT(prune_input, "DELETE FROM input WHERE id = ?1 AND last_at < ?2") \
	STMT(prune_count, \
		"SELECT r.n, r.records, r.messages, (SELECT count(*) FROM report p INDEXED BY" \
		" report_day CROSS JOIN document d ON d.report = p.id WHERE p.middle_day < ?3" \
		" AND p.last_day < ?3 AND p.last_day >= ?1 AND d.pieces <> 0) + (SELECT" \
		" count(*) FROM kept k WHERE NOT EXISTS (SELECT 1 FROM input i WHERE i.kept =" \
		" k.id AND i.last_at >= ?5)), (SELECT count(*) FROM input WHERE last_at < " \
		"?4)," \
		" (SELECT count(*) FROM domain d CROSS JOIN sum_reporter s ON s.domain = d.id" \
		" AND s.day < ?2) + (SELECT count(*) FROM domain d CROSS JOIN sum_source s ON" \
		" s.domain = d.id AND s.day < ?2) + (SELECT count(*) FROM domain d CROSS JOIN" \
		" sum_evidence s ON s.domain = d.id AND s.day < ?2) + (SELECT count(*) FROM" \
		" domain d CROSS JOIN sum_coverage s ON s.domain = d.id AND s.day < ?2) FROM" \
		" (SELECT count(*) AS n, coalesce(sum(records), 0) AS records," \
		" coalesce(sum(messages), 0) AS messages FROM report INDEXED BY report_day" \
		" WHERE middle_day < ?1 AND last_day < ?1) r") \
	STMT(sources_gone, "UPDATE meta SET sources_gone = sources_gone + ?1") \
	/* marks of senders */ \
	STMT(source_between, \
		"SELECT count(*) FROM (SELECT 1 FROM source WHERE ip BETWEEN ?1 AND ?2 AND" \
		" length(ip) = ?3 LIMIT 1)") \
	STMT(naming_known, \
		"SELECT count(*) FROM (SELECT 1 FROM evidence WHERE sender = (SELECT id FROM" \
		" name WHERE text = ?1) AND sender <> 0 LIMIT 1)") \
	STMT(mark_others, "SELECT count(*) FROM mark WHERE domain = ?1 AND key <> ?2") \
	STMT(mark_put, \
		"INSERT INTO mark (domain, key, word, note, who, at) VALUES " \
		"(?1,?2,?3,?4,?5,?6)" \
		" ON CONFLICT DO UPDATE SET word = excluded.word, note = excluded.note, who =" \
		" excluded.who, at = excluded.at") \
	STMT(mark_get, "SELECT key, word, note, who, at FROM mark WHERE domain = (SELECT id " \
		       "FROM domain" \
		       " WHERE name = ?1) AND (key = ?2 OR sender_key_now(key) = ?2) ORDER " \
		       "BY key = ?2 " \
		       "DESC, at DESC," \
		       " key LIMIT 1") \
	/* the search: a text is found by its beginning (?1), or anywhere among the first \
	 * 20,000 */ \
	STMT(search_domains, \
		"SELECT d.name, d.reports, (SELECT max(middle_day) FROM report WHERE domain =" \
		" d.id) FROM (SELECT * FROM (SELECT id, name, reports FROM domain WHERE name " \
		"=" \
		" ?1 UNION SELECT id, name, reports FROM (SELECT * FROM domain ORDER BY id" \
		" LIMIT 20000) WHERE instr(name, ?1)) ORDER BY name = ?1 DESC, name LIMIT " \
		"?2) d" \
		" ORDER BY d.name = ?1 DESC, d.name") \
	STMT(search_reporters, \
		"SELECT text, key = ?1, newest_at FROM (SELECT key, text, newest_at FROM" \
		" reporter WHERE key = ?1 UNION SELECT key, text, newest_at FROM (SELECT * " \
		"FROM" \
		" reporter ORDER BY id LIMIT 20000) WHERE instr(key, ?1)) ORDER BY key = ?1" \
		" DESC, key LIMIT ?2") \
	STMT(search_reports, \
		"SELECT r.report_id, r.report_id = ?1 COLLATE NOCASE, r.id, p.text, d.name," \
		" r.messages, r.begin_at, r.end_at FROM (SELECT * FROM report INDEXED BY" \
		" report_name WHERE report_id >= ?1 COLLATE NOCASE AND report_id < ?1 ||" \
		" char(1114111) COLLATE NOCASE ORDER BY report_id COLLATE NOCASE LIMIT ?2) r" \
		" JOIN reporter p ON p.id = r.reporter JOIN domain d ON d.id = r.domain ORDER" \
		" BY r.report_id COLLATE NOCASE, r.id") \
	STMT(search_senders, \
		"WITH RECURSIVE l (id, by, n) AS (SELECT sender, min(named_by), 1 FROM " \
		"evidence" \
		" WHERE sender = (SELECT min(sender) FROM evidence WHERE sender > 0 AND " \
		"sender" \
		" <> 0) AND sender <> 0 UNION ALL SELECT e.sender, e.named_by, n + 1 FROM l" \
		" CROSS JOIN evidence e ON e.id = coalesce((SELECT id FROM evidence WHERE " \
		"sender" \
		" = l.id AND sender <> 0 AND named_by > l.by ORDER BY named_by LIMIT 1), " \
		"(SELECT" \
		" id FROM evidence WHERE sender > l.id AND sender <> 0 ORDER BY sender, " \
		"named_by" \
		" LIMIT 1)) WHERE n < 20000), k AS MATERIALIZED (SELECT sender_key(t.text, " \
		"l.by," \
		" NULL) AS key FROM l JOIN name t ON t.id = l.id) SELECT DISTINCT key FROM k" \
		" ORDER BY key") \
	STMT(search_from, \
		"SELECT n.text FROM (SELECT id, text FROM name WHERE text >= ?1 AND text < ?1" \
		" || char(1114111) ORDER BY text LIMIT 1000) n WHERE EXISTS (SELECT 1 FROM" \
		" evidence e INDEXED BY evidence_from WHERE coalesce(e.author, " \
		"e.header_from) =" \
		" +n.id) ORDER BY n.text LIMIT ?2") \
	STMT(search_dkim_domains, \
		"SELECT n.text FROM (SELECT id, text FROM name WHERE text >= ?1 AND text < ?1" \
		" || char(1114111) ORDER BY text LIMIT 1000) n WHERE EXISTS (SELECT 1 FROM" \
		" evidence_dkim e INDEXED BY evidence_dkim_domain WHERE e.domain = n.id) " \
		"ORDER" \
		" BY n.text LIMIT ?2") \
	STMT(search_selectors, \
		"SELECT n.text FROM (SELECT id, text FROM name WHERE text >= ?1 AND text < ?1" \
		" || char(1114111) ORDER BY text LIMIT 1000) n WHERE EXISTS (SELECT 1 FROM" \
		" evidence_dkim e INDEXED BY evidence_dkim_selector WHERE e.selector = n.id)" \
		" ORDER BY n.text LIMIT ?2") \
	STMT(search_spf_domains, \
		"SELECT n.text FROM (SELECT id, text FROM name WHERE text >= ?1 AND text < ?1" \
		" || char(1114111) ORDER BY text LIMIT 1000) n WHERE EXISTS (SELECT 1 FROM" \
		" evidence_spf e INDEXED BY evidence_spf_domain WHERE e.domain = n.id) ORDER " \
		"BY" \
		" n.text LIMIT ?2") \
	STMT(search_key, \
		"SELECT s.text FROM name d JOIN name s WHERE d.text = ?1 AND s.text IN (?2, " \
		"?3)" \
		" AND EXISTS (SELECT 1 FROM evidence_dkim e INDEXED BY evidence_dkim_domain" \
		" WHERE e.domain = d.id AND e.selector = s.id) LIMIT 1") \
	/* tokens of the API */ \
	STMT(token_named, "SELECT count(*) FROM token WHERE name = ?1") \
	STMT(token_count, "SELECT count(*) FROM token") \
	STMT(token_insert, \
		"INSERT INTO token (name, digest, scopes, created_at, expires_at) VALUES" \
		" (?1,?2,?3,?4,?5)") \
	STMT(token_delete, "DELETE FROM token WHERE name = ?1") \
	STMT(token_used, "UPDATE token SET used_day = ?2 WHERE id = ?1") \
	STMT(token_find, \
		"SELECT id, name, scopes, created_at, expires_at, used_day FROM token WHERE" \
		" digest = ?1") \
	STMT(token_list, \
		"SELECT id, name, scopes, created_at, expires_at, used_day FROM token ORDER" \
		" BY name")
/* clang-format on */

#endif
