/* ruad, a DMARC aggregate report service. */
#include "cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
