/*
 * config_sender.h - the sections `sender` and the file of rules, as one set of rules of names.
 */
#ifndef RUAD_CONFIG_SENDER_H
#define RUAD_CONFIG_SENDER_H

#include "config.h"

/* The senders that were named, in that order. */
void config_senders_begin(struct config *c, const struct config_layer *l);
/* A setting of one of them. */
void config_sender_take(struct config *c, const struct setting *s);
/* c->services, or faults. */
void config_senders_settle(struct config *c, struct faults *f);
/* Patterns that no mail can match. */
void config_senders_lint(const struct config *c, struct faults *f);

#endif
