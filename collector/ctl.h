/*
 * ctl: the Unix socket of the operators' command line. Core runs it.
 *
 * A line holds one JSON object, its answer is one line (core.h says which acts there are). Lines of a
 * connection are answered in order, one at a time. Who asks is told by the kernel (SO_PEERCRED): root and the collector's
 * own user may act, as "uid:N" in the audit; all others are refused.
 */
#ifndef SANSANG_CTL_H
#define SANSANG_CTL_H

struct core;
struct ctl;

/* Listens at `path` (0660), in place of a stale socket. 0 or -errno, logged. */
int ctl_open(struct ctl **out, struct core *core, const char *path);
/* Its memory goes when the loop has closed its handles. */
void ctl_close(struct ctl *ctl);

#endif
