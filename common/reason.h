/*
 * reason: words for the reasons of metric.h, in both languages, as screens, mails and the doctor say them. Any process.
 */
#ifndef SANSANG_REASON_H
#define SANSANG_REASON_H

/* "từ chối kết nối" / "connection refused"; of enum reason, anything else is unknown. */
const char *reason_vi(int reason);
const char *reason_en(int reason);

#endif
