/*
 * fetchchild.h - the fetching process: takes orders, speaks to the server, tells what it finds
 * (outlet.h).
 *
 * It is this program, started anew (anew.h) by fetchproc.c; fetch_main of mailbox.h is its
 * main.  It ends when the other end of the socket is closed, at the latest when it has looked
 * up the name of the server.
 */
#ifndef RUAD_FETCHCHILD_H
#define RUAD_FETCHCHILD_H

#include "anew.h"

extern const struct anew fetchchild_kind;

/* Has main called fetch_main?  If not, what is started anew would do something else. */
bool fetchchild_possible(void);

#endif
