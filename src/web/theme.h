/*
 * theme.h - light or dark, as a visitor wants it: a cookie, so that no script is needed and the
 * first paint is right.  Pure.
 */
#ifndef RUAD_THEME_H
#define RUAD_THEME_H

#include "arena.h"
#include "err.h"

/* "light" or "dark", by a Cookie header; absent: as the visitor's system has it. */
struct str theme_of_cookie(struct str header);

struct theme_choice {
	struct str theme; /* "light", "dark" or "auto" */
	struct str back;  /* the page to return to: a path of ours with its query */
};
/* The body of the form.  ERR_USAGE: another word, or another field.  What is no path of ours in
 * `back` becomes "/". */
int theme_of_form(struct str body, struct arena *a, struct theme_choice *ret, struct err *err);

/* Set-Cookie; base: the path prefix, "" for none; secure: of a public address with TLS. */
struct str theme_cookie(struct arena *a, struct str theme, struct str base, bool secure);

#endif
