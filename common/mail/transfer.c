#include "common/mail/transfer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/memory.h"

struct transfers {
	uv_loop_t *loop;
	uv_timer_t timer;
	CURLM *multi;
	bool closing;
	transfer_on_done on_done;
	void *arg;
};

/* One for each socket of libcurl. */
struct watch {
	struct transfers *transfers;
	uv_poll_t poll;
	curl_socket_t socket;
};

static void finished_collect(struct transfers *t)
{
	CURLMsg *m;
	int left;

	while (!t->closing && (m = curl_multi_info_read(t->multi, &left))) {
		CURL *easy = m->easy_handle;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_multi_remove_handle(t->multi, easy);
		t->on_done(easy, code, t->arg);
	}
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	struct transfers *t = w->transfers;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;

	flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
	flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
	curl_multi_socket_action(t->multi, w->socket, flags, &running);
	finished_collect(t);
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void watch_drop(struct transfers *t, struct watch *w)
{
	curl_multi_assign(t->multi, w->socket, NULL);
	uv_poll_stop(&w->poll);
	uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *arg, void *sockp)
{
	struct transfers *t = arg;
	struct watch *w = sockp;
	int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			watch_drop(t, w);
		return 0;
	}
	if (!w) {
		w = mem_alloc(sizeof(*w));
		w->transfers = t;
		w->socket = socket;
		w->poll.data = w;
		if (uv_poll_init_socket(t->loop, &w->poll, socket)) {
			free(w);
			return -1;
		}
		curl_multi_assign(t->multi, socket, w);
	}
	uv_poll_start(&w->poll, events, on_poll);
	return 0;
}

static void on_timeout(uv_timer_t *timer)
{
	struct transfers *t = timer->data;
	int running;

	curl_multi_socket_action(t->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finished_collect(t);
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct transfers *t = arg;

	(void)multi;
	if (t->closing)
		return 0;
	if (timeout_ms < 0)
		uv_timer_stop(&t->timer);
	else
		uv_timer_start(&t->timer, on_timeout, (uint64_t)timeout_ms, 0);
	return 0;
}

struct transfers *transfers_open(uv_loop_t *loop, long connections, transfer_on_done on_done, void *arg)
{
	struct transfers *t;

	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		log_error("libcurl cannot start");
		return NULL;
	}
	t = mem_alloc(sizeof(*t));
	t->loop = loop;
	t->on_done = on_done;
	t->arg = arg;
	t->multi = curl_multi_init();
	uv_timer_init(loop, &t->timer);
	t->timer.data = t;
	curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
	curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
	curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, connections);
	return t;
}

int transfer_start(struct transfers *t, CURL *easy)
{
	return !t->closing && curl_multi_add_handle(t->multi, easy) == CURLM_OK ? 0 : -EIO;
}

void transfer_stop(struct transfers *t, CURL *easy)
{
	curl_multi_remove_handle(t->multi, easy);
}

void transfers_close(struct transfers *t)
{
	t->closing = true;
	curl_multi_cleanup(t->multi); /* drops the watches by on_socket */
	uv_close((uv_handle_t *)&t->timer, NULL);
}

void transfers_free(struct transfers *t)
{
	if (!t)
		return;
	free(t);
	curl_global_cleanup();
}
