/* ruad, a DMARC aggregate report service. */
#include "cli.h"
#include "flow.h"
#include "mailbox.h"
#include "xalloc.h"

#include <sysexits.h>
#include <unistd.h>

/* Nothing is lost: what was not committed is read again.  No function here may want memory. */
static _Noreturn void no_memory(void)
{
	static const char text[] = "ruad: out of memory; what is stored is whole, try again\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(EX_SOFTWARE);
	_exit(EX_TEMPFAIL);
}

int main(int argc, char **argv)
{
	fetch_main(argc, argv);
	flow_worker_main(argc, argv);
	xalloc_on_exhausted(no_memory);
	return cli_main(argc, argv);
}
