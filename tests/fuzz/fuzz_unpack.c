/*
 * fuzz_unpack - any bytes as an input: as a file and as a mail.  All documents are read to
 * their end.
 */
#include "outcome.h"
#include "unpack.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_err(const struct err *err)
{
	assert(err->code < 0);
	assert(err->reason && reason_find(str_of(err->reason)));
}

static void read_all(struct unpack *u, const struct mail *mail)
{
	struct err err = { 0 };
	unsigned documents = 0;
	struct doc doc;

	if (unpack_begin(u, mail, &err) < 0) {
		check_err(&err);
		return;
	}
	while (unpack_next(u, &doc) > 0) {
		char piece[4096];
		ssize_t n = 0;

		documents++;
		assert(str_absent(doc.part) || str_utf8(doc.part));
		assert(!!doc.content == (doc.kind == DOC_XML));
		while (doc.content &&
			(n = reader_read(doc.content, piece, sizeof(piece), &err)) > 0)
			;
		if (n < 0)
			check_err(&err);
		if (doc.kind == DOC_FAILED || doc.kind == DOC_NONE)
			check_err(&doc.err);
	}
	assert(documents > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct unpack *u;
	struct mail mail = { .content = blob_mem(str_make((const char *)data, size)) };

	if (!u) {
		struct limits l;

		limits_default(&l);
		l.mail_size = 256 * KIB;
		l.mime_header = 16 * KIB;
		l.document_size = 4 * MIB;
		u = unpack_new(&l);
	}
	read_all(u, &mail);
	mail.is_mail = true;
	read_all(u, &mail);
	return 0;
}
