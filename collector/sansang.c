/*
 * sansang: the operators' command line. It asks core over its Unix socket and prints the answer:
 * a table for people, or with --json the object as it came. Exit 0 good, 1 a clear error on stderr, 2 usage.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <locale.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "collector/sansang.h"
#include "collector/sansang_table.h"
#include "common/buf.h"
#include "common/memory.h"

#define DEFAULT_SOCKET "/var/lib/sansang/sansang.sock"
#define ANSWER_WAIT_S 75 /* an agent that is asked has a minute */
#define CELL_SIZE TABLE_CELL_SIZE

/* ---- asking ---- */

static int connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = ANSWER_WAIT_S};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(addr.sun_path)) {
		fprintf(stderr, "sansang: the socket's path is too long: %s\n", path);
		return -1;
	}
	strcpy(addr.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		fprintf(stderr, "sansang: cannot reach the collector at %s: %s\n", path, strerror(errno));
		if (errno == EACCES)
			fprintf(stderr, "sansang: only root and the collector's own user may\n");
		return -1;
	}
	return fd;
}

static bool send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static json_t *read_answer(int fd)
{
	struct buf b = {0};
	ssize_t n;

	do {
		buf_reserve(&b, 65536);
		n = recv(fd, b.data + b.len, 65536, 0);
		if (n > 0)
			b.len += (size_t)n;
	} while (n > 0 && b.data[b.len - 1] != '\n');
	json_t *answer = b.len ? json_loadb((const char *)b.data, b.len, 0, NULL) : NULL;
	buf_free(&b);
	return answer;
}

json_t *sansang_question(const struct options *o, json_t *question)
{
	const char *line;
	size_t i;
	json_t *value;
	int fd = connect_to(o->socket);

	if (fd < 0) {
		json_decref(question);
		return NULL;
	}
	char *text = json_dumps(question, JSON_COMPACT);
	json_decref(question);
	bool sent = text && send_all(fd, text, strlen(text)) && send_all(fd, "\n", 1);
	free(text);
	json_t *answer = sent ? read_answer(fd) : NULL;
	close(fd);
	if (!answer)
		fprintf(stderr, "sansang: the collector gave no answer\n");
	const char *error = json_string_value(json_object_get(answer, "error"));
	if (!o->json || error)
		table_tame(answer);
	if (!error)
		return answer;
	fprintf(stderr, "sansang: %s\n", error);
	json_array_foreach(json_object_get(answer, "errors"), i, value)
	{
		line = json_string_value(value);
		fprintf(stderr, "%s\n", line ? line : "");
	}
	json_decref(answer);
	return NULL;
}

/* ---- answers ---- */

void sansang_print_json(json_t *answer)
{
	json_dumpf(answer, stdout, JSON_INDENT(2));
	putchar('\n');
}

int sansang_show(const struct options *o, json_t *answer, const char *key, const struct column *columns)
{
	if (!answer)
		return 1;
	if (o->json)
		sansang_print_json(answer);
	else if (columns)
		table_print(o->english, json_object_get(answer, key), columns);
	json_decref(answer);
	return 0;
}

/* ---- commands ---- */

