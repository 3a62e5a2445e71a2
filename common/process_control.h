/*
 * process_control: what supervisor and child say to each other on descriptor 3,
 * one datagram a message, a descriptor riding with CONTROL_LINK. For process.c
 * and process_child.c only.
 */
#ifndef SANSANG_PROCESS_CONTROL_H
#define SANSANG_PROCESS_CONTROL_H

struct process;

#define CONTROL_FD 3

enum control_kind { CONTROL_READY = 1, CONTROL_LINK, CONTROL_STOP, CONTROL_RELOAD, CONTROL_DEATH };

struct control_message {
	enum control_kind kind;
	char name[32];
	unsigned index;
	char text[96];
	int fd; /* -1 when none came; the receiver's to close */
};

/* Never waits: a peer that does not read is about to die. fd -1: none. */
void control_send(int control, enum control_kind kind, const char *name, unsigned index, const char *text, int fd);
/* 1 and *m, 0 when the peer has gone, -errno. */
int control_receive(int control, struct control_message *m);
/* The child's own view; gives, free() it after the loop has ended. */
struct process *control_child_new(const char *name, unsigned index, unsigned count);

#endif
