/* answer_theme.c - POST /theme: remember light or dark, and back to the page. */
#include "answering.h"

#include "site.h"
#include "theme.h"

void answer_theme(struct answering *x)
{
	struct str body = str_absent(x->req->body.mem) ? STR("") : x->req->body.mem;
	struct theme_choice choice;
	struct err err = { 0 };

	if (sender_site(&x->req->access, access_url(x->w->access)) == SITE_OTHER) {
		answer_problem(x, &(struct problem){ .type = PROBLEM_FORBIDDEN,
					  .detail = STR("This was sent by a page of another "
							"site.") });
		return;
	}
	if (theme_of_form(body, x->arena, &choice, &err) < 0) {
		answer_error(x, &err);
		return;
	}
	answer_header(x->ret, "Cache-Control", STR("no-store"));
	answer_header(x->ret, "Set-Cookie",
		theme_cookie(x->arena, choice.theme, x->doc.base,
			str_starts(access_url(x->w->access)->origin, STR("https:"))));
	answer_see(x, choice.back);
}
