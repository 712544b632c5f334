/* ruad, a DMARC aggregate report service. */
#include "cli.h"
#include "flow.h"
#include "mailbox.h"

int main(int argc, char **argv)
{
	fetch_main(argc, argv);
	flow_worker_main(argc, argv);
	return cli_main(argc, argv);
}
