#include "demo.h"

#include "bounds.h"
#include "buf.h"
#include "day.h"
#include "xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* One way in which mail of a domain leaves; messages is the daily mean over all receivers. */
struct demo_sender {
	const char *ip; /* "%u" is a random host part */
	const char *mail_from, *spf;
	const char *dkim_domain, *selector, *dkim; /* own signature; NULL: none */
	const char *other_domain, *other_selector; /* a second signature, always pass */
	const char *reason, *comment;
	unsigned messages, percent_of_days;
	unsigned since, until; /* days before the newest; until < since */
	unsigned spread;       /* other addresses it comes from; 0: only one */
};

struct demo_domain {
	const char *name, *p, *sp, *mode;
	const struct demo_sender *senders;
	size_t sender_count;
};

#define FOREVER 9999

static const struct demo_sender com_senders[] = {
	{ "192.0.2.10", "example.com", "pass", "example.com", "s1", "pass", NULL, NULL, NULL,
		NULL, 640, 100, FOREVER, 0, 0 },
	{ "2001:db8:25::10", "example.com", "pass", "example.com", "s1", "pass", NULL, NULL,
		NULL, NULL, 210, 100, FOREVER, 0, 0 },
	{ "198.51.100.20", "mg.esp.example", "pass", "example.com", "k1", "pass", "esp.example",
		"e1", NULL, NULL, 420, 60, FOREVER, 0, 0 },
	{ "198.51.100.21", "mg.esp.example", "pass", "example.com", "k1", "pass", "esp.example",
		"e1", NULL, NULL, 160, 60, FOREVER, 0, 0 },
	{ "192.0.2.99", "example.com", "pass", NULL, NULL, NULL, NULL, NULL, NULL, NULL, 26, 70,
		FOREVER, 0, 0 },
	{ "203.0.113.30", "bounce.crm.example.net", "pass", NULL, NULL, NULL, "crm.example.net",
		"k1", NULL, NULL, 34, 80, 15, 0, 0 },
	{ "198.51.100.77", "lists.example.info", "pass", "example.com", "s1", "fail",
		"lists.example.info", "l1", "mailing_list", "example list", 14, 75, FOREVER, 0,
		0 },
	{ "2001:db8:f::25", "forward.example.edu", "pass", "example.com", "s1", "pass", NULL,
		NULL, NULL, NULL, 9, 55, FOREVER, 0, 3 },
	{ "192.0.2.11", "news.example.com", "pass", "example.com", "s2", "permerror", NULL,
		NULL, NULL, NULL, 60, 90, FOREVER, 0, 0 },
	{ "192.0.2.12", "other.example", "softfail", "example.com", "s1", "fail", NULL, NULL,
		NULL, NULL, 120, 100, 9, 6, 0 },
	{ "203.0.113.%u", "example.com", "fail", NULL, NULL, NULL, NULL, NULL, NULL, NULL, 7,
		65, FOREVER, 0, 9 },
	{ "198.51.100.%u", "mail.spam.example", "none", NULL, NULL, NULL, NULL, NULL, NULL,
		NULL, 4, 50, FOREVER, 0, 12 },
};
static const struct demo_sender org_senders[] = {
	{ "192.0.2.40", "example.org", "pass", "example.org", "o1", "pass", NULL, NULL, NULL,
		NULL, 18, 45, FOREVER, 0, 0 },
	{ "203.0.113.%u", "example.org", "fail", NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5,
		60, FOREVER, 0, 6 },
};
static const struct demo_domain domains[] = {
	{ "example.com", "none", "none", "r", com_senders,
		sizeof(com_senders) / sizeof(*com_senders) },
	{ "example.org", "reject", "reject", "s", org_senders,
		sizeof(org_senders) / sizeof(*org_senders) },
};

struct demo_reporter {
	const char *org, *domain, *email;
	unsigned percent;		 /* of the mail, and so of the messages it reports */
	bool rfc9990;			 /* namespace and fields of RFC 9990 */
	bool plain;			 /* XML attached as it is, not compressed */
	unsigned silent_from, silent_to; /* days before the newest without a report */
};
static const struct demo_reporter reporters[] = {
	{ "google.com", "google.com", "noreply-dmarc-support@google.com", 48, false, false, 0,
		0 },
	{ "Outlook.com", "outlook.com", "dmarcreport@microsoft.com", 26, false, false, 4, 2 },
	{ "Yahoo", "yahoo.com", "dmarchelp@yahooinc.com", 12, false, false, 0, 0 },
	{ "gmx.example", "gmx.example", "noreply-dmarc@gmx.example", 8, true, false, 0, 0 },
	{ "mail.example", "mail.example", "dmarc@mail.example", 4, true, true, 0, 0 },
	{ "university.example", "university.example", "postmaster@university.example", 2, false,
		true, 0, 0 },
};
#define REPORTERS (sizeof(reporters) / sizeof(*reporters))

