#include "expansion.h"

int expansion_add(struct expansion *x, uint64_t bytes, struct err *err)
{
	x->unpacked_bytes += bytes;
	if (x->unpacked_bytes <= MIB || x->unpacked_bytes / x->ratio <= x->packed_bytes)
		return 0;
	return FAIL(err, ERR_LIMIT, "archive-too-large",
		"%llu bytes unpack to more than %llu times as many (limit ratio)",
		(unsigned long long)x->packed_bytes, (unsigned long long)x->ratio);
}
