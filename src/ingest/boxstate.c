#include "boxstate.h"

#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

#define HEAD STR("ruad-mailbox 1")
#define PUT_OFF STR("put-off")
#define NAME_MOST 4096

void boxfolder_renew(struct boxfolder *f, uint32_t validity)
{
	f->validity = validity;
	f->last = 0;
	uidset_clear(&f->unsettled);
	uidset_clear(&f->put_off);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		uidset_clear(&f->owed[i]);
}

void boxfolder_given(struct boxfolder *f, uint32_t uid)
{
	if (uid > f->last)
		f->last = uid;
	uidset_remove(&f->unsettled, uid);
}

void boxfolder_unsettled(struct boxfolder *f, uint32_t uid)
{
	if (uid > f->last)
		f->last = uid;
	uidset_add(&f->unsettled, uid);
}

void boxfolder_gone(struct boxfolder *f, const struct uidset *uids)
{
	uidset_remove_set(&f->unsettled, uids);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		uidset_remove_set(&f->owed[i], uids);
}

static size_t add_folder(struct boxstate *s, struct str name)
{
	s->folders = xrealloc(s->folders, s->n + 1, sizeof(*s->folders));
	s->folders[s->n] = (struct boxfolder){ .name = xmemdup0(name.p, name.n) };
	return s->n++;
}

size_t boxstate_folder(struct boxstate *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->folders[i].name, name) == 0)
			return i;
	return add_folder(s, str_of(name));
}

void boxstate_release(struct boxstate *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct boxfolder *f = &s->folders[i];

		uidset_release(&f->unsettled);
		uidset_release(&f->put_off);
		for (int o = 0; o < OUTCOME_COUNT; o++)
			uidset_release(&f->owed[o]);
		free(f->name);
	}
	free(s->folders);
	free(s->account);
	keymap_release(&s->mails);
	*s = (struct boxstate){ 0 };
}

/* --- Writing --- */

/* A word: blanks, '%' and what is not ASCII as %XX. */
static void put_word(struct buf *b, const char *text)
{
	for (; *text; text++) {
		uint8_t c = (uint8_t)*text;

		if (c <= ' ' || c == '%' || c >= 0x7f)
			buf_printf(b, "%%%02X", c);
		else
			buf_char(b, (char)c);
	}
}

static void put_set(struct buf *b, const char *name, const struct uidset *set)
{
	if (set->n == 0)
		return;
	buf_printf(b, " %s=", name);
	uidset_print(set, b);
}

static void put_folder(struct buf *b, const struct boxfolder *f, bool run)
{
	buf_str(b, STR("folder "));
	put_word(b, f->name);
	buf_printf(b, " %u %u", f->validity, f->last);
	put_set(b, "unsettled", &f->unsettled);
	if (run)
		put_set(b, "put-off", &f->put_off);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		put_set(b, outcome_name((enum outcome)i), &f->owed[i]);
	buf_char(b, '\n');
}

static void put_mail(struct buf *b, const struct keymap_slot *slot)
{
	char text[KEY_TEXT];

	buf_str(b, STR("mail "));
	buf_str(b, key_text(&slot->key, text));
	if (slot->value != MAIL_SETTLED)
		buf_char(b, ' ');
	if (slot->value == MAIL_PUT_OFF)
		buf_str(b, PUT_OFF);
	else if (slot->value != MAIL_SETTLED)
		buf_str(b, str_of(outcome_name((enum outcome)(slot->value - MAIL_OWED(0)))));
	buf_char(b, '\n');
}

void boxstate_print(const struct boxstate *s, bool run, struct buf *ret)
{
	const struct keymap_slot *slot;

	buf_str(ret, HEAD);
	buf_str(ret, STR("\naccount "));
	put_word(ret, s->account);
	buf_char(ret, '\n');
	for (size_t i = 0; i < s->n; i++)
		if (s->folders[i].validity != 0) /* it was opened once, and its UIDs last */
			put_folder(ret, &s->folders[i], run);
	for (size_t at = 0; (slot = keymap_each(&s->mails, &at));)
		if (run || slot->value != MAIL_PUT_OFF)
			put_mail(ret, slot);
}