static int command_status(const struct options *o)
{
	static const struct column lines[] = {
	        {"Phiên bản", "Version", "version", CELL_TEXT},
	        {"Trạm đo đã cấp chứng thư", "Agents known", "agents.known", CELL_NUMBER},
	        {"Trạm đo đang kết nối", "Agents connected", "agents.connected", CELL_NUMBER},
	        {"Gói số liệu đã ghi", "Batches stored", "ingest.batches", CELL_NUMBER},
	        {"Giá trị đã nhận", "Values received", "ingest.values", CELL_NUMBER},
	        {"Gói gửi lại", "Duplicates", "ingest.duplicates", CELL_NUMBER},
	        {"Bản ghi nhật ký chờ đọc", "Journal records pending", "journal.pending", CELL_NUMBER},
	        {"Tệp chuỗi số liệu", "Series files", "series.files", CELL_NUMBER},
	        {"Giá trị đã lưu", "Values on files", "series.values", CELL_NUMBER},
	        {"Tiến trình không trả lời", "Not answering", "silent_text", CELL_TEXT},
	        {"Số liệu", "Data", "simulated", CELL_MARK},
	};
	json_t *answer = sansang_question(o, json_pack("{s:s}", "act", "status"));
	char text[CELL_SIZE], silent[CELL_SIZE] = "";
	const json_t *value;
	size_t i;

	if (!answer || o->json)
		return sansang_show(o, answer, NULL, NULL);
	json_array_foreach(json_object_get(answer, "silent"), i, value) snprintf(silent + strlen(silent),
	        sizeof(silent) - strlen(silent), "%s%s", i ? ", " : "", json_string_value(value));
	json_object_set_new(answer, "silent_text", json_string(*silent ? silent : "-"));
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		table_cell(o->english, answer, &lines[i], text, sizeof(text));
		if (!*text)
			continue;
		table_pad(o->english ? lines[i].en : lines[i].vi, 26, false, false);
		table_pad(text, 12, lines[i].cell == CELL_NUMBER, true);
	}
	bool full = json_is_true(json_object_get(json_object_get(answer, "journal"), "full"));
	if (full)
		puts(o->english ? "THE JOURNAL IS FULL: agents keep their data until there is room"
		                : "NHẬT KÝ ĐÃ ĐẦY: trạm đo giữ số liệu đến khi có chỗ");
	json_decref(answer);
	return 0;
}

static int command_units(const struct options *o)
{
	static const struct column columns[] = {
	        {"Mã", "Id", "id", CELL_TEXT},
	        {"Tên", "Name", "name", CELL_TEXT},
	        {"Trạng thái", "State", "state", CELL_STATE},
	        {"Từ lúc", "Since", "since", CELL_TIME},
	        {"Sự cố", "Incidents", "incidents", CELL_NUMBER},
	        {"", "", "vantage", CELL_OUTSIDE},
	        {"", "", "simulated", CELL_MARK},
	        {0},
	};

	return sansang_show(o, sansang_question(o, json_pack("{s:s}", "act", "units")), "units", columns);
}

static int command_nodes(const struct options *o)
{
	static const struct column columns[] = {
	        {"Mã", "Id", "id", CELL_TEXT},
	        {"Địa điểm", "Site", "site", CELL_TEXT},
	        {"Loại", "Kind", "kind", CELL_TEXT},
	        {"Trạng thái", "State", "state_text", CELL_STATE},
	        {"Lần cuối", "Last seen", "last_seen", CELL_TIME},
	        {"Phần mềm", "Software", "software", CELL_TEXT},
	        {"Cấu hình", "Configuration", "config_text", CELL_STATE},
	        {"Đọc bởi", "Read by", "polled_by", CELL_TEXT},
	        {"", "", "vantage", CELL_OUTSIDE},
	        {"", "", "simulated", CELL_MARK},
	        {0},
	};

	json_t *answer = sansang_question(o, json_pack("{s:s}", "act", "nodes")), *row;
	size_t i;

	json_array_foreach(o->json ? NULL : json_object_get(answer, "nodes"), i, row)
	{
		/* of a server whether we hear its agent; gear has none */
		bool gear = !json_is_null(json_object_get(row, "polled_by"));
		const json_t *current = json_object_get(row, "config_current");
		json_object_set(row, "state_text", json_object_get(row, gear ? "state" : "agent"));
		if (json_is_boolean(current))
			json_object_set_new(
			        row, "config_text", json_string(json_is_true(current) ? "applied" : "not applied yet"));
	}
	return sansang_show(o, answer, "nodes", columns);
}

static int command_find(const struct options *o)
{
	static const struct column columns[] = {
	        {"Loại", "Kind", "kind", CELL_STATE},
	        {"Mã", "Id", "id", CELL_TEXT},
	        {"Tên", "Name", "name", CELL_TEXT},
	        {"Đơn vị phụ trách", "Unit in charge", "unit.name", CELL_TEXT},
	        {"Trạng thái", "State", "unit.state", CELL_STATE},
	        {"", "", "unit.simulated", CELL_MARK},
	        {0},
	};
	struct buf b = {0};

	for (int i = 0; i < o->argc; i++)
		buf_printf(&b, "%s%s", i ? " " : "", o->argv[i]);
	json_t *question = json_pack("{s:s, s:s%}", "act", "find", "words", (const char *)b.data, b.len);
	buf_free(&b);
	return sansang_show(o, sansang_question(o, question), "hits", columns);
}

