#include "ip.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_start[12] = { [10] = 0xff, [11] = 0xff };

/* Four decimal numbers without leading zeros: an octal reading would be another address. */
static bool parse_v4(struct str s, uint8_t ret[4])
{
	struct str part;
	uint64_t v;

	for (int i = 0; i < 4; i++) {
		if (!str_cut(&s, '.', &part) || part.n > 3 || (part.n > 1 && part.p[0] == '0'))
			return false;
		if (!str_to_u64(part, &v) || v > 255)
			return false;
		ret[i] = (uint8_t)v;
	}
	return str_absent(s);
}

static bool parse_group(struct str s, uint8_t ret[2])
{
	unsigned v = 0;

	if (s.n < 1 || s.n > 4)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = char_lower(s.p[i]);

		if (c >= '0' && c <= '9')
			v = v * 16 + (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + (unsigned)(c - 'a') + 10;
		else
			return false;
	}
	ret[0] = (uint8_t)(v >> 8);
	ret[1] = (uint8_t)v;
	return true;
}

/* Groups between colons, the last may be an IPv4 address.  Bytes written, or -1. */
static int parse_groups(struct str s, uint8_t ret[16])
{
	struct str part;
	int n = 0;

	while (str_cut(&s, ':', &part)) {
		if (str_absent(s) && str_index(part, '.') >= 0) {
			if (n > 12 || !parse_v4(part, ret + n))
				return -1;
			return n + 4;
		}
		if (n > 14 || !parse_group(part, ret + n))
			return -1;
		n += 2;
	}
	return n;
}

static bool parse_v6(struct str s, uint8_t ret[16])
{
	ptrdiff_t gap = str_find(s, STR("::"));
	uint8_t front[16], back[16];
	struct str head, tail;
	int n_front = 0, n_back = 0;

	if (gap < 0)
		return parse_groups(s, ret) == 16;
	head = str_make(s.p, (size_t)gap);
	tail = str_from(s, (size_t)gap + 2);
	if (str_index(head, '.') >= 0)
		return false; /* an IPv4 address can only be at the end */
	if (head.n > 0)
		n_front = parse_groups(head, front);
	if (tail.n > 0)
		n_back = parse_groups(tail, back);
	if (n_front < 0 || n_back < 0 || n_front + n_back > 14)
		return false; /* the gap stands for one group or more */
	memset(ret, 0, 16);
	memcpy(ret, front, (size_t)n_front);
	memcpy(ret + 16 - n_back, back, (size_t)n_back);
	return true;
}

/* As written: an IPv4-mapped address has 16 bytes here. */
static bool parse_raw(struct str s, struct ip *ret)
{
	struct ip ip = { 0 };

	if (str_index(s, ':') < 0) {
		ip.n = 4;
		if (!parse_v4(s, ip.b))
			return false;
	} else {
		ip.n = 16;
		if (!parse_v6(s, ip.b))
			return false;
	}
	*ret = ip;
	return true;
}

static bool is_mapped(const struct ip *ip)
{
	return ip->n == 16 && memcmp(ip->b, mapped_start, sizeof(mapped_start)) == 0;
}

static struct ip unmapped(const struct ip *ip)
{
	struct ip v4 = { .n = 4 };

	if (!is_mapped(ip))
		return *ip;
	memcpy(v4.b, ip->b + 12, 4);
	return v4;
}

bool ip_parse(struct str s, struct ip *ret)
{
	struct ip ip;

	if (!parse_raw(str_trim(s), &ip))
		return false;
	*ret = unmapped(&ip);
	return true;
}

static void net_make(const struct ip *ip, int prefix_bits, struct ip_net *ret)
{
	*ret = (struct ip_net){ .first = *ip, .last = *ip, .prefix_bits = prefix_bits };
	for (int i = 0; i < ip->n; i++) {
		int bits = prefix_bits - i * 8; /* of this byte that belong to the network */
		uint8_t host = bits >= 8 ? 0 : bits <= 0 ? 0xff : (uint8_t)(0xff >> bits);

		ret->first.b[i] &= (uint8_t)~host;
		ret->last.b[i] |= host;
	}
}

