/* HTTP/1.1 as the sink needs it: a request's head, its body read or thrown away, one answer. */
#ifndef REQUEST_H
#define REQUEST_H

#include "link.h"

#define HEAD_SIZE (1 << 16)
#define BODY_SIZE (1 << 20)

typedef struct {
    Link link;
    char *kept;        /* HEAD_SIZE bytes; [start, end) was read and is not used yet */
    size_t start, end;
    char *body;        /* BODY_SIZE + 1 bytes; a text once body_read has returned */
    char method[8];
    char target[8192]; /* path and query */
    char host[256];
    size_t length;     /* of the body, unless chunked */
    int is_chunked, waits_for_100, is_last;
    int delay_ms;      /* before each answer, as if the network were long; not before the answer of OPTIONS */
} Request;

/* Read the next head into its fields. 0 when the connection is over or what came is not HTTP. */
int request_next(Request *request);

/* The body as a text in request->body; what does not fit is thrown away. 0 if the connection broke. */
int body_read(Request *request);

/* Throw the body away. 0 if the connection broke. */
int body_drop(Request *request);

/* Send an answer; `headers` are whole lines or "". 0 if the connection broke. */
int answer(Request *request, const char *status, const char *headers, const char *body, size_t length);

#endif
