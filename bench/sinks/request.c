#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char CORS[] =
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE\r\n"
    "Access-Control-Allow-Headers: *, authorization\r\n"
    "Access-Control-Expose-Headers: *\r\n"
    "Access-Control-Max-Age: 600\r\n";

/* Read more behind what is there. 0 at the end or when the buffer is full. */
static int more(Request *request) {
    memmove(request->kept, request->kept + request->start, request->end - request->start);
    request->end -= request->start;
    request->start = 0;
    if (request->end == HEAD_SIZE) return 0;
    ssize_t count = link_read(&request->link, request->kept + request->end, HEAD_SIZE - request->end);
    if (count > 0) request->end += (size_t)count;
    return count > 0;
}

/* The next line without its end, as a text inside the buffer, good until the next call. NULL at the end. */
static char *line(Request *request) {
    for (;;) {
        char *from = request->kept + request->start;
        char *end = memchr(from, '\n', request->end - request->start);
        if (end) {
            request->start += (size_t)(end - from) + 1;
            if (end > from && end[-1] == '\r') end--;
            *end = 0;
            return from;
        }
        if (!more(request)) return NULL;
    }
}

static void header(Request *request, const char *text) {
    if (!strncasecmp(text, "host: ", 6)) snprintf(request->host, sizeof request->host, "%s", text + 6);
    if (!strncasecmp(text, "content-length: ", 16)) request->length = strtoull(text + 16, NULL, 10);
    if (!strncasecmp(text, "transfer-encoding: chunked", 26)) request->is_chunked = 1;
    if (!strncasecmp(text, "expect: 100-continue", 20)) request->waits_for_100 = 1;
    if (!strncasecmp(text, "connection: close", 17)) request->is_last = 1;
}

int request_next(Request *request) {
    char *text = line(request);
    if (!text || sscanf(text, "%7s %8191s HTTP/1.1", request->method, request->target) != 2) return 0;
    request->length = 0;
    request->is_chunked = request->waits_for_100 = request->is_last = 0;
    while ((text = line(request)) && *text) header(request, text);
    return text != NULL;
}

static int welcome(Request *request) {
    static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
    return !request->waits_for_100 || link_write(&request->link, CONTINUE, sizeof CONTINUE - 1);
}

/* Throw away exactly so many bytes. */
static int drop(Request *request, size_t count) {
    size_t there = request->end - request->start;
    if (count <= there) return request->start += count, 1;
    request->start = request->end = 0;
    for (count -= there; count;) {
        ssize_t gone = link_drop(&request->link, request->kept, HEAD_SIZE, count);
        if (gone <= 0) return 0;
        count -= (size_t)gone;
    }
    return 1;
}

int body_drop(Request *request) {
    if (!welcome(request)) return 0;
    if (!request->is_chunked) return drop(request, request->length);
    char *text;
    while ((text = line(request))) {
        size_t size = strtoull(text, NULL, 16);
        if (!size) break;
        if (!drop(request, size) || !line(request)) return 0;
    }
    while ((text = line(request)) && *text) continue; /* trailers */
    return text != NULL;
}

int body_read(Request *request) {
    request->body[0] = 0;
    if (request->is_chunked || request->length > BODY_SIZE) return body_drop(request);
    if (!welcome(request)) return 0;
    size_t have = 0;
    while (have < request->length) {
        size_t there = request->end - request->start, wanted = request->length - have;
        if (!there && !more(request)) return 0;
        there = request->end - request->start;
        size_t taken = there < wanted ? there : wanted;
        memcpy(request->body + have, request->kept + request->start, taken);
        request->start += taken;
        have += taken;
    }
    request->body[have] = 0;
    return 1;
}

int answer(Request *request, const char *status, const char *headers, const char *body, size_t length) {
    if (request->delay_ms && strcmp(request->method, "OPTIONS")) {
        struct timespec pause = {request->delay_ms / 1000, request->delay_ms % 1000 * 1000000L};
        nanosleep(&pause, NULL);
    }
    int has_none = !strncmp(status, "204", 3);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "HTTP/1.1 %s\r\n%s%s", status, CORS, headers);
    if (!has_none) fprintf(out, "Content-Length: %zu\r\n", length);
    fputs("\r\n", out);
    if (!has_none && strcmp(request->method, "HEAD")) fwrite(body, 1, length, out);
    fclose(out);
    int sent = link_write(&request->link, text, size);
    free(text);
    return sent;
}
