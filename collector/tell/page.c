#include "collector/tell/page.h"

#include <stdlib.h>
#include <string.h>

#include "common/mail/mail.h"
#include "common/memory.h"

static const struct {
	const char *band, *pale;
} colours[] = {
        [MOOD_DOWN] = {"#a4262c", "#fdf3f3"},
        [MOOD_WARNING] = {"#8a5a00", "#fff8e6"},
        [MOOD_UP] = {"#1b6e3c", "#f1f9f4"},
};

void page_add(struct page *p, enum part_kind kind, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	p->parts = mem_grow(p->parts, p->count + 1, sizeof(*p->parts));
	p->parts[p->count++] = (struct part){kind, mem_str(label), mem_str(text)};
}

void page_free(struct page *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->parts[i].label);
		free(p->parts[i].text);
	}
	free(p->parts);
	free(p->tag);
	free(p->title);
	free(p->summary);
	*p = (struct page){0};
}

/* ---- text ---- */

/* As they are, and ending with one line break. */
static void text_lines(const char *text, struct buf *out)
{
	size_t n = strlen(text);

	buf_printf(out, "%s%s", text, n && text[n - 1] == '\n' ? "" : "\n");
}

/* A blank line, unless there is one. */
static void text_gap(struct buf *out)
{
	if (out->len < 2 || out->data[out->len - 1] != '\n' || out->data[out->len - 2] != '\n')
		buf_put_u8(out, '\n');
}

static void text_part(const struct part *part, struct buf *out)
{
	switch (part->kind) {
	case PART_ROW:
		buf_printf(out, "%s: %s\n", part->label, part->text);
		break;
	case PART_HEADING:
		text_gap(out);
		buf_printf(out, "%s\n", part->text);
		break;
	case PART_ITEM:
		buf_printf(out, "  - %s%s%s\n", part->label ? part->label : "", part->label ? "  " : "", part->text);
		break;
	case PART_TEXT:
		buf_printf(out, "%s\n", part->text);
		break;
	case PART_NOTE:
		text_gap(out);
		buf_printf(out, "*** %s ***\n\n", part->text);
		break;
	case PART_PRE:
		text_lines(part->text, out);
		break;
	case PART_LINK:
	case PART_ADDRESS:
		text_gap(out);
		buf_printf(out, "%s:\n%s\n", part->label, part->text);
		break;
	case PART_PICTURE:
		break; /* only readers of HTML see it */
	}
}

void page_text(const struct page *p, struct buf *out)
{
	buf_printf(out, "[%s] %s\n\n%s%s", p->tag, p->title, p->summary ? p->summary : "", p->summary ? "\n\n" : "");
	for (size_t i = 0; i < p->count; i++) {
		/* rows that follow something else begin a block of their own */
		if (i && p->parts[i].kind == PART_ROW && p->parts[i - 1].kind != PART_ROW)
			text_gap(out);
		text_part(&p->parts[i], out);
	}
	buf_put_u8(out, 0);
}

/* ---- HTML ---- */

static void html_put(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '&')
			buf_printf(out, "&amp;");
		else if (*s == '<')
			buf_printf(out, "&lt;");
		else if (*s == '>')
			buf_printf(out, "&gt;");
		else if (*s == '"')
			buf_printf(out, "&quot;");
		else
			buf_put_u8(out, (uint8_t)*s);
	}
}

static void html_tagged(struct buf *out, const char *open, const char *text, const char *close)
{
	buf_printf(out, "%s", open);
	html_put(out, text);
	buf_printf(out, "%s", close);
}

static void html_link(const struct part *part, struct buf *out)
{
	bool button = part->kind == PART_LINK;

	buf_printf(out, "<tr><td colspan=\"2\" style=\"padding:%s\"><a href=\"",
	        button ? "12px 20px 6px" : "2px 20px 6px");
	html_put(out, part->text);
	buf_printf(out, "\" style=\"%s\">",
	        button ? "display:block;padding:14px;border-radius:6px;background:#0b5cad;color:#ffffff;"
	                 "font-weight:bold;font-size:17px;text-align:center;text-decoration:none"
	               : "color:#0b5cad");
	html_put(out, part->label);
	buf_printf(out, "</a></td></tr>\n");
}

