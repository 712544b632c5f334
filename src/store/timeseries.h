/*
 * timeseries.h - the intervals of a time series, with those that have no data.
 */
#ifndef RUAD_TIMESERIES_H
#define RUAD_TIMESERIES_H

struct time_line;
void time_line_free(struct time_line *t); /* accepts NULL */

#endif
