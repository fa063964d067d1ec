#include "portway.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MIB = 1 << 20, MOST_NUMBERS = 10000, TIME_SIZE = 32, CHECKSUM_SIZE = 64, ID_SIZE = 26 };

static const char DIGITS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char *const ALGORITHMS[] = {"crc64nvme", "crc32c", "crc32"};
static const char JSON[] = "Content-Type: application/json\r\n";
static atomic_ulong made;

/* What an id holds: single or multipart and the algorithm (1 digit), size (11), part size (8), a counter (6). */
typedef struct {
    unsigned long size, part_size, number;
    int is_single, algorithm;
    char checksum[CHECKSUM_SIZE]; /* of a single upload, only while it is created */
    char id[ID_SIZE + 1];
} Upload;

static void write_digits(char *to, int count, unsigned long value) {
    while (count--) {
        to[count] = DIGITS[value % 32];
        value /= 32;
    }
}

static unsigned long read_digits(const char *from, int count) {
    unsigned long value = 0;
    for (; count--; from++) {
        const char *digit = strchr(DIGITS, *from);
        value = value * 32 + (digit ? (unsigned long)(digit - DIGITS) : 0);
    }
    return value;
}

static unsigned long part_count(const Upload *upload) {
    unsigned long count = (upload->size + upload->part_size - 1) / upload->part_size;
    return count ? count : 1;
}

static unsigned long part_length(const Upload *upload, unsigned long number) {
    return number < part_count(upload) ? upload->part_size : upload->size - (number - 1) * upload->part_size;
}

/* Where the value of a member begins, wherever in the document that member stands first. NULL if there is none. */
static const char *member(const char *document, const char *name) {
    char quoted[64];
    int length = snprintf(quoted, sizeof quoted, "\"%s\"", name);
    for (const char *at = document; at && (at = strstr(at, quoted)); at++) {
        const char *colon = at + length + strspn(at + length, " \r\n\t");
        if (*colon == ':') return colon + 1 + strspn(colon + 1, " \r\n\t");
    }
    return NULL;
}

static unsigned long number_of(const char *document, const char *name, unsigned long otherwise) {
    const char *value = member(document, name);
    return value && *value >= '0' && *value <= '9' ? strtoul(value, NULL, 10) : otherwise;
}

/* A member that is a text, "" if there is none. */
static void text_of(const char *document, const char *name, char *to, size_t size) {
    const char *value = member(document, name);
    size_t length = value && *value == '"' ? strcspn(value + 1, "\"") : 0;
    if (length >= size) length = 0;
    if (length) memcpy(to, value + 1, length);
    to[length] = 0;
}

