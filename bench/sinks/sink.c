/* A server of which nothing is asked but speed: it throws away what is PUT, and answers the calls around that.
 *
 *   sink [--cert FILE --key FILE] [--delay-ms N]
 *
 * Prints {"plain": port, "tls": port or null} and serves 127.0.0.1 until its stdin ends. Below /v1 it is Portway's API,
 * elsewhere S3; nothing is checked. One thread for each connection. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "portway.h"
#include "s3.h"

typedef struct {
    int listener;
    SSL_CTX *context; /* NULL: plain */
    int delay_ms;
} Door;

typedef struct {
    const Door *door;
    int fd;
} Visit;

static int serve_one(Request *request, const char *scheme) {
    int is_preflight = !strcmp(request->method, "OPTIONS");
    if (!is_preflight && !strncmp(request->target, "/v1/", 4)) return portway_answer(request, scheme);
    return s3_answer(request);
}

static void *serve(void *argument) {
    Visit visit = *(Visit *)argument;
    free(argument);
    Request *request = calloc(1, sizeof *request);
    request->kept = malloc(HEAD_SIZE);
    request->body = malloc(BODY_SIZE + 1);
    request->delay_ms = visit.door->delay_ms;
    if (link_accept(&request->link, visit.fd, visit.door->context)) {
        const char *scheme = visit.door->context ? "https" : "http";
        while (request_next(request) && serve_one(request, scheme) && !request->is_last) continue;
    }
    link_close(&request->link);
    free(request->kept);
    free(request->body);
    free(request);
    return NULL;
}

static void *keep_open(void *argument) {
    const Door *door = argument;
    for (;;) {
        int fd = accept(door->listener, NULL, NULL);
        if (fd < 0) continue;
        Visit *visit = malloc(sizeof *visit);
        *visit = (Visit){door, fd};
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, visit)) give_up("thread");
        pthread_detach(thread);
    }
}

static int open_door(Door *door) {
    int port;
    pthread_t thread;
    door->listener = link_listen(&port);
    if (pthread_create(&thread, NULL, keep_open, door)) give_up("thread");
    return port;
}

static SSL_CTX *tls(const char *cert, const char *key) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, cert) != 1) give_up(cert);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) give_up(key);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, 1 << 17); /* several records for each read of the socket */
    return context;
}

int main(int count, char **words) {
    static Door plain, secure;
    const char *cert = NULL, *key = NULL;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i + 1 < count; i += 2) {
        if (!strcmp(words[i], "--cert")) cert = words[i + 1];
        else if (!strcmp(words[i], "--key")) key = words[i + 1];
        else if (!strcmp(words[i], "--delay-ms")) plain.delay_ms = secure.delay_ms = atoi(words[i + 1]);
        else give_up(words[i]);
    }
    printf("{\"plain\": %d, \"tls\": ", open_door(&plain));
    if (cert && key) {
        secure.context = tls(cert, key);
        printf("%d}\n", open_door(&secure));
    } else {
        printf("null}\n");
    }
    fflush(stdout);
    char unused[256];
    while (read(STDIN_FILENO, unused, sizeof unused) > 0) continue;
    return 0;
}