static int command_token(const struct options *o)
{
	char *end = NULL;
	long days = o->days ? strtol(o->days, &end, 10) : 1;

	if (end && *end) {
		fprintf(stderr, "sansang: --days: a number expected\n");
		return 2;
	}
	json_t *answer = sansang_question(
	        o, json_pack("{s:s, s:s, s:I}", "act", "token", "node", o->argv[0], "days", (json_int_t)days));
	if (answer && !o->json)
		puts(json_string_value(json_object_get(answer, "token")));
	return sansang_show(o, answer, NULL, NULL);
}

static int command_revoke(const struct options *o)
{
	return sansang_show(
	        o, sansang_question(o, json_pack("{s:s, s:s}", "act", "revoke", "node", o->argv[0])), NULL, NULL);
}

/* Without echo. */
static void ask_password(char *out, size_t size)
{
	struct termios before, quiet;

	fputs("password (empty: one is made): ", stderr);
	tcgetattr(STDIN_FILENO, &before);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	if (!fgets(out, (int)size, stdin))
		out[0] = 0;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputc('\n', stderr);
	out[strcspn(out, "\n")] = 0;
}

static int command_user(const struct options *o)
{
	char password[256] = "";

	if (strcmp(o->argv[0], "add") || o->argc != 3) {
		fprintf(stderr, "usage: sansang user add NAME viewer|technician|admin\n");
		return 2;
	}
	if (isatty(STDIN_FILENO))
		ask_password(password, sizeof(password));
	json_t *answer = sansang_question(o, json_pack("{s:s, s:s, s:s, s:s}", "act", "user-add", "name", o->argv[1],
	                                             "role", o->argv[2], "password", password));
	const char *made = json_string_value(json_object_get(answer, "password"));
	if (made && !o->json)
		puts(made);
	return sansang_show(o, answer, NULL, NULL);
}

static int command_reload(const struct options *o)
{
	json_t *answer = sansang_question(o, json_pack("{s:s}", "act", "reload"));

	if (answer && !o->json)
		printf("%.12s %s\n", json_string_value(json_object_get(answer, "digest")),
		        json_is_true(json_object_get(answer, "changed")) ? "in force" : "unchanged");
	return sansang_show(o, answer, NULL, NULL);
}

static int write_picture(const char *path, const char *base64)
{
	size_t len = strlen(base64);
	unsigned char *data = mem_alloc(len + 1);
	int n = EVP_DecodeBlock(data, (const unsigned char *)base64, (int)len);
	FILE *f = fopen(path, "w");

	for (size_t i = len; n > 0 && i && base64[i - 1] == '='; i--)
		n--; /* the padding is decoded to zeros */
	bool good = n > 0 && f && fwrite(data, 1, (size_t)n, f) == (size_t)n;
	if ((f && fclose(f)) || !good) {
		fprintf(stderr, "sansang: %s cannot be written: %s\n", path,
		        n > 0 ? strerror(errno) : "no picture came");
		good = false;
	}
	free(data);
	return good ? 0 : 1;
}

static int command_graph(const struct options *o)
{
	const char *dot = o->output ? strrchr(o->output, '.') : NULL;
	json_int_t from = sansang_instant(o->from ? o->from : "-24h"), to = sansang_instant(o->to ? o->to : "-0m");

	if (!dot || (strcmp(dot, ".svg") && strcmp(dot, ".png")) || from < 0 || to < 0) {
		fprintf(stderr, "usage: sansang graph TARGET [--graph NAME] [--from T] [--to T] -o F.svg|F.png\n"
		                "       T: 2025-07-01, 2025-07-01T07:30, -24h, -7d or Unix seconds\n");
		return 2;
	}
	json_t *answer = sansang_question(
	        o, json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:s, s:s}", "act", "graph", "target", o->argv[0],
	                   "graph", o->graph ? o->graph : "", "from", from, "to", to, "width", 900, "height", 300,
	                   "format", dot + 1, "language", o->english ? "en" : "vi"));
	const char *picture = json_string_value(json_object_get(answer, "picture"));
	int status = picture ? write_picture(o->output, picture) : 1;
	json_decref(answer);
	if (!status && o->json)
		printf("{\"file\": \"%s\"}\n", o->output);
	return status;
}

