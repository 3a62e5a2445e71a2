/*
 * words: every word that a letter says by itself, in both languages.
 * One table (words.c); letters are made from it by loops. Tell process.
 */
#ifndef SANSANG_TELL_WORDS_H
#define SANSANG_TELL_WORDS_H

enum word {
	WORD_TAG_SERVICE, /* [MẤT DỊCH VỤ] */
	WORD_TAG_LINE,
	WORD_TAG_HOST,
	WORD_TAG_AGENT,
	WORD_TAG_COLLECTOR,
	WORD_TAG_OTHER,
	WORD_TAG_RECOVERED,
	WORD_TAG_AGAIN,
	WORD_TAG_SIMULATED,
	WORD_LATE,
	WORD_LATE_NOTE,
	WORD_SIMULATED_NOTE,
	WORD_WHAT,
	WORD_BACK,
	WORD_WHERE,
	WORD_UNIT,
	WORD_FORMER,
	WORD_NODE,
	WORD_SERVICE,
	WORD_SINCE,
	WORD_UNTIL,
	WORD_DURATION,
	WORD_CAUSE,
	WORD_FIRST_CAUSE,
	WORD_RESPONSIBLE,
	WORD_LINE,
	WORD_CARRIER,
	WORD_CIRCUIT,
	WORD_HOTLINE,
	WORD_AFFECTS,
	WORD_EVIDENCE,
	WORD_CHECK_FIRST,
	WORD_GRAPH,
	WORD_NO_GRAPH,
	WORD_INCIDENT,
	WORD_FOOTER,
	WORD_SENDER,
	WORD_DAYS,
	WORD_HOURS,
	WORD_MINUTES,
	WORD_SECONDS,
	WORD_CERTAIN,
	WORD_LIKELY,
	WORD_UNCLEAR,
	WORD_BY_COMMUNE,
	WORD_BY_PROVINCE,
	WORD_BY_CARRIER,
	WORD_BY_CENTRAL,
	WORD_AGENT_OF,
	WORD_COLLECTOR,
	WORD_INTERNET,
	WORD_EVERYWHERE,
	WORD_SERVER,
	WORD_PORT,
	WORD_PATH,
	WORD_MORE,
	WORD_COUNT
};

/* `language` is "vi" or "en"; the text is static. */
const char *word_in(enum word w, const char *language);
/* The screen's word of a key of the judge ("certain", "carrier", ...), or the key itself. */
const char *word_of_key(const char *key, const char *language);

#endif
