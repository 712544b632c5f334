/*
 * await.h - wait for a descriptor of a server, but not longer than somebody waits for us.
 */
#ifndef RUAD_AWAIT_H
#define RUAD_AWAIT_H

/*
 * Until fd is ready for events, or watch_fd (-1: none), the socket to those who want the
 * answer, was closed at its other end.  Signals do not end it.
 * 1 ready, 0 ms are over, negative an errno; -ECANCELED: nobody wants it any more.
 */
int await_fd(int fd, short events, int watch_fd, int ms);

/* ms go by, or watch_fd is closed: then -ECANCELED. */
int await_pause(int watch_fd, int ms);

#endif