struct demo {
	int folder; /* new/ */
	uint64_t random, mails;
	const struct demo_options *opt;
	struct buf xml, mail;
};

/* splitmix64 */
static uint64_t demo_random(struct demo *d)
{
	uint64_t z = d->random += 0x9e3779b97f4a7c15ULL;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static unsigned below(struct demo *d, unsigned n)
{
	return (unsigned)(demo_random(d) % n);
}

static bool passes(const char *word)
{
	return word && strcmp(word, "pass") == 0;
}

static bool inside(const char *name, const struct demo_domain *domain)
{
	size_t n = strlen(name), m = strlen(domain->name);
	if (strcmp(name, domain->name) == 0)
		return true;
	return domain->mode[0] == 'r' && n > m && name[n - m - 1] == '.' &&
	       strcmp(name + n - m, domain->name) == 0;
}

static void add_dkim(
	struct buf *x, const char *domain, const char *selector, const char *result)
{
	buf_printf(x,
		"      "
		"<dkim><domain>%s</domain><selector>%s</selector><result>%s</result></dkim>\n",
		domain, selector, result);
}

static void add_record(struct demo *d, const struct demo_domain *domain,
	const struct demo_sender *s, const struct demo_reporter *r, unsigned messages)
{
	struct buf *x = &d->xml;
	char ip[48];
	bool numbered = strchr(s->ip, '%') != NULL;
	if (numbered)
		snprintf(ip, sizeof(ip), "%.*s%u", (int)strcspn(s->ip, "%"), s->ip,
			100 + below(d, s->spread));
	else
		snprintf(ip, sizeof(ip), "%s%s", s->ip, "");
	bool spf = passes(s->spf) && inside(s->mail_from, domain);
	bool dkim = passes(s->dkim) && inside(s->dkim_domain, domain);
	bool pass = spf || dkim;
	const char *disposition =
		pass ? (r->rfc9990 && domain->p[0] != 'n' ? "pass" : "none") : domain->p;
	buf_printf(x,
		"  <record>\n    <row>\n      <source_ip>%s</source_ip>\n      "
		"<count>%u</count>\n",
		ip, messages);
	buf_printf(x,
		"      "
		"<policy_evaluated><disposition>%s</disposition><dkim>%s</dkim><spf>%s</spf>",
		disposition, dkim ? "pass" : "fail", spf ? "pass" : "fail");
	if (s->reason)
		buf_printf(x, "<reason><type>%s</type><comment>%s</comment></reason>",
			s->reason, s->comment);
	buf_printf(x,
		"</policy_evaluated>\n    </row>\n    "
		"<identifiers><envelope_from>%s</envelope_from>"
		"<header_from>%s</header_from></identifiers>\n    <auth_results>\n",
		s->mail_from, domain->name);
	if (s->dkim)
		add_dkim(x, s->dkim_domain, s->selector, s->dkim);
	if (s->other_domain)
		add_dkim(x, s->other_domain, s->other_selector, "pass");
	buf_printf(x,
		"      <spf><domain>%s</domain><scope>mfrom</scope><result>%s</result></spf>\n"
		"    </auth_results>\n  </record>\n",
		s->mail_from, s->spf);
}

/* How many messages of this sender this receiver saw on a day: a week has quiet Saturdays and
 * Sundays. */
static unsigned volume(
	struct demo *d, const struct demo_sender *s, const struct demo_reporter *r, int64_t day)
{
	struct civil civil;
	unsigned ago = (unsigned)(d->opt->last_day - day);
	day_civil(day, &civil);
	if (ago > s->since || ago < s->until || below(d, 100) >= s->percent_of_days)
		return 0;
	unsigned mean = s->messages * r->percent;
	if (civil.weekday >= 5)
		mean = mean * 2 / 5;
	unsigned n = mean / 100 * (70 + below(d, 61)) / 100;
	if (n == 0 && below(d, 100) < mean % 100 + 4)
		n = 1;
	return n;
}

static void begin_report(struct demo *d, const struct demo_domain *domain,
	const struct demo_reporter *r, int64_t day, const char *id)
{
	struct buf *x = &d->xml;
	long long begin = (long long)day_start(day);
	long long end = begin + DAY_SECONDS - (strcmp(r->org, "Outlook.com") == 0 ? 0 : 1);
	buf_clear(x);
	buf_printf(x, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback%s>\n",
		r->rfc9990 ? " xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\"" : "");
	buf_printf(x,
		"  <version>1.0</version>\n  <report_metadata>\n    <org_name>%s</org_name>\n"
		"    <email>%s</email>\n    <report_id>%s</report_id>\n"
		"    <date_range><begin>%lld</begin><end>%lld</end></date_range>\n%s  "
		"</report_metadata>\n",
		r->org, r->email, id, begin, end,
		r->rfc9990 ? "    <generator>Example Reporter 3.1</generator>\n" : "");
	buf_printf(x,
		"  <policy_published>\n    <domain>%s</domain>\n    "
		"<adkim>%s</adkim><aspf>%s</aspf>\n"
		"    <p>%s</p><sp>%s</sp>\n%s  </policy_published>\n",
		domain->name, domain->mode, domain->mode, domain->p, domain->sp,
		r->rfc9990
			? "    "
			  "<testing>n</testing><discovery_method>treewalk</discovery_method>\n"
			: "    <pct>100</pct><fo>0</fo>\n");
}

static bool fill_report(struct demo *d, const struct demo_domain *domain,
	const struct demo_reporter *r, int64_t day)
{
	bool any = false;
	for (size_t i = 0; i < domain->sender_count; i++) {
		const struct demo_sender *s = &domain->senders[i];
		unsigned n = volume(d, s, r, day),
			 rows = s->spread && n > 2 ? 1 + below(d, 3) : 1;
		for (unsigned k = 0; n > 0 && k < rows; k++) {
			unsigned part = k + 1 == rows ? n : n / (rows - k);
			if (part)
				add_record(d, domain, s, r, part);
			n -= part;
			any = true;
		}
	}
	buf_str(&d->xml, STR("</feedback>\n"));
	return any;
}

static void add_base64(struct buf *out, const unsigned char *p, size_t n)
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0) |
			     (i + 2 < n ? p[i + 2] : 0);
		char four[4] = { set[v >> 18], set[v >> 12 & 63],
			i + 1 < n ? set[v >> 6 & 63] : '=', i + 2 < n ? set[v & 63] : '=' };
		buf_add(out, four, 4);
		if (i % 57 == 54)
			buf_char(out, '\n');
	}
	buf_char(out, '\n');
}

