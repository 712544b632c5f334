#include "peek.h"

#include <string.h>

static ssize_t peek_read(struct reader *r, void *out, size_t n, struct err *err)
{
	struct peek *p = (struct peek *)(void *)r; /* reader is its first member */

	if (p->at == p->head_n) {
		if (p->code < 0) {
			*err = p->err;
			return p->code;
		}
		return reader_read(p->in, out, n, err);
	}
	if (n > p->head_n - p->at)
		n = p->head_n - p->at;
	memcpy(out, p->head + p->at, n);
	p->at += n;
	return (ssize_t)n;
}

void peek_init(struct peek *p, struct reader *in)
{
	p->reader.read = peek_read;
	p->in = in;
	p->head_n = p->at = 0;
	p->code = 0;
	while (p->head_n < sizeof(p->head)) {
		ssize_t got = reader_read(
			in, p->head + p->head_n, sizeof(p->head) - p->head_n, &p->err);

		if (got < 0)
			p->code = (int)got;
		if (got <= 0)
			break;
		p->head_n += (size_t)got;
	}
}

struct str peek_head(const struct peek *p)
{
	return str_make(p->head, p->head_n);
}
