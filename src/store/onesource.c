#include "onesource.h"

#include "filter.h"

bool is_one_source(const struct query *q)
{
	return q->network_count == 1 &&
	       ip_cmp(&q->networks[0].first, &q->networks[0].last) == 0;
}

static void add_id(struct sql *sql, const struct query *q)
{
	const struct ip *ip = &q->networks[0].first;

	sql_add(sql, "(SELECT id FROM source WHERE ip = ");
	sql_blob(sql, ip->b, ip->n);
	sql_add(sql, ")");
}

void one_source_sums(struct sql *sql, const struct question *qn)
{
	/* Of each domain that it sent for, steps from one day that there is to the next. */
	sql_add(sql,
		" FROM (WITH RECURSIVE seen (domain, day, last) AS (SELECT o.domain, (SELECT"
		" min(day) FROM sum_source WHERE domain = o.domain AND day >="
		" max(o.first_day, ");
	sql_int(sql, qn->from_day);
	sql_add(sql, ")), min(o.last_day, ");
	sql_int(sql, qn->to_day - 1);
	sql_add(sql, ") FROM source_domain o WHERE o.source = ");
	add_id(sql, qn->q);
	sql_add(sql, " AND ");
	filter_domain(sql, qn->q, "o.domain", true);
	sql_add(sql,
		" UNION ALL SELECT domain, (SELECT min(day) FROM sum_source WHERE domain ="
		" seen.domain AND day > seen.day), last FROM seen WHERE day < last) SELECT"
		" domain AS seen_domain, day AS seen_day FROM seen WHERE day <= last) CROSS"
		" JOIN sum_source s WHERE s.domain = seen_domain AND s.day = seen_day AND"
		" s.source = ");
	add_id(sql, qn->q);
}

void one_source_days(struct sql *sql, const struct question *qn)
{
	struct question reached = *qn;

	/* Of reports over several days the middle one may be outside the range. */
	if (qn->has_spread) {
		reached.from_day -= qn->reach_days;
		reached.to_day += qn->reach_days;
	}
	sql_add(sql, " FROM (SELECT DISTINCT s.domain AS on_domain, s.day AS on_day");
	one_source_sums(sql, &reached);
	sql_add(sql, ") CROSS JOIN report rp INDEXED BY report_domain_day ON rp.domain ="
		     " on_domain AND rp.middle_day = on_day");
}

void one_source_reports(struct sql *sql, const struct query *q)
{
	if (!is_one_source(q))
		return;
	/* The records of a report count on its middle day, however many days it is spread over.
	 */
	sql_add(sql, " AND EXISTS (SELECT 1 FROM sum_source WHERE domain = rp.domain AND day ="
		     " rp.middle_day AND source = ");
	add_id(sql, q);
	sql_add(sql, ")");
}