static int gzip_xml(struct demo *d, struct buf *out, struct err *err)
{
	z_stream z = { 0 };
	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return FAIL(err, ERR_IO, NULL, "zlib could not be set up");
	uLong bound = deflateBound(&z, d->xml.n);
	z.next_in = (unsigned char *)d->xml.p;
	z.avail_in = (uInt)d->xml.n;
	z.next_out = (unsigned char *)buf_reserve(out, bound);
	z.avail_out = (uInt)bound;
	int r = z.next_out ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
	out->n += z.total_out;
	deflateEnd(&z);
	return r == Z_STREAM_END ? 0 : FAIL(err, ERR_IO, NULL, "zlib could not compress");
}

static int write_mail(struct demo *d, int64_t at, struct err *err)
{
	char name[64];
	snprintf(name, sizeof(name), "%lld.%06llu.demo", (long long)at,
		(unsigned long long)d->mails);
	CLEANUP(close_fd)
	int fd = openat(d->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	struct timespec times[2] = { { .tv_sec = at }, { .tv_sec = at } };
	if (fd < 0 || write(fd, d->mail.p, d->mail.n) != (ssize_t)d->mail.n ||
		futimens(fd, times) != 0)
		return FAIL(err, ERR_IO, NULL, "%s could not be written: %s", name,
			strerror(errno));
	d->mails++;
	return 0;
}

static void mail_head(struct demo *d, const char *from, const char *subject, int64_t at)
{
	char text[TIME_TEXT];
	buf_clear(&d->mail);
	buf_printf(&d->mail, "From: %s\nTo: dmarc@example.com\nSubject: %s\n", from, subject);
	buf_printf(&d->mail,
		"Message-ID: <demo-%llu@%s>\nX-Demo-Date: %.*s\nMIME-Version: 1.0\n",
		(unsigned long long)d->mails,
		strchr(from, '@') ? strchr(from, '@') + 1 : "example",
		STR_ARGS(time_iso(at, text)));
}

/* The report in d->xml as a mail; keep: bytes of the attachment that are written (0: all). */
static int mail_report(struct demo *d, const struct demo_domain *domain,
	const struct demo_reporter *r, int64_t day, const char *id, size_t keep,
	struct err *err)
{
	char subject[256], name[256];
	int64_t at = day_start(day + 1) + 3 * 3600 + below(d, 4 * 3600);
	snprintf(subject, sizeof(subject), "Report Domain: %s Submitter: %s Report-ID: <%s>",
		domain->name, r->domain, id);
	snprintf(name, sizeof(name), "%s!%s!%lld!%lld.xml%s", r->domain, domain->name,
		(long long)day_start(day), (long long)day_start(day + 1) - 1,
		r->plain ? "" : ".gz");
	mail_head(d, r->email, subject, at);
	if (r->plain) {
		buf_printf(&d->mail,
			"Content-Type: text/xml; charset=utf-8\n"
			"Content-Disposition: attachment;\n filename=\"%s\"\n\n",
			name);
		buf_str(&d->mail, buf_view(&d->xml));
		return write_mail(d, at, err);
	}
	CLEANUP(buf)
	struct buf packed;
	buf_init(&packed, 16 * MIB);
	if (gzip_xml(d, &packed, err) < 0)
		return err->code;
	buf_printf(&d->mail,
		"Content-Type: multipart/mixed; boundary=\"demo\"\n\n--demo\n"
		"Content-Type: text/plain\n\nThis is an aggregate report from %s.\n\n--demo\n"
		"Content-Type: application/gzip; name=\"%s\"\nContent-Transfer-Encoding: "
		"base64\n"
		"Content-Disposition: attachment; filename=\"%s\"\n\n",
		r->org, name, name);
	add_base64(
		&d->mail, (unsigned char *)packed.p, keep && keep < packed.n ? keep : packed.n);
	buf_str(&d->mail, STR("\n--demo--\n"));
	return write_mail(d, at, err);
}

static int demo_day(struct demo *d, int64_t day, struct err *err)
{
	unsigned ago = (unsigned)(d->opt->last_day - day);
	for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++) {
		for (size_t k = 0; k < REPORTERS; k++) {
			const struct demo_reporter *r = &reporters[k];
			char id[96];
			if (r->silent_from && ago <= r->silent_from && ago >= r->silent_to)
				continue;
			snprintf(id, sizeof(id), "demo-%lld-%zu%zu", (long long)day, i, k);
			begin_report(d, &domains[i], r, day, id);
			if (!fill_report(d, &domains[i], r, day))
				continue;
			/* One report is sent twice. */
			for (int copies = ago == 1 && i == 0 && k == 0 ? 2 : 1; copies > 0;
				copies--) {
				if (mail_report(d, &domains[i], r, day, id, 0, err) < 0)
					return err->code;
			}
		}
	}
	return 0;
}

