/*
 * core: journal, inventory, rights, signing. The only writer of the journal and of core.db.
 *
 * Acts are what people ask of core: one JSON object in, one out, by MESSAGE_ACT from web
 * or a line on the Unix socket (ctl.h). The table in core_acts.c says who may. Every request holds
 * "act"; from web also "session" (the cookie's value), and for acts that change something
 * "csrf" (the header X-CSRF; compared by core). Over the socket SO_PEERCRED stands for a session with the
 * role admin. Refused: {"error": "what and what was expected", "status": 400|401|403|404|409|429|503}.
 *
 *   act        right        asks                              answers
 *   login      none         name, password, address           session, user, role, csrf, language, expires_at
 *   session    (session)                                      user, role, csrf, language, expires_at
 *   logout     (session)                                      {}
 *   ack *      technician   incident, text                    {}
 *   token *    admin        node, days (1)                    token, node, expires_at
 *   revoke *   admin        node                              {}
 *   user-add * admin        name, role, password (made when missing)   name, role, password (only when made)
 *   reload *   admin                                          digest, changed; or error with "errors": [lines]
 *   status     viewer                                         see core_status.c
 *   units      viewer       at                                as view_units
 *   nodes      viewer       at                                as view_nodes
 *   incidents  viewer       all                               as view_incidents
 *   find       viewer       words, at                         as view_find
 *   graph      viewer       as MESSAGE_GRAPH                  picture (base64), format
 *   (* changes something: needs csrf when it comes from web)
 *
 * Times are UTC ms. `language` is the collector's. A session lives 12 h.
 */
#ifndef SANSANG_CORE_H
#define SANSANG_CORE_H

#endif
