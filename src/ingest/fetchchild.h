/*
 * fetchchild.h - the fetching process: takes orders, speaks to the server, tells what it finds
 * (outlet.h).
 *
 * It has no descriptor but 0 to 2 and its end of the socket, and almost nothing of the
 * environment; it gains no privileges, writes no file and no core dump, and cannot be looked
 * into by other processes of its user.  It ends when the other end of the socket is closed, at
 * the latest when it has looked up the name of the server.  Signals that ask the program to end
 * do not end it: who started it still has things to finish.
 *
 * It is this program, started anew by fetchproc.c; fetch_main of mailbox.h is its main.
 */
#ifndef RUAD_FETCHCHILD_H
#define RUAD_FETCHCHILD_H

#include <stdbool.h>

#define FETCHCHILD_NAME "ruad-fetch"
#define FETCHCHILD_MARK "--socket-3" /* its first argument */
#define FETCHCHILD_FD 3

/* Has main called fetch_main?  If not, what is started anew would do something else. */
bool fetchchild_possible(void);

#endif
