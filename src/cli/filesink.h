/*
 * filesink.h - files through the pipeline without a database, for parse and explain.
 */
#ifndef RUAD_FILESINK_H
#define RUAD_FILESINK_H

#include "cli.h"
#include "flow.h"

/*
 * Read every path ("-": standard input) into sink.  A path that cannot be opened is given to
 * sink->refused with reason read-failed.  *ret_file: the path that is being read.
 */
int files_read(struct cli *c, struct sink *sink, struct str *ret_file, struct err *err);

#endif