static const struct {
	const char *name, *help;
	int least, most;   /* words after it */
	const char *takes; /* options */
	int (*run)(const struct options *o);
} commands[] = {
        {"status", "", 0, 0, "", command_status},
        {"units", "", 0, 0, "", command_units},
        {"nodes", "", 0, 0, "", command_nodes},
        {"incidents", "[--all]", 0, 0, "a", sansang_command_incidents},
        {"incident", "INCIDENT", 1, 1, "", sansang_command_incident},
        {"find", "WORDS", 1, 32, "", command_find},
        {"token", "NODE [--days N]", 1, 1, "d", command_token},
        {"revoke", "NODE", 1, 1, "", command_revoke},
        {"user", "add NAME ROLE", 1, 3, "", command_user},
        {"ack", "INCIDENT [TEXT]", 1, 2, "", sansang_command_ack},
        {"comment", "INCIDENT TEXT", 2, 2, "", sansang_command_comment},
        {"close", "INCIDENT REASON [--force]", 2, 2, "F", sansang_command_close},
        {"merge", "INCIDENT INTO [TEXT]", 2, 3, "", sansang_command_merge},
        {"ticket", "INCIDENT NUMBER", 2, 2, "", sansang_command_ticket},
        {"maintenance", "[--all] | add TARGET... --until T [--from T] --reason TEXT [--id ID] | end ID", 0, 64, "afuri",
                sansang_command_maintenance},
        {"planned-cuts", "[--all] | import FILE.csv [--dry-run]", 0, 2, "an", sansang_command_planned_cuts},
        {"graph", "TARGET [--graph NAME] [--from T] [--to T] -o F.svg|F.png", 1, 1, "gfto", command_graph},
        {"ask", "NODE trace TARGET [SOURCE] | NODE probe TYPE TARGET | NODE check SERVICE", 1, 5, "",
                sansang_command_ask},
        {"reload", "", 0, 0, "", command_reload},
        {"lamps", "PLACE", 1, 32, "", sansang_command_lamps},
        {"complaint", "PLACE WORDS... [--at T] [--name CALLER]", 2, 200, "AN", sansang_command_complaint},
        {"complaints", "[PLACE] [--missed] [--since T]", 0, 32, "mS", sansang_command_complaints},
        {"drill",
                "plan TARGET[,..] --cause C [--from T] [--until T] [--within 15s] [--mail-within 30s] [--to "
                "CONTACT,..|none] WORDS"
                " | begin ID | cancel ID | show ID | list [TARGET]",
                1, 200, "CfuwWt", sansang_command_drill},
        {"slip", "INCIDENT [--language vi|en]", 1, 1, "l", sansang_command_slip},
        {"outages", "[--month 2025-07] [--carrier C] [--csv] [--language vi|en]", 0, 0, "McVl",
                sansang_command_outages},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static int print_usage(FILE *to, int status)
{
	fputs("usage: sansang [--socket S] [--json] COMMAND\n", to);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(to, "  %s %s\n", commands[i].name, commands[i].help);
	return status;
}

int main(int argc, char **argv)
{
	const char *language = getenv("LC_ALL") ? getenv("LC_ALL") : getenv("LANG");
	struct options o = {.socket = getenv("SANSANG_SOCKET")};

	setlocale(LC_CTYPE, "C.UTF-8");
	o.english = language && !strncmp(language, "en", 2);
	if (!o.socket || !*o.socket)
		o.socket = DEFAULT_SOCKET;
	if (options_parse(argc, argv, &o))
		return print_usage(stderr, 2);
	if (strchr(o.given, 'h'))
		return print_usage(stdout, 0);
	if (strchr(o.given, 'v'))
		return puts("sansang " SANSANG_VERSION) < 0;
	for (size_t i = 0; optind < argc && i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].name, argv[optind]))
			continue;
		o.argc = argc - optind - 1;
		o.argv = argv + optind + 1;
		if (o.argc < commands[i].least || o.argc > commands[i].most ||
		        o.given[strspn(o.given, commands[i].takes)])
			break;
		return commands[i].run(&o);
	}
	return print_usage(stderr, 2);
}
