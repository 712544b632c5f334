/* Folders, and what a server tells of their mails. */
#include "day.h"
#include "imapcall.h"
#include "mutf7.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

static void put_mutf7(const struct imaplink *l, struct str name, struct buf *ret)
{
	char *text = xmemdup0(name.p, name.n);

	for (size_t i = 0; i < name.n; i++)
		if (text[i] == '/')
			text[i] = l->separator;
	mutf7_put(ret, str_make(text, name.n)); /* was looked at when the source was opened */
	free(text);
}

void imaplink_put_name(const struct imaplink *l, struct str name, struct buf *ret)
{
	CLEANUP(buf)
	struct buf b;

	buf_init(&b, 4 * KIB);
	put_mutf7(l, name, &b);
	buf_char(ret, '"');
	for (size_t i = 0; i < b.n; i++) {
		if (b.p[i] == '"' || b.p[i] == '\\')
			buf_char(ret, '\\');
		buf_char(ret, b.p[i]);
	}
	buf_char(ret, '"');
}

int imaplink_select(struct imaplink *l, const char *name, bool writable, struct err *err)
{
	const struct mailimap_selection_info *info;
	CLEANUP(buf)
	struct buf b;
	int r;

	free(l->selected);
	l->selected = NULL;
	buf_init(&b, 4 * KIB);
	put_mutf7(l, str_of(name), &b);
	imapcall_allow(l, SMALL_ANSWER);
	r = writable ? mailimap_select(l->imap, b.p) : mailimap_examine(l->imap, b.p);
	r = imapcall_judge(l, r, STR_ABSENT, err);
	if (r == LINK_NO && imapcall_passing(imaplink_code(l)))
		err->code = ERR_TEMP;
	if (r != 0)
		return r;
	info = l->imap->imap_selection_info;
	l->selected = xmemdup0(name, strlen(name));
	l->writable = writable;
	l->validity = info->sel_uidvalidity;
	l->next_uid = info->sel_uidnext;
	l->mails = info->sel_exists;
	return 0;
}

/* --- Results --- */

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void imaplink_found(const struct imaplink *l, uint32_t first, uint32_t last, struct uidset *ret)
{
	clist *list = l->imap->imap_response_info->rsp_search_result;
	size_t n = 0, most = list ? (size_t)clist_count(list) : 0;
	uint32_t *uids = xcalloc(most + 1, sizeof(*uids));

	for (clistiter *i = list ? clist_begin(list) : NULL; i && n < most; i = clist_next(i)) {
		uint32_t uid = *(const uint32_t *)clist_content(i);

		if (uid >= first && uid <= last && uid > 0)
			uids[n++] = uid;
	}
	qsort(uids, n, sizeof(*uids), compare_u32); /* the order is the server's */
	for (size_t i = 0; i < n; i++)
		uidset_add(ret, uids[i]);
	free(uids);
}

static int64_t time_of(const struct mailimap_date_time *d)
{
	int zone = d->dt_zone;
	int64_t offset = (zone / 100 * 60 + zone % 100) * 60LL;

	if (d->dt_year < 1970 || d->dt_year > 9999 || d->dt_month < 1 || d->dt_month > 12 ||
		d->dt_day < 1 || d->dt_day > 31)
		return 0;
	return day_start(day_from_civil(d->dt_year, d->dt_month, d->dt_day)) +
	       d->dt_hour * 3600LL + d->dt_min * 60LL + d->dt_sec - offset;
}

static void take_fact(const struct mailimap_msg_att_static *s, struct imapfact *f)
{
	switch (s->att_type) {
	case MAILIMAP_MSG_ATT_UID:
		f->uid = s->att_data.att_uid;
		break;
	case MAILIMAP_MSG_ATT_RFC822_SIZE:
		f->size_bytes = s->att_data.att_rfc822_size;
		break;
	case MAILIMAP_MSG_ATT_INTERNALDATE:
		if (s->att_data.att_internal_date)
			f->arrived_at = time_of(s->att_data.att_internal_date);
		break;
	default:
		break;
	}
}

size_t imaplink_facts(const struct imaplink *l, struct imapfact *ret, size_t most)
{
	clist *list = l->imap->imap_response_info->rsp_fetch_list;
	size_t n = 0;

	for (clistiter *i = list ? clist_begin(list) : NULL; i; i = clist_next(i)) {
		const struct mailimap_msg_att *att = clist_content(i);
		struct imapfact f = { 0 };

		for (clistiter *j = clist_begin(att->att_list); j; j = clist_next(j)) {
			const struct mailimap_msg_att_item *item = clist_content(j);

			if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC)
				take_fact(item->att_data.att_static, &f);
		}
		if (n < most)
			ret[n] = f;
		n++;
	}
	return n;
}
