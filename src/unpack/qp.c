#include "qp.h"

void qp_init(struct qp *q, struct str in)
{
	*q = (struct qp){ .in = in };
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int qp_octet(const char *p)
{
	int high = digit(p[0]), low = digit(p[1]);

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static size_t blanks(const struct qp *q, size_t at)
{
	while (at < q->in.n && (q->in.p[at] == ' ' || q->in.p[at] == '\t'))
		at++;
	return at;
}

static bool at_break(const struct qp *q, size_t at)
{
	return at >= q->in.n || q->in.p[at] == '\n' || q->in.p[at] == '\r';
}

/* At an "=": true when it stands for a byte. */
static bool escape(struct qp *q, char *out)
{
	size_t after = q->at + 1, end = blanks(q, after);
	int octet;

	if (at_break(q, end)) { /* a soft line break */
		if (end + 1 < q->in.n && q->in.p[end] == '\r' && q->in.p[end + 1] == '\n')
			end++;
		q->at = end < q->in.n ? end + 1 : end;
		return false;
	}
	octet = q->in.n - after >= 2 ? qp_octet(q->in.p + after) : -1;
	*out = octet < 0 ? '=' : (char)octet;
	q->at = octet < 0 ? after : after + 2;
	return true;
}

/* At a blank: false when a line break follows, and the blanks are passed over. */
static bool keep_blank(struct qp *q)
{
	size_t end;

	if (q->at < q->blanks_end)
		return true;
	end = blanks(q, q->at);
	if (at_break(q, end)) {
		q->at = end;
		return false;
	}
	q->blanks_end = end;
	return true;
}

size_t qp_read(struct qp *q, char *out, size_t n)
{
	size_t have = 0;

	while (have < n && q->at < q->in.n) {
		char c = q->in.p[q->at];

		if (c == '=') {
			if (escape(q, out + have))
				have++;
			continue;
		}
		if ((c == ' ' || c == '\t') && !keep_blank(q))
			continue;
		out[have++] = c;
		q->at++;
	}
	return have;
}
