#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

static struct {
	bool fake;
	int64_t wall_ms, boot_ms;
} test_clock;

static int64_t now_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
	return test_clock.fake ? test_clock.wall_ms : now_ms(CLOCK_REALTIME);
}

int64_t clock_boot_ms(void)
{
	return test_clock.fake ? test_clock.boot_ms : now_ms(CLOCK_BOOTTIME);
}

void clock_fake(int64_t wall_ms, int64_t boot_ms)
{
	test_clock.fake = true;
	test_clock.wall_ms = wall_ms;
	test_clock.boot_ms = boot_ms;
}

void clock_fake_advance(int64_t ms)
{
	test_clock.wall_ms += ms;
	test_clock.boot_ms += ms;
}

void clock_real(void)
{
	test_clock.fake = false;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int clock_boot_id(uint8_t id[BOOT_ID_BYTES])
{
	char text[40];
	size_t digits = 0;

	memset(id, 0, BOOT_ID_BYTES);
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, text, sizeof(text));
	close(fd);
	for (ssize_t i = 0; i < n && digits < 2 * BOOT_ID_BYTES; i++) {
		int d = hex_digit(text[i]);
		if (d < 0)
			continue;
		id[digits / 2] |= (uint8_t)(digits % 2 ? d : d << 4);
		digits++;
	}
	if (digits == 2 * BOOT_ID_BYTES)
		return 0;
	memset(id, 0, BOOT_ID_BYTES);
	return -EIO;
}

void chance_bytes(void *out, size_t len)
{
	uint8_t *p = out;

	while (len) {
		ssize_t n = getrandom(p, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			log_die("the kernel gives no random bytes: %s", strerror(errno));
		p += n;
		len -= (size_t)n;
	}
}

uint64_t chance_u64(void)
{
	uint64_t v;

	chance_bytes(&v, sizeof(v));
	return v;
}

uint64_t chance_below(uint64_t limit)
{
	if (!limit)
		return 0;
	/* values below the rest of 2^64 / limit would favour small results */
	uint64_t rest = -limit % limit, v;
	do
		v = chance_u64();
	while (v < rest);
	return v % limit;
}

const char *clock_format_utc(int64_t wall_ms, char *out, size_t size)
{
	time_t seconds = (time_t)(wall_ms >= 0 ? wall_ms / 1000 : -((999 - wall_ms) / 1000));
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, size, "?");
	return out;
}