/* --- Reading --- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool take_word(struct str *line, char ret[NAME_MOST], size_t *ret_n)
{
	struct str word;
	size_t n = 0;

	if (!str_cut(line, ' ', &word) || word.n == 0 || word.n >= NAME_MOST)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		int c = (uint8_t)word.p[i];

		if (c <= ' ' || c >= 0x7f)
			return false;
		if (c == '%') {
			int high = i + 2 < word.n ? hex(word.p[i + 1]) : -1;
			int low = high >= 0 ? hex(word.p[i + 2]) : -1;

			if (low < 0 || (high | low) == 0)
				return false;
			c = high << 4 | low;
			i += 2;
		}
		ret[n++] = (char)c;
	}
	ret[n] = '\0';
	*ret_n = n;
	return true;
}

static bool take_u32(struct str *line, uint32_t *ret)
{
	struct str word;
	uint64_t v;

	if (!str_cut(line, ' ', &word) || !str_to_u64(word, &v) || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool take_set(struct boxfolder *f, struct str word)
{
	struct str name;
	enum outcome o;

	str_cut(&word, '=', &name);
	if (str_absent(word))
		return false;
	if (str_eq(name, STR("unsettled")))
		return uidset_parse(&f->unsettled, word);
	if (str_eq(name, PUT_OFF))
		return uidset_parse(&f->put_off, word);
	return outcome_from_name(name, &o) && uidset_parse(&f->owed[o], word);
}

static bool read_folder(struct boxstate *s, struct str line)
{
	char name[NAME_MOST];
	struct boxfolder *f;
	struct str word;
	size_t n, at;

	if (!take_word(&line, name, &n))
		return false;
	at = add_folder(s, str_make(name, n));
	f = &s->folders[at];
	if (!take_u32(&line, &f->validity) || !take_u32(&line, &f->last))
		return false;
	while (str_cut(&line, ' ', &word))
		if (!take_set(f, word))
			return false;
	return true;
}

static bool read_mail(struct boxstate *s, struct str line)
{
	struct str word;
	struct key key;
	enum outcome o = OUTCOME_STORED;

	str_cut(&line, ' ', &word);
	if (!key_parse(word, &key))
		return false;
	if (str_absent(line)) {
		keymap_put(&s->mails, &key, MAIL_SETTLED);
		return true;
	}
	if (!str_eq(line, PUT_OFF) && !outcome_from_name(line, &o))
		return false;
	keymap_put(&s->mails, &key, str_eq(line, PUT_OFF) ? MAIL_PUT_OFF : MAIL_OWED(o));
	return true;
}

static bool read_lines(struct boxstate *s, struct str text)
{
	struct str line, kind;

	while (str_cut(&text, '\n', &line)) {
		if (line.n == 0)
			continue;
		str_cut(&line, ' ', &kind);
		if (str_absent(line))
			return false;
		if (str_eq(kind, STR("folder"))) {
			if (!read_folder(s, line))
				return false;
		} else if (!str_eq(kind, STR("mail")) || !read_mail(s, line)) {
			return false;
		}
	}
	return true;
}

/* 1 the account is ours, 0 it is another, negative: no head. */
static int read_head(struct str *text, const char *account)
{
	struct str line, kind;
	char name[NAME_MOST];
	size_t n;

	if (!str_cut(text, '\n', &line) || !str_eq(line, HEAD) || !str_cut(text, '\n', &line))
		return ERR_INPUT;
	str_cut(&line, ' ', &kind);
	if (!str_eq(kind, STR("account")) || !take_word(&line, name, &n))
		return ERR_INPUT;
	return strcmp(name, account) == 0;
}

int boxstate_parse(struct str text, const char *account, struct boxstate *ret, struct err *err)
{
	struct boxstate s = { .account = xmemdup0(account, strlen(account)) };
	int ours = str_empty(text) ? 0 : read_head(&text, account);

	if (ours < 0 || (ours > 0 && !read_lines(&s, text))) {
		boxstate_release(&s);
		*ret = s;
		return FAIL(err, ERR_INPUT, NULL,
			"the checkpoint of this mailbox is damaged; without it all mails are "
			"read again, "
			"and those that are stored are recognised");
	}
	*ret = s;
	return 0;
}
