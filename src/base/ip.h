/*
 * ip.h - IPv4 and IPv6 addresses and networks.  Pure.
 *
 * IPv4-mapped IPv6 addresses (::ffff:a.b.c.d) are kept as IPv4.  Text out is RFC 5952.
 */
#ifndef RUAD_IP_H
#define RUAD_IP_H

#include "str.h"

#define IP_TEXT 48 /* longest text with prefix length, and a NUL */

struct ip {
	uint8_t n; /* 4, 16, or 0 for none */
	uint8_t b[16];
};

struct ip_net {
	struct ip first, last; /* of the same family */
	int prefix_bits;
};

/* White space around it is passed over; anything else makes it false. */
bool ip_parse(struct str s, struct ip *ret);
/* "192.0.2.0/28" or a single address.  Host bits beyond the prefix are cleared. */
bool ip_net_parse(struct str s, struct ip_net *ret);
bool ip_net_has(const struct ip_net *net, const struct ip *ip);
struct str ip_text(const struct ip *ip, char buf[IP_TEXT]);	     /* "" for none */
struct str ip_net_text(const struct ip_net *net, char buf[IP_TEXT]); /* no /n for one */
/* n: 4 or 16 bytes. */
struct ip ip_of_bytes(const void *p, uint8_t n);
bool ip_is_loopback(const struct ip *ip);	    /* 127.0.0.0/8, ::1 */
int ip_cmp(const struct ip *a, const struct ip *b); /* IPv4 before IPv6 */
/* The network that groups an unnamed sender: IPv4 itself, IPv6 its /64. */
void ip_group(const struct ip *ip, struct ip_net *ret);

#endif
