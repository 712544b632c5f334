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
	/* Steps from one day that there is to the next. */
	sql_add(sql, " FROM (WITH RECURSIVE seen (domain, day) AS (SELECT d.id, (SELECT"
		     " min(day) FROM sum_source WHERE domain = d.id AND day >= ");
	sql_int(sql, qn->from_day);
	sql_add(sql, ") FROM domain d WHERE ");
	filter_domain(sql, qn->q, "d.id", true);
	sql_add(sql, " UNION ALL SELECT domain, (SELECT min(day) FROM sum_source WHERE domain ="
		     " seen.domain AND day > seen.day) FROM seen WHERE day < ");
	sql_int(sql, qn->to_day);
	sql_add(sql, ") SELECT domain AS seen_domain, day AS seen_day FROM seen WHERE day < ");
	sql_int(sql, qn->to_day);
	sql_add(sql, ") CROSS JOIN sum_source s WHERE s.domain = seen_domain AND s.day ="
		     " seen_day AND s.source = ");
	add_id(sql, qn->q);
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
