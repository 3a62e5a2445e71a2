/*
 * heat: the hottest sensor of this host, from <sys>/class/thermal and <sys>/class/hwmon (disks' too, where the kernel's drivetemp or nvme tells).
 *
 * Sensors of super-I/O chips are passed over: an input that nothing is wired to reads 127 degrees. Runs in the agent process;
 * a look costs an I2C or disk command per sensor: once a minute, not each step.
 */
#ifndef SANSANG_HEAT_H
#define SANSANG_HEAT_H

struct heat;

/* `sys_root` is borrowed. Never fails. */
struct heat *heat_open(const char *sys_root);
void heat_close(struct heat *h);
/* Degrees Celsius, NAN when no sensor tells. Which sensors there are is looked at anew every 30th time. */
double heat_look(struct heat *h);

#endif
