#include "exits.h"

#include "err.h"
#include "mailbox.h"

#include <string.h>

static const struct {
	const char *reason;
	int code;
} reasons[] = {
	{ "no-permission", EX_NOPERM },
	{ "no-input", EX_NOINPUT },
	{ "not-found", EX_NOINPUT },
	{ "cannot-create", EX_CANTCREAT },
	{ MAILBOX_UNAVAILABLE, EX_UNAVAILABLE },
	{ MAILBOX_TLS_REFUSED, EX_UNAVAILABLE },
	{ MAILBOX_NO_FOLDER, EX_UNAVAILABLE },
	{ MAILBOX_NOT_FILED, EX_UNAVAILABLE },
	{ MAILBOX_LOGIN_REFUSED, EX_NOPERM },
};

int exit_of(const struct err *err)
{
	for (size_t i = 0; err->reason && i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(err->reason, reasons[i].reason) == 0)
			return reasons[i].code;
	switch (err->code) {
	case ERR_USAGE:
		return EX_USAGE;
	case ERR_INPUT:
	case ERR_LIMIT:
		return EX_DATAERR;
	case ERR_TEMP:
		return EX_TEMPFAIL;
	case ERR_CONFIG:
		return EX_CONFIG;
	case ERR_IO:
		return EX_IOERR;
	default:
		return EX_SOFTWARE;
	}
}

int exit_worse(int a, int b)
{
	/* What passes by itself is least, what nobody can mend from outside is worst. */
	static const int order[] = { EX_OK, EX_DATAERR, EX_TEMPFAIL, EX_UNAVAILABLE, EX_NOINPUT,
		EX_NOPERM, EX_USAGE, EX_CONFIG, EX_CANTCREAT, EX_IOERR, EX_SOFTWARE };
	int worse = a;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i] == a || order[i] == b)
			worse = order[i];
	return worse;
}