static void time_text(char *to, int seconds_ahead) {
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += seconds_ahead;
    gmtime_r(&now.tv_sec, &utc);
    size_t length = strftime(to, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(to + length, TIME_SIZE - length, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

/* Up to the signature, and as long as the real one: an upload id of S3, a session token of a thousand characters. */
static void write_url(FILE *out, const Request *request, const char *scheme, const Upload *upload, const char *number) {
    fprintf(out, "%s://%s/incoming/in/822b33ad87c148a0/%s?", scheme, request->host, upload->id);
    if (!upload->is_single) fprintf(out, "uploadId=%0128d&partNumber=%s&", 0, number);
    fprintf(out, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLEEXAMPLE00%%2F20260101%%2Feu-central-1");
    fprintf(out, "%%2Fs3%%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=");
    fprintf(out, "content-length%%3Bhost&X-Amz-Security-Token=%01000d&X-Amz-Signature=", 0);
}

static void write_part(FILE *out, const Request *request, const char *scheme, const Upload *upload, unsigned long n) {
    char number[24], checksum[CHECKSUM_SIZE];
    snprintf(number, sizeof number, "%lu", n);
    fprintf(out, "{\"number\":%lu,\"length\":%lu,\"url\":\"", n, part_length(upload, n));
    write_url(out, request, scheme, upload, number);
    fprintf(out, "%064lx\",\"headers\":{", n);
    if (upload->is_single) {
        snprintf(checksum, sizeof checksum, "%s", upload->checksum);
        fprintf(out, "\"content-type\":\"application/octet-stream\",\"if-none-match\":\"*\"%s", *checksum ? "," : "");
    } else {
        const char *of_create = member(request->body, "part_checksums");
        text_of(of_create ? of_create : member(request->body, "checksums"), number, checksum, sizeof checksum);
    }
    if (*checksum) fprintf(out, "\"x-amz-checksum-%s\":\"%s\"", ALGORITHMS[upload->algorithm], checksum);
    fprintf(out, "}}");
}

static void write_template(FILE *out, const Request *request, const char *scheme, const Upload *upload) {
    int has_checksums = member(request->body, "checksums") && *member(request->body, "checksums") == '{';
    fprintf(out, "\"headers\":{");
    if (has_checksums) fprintf(out, "\"x-amz-checksum-%s\":\"{checksum}\"", ALGORITHMS[upload->algorithm]);
    fprintf(out, "},\"template\":\"");
    write_url(out, request, scheme, upload, "{part_number}");
    fprintf(out, "{signature}\"");
}

/* The numbers that a request to sign names, by list or by range. How many. */
static unsigned long numbers_asked(const char *body, unsigned long *numbers) {
    const char *list = member(body, "numbers"), *range = member(body, "range");
    unsigned long count = 0;
    if (range && *range == '[') {
        char *comma;
        unsigned long first = strtoul(range + 1, &comma, 10), last = strtoul(comma + strspn(comma, ", \n"), NULL, 10);
        while (first <= last && count < MOST_NUMBERS) numbers[count++] = first++;
    } else if (list && *list == '[') {
        char *end;
        for (const char *at = list + 1; count < MOST_NUMBERS; at = end + strspn(end, ", \r\n\t")) {
            unsigned long number = strtoul(at, &end, 10);
            if (end == at) break;
            numbers[count++] = number;
        }
    }
    return count;
}

static void write_signed(FILE *out, const Request *request, const char *scheme, const Upload *upload,
                         const unsigned long *numbers, unsigned long count) {
    char now[TIME_SIZE], end[TIME_SIZE], form[16];
    time_text(now, 0);
    time_text(end, 900);
    text_of(request->body, "form", form, sizeof form);
    int is_template = !strcmp(form, "template");
    fprintf(out, "{\"form\":\"%s\",\"method\":\"PUT\",\"expires_at\":\"%s\",\"server_time\":\"%s\",",
            is_template ? "template" : "urls", end, now);
    if (is_template) {
        write_template(out, request, scheme, upload);
        fprintf(out, ",\"numbers\":[");
        for (unsigned long i = 0; i < count; i++) fprintf(out, "%s%lu", i ? "," : "", numbers[i]);
        fprintf(out, "],\"signatures\":[");
        for (unsigned long i = 0; i < count; i++) fprintf(out, "%s\"%064lx\"", i ? "," : "", numbers[i]);
    } else {
        fprintf(out, "\"parts\":[");
        for (unsigned long i = 0; i < count; i++) {
            if (i) fputc(',', out);
            write_part(out, request, scheme, upload, numbers[i]);
        }
    }
    fprintf(out, "]}");
}

static Upload declared(const char *body) {
    Upload upload = {.size = number_of(body, "size", 0)};
    char strategy[16], algorithm[16];
    text_of(body, "strategy", strategy, sizeof strategy);
    text_of(body, "checksum_algorithm", algorithm, sizeof algorithm);
    text_of(body, "checksum", upload.checksum, sizeof upload.checksum);
    for (int i = 0; i < 3; i++)
        if (!strcmp(algorithm, ALGORITHMS[i])) upload.algorithm = i;
    unsigned long grown = (upload.size / 1000 + MIB - 1) / MIB * MIB;
    upload.part_size = number_of(body, "part_size", grown > 16 * MIB ? grown : 16 * MIB);
    upload.is_single = part_count(&upload) == 1 && *upload.checksum && strcmp(strategy, "multipart");
    write_digits(upload.id, 1, (unsigned long)(upload.is_single * 3 + upload.algorithm));
    write_digits(upload.id + 1, 11, upload.size);
    write_digits(upload.id + 12, 8, upload.part_size);
    write_digits(upload.id + 20, 6, atomic_fetch_add(&made, 1));
    return upload;
}

static Upload named(const char *id) {
    Upload upload = {.size = read_digits(id + 1, 11), .part_size = read_digits(id + 12, 8)};
    unsigned long kind = read_digits(id, 1);
    upload.is_single = kind >= 3;
    upload.algorithm = (int)(kind % 3);
    if (!upload.part_size) upload.part_size = 16 * MIB;
    memcpy(upload.id, id, ID_SIZE);
    return upload;
}

static void write_created(FILE *out, const Request *request, const char *scheme, const Upload *upload) {
    unsigned long window = number_of(request->body, "window", 100), count = part_count(upload), numbers[1000];
    char now[TIME_SIZE], end[TIME_SIZE];
    time_text(now, 0);
    time_text(end, 24 * 3600);
    if (window > 1000) window = 1000;
    if (window > count) window = count;
    for (unsigned long i = 0; i < window; i++) numbers[i] = i + 1;
    fprintf(out, "{\"id\":\"%s\",\"status\":\"initiated\",\"strategy\":\"%s\",\"size\":%lu,\"part_size\":%lu,", upload->id,
            upload->is_single ? "single" : "multipart", upload->size, upload->part_size);
    fprintf(out, "\"part_count\":%lu,\"expires_at\":\"%s\",\"server_time\":\"%s\",\"warnings\":[],\"signed\":", count,
            end, now);
    if (window) write_signed(out, request, scheme, upload, numbers, window);
    else fprintf(out, "null");
    fputc('}', out);
}

/* The upload as completed: that it is, whatever came; and the same with the members of a file. */
static void write_view(FILE *out, const Upload *upload) {
    char now[TIME_SIZE], end[TIME_SIZE];
    time_text(now, 0);
    time_text(end, 24 * 3600);
    fprintf(out, "{\"id\":\"%s\",\"status\":\"completed\",\"reason\":null,\"name\":\"file.bin\",\"size\":%lu,", upload->id,
            upload->size);
    fprintf(out, "\"content_type\":\"application/octet-stream\",\"category\":\"anything\",\"created_at\":\"%s\",", now);
    fprintf(out, "\"expires_at\":\"%s\",\"removed_at\":null,\"metadata\":{},\"checksum_algorithm\":\"%s\",", end,
            ALGORITHMS[upload->algorithm]);
    fprintf(out, "\"checksum\":null,\"strategy\":\"%s\",\"part_size\":%lu,\"part_count\":%lu,\"bytes_stored\":%lu,",
            upload->is_single ? "single" : "multipart", upload->part_size, part_count(upload), upload->size);
    fprintf(out, "\"percentage\":100.0,\"speed\":null,\"seconds_left\":null,\"missing\":[],\"findings\":[],\"risk\":\"low\",");
    fprintf(out, "\"facts\":{},\"retained_until\":null,\"history\":[],\"attempts\":[],\"published_at\":\"%s\",", now);
    fprintf(out, "\"results\":[],\"results_at\":null,\"server_time\":\"%s\"}", now);
}

static int respond(Request *request, const char *status, char *text, size_t size) {
    int sent = answer(request, status, JSON, text, size);
    free(text);
    return sent;
}

int portway_answer(Request *request, const char *scheme) {
    static const char UPLOADS[] = "/v1/uploads", FILES[] = "/v1/files/";
    static const char NOT_FOUND[] = "{\"message\":\"Not Found\"}";
    int is_file = !strncmp(request->target, FILES, sizeof FILES - 1);
    const char *rest = request->target + (is_file ? sizeof FILES - 2 : sizeof UPLOADS - 1);
    if (!body_read(request)) return 0;
    if (!is_file && strncmp(request->target, UPLOADS, sizeof UPLOADS - 1))
        return answer(request, "404 Not Found", JSON, NOT_FOUND, sizeof NOT_FOUND - 1);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (*rest != '/') {
        Upload upload = declared(request->body);
        write_created(out, request, scheme, &upload);
        fclose(out);
        return respond(request, "201 Created", text, size);
    }
    Upload upload = named(strnlen(rest + 1, ID_SIZE) == ID_SIZE ? rest + 1 : "00000000000000000000000000");
    if (!strcmp(rest + strcspn(rest + 1, "/") + 1, "/parts")) {
        unsigned long *numbers = malloc(MOST_NUMBERS * sizeof *numbers);
        write_signed(out, request, scheme, &upload, numbers, numbers_asked(request->body, numbers));
        free(numbers);
    } else {
        write_view(out, &upload);
    }
    fclose(out);
    return respond(request, strcmp(request->method, "DELETE") ? "200 OK" : "204 No Content", text, size);
}
