/* The reference: what a client costs that does nothing but send. A file in parts over several connections.
 *
 *   writer FILE PART_BYTES CONNECTIONS plain|tls PORT
 *
 * Prints {"seconds"} that it took. pread into one buffer for each connection; no checksums; the certificate is not checked. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "link.h"

enum { PIECE = 1 << 18 };

static struct {
    int fd, port;
    long long size, part_size;
    SSL_CTX *context;
    atomic_llong next;
} job;

static void put(Link *link, char *buffer, long long number) {
    long long at = number * job.part_size, left = job.size - at < job.part_size ? job.size - at : job.part_size;
    int length = snprintf(buffer, PIECE,
                          "PUT /incoming/file?partNumber=%lld HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %lld\r\n\r\n",
                          number + 1, left);
    if (!link_write(link, buffer, (size_t)length)) give_up("send");
    while (left) {
        ssize_t count = pread(job.fd, buffer, left < PIECE ? (size_t)left : PIECE, at);
        if (count <= 0 || !link_write(link, buffer, (size_t)count)) give_up("send");
        at += count;
        left -= count;
    }
    ssize_t got = link_read(link, buffer, PIECE - 1);
    if (got < 15 || strncmp(buffer, "HTTP/1.1 200", 12)) give_up("answer");
}

static void *send_parts(void *unused) {
    (void)unused;
    Link link = link_connect(job.port, job.context);
    char *buffer = malloc(PIECE);
    for (long long number; (number = atomic_fetch_add(&job.next, 1)) * job.part_size < job.size;)
        put(&link, buffer, number);
    free(buffer);
    link_close(&link);
    return NULL;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **words) {
    struct stat about;
    signal(SIGPIPE, SIG_IGN);
    if (count != 6 || (job.fd = open(words[1], O_RDONLY)) < 0 || fstat(job.fd, &about)) give_up("usage");
    job.size = about.st_size;
    job.part_size = atoll(words[2]);
    job.port = atoi(words[5]);
    if (!strcmp(words[4], "tls")) job.context = SSL_CTX_new(TLS_client_method());
    int connections = atoi(words[3]);
    pthread_t threads[64];
    double start = now();
    for (int i = 0; i < connections && i < 64; i++)
        if (pthread_create(&threads[i], NULL, send_parts, NULL)) give_up("thread");
    for (int i = 0; i < connections && i < 64; i++) pthread_join(threads[i], NULL);
    printf("{\"seconds\": %.6f}\n", now() - start);
    return 0;
}
