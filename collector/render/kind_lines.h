/*
 * kind_lines: the kinds of graphs that are a few lines and bands of one file, told by tables: gear, UPS, health, clock, MTU,
 * certificates, web timings, time servers, echoes. Runs in render.
 */
#ifndef SANSANG_RENDER_KIND_LINES_H
#define SANSANG_RENDER_KIND_LINES_H

#include "collector/render/kind.h"

extern const struct words no_data; /* "không có số liệu" */

void draw_gear(struct drawing *d, const struct kind_files *files);
void draw_gear_load(struct drawing *d, const struct kind_files *files);
void draw_ups(struct drawing *d, const struct kind_files *files);
void draw_ups_power(struct drawing *d, const struct kind_files *files);
void draw_health(struct drawing *d, const struct kind_files *files);
void draw_clock(struct drawing *d, const struct kind_files *files);
void draw_mtu(struct drawing *d, const struct kind_files *files);
void draw_certificate(struct drawing *d, const struct kind_files *files);
void draw_http(struct drawing *d, const struct kind_files *files);
void draw_ntp(struct drawing *d, const struct kind_files *files);
void draw_echo(struct drawing *d, const struct kind_files *files);

#endif
