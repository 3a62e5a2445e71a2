#include "common/conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/memory.h"

#define FILE_BYTES_MAX (64 << 20)

static int bytes_read(int fd, struct buf *b)
{
	ssize_t n;

	do {
		buf_reserve(b, 65536);
		n = read(fd, b->data + b->len, 65536);
		if (n < 0 && errno != EINTR)
			return -errno;
		b->len += n > 0 ? (size_t)n : 0;
		if (b->len > FILE_BYTES_MAX)
			return -EFBIG;
	} while (n != 0);
	return 0;
}

/* The folder is the one of the name, not of what a symbolic link points to. */
static char *folder_of(const char *path)
{
	char here[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (path[0] == '/')
		return len ? mem_strn(path, len) : mem_str("/");
	if (!getcwd(here, sizeof(here)))
		strcpy(here, ".");
	return len ? mem_printf("%s/%.*s", here, (int)len, path) : mem_str(here);
}

/* Bad encoding has an offset only. */
static struct conf_place problem_place(const yaml_parser_t *p, const struct buf *b)
{
	struct conf_place place = {(uint32_t)p->problem_mark.line + 1, (uint32_t)p->problem_mark.column + 1};

	if (p->error != YAML_READER_ERROR)
		return place;
	place = (struct conf_place){1, 1};
	for (size_t i = 0; i < b->len && i < p->problem_offset; i++) {
		place.column = b->data[i] == '\n' ? 1 : place.column + 1;
		place.line += b->data[i] == '\n';
	}
	return place;
}

static int syntax_error(const char *path, const yaml_parser_t *p, const struct buf *b, struct conf_errors *errors)
{
	struct conf_place place = problem_place(p, b);

	conf_error(errors, path, place, "not YAML: %s%s%s, expected a YAML document",
	        p->problem ? p->problem : "bad text", p->context ? " " : "", p->context ? p->context : "");
	return -EINVAL;
}

/* A second document would be passed over silently. */
static int end_check(const char *path, yaml_parser_t *p, const struct buf *b, struct conf_errors *errors)
{
	yaml_document_t second;
	int rc = 0;

	if (!yaml_parser_load(p, &second))
		return syntax_error(path, p, b, errors);
	const yaml_node_t *root = yaml_document_get_root_node(&second);
	if (root) {
		struct conf_place place = conf_node_place((const void *)root);
		conf_error(errors, path, place, "a second document begins here, expected one only");
		rc = -EINVAL;
	}
	yaml_document_delete(&second);
	return rc;
}

static int document_load(const char *path, const struct buf *b, yaml_document_t *document, struct conf_errors *errors)
{
	yaml_parser_t p;
	int rc;

	if (!yaml_parser_initialize(&p))
		return -ENOMEM;
	yaml_parser_set_input_string(&p, b->data, b->len);
	if (!yaml_parser_load(&p, document)) {
		rc = syntax_error(path, &p, b, errors);
	} else {
		rc = yaml_document_get_root_node(document) ? end_check(path, &p, b, errors) : 0;
		if (rc)
			yaml_document_delete(document);
	}
	yaml_parser_delete(&p);
	return rc;
}

int conf_file_open(const char *path, struct conf_file *f, struct conf_errors *errors)
{
	struct buf b = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc = fd < 0 ? -errno : bytes_read(fd, &b);

	if (fd >= 0)
		close(fd);
	if (rc) {
		conf_error(errors, path, (struct conf_place){0}, "cannot be read (%s), expected a configuration file",
		        strerror(-rc));
	} else {
		*f = (struct conf_file){.path = path, .folder = folder_of(path)};
		rc = document_load(path, &b, &f->document, errors);
		if (rc)
			free(f->folder);
	}
	buf_free(&b);
	return rc;
}

void conf_file_close(struct conf_file *f)
{
	yaml_document_delete(&f->document);
	free(f->folder);
}

const char *conf_file_kind(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? "text" : node->type == YAML_SEQUENCE_NODE ? "list" : "map";
}