static void html_part(const struct part *part, const char *pale, struct buf *out)
{
	switch (part->kind) {
	case PART_ROW:
		html_tagged(out,
		        "<tr><td style=\"padding:5px 12px 5px 20px;color:#5b6470;vertical-align:top;width:130px\">",
		        part->label, "</td>");
		html_tagged(
		        out, "<td style=\"padding:5px 20px 5px 0;vertical-align:top\">", part->text, "</td></tr>\n");
		break;
	case PART_HEADING:
		html_tagged(out, "<tr><td colspan=\"2\" style=\"padding:16px 20px 4px;font-weight:bold\">", part->text,
		        "</td></tr>\n");
		break;
	case PART_ITEM:
		if (!part->label) {
			html_tagged(out,
			        "<tr><td colspan=\"2\" style=\"padding:3px 20px 3px 34px;text-indent:-14px\">– ",
			        part->text, "</td></tr>\n");
			break;
		}
		html_tagged(out,
		        "<tr><td style=\"padding:3px 12px 3px "
		        "20px;color:#5b6470;vertical-align:top;white-space:nowrap\">",
		        part->label, "</td>");
		html_tagged(
		        out, "<td style=\"padding:3px 20px 3px 0;vertical-align:top\">", part->text, "</td></tr>\n");
		break;
	case PART_TEXT:
		html_tagged(out, "<tr><td colspan=\"2\" style=\"padding:2px 20px 6px\">", part->text, "</td></tr>\n");
		break;
	case PART_NOTE:
		buf_printf(
		        out, "<tr><td colspan=\"2\" style=\"padding:8px 20px;background:%s;font-weight:bold\">", pale);
		html_tagged(out, "", part->text, "</td></tr>\n");
		break;
	case PART_PRE:
		html_tagged(out,
		        "<tr><td colspan=\"2\" style=\"padding:4px 20px 8px\"><pre style=\"margin:0;padding:10px 12px;"
		        "background:#f3f4f6;border:1px solid "
		        "#d5d9de;white-space:pre-wrap;word-break:break-word;font:13px/1.5 "
		        "Consolas,'DejaVu Sans Mono',monospace\">",
		        part->text, "</pre></td></tr>\n");
		break;
	case PART_LINK:
	case PART_ADDRESS:
		html_link(part, out);
		break;
	case PART_PICTURE:
		html_tagged(out, "<tr><td colspan=\"2\" style=\"padding:16px 20px 4px;font-weight:bold\">", part->text,
		        "</td></tr>\n");
		html_tagged(out,
		        "<tr><td colspan=\"2\" style=\"padding:6px 20px\"><img src=\"cid:" MAIL_PICTURE_ID
		        "\" width=\"600\" style=\"display:block;width:100%;max-width:600px;height:auto\" alt=\"",
		        part->text, "\"></td></tr>\n");
		break;
	}
}

void page_html(const struct page *p, struct buf *out)
{
	const char *band = colours[p->mood].band, *pale = colours[p->mood].pale;

	buf_printf(out,
	        "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
	        "content=\"width=device-width\"><title>",
	        p->language);
	html_tagged(out, "", p->title, "</title></head>\n");
	buf_printf(out,
	        "<body style=\"margin:0;background:#eef0f2;color:#1a1d21;font:15px/1.45 'Segoe UI',Roboto,'DejaVu "
	        "Sans',Arial,sans-serif\">\n<table role=\"presentation\" align=\"center\" cellspacing=\"0\" "
	        "cellpadding=\"0\" "
	        "style=\"width:100%%;max-width:640px;margin:0 auto;background:#ffffff;border-collapse:collapse\">\n"
	        "<tr><td colspan=\"2\" style=\"padding:14px 20px;background:%s;color:#ffffff\"><div "
	        "style=\"font-size:13px;"
	        "letter-spacing:1px;font-weight:bold\">",
	        band);
	html_put(out, p->tag);
	html_tagged(out, "</div><div style=\"font-size:20px;font-weight:bold\">", p->title, "</div></td></tr>\n");
	if (p->summary) {
		buf_printf(
		        out, "<tr><td colspan=\"2\" style=\"padding:12px 20px;background:%s;font-size:16px\">", pale);
		html_tagged(out, "", p->summary, "</td></tr>\n");
	}
	for (size_t i = 0; i < p->count; i++)
		html_part(&p->parts[i], pale, out);
	buf_printf(out, "</table></body></html>\n");
	buf_put_u8(out, 0);
}
