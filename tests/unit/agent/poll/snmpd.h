/*
 * snmpd: a real net-snmp agent on loopback for tests, with users of many kinds, in a folder of its own.
 */
#ifndef SANSANG_TEST_SNMPD_H
#define SANSANG_TEST_SNMPD_H

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SNMPD_PATH "/usr/sbin/snmpd"

struct snmpd {
	pid_t pid;
	uint16_t port;
	char folder[64];
};

/* A UDP port that is free now, above 20000. */
static inline uint16_t snmpd_free_port(void)
{
	for (int i = 0; i < 100; i++) {
		struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		uint16_t port = (uint16_t)(20001 + (unsigned)(getpid() * 31 + i * 137 + rand()) % 12000);
		int fd = socket(AF_INET, SOCK_DGRAM, 0), status;

		a.sin_port = htons(port);
		status = bind(fd, (struct sockaddr *)&a, sizeof(a));
		close(fd);
		if (!status)
			return port;
	}
	return 0;
}

/* In its folder, which keeps its engine and counts its boots. */
static inline int snmpd_run(struct snmpd *d)
{
	char conf[96], address[48];

	snprintf(conf, sizeof(conf), "%s/snmpd.conf", d->folder);
	snprintf(address, sizeof(address), "udp:127.0.0.1:%u", d->port);
	d->pid = fork();
	if (!d->pid) {
		/* it dies with the test, and does not hold its output */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(126);
		setenv("SNMP_PERSISTENT_DIR", d->folder, 1);
		setenv("SNMPCONFPATH", d->folder, 1);
		execl(SNMPD_PATH, "snmpd", "-f", "-Ln", "-C", "-c", conf, "-I", "-smux", address, (char *)NULL);
		_exit(127);
	}
	return d->pid > 0 ? 0 : -1;
}

static inline int snmpd_start_at(struct snmpd *d, uint16_t port, const char *more)
{
	char conf[96];
	FILE *f;

	if (access(SNMPD_PATH, X_OK))
		return -1;
	snprintf(d->folder, sizeof(d->folder), "/tmp/sansang-snmpd-XXXXXX");
	if (!mkdtemp(d->folder))
		return -1;
	d->port = port;
	snprintf(conf, sizeof(conf), "%s/snmpd.conf", d->folder);
	f = fopen(conf, "w");
	fputs("rocommunity public 127.0.0.1\nsysName real-one\nsysDescr a real agent\n"
	      "createUser plain\ncreateUser md5 MD5 \"password-md5\" DES \"privacy-md5\"\n"
	      "createUser sha1 SHA \"password-sha1\" AES \"privacy-sha1\"\n"
	      "createUser sha256 SHA-256 \"password-sha256\" AES \"privacy-sha256\"\n"
	      "createUser sha512 SHA-512 \"password-sha512\" AES256 \"privacy-sha512\"\n"
	      "createUser sha224 SHA-224 \"password-sha224\" AES192 \"privacy-sha224\"\n"
	      "createUser only SHA-384 \"password-only\"\n"
	      "rouser plain noauth\nrouser md5 priv\nrouser sha1 priv\nrouser sha256 priv\nrouser sha512 priv\nrouser "
	      "sha224 priv\n"
	      "rouser only auth\n",
	        f);
	fputs(more ? more : "", f);
	fclose(f);
	return snmpd_run(d);
}

static inline int snmpd_start(struct snmpd *d, const char *more)
{
	return snmpd_start_at(d, snmpd_free_port(), more);
}

static inline void snmpd_end(struct snmpd *d)
{
	kill(d->pid, SIGTERM);
	waitpid(d->pid, NULL, 0);
}

static inline void snmpd_stop(struct snmpd *d)
{
	char command[96];

	kill(d->pid, SIGKILL);
	waitpid(d->pid, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf %s", d->folder);
	if (system(command))
		return;
}

#endif
