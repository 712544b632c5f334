/* A connection as libetpan wants it. */
#include "tls.h"

#include <libetpan/mailstream.h>
#include <stdlib.h>

#define STREAM_BYTES (16 * 1024)

static ssize_t driver_read(mailstream_low *low, void *p, size_t n)
{
	return tls_read(
		low->data, p, n); /* never 0, which libetpan would ask for again and again */
}

static ssize_t driver_write(mailstream_low *low, const void *p, size_t n)
{
	return tls_write(low->data, p, n);
}

static int driver_close(mailstream_low *low)
{
	(void)low; /* tls_close does */
	return 0;
}

static int driver_fd(mailstream_low *low)
{
	return tls_fd(low->data);
}

static void driver_free(mailstream_low *low)
{
	free(low);
}

static void driver_cancel(mailstream_low *low)
{
	(void)low;
}

static struct mailstream_cancel *driver_get_cancel(mailstream_low *low)
{
	(void)low;
	return NULL;
}

struct _mailstream *tls_stream(struct tls *t)
{
	static mailstream_low_driver driver = {
		.mailstream_read = driver_read,
		.mailstream_write = driver_write,
		.mailstream_close = driver_close,
		.mailstream_get_fd = driver_fd,
		.mailstream_free = driver_free,
		.mailstream_cancel = driver_cancel,
		.mailstream_get_cancel = driver_get_cancel,
	};
	mailstream_low *low = mailstream_low_new(t, &driver);
	mailstream *s = low ? mailstream_new(low, STREAM_BYTES) : NULL;

	if (!s)
		abort(); /* out of memory */
	return s;
}
