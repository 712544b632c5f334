/*
 * pack.h - gzip and zip files for tests, made byte by byte so that they can be wrong in any
 * way.
 */
#ifndef RUAD_TEST_PACK_H
#define RUAD_TEST_PACK_H

#include "buf.h"

#include <assert.h>
#include <zlib.h>

#define PACK_MOST ((size_t)64 << 20)

/* Deflate s and append it; window_bits as zlib wants them: 31 gzip, -15 raw. */
static inline void pack_deflate(struct buf *out, struct str s, int window_bits)
{
	z_stream z = { 0 };
	size_t room;
	int r = deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);

	assert(r == Z_OK);
	room = deflateBound(&z, s.n);
	z.next_in = (unsigned char *)(uintptr_t)s.p;
	z.avail_in = (unsigned)s.n;
	z.next_out = (unsigned char *)buf_reserve(out, room);
	z.avail_out = (unsigned)room;
	r = deflate(&z, Z_FINISH);
	assert(r == Z_STREAM_END);
	out->n += room - z.avail_out;
	deflateEnd(&z);
}

static inline void pack_gzip(struct buf *out, struct str s)
{
	pack_deflate(out, s, 15 + 16);
}

static inline void pack_le(struct buf *out, uint32_t v, unsigned bytes)
{
	while (bytes-- > 0) {
		buf_char(out, (char)(v & 0xff));
		v >>= 8;
	}
}

struct pack_member {
	struct str name, text;
	bool deflate;
	unsigned flags; /* general purpose; 1 encrypted, 8 data descriptor */
	int method;	/* when not 0: said instead of the true one */
	bool bad_crc;
};

/* Version to bit flag, method, time, CRC, sizes: what local and central headers have in common.
 */
static inline void pack_common(
	struct buf *out, const struct pack_member *m, uint32_t crc, uint32_t packed, bool hide)
{
	unsigned method = m->deflate ? 8 : 0;

	pack_le(out, 20, 2);
	pack_le(out, m->flags, 2);
	pack_le(out, m->method ? (uint32_t)m->method : method, 2);
	pack_le(out, 0, 4);
	pack_le(out, hide ? 0 : crc, 4);
	pack_le(out, hide ? 0 : packed, 4);
	pack_le(out, hide ? 0 : (uint32_t)m->text.n, 4);
	pack_le(out, (uint32_t)m->name.n, 2);
}

static inline void pack_zip(struct buf *out, const struct pack_member *m, size_t count)
{
	struct buf central;
	size_t start = out->n, central_at;

	buf_init(&central, PACK_MOST);
	for (size_t i = 0; i < count; i++) {
		uint32_t at = (uint32_t)(out->n - start), packed;
		uint32_t crc = (uint32_t)crc32(
			0, (const unsigned char *)m[i].text.p, (unsigned)m[i].text.n);
		struct buf data;

		buf_init(&data, PACK_MOST);
		if (m[i].deflate)
			pack_deflate(&data, m[i].text, -15);
		else
			buf_str(&data, m[i].text);
		packed = (uint32_t)data.n;
		crc ^= m[i].bad_crc;
		buf_add(out, "PK\3\4", 4);
		pack_common(out, &m[i], crc, packed, m[i].flags & 8);
		pack_le(out, 0, 2);
		buf_str(out, m[i].name);
		buf_str(out, buf_view(&data));
		if (m[i].flags & 8) {
			buf_add(out, "PK\7\10", 4);
			pack_le(out, crc, 4);
			pack_le(out, packed, 4);
			pack_le(out, (uint32_t)m[i].text.n, 4);
		}
		buf_add(&central, "PK\1\2", 4);
		pack_le(&central, 20, 2);
		pack_common(&central, &m[i], crc, packed, false);
		pack_le(&central, 0, 12);
		pack_le(&central, at, 4);
		buf_str(&central, m[i].name);
		buf_release(&data);
	}
	central_at = out->n - start;
	buf_str(out, buf_view(&central));
	buf_add(out, "PK\5\6", 4);
	pack_le(out, 0, 4);
	pack_le(out, (uint32_t)count, 2);
	pack_le(out, (uint32_t)count, 2);
	pack_le(out, (uint32_t)central.n, 4);
	pack_le(out, (uint32_t)central_at, 4);
	pack_le(out, 0, 2);
	buf_release(&central);
}

#endif
