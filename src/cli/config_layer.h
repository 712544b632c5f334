/*
 * config_layer.h - settings as they were written, each with the place where, and what is wrong
 * with them.
 *
 * The files and the environment each add their settings to one struct config_layer, in the
 * order in which later ones override; config.c makes sense of them.
 */
#ifndef RUAD_CONFIG_LAYER_H
#define RUAD_CONFIG_LAYER_H

#include "arena.h"
#include "config_table.h"

enum origin_kind { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_ENV, ORIGIN_FLAG };

struct origin {
	enum origin_kind kind;
	const char *name; /* of the file, the variable, or the flag with its dashes */
	int line;	  /* of a file; 0: the whole */
};

/* "default", "/etc/ruad/ruad.conf:12", "env RUAD_DATABASE", "flag --db" */
struct str origin_text(struct arena *a, struct origin origin);

/* One value, or several of a list.  key NULL: nothing is written, the default is in force. */
struct setting {
	const struct config_key *key;
	const char *source; /* title; NULL outside of sources and senders */
	const char **values;
	size_t value_count;
	struct origin origin;
	unsigned layer;	 /* files 1, 2, …, then the environment, then flags */
	uint64_t number; /* a number, bytes, seconds, yes = 1, or the index of a choice */
};

/* What is wrong, a line each: "/etc/ruad/ruad.conf:12: …".  So many lines at most; count goes
 * on. */
#define FAULTS_MOST 100
struct faults {
	struct arena *arena;
	struct str lines[FAULTS_MOST];
	size_t count;
};
void faults_add(struct faults *f, struct origin at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct config_title {
	const char *name;
	struct origin origin;
};

struct config_layer {
	struct arena *arena;
	struct faults *faults;
	struct setting *settings;
	size_t setting_count, setting_room;
	struct config_title *titles; /* of sources, each once, in the order of appearance */
	size_t title_count, title_room;
	struct config_title *senders; /* the same of senders */
	size_t sender_count, sender_room;
	unsigned layer; /* that is being read */
};

/*
 * A value was written.  Control characters, empty values and a key that stands twice in this
 * layer become faults.  more: it belongs to the list that was begun before.  The bytes are
 * copied.
 */
void config_layer_put(struct config_layer *l, const struct config_key *key, const char *source,
	struct str value, bool more, struct origin origin);
/* A source was named; a title that cannot be is a fault. */
void config_layer_title(struct config_layer *l, struct str title, struct origin origin);
/* A sender was named; whether it can be called so is for service.h to say. */
void config_layer_sender(struct config_layer *l, struct str title, struct origin origin);
/* Is it 1 to 64 letters, digits, '.', '_' or '-', and neither "-" nor all dots? */
bool config_title_ok(struct str title);

/* "90s", "15m", "2h", "1d" */
bool config_duration(struct str s, uint64_t *ret);
/* The value as its type says, into setting->number.  False: a fault was added. */
bool config_setting_read(struct setting *s, struct faults *f);

#endif
