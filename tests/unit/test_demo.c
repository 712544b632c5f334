/* The made-up mailbox: the same seed gives the same bytes, and a folder in use is left alone.
 */
#include "check.h"

#include "day.h"
#include "demo.h"
#include "digest.h"
#include "xalloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct demo_options options = { .last_day = 20777, .days = 3, .seed = 1 };

/* Digest of all names and bytes in folder/new, whatever the order. */
static struct digest digest_folder(const char *folder)
{
	char path[600];
	struct digest sum = { 0 };
	snprintf(path, sizeof(path), "%s/new", folder);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		static char bytes[1 << 20];
		int fd = openat(dirfd(dir), e->d_name, O_RDONLY);
		ssize_t n = read(fd, bytes, sizeof(bytes));
		close(fd);
		assert_true(n > 0);
		struct digest_ctx c;
		struct digest d;
		digest_init(&c);
		digest_field(&c, str_of(e->d_name));
		digest_field(&c, str_make(bytes, (size_t)n));
		digest_end(&c, &d);
		digest_sum(&sum, &d);
	}
	closedir(dir);
	return sum;
}

static void remove_folder(const char *folder)
{
	char command[700];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
}

static void make(char *folder, const struct demo_options *opt, uint64_t *ret_mails)
{
	struct err err = { 0 };
	assert_non_null(mkdtemp(folder));
	assert_int_equal(demo_write(folder, opt, ret_mails, &err), 0);
}

static void test_same_seed_same_bytes(void **state)
{
	(void)state;
	char a[] = "/tmp/ruad-demo-XXXXXX", b[] = "/tmp/ruad-demo-XXXXXX",
	     c[] = "/tmp/ruad-demo-XXXXXX";
	uint64_t mails_a = 0, mails_b = 0, mails_c = 0;
	struct demo_options other = options;
	other.seed = 2;
	make(a, &options, &mails_a);
	make(b, &options, &mails_b);
	make(c, &other, &mails_c);
	struct digest da = digest_folder(a), db = digest_folder(b), dc = digest_folder(c);
	assert_true(mails_a > 20);
	assert_int_equal(mails_a, mails_b);
	assert_true(digest_eq(&da, &db));
	assert_false(digest_eq(&da, &dc));
	remove_folder(a);
	remove_folder(b);
	remove_folder(c);
}

static void test_folder_in_use(void **state)
{
	(void)state;
	char folder[] = "/tmp/ruad-demo-XXXXXX";
	uint64_t mails = 0;
	struct err err = { 0 };
	make(folder, &options, &mails);
	struct digest before = digest_folder(folder);
	assert_int_equal(demo_write(folder, &options, &mails, &err), ERR_USAGE);
	assert_non_null(strstr(err.text, "not empty"));
	struct digest after = digest_folder(folder);
	assert_true(digest_eq(&before, &after));
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_seed_same_bytes),
		cmocka_unit_test(test_folder_in_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
