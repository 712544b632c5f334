#include "exposition.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MILLION UINT64_C(1000000)
#define MICROS_TEXT 32

static const char *const type_names[] = {
	[METRIC_GAUGE] = "gauge",
	[METRIC_COUNTER] = "counter",
	[METRIC_HISTOGRAM] = "histogram",
	[METRIC_INFO] = "info",
};

void exposition_init(struct exposition *e, enum exposition_format format, struct buf *out)
{
	*e = (struct exposition){ .out = out, .format = format };
}

/* What the names of samples end in. */
static const char *suffix_of(const struct metric *m)
{
	switch (m->type) {
	case METRIC_COUNTER:
		return "_total";
	case METRIC_INFO:
		return "_info";
	default:
		return "";
	}
}

void exposition_family(struct exposition *e, const struct metric *m)
{
	bool open_metrics = e->format == EXPOSITION_OPENMETRICS;
	const char *suffix = open_metrics ? "" : suffix_of(m);
	/* The older format does not know info. */
	enum metric_type type =
		m->type == METRIC_INFO && !open_metrics ? METRIC_GAUGE : m->type;

	assert(!m->unit || str_ends(str_of(m->name), str_of(m->unit)));
	e->family = m;
	buf_printf(e->out, "# HELP %s%s %s\n", m->name, suffix, m->help);
	buf_printf(e->out, "# TYPE %s%s %s\n", m->name, suffix, type_names[type]);
	if (open_metrics && m->unit)
		buf_printf(e->out, "# UNIT %s %s\n", m->name, m->unit);
}

/* --- Labels --- */

static void add_char(struct buf *out, struct str c)
{
	unsigned char first = (unsigned char)c.p[0];

	if (first == '\n')
		buf_str(out, STR("\\n"));
	else if (first == '\\' || first == '"')
		buf_printf(out, "\\%c", first);
	else if (first < 0x20 || first == 0x7f)
		buf_str(out, STR("\xef\xbf\xbd"));
	else
		buf_str(out, c);
}

static void add_value(struct buf *out, struct str s)
{
	while (s.n > 0) {
		int n = str_utf8_char(s);

		if (n < 0) {
			buf_str(out, STR("\xef\xbf\xbd"));
			n = -n;
		} else {
			add_char(out, str_make(s.p, (size_t)n));
		}
		s = str_from(s, (size_t)n);
	}
}

/* le: one more label, or NULL. */
static void add_name(
	struct exposition *e, const char *suffix, const struct label *labels, const char *le)
{
	const char *before = "{";

	buf_printf(e->out, "%s%s", e->family->name, suffix);
	for (; labels->name; labels++) {
		buf_printf(e->out, "%s%s=\"", before, labels->name);
		add_value(e->out, labels->value);
		buf_char(e->out, '"');
		before = ",";
	}
	if (le)
		buf_printf(e->out, "%sle=\"%s\"", before, le);
	if (le || *before == ',')
		buf_char(e->out, '}');
	buf_char(e->out, ' ');
}

/* --- Samples --- */

/* Seconds without zeros at the end, but with one decimal at least. */
static const char *micros_text(uint64_t us, char text[MICROS_TEXT])
{
	int n = snprintf(
		text, MICROS_TEXT, "%" PRIu64 ".%06" PRIu64, us / MILLION, us % MILLION);

	while (text[n - 1] == '0' && text[n - 2] != '.')
		text[--n] = '\0';
	return text;
}

static void begin_sample(struct exposition *e, const struct label *labels)
{
	assert(e->family && e->family->type != METRIC_HISTOGRAM);
	add_name(e, suffix_of(e->family), labels, NULL);
}

void exposition_number(struct exposition *e, const struct label *labels, uint64_t value)
{
	begin_sample(e, labels);
	buf_printf(e->out, "%" PRIu64 "\n", value);
}

void exposition_signed(struct exposition *e, const struct label *labels, int64_t value)
{
	begin_sample(e, labels);
	buf_printf(e->out, "%" PRId64 "\n", value);
}

void exposition_micros(struct exposition *e, const struct label *labels, uint64_t value)
{
	char text[MICROS_TEXT];

	begin_sample(e, labels);
	buf_printf(e->out, "%s\n", micros_text(value, text));
}

void exposition_histogram(
	struct exposition *e, const struct label *labels, const struct histogram *h)
{
	char text[MICROS_TEXT];
	uint64_t n = 0;

	assert(e->family && e->family->type == METRIC_HISTOGRAM);
	for (size_t i = 0; i <= h->scale->count; i++) {
		const char *le = i < h->scale->count ? micros_text(h->scale->bounds_us[i], text)
						     : "+Inf";

		n += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
		add_name(e, "_bucket", labels, le);
		buf_printf(e->out, "%" PRIu64 "\n", n);
	}
	add_name(e, "_count", labels, NULL);
	buf_printf(e->out, "%" PRIu64 "\n", n); /* what the buckets say, whatever came since */
	add_name(e, "_sum", labels, NULL);
	buf_printf(e->out, "%s\n",
		micros_text(atomic_load_explicit(&h->sum_us, memory_order_relaxed), text));
}

void exposition_end(struct exposition *e)
{
	e->family = NULL;
	if (e->format == EXPOSITION_OPENMETRICS)
		buf_str(e->out, STR("# EOF\n"));
}