/* What else reaches such a mailbox: a damaged report, a newsletter. */
static int demo_others(struct demo *d, struct err *err)
{
	int64_t day = d->opt->last_day - 1;
	char id[96];
	snprintf(id, sizeof(id), "demo-%lld-cut", (long long)day);
	begin_report(d, &domains[0], &reporters[2], day, id);
	fill_report(d, &domains[0], &reporters[2], day);
	if (mail_report(d, &domains[0], &reporters[2], day, id, 300, err) < 0)
		return err->code;
	int64_t at = day_start(day) + 36000;
	mail_head(d, "news@example.net", "Spring offers", at);
	buf_str(&d->mail, STR("Content-Type: text/plain\n\nNo report in this mail.\n"));
	return write_mail(d, at, err);
}

static int make_maildir(const char *folder, int *ret, struct err *err)
{
	if (mkdir(folder, 0755) != 0 && errno != EEXIST)
		return FAIL(err, ERR_IO, "cannot-create", "%s could not be made: %s", folder,
			strerror(errno));
	DIR *dir = opendir(folder);
	if (!dir)
		return FAIL(err, ERR_IO, "cannot-create", "%s could not be opened: %s", folder,
			strerror(errno));
	struct dirent *e;
	bool empty = true;
	while ((e = readdir(dir)))
		empty = empty && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
	int at = dirfd(dir), r = 0;
	if (!empty)
		r = FAIL(err, ERR_USAGE, NULL, "%s is not empty; name a new folder", folder);
	else if (mkdirat(at, "cur", 0755) || mkdirat(at, "new", 0755) ||
		 mkdirat(at, "tmp", 0755) ||
		 (*ret = openat(at, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		r = FAIL(err, ERR_IO, "cannot-create", "%s could not be written: %s", folder,
			strerror(errno));
	closedir(dir);
	return r;
}

int demo_write(const char *folder, const struct demo_options *opt, uint64_t *ret_mails,
	struct err *err)
{
	struct demo d = { .folder = -1, .random = opt->seed, .opt = opt };
	int r = make_maildir(folder, &d.folder, err);
	buf_init(&d.xml, 16 * MIB);
	buf_init(&d.mail, 32 * MIB);
	for (int64_t day = opt->last_day - opt->days + 1; r == 0 && day <= opt->last_day; day++)
		r = demo_day(&d, day, err);
	if (r == 0)
		r = demo_others(&d, err);
	buf_release(&d.xml);
	buf_release(&d.mail);
	close_fd_cleanup(&d.folder);
	if (r == 0)
		*ret_mails = d.mails;
	return r;
}
