#include "imapcall.h"

static struct str server_text(const struct imaplink *l)
{
	return l->imap->imap_response ? str_of(l->imap->imap_response) : STR("");
}

int imapcall_judge(struct imaplink *l, int r, struct str secret, struct err *err)
{
	char quote[256] = "";

	if (r == MAILIMAP_NO_ERROR)
		return 0;
	if (tls_failed(l->tls)) {
		r = tls_why(l->tls, err);
		imaplink_drop(l);
		return r;
	}
	protocol_quote(server_text(l), secret, quote, sizeof(quote));
	switch (r) {
	case MAILIMAP_ERROR_FATAL:
	case MAILIMAP_ERROR_DONT_ACCEPT_CONNECTION:
		err_set(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s ended the connection%s",
			l->peer.host, quote);
		break;
	case MAILIMAP_ERROR_PROTOCOL:
		err_set(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"%s did not understand, or answered "
			"something else%s",
			l->peer.host, quote);
		break;
	case MAILIMAP_ERROR_STREAM:
	case MAILIMAP_ERROR_PARSE:
	case MAILIMAP_ERROR_MEMORY:
	case MAILIMAP_ERROR_BAD_STATE:
	case MAILIMAP_ERROR_NEEDS_MORE_DATA:
		err_set(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s answers what is not IMAP",
			l->peer.host);
		break;
	default:
		err_set(err, ERR_CONFIG, NULL, "%s says no%s", l->peer.host, quote);
		return LINK_NO;
	}
	imaplink_drop(l);
	return ERR_TEMP;
}

void imapcall_allow(struct imaplink *l, uint64_t bytes)
{
	outlet_pulse(l->out);
	tls_allow(l->tls, l->command_s, bytes);
}

int imapcall_write(struct imaplink *l, struct str line)
{
	mailstream *s = l->imap->imap_stream;

	if (mailstream_write(s, line.p, line.n) < 0 || mailstream_write(s, "\r\n", 2) < 0)
		return MAILIMAP_ERROR_STREAM;
	return MAILIMAP_NO_ERROR;
}

int imapcall_read(struct imaplink *l)
{
	if (mailstream_flush(l->imap->imap_stream) < 0 || !mailimap_read_line(l->imap))
		return MAILIMAP_ERROR_STREAM;
	return MAILIMAP_NO_ERROR;
}

int imapcall_say(struct imaplink *l, struct str line)
{
	int r = imapcall_write(l, line);

	return r == MAILIMAP_NO_ERROR ? imapcall_read(l) : r;
}

int imapcall_verdict(struct imaplink *l, int if_no)
{
	struct mailimap_response *response;
	int state, r = mailimap_parse_response(l->imap, &response);

	if (r != MAILIMAP_NO_ERROR)
		return r;
	state = response->rsp_resp_done->rsp_data.rsp_tagged->rsp_cond_state->rsp_type;
	mailimap_response_free(response);
	return state == MAILIMAP_RESP_COND_STATE_OK ? MAILIMAP_NO_ERROR : if_no;
}

/* libetpan's own mailimap_custom_command puts a blank behind the command, which strict servers
 * refuse. */
int imaplink_command(struct imaplink *l, uint64_t bytes, struct str command, struct err *err)
{
	int r;

	imapcall_allow(l, bytes);
	r = mailimap_send_current_tag(l->imap);
	if (r == MAILIMAP_NO_ERROR)
		r = imapcall_say(l, command);
	if (r == MAILIMAP_NO_ERROR)
		r = imapcall_verdict(l, MAILIMAP_ERROR_CUSTOM_COMMAND);
	return imapcall_judge(l, r, STR_ABSENT, err);
}

const char *imaplink_code(const struct imaplink *l)
{
	const struct mailimap_response_info *info =
		l->imap ? l->imap->imap_response_info : NULL;

	if (!info)
		return "";
	if (info->rsp_trycreate)
		return "TRYCREATE";
	return info->rsp_atom ? info->rsp_atom : "";
}

bool imapcall_passing(const char *code)
{
	static const char *const codes[] = { "UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT",
		"OVERQUOTA" };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (str_eq_nocase(str_of(code), str_of(codes[i])))
			return true;
	return false;
}

/* NULL: it told none.  The library follows the list also where a server names nothing, and
 * there is no list. */
static clist *capabilities_told(const struct imaplink *l)
{
	const struct mailimap_connection_info *info = l->imap->imap_connection_info;
	const struct mailimap_capability_data *data = info ? info->imap_capability : NULL;

	return data ? data->cap_list : NULL;
}

bool imapcall_can(const struct imaplink *l, const char *name)
{
	return capabilities_told(l) && mailimap_has_extension(l->imap, name);
}

bool imapcall_can_login(const struct imaplink *l, const char *name)
{
	return capabilities_told(l) && mailimap_has_authentication(l->imap, name);
}

void imapcall_put_capabilities(const struct imaplink *l, bool logins_only, struct buf *ret)
{
	clist *told = capabilities_told(l);

	for (clistiter *i = told ? clist_begin(told) : NULL; i; i = clist_next(i)) {
		const struct mailimap_capability *c = clist_content(i);
		bool is_login = c->cap_type == MAILIMAP_CAPABILITY_AUTH_TYPE;
		const char *name = is_login ? c->cap_data.cap_auth_type : c->cap_data.cap_name;

		if (name && (is_login || !logins_only))
			buf_printf(ret, "%s%s%.64s", ret->n ? " " : "",
				is_login && !logins_only ? "AUTH=" : "", name);
	}
}
