#include "filesink.h"

#include "crew.h"
#include "ingest.h"

#include <string.h>
#include <unistd.h>

/* All inputs of one path; 0, or what crew_take gave.  ret_file NULL: standard input keeps its
 * name. */
static int read_source(struct crew *crew, struct source *source, struct sink *sink,
	struct str *ret_file, struct err *err)
{
	struct mail mail;
	int r;
	while ((r = source->ops->next(source, &mail, err)) > 0) {
		int result = 0;
		if (ret_file && !str_empty(mail.locator))
			*ret_file = mail.locator;
		if (r == 2) {
			struct err why = *err;
			*err = (struct err){ 0 };
			result = sink->refused(sink, NULL, &why, err);
		} else {
			crew_submit(crew, &mail);
			result = crew_take(crew, sink, err);
		}
		source->ops->drop(source, &mail);
		struct err ignored = { 0 };
		source->ops->done(source, mail.token, -1, &ignored);
		if (result < 0)
			return result;
	}
	return r;
}

static int read_path(struct cli *c, struct crew *crew, const char *path, struct sink *sink,
	struct str *ret_file, struct err *err)
{
	bool standard = strcmp(path, "-") == 0;
	struct ingest_options opt = { .limits = &c->limits };
	struct source *source = NULL;
	struct err why = { 0 };
	int r = standard ? source_open_stdin(STDIN_FILENO, &opt, &source, &why)
			 : source_open_path(path, &opt, &source, &why);
	*ret_file = str_of(path);
	if (r < 0)
		return sink->refused(sink, NULL, &why, err);
	r = read_source(crew, source, sink, standard ? NULL : ret_file, err);
	source_close(source);
	return r;
}

int files_read(struct cli *c, struct sink *sink, struct str *ret_file, struct err *err)
{
	struct flow *flow = NULL;
	if (flow_new(&c->limits, c->psl_file, &flow, err) < 0)
		return err->code;
	struct crew *crew = crew_new(flow, 1);
	int r = 0;
	for (size_t i = 0; r == 0 && i < c->options.arg_count; i++) {
		r = read_path(c, crew, c->options.args[i], sink, ret_file, err);
	}
	crew_free(crew);
	flow_free(flow);
	return r;
}