bool ip_net_parse(struct str s, struct ip_net *ret)
{
	struct str address, length;
	uint64_t bits;
	struct ip ip;

	s = str_trim(s);
	length = s;
	if (!str_cut(&length, '/', &address) || !parse_raw(address, &ip))
		return false;
	bits = ip.n * 8u;
	if (!str_absent(length)) {
		if (length.n > 3 || (length.n > 1 && length.p[0] == '0'))
			return false;
		if (!str_to_u64(length, &bits) || bits > ip.n * 8u)
			return false;
	}
	if (is_mapped(&ip)) {
		if (bits < 96)
			return false; /* would be partly IPv4, partly IPv6 */
		bits -= 96;
		ip = unmapped(&ip);
	}
	net_make(&ip, (int)bits, ret);
	return true;
}

bool ip_net_has(const struct ip_net *net, const struct ip *ip)
{
	return ip->n != 0 && ip->n == net->first.n && memcmp(ip->b, net->first.b, ip->n) >= 0 &&
	       memcmp(ip->b, net->last.b, ip->n) <= 0;
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952, 4.2). */
static int longest_zeros(const unsigned group[8], int *ret_count)
{
	int best = -1, best_count = 1;

	for (int i = 0; i < 8; i++) {
		int count = 0;

		while (i + count < 8 && group[i + count] == 0)
			count++;
		if (count > best_count) {
			best = i;
			best_count = count;
		}
		i += count;
	}
	*ret_count = best < 0 ? 0 : best_count;
	return best;
}

static int text_v6(const uint8_t b[16], char buf[IP_TEXT])
{
	unsigned group[8];
	int zeros, zero_count, n = 0;

	for (int i = 0; i < 8; i++)
		group[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	zeros = longest_zeros(group, &zero_count);
	for (int i = 0; i < 8; i++) {
		if (i == zeros) {
			n += snprintf(buf + n, (size_t)(IP_TEXT - n), "::");
			i += zero_count - 1;
			continue;
		}
		n += snprintf(buf + n, (size_t)(IP_TEXT - n), "%s%x",
			i == 0 || (zeros >= 0 && i == zeros + zero_count) ? "" : ":", group[i]);
	}
	return n;
}

struct str ip_text(const struct ip *ip, char buf[IP_TEXT])
{
	struct ip v4 = unmapped(ip);
	int n = 0;

	assert(ip->n == 0 || ip->n == 4 || ip->n == 16);
	buf[0] = '\0';
	if (v4.n == 4)
		n = snprintf(buf, IP_TEXT, "%s%d.%d.%d.%d", ip->n == 16 ? "::ffff:" : "",
			v4.b[0], v4.b[1], v4.b[2], v4.b[3]);
	else if (ip->n == 16)
		n = text_v6(ip->b, buf);
	return str_make(buf, (size_t)n);
}

struct str ip_net_text(const struct ip_net *net, char buf[IP_TEXT])
{
	struct str s = ip_text(&net->first, buf);

	if (net->prefix_bits < net->first.n * 8)
		s.n += (size_t)snprintf(buf + s.n, IP_TEXT - s.n, "/%d", net->prefix_bits);
	return s;
}

int ip_cmp(const struct ip *a, const struct ip *b)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return memcmp(a->b, b->b, a->n);
}

void ip_group(const struct ip *ip, struct ip_net *ret)
{
	net_make(ip, ip->n == 16 ? 64 : ip->n * 8, ret);
}

struct ip ip_of_bytes(const void *p, uint8_t n)
{
	struct ip ip = { .n = n };

	memcpy(ip.b, p, n);
	return unmapped(&ip);
}

bool ip_is_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	return ip->n == 4 ? ip->b[0] == 127 : ip->n == 16 && memcmp(ip->b, one, 16) == 0;
}
