/* One end of a TCP connection, plain or TLS: what the sink and the reference writer share. */
#ifndef LINK_H
#define LINK_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct {
    int fd;
    SSL *ssl; /* NULL: plain */
} Link;

/* Say why on stderr, and exit 1. */
_Noreturn void give_up(const char *why);

/* A socket that listens on a free port of 127.0.0.1; the port goes to `port`. */
int link_listen(int *port);

/* Connect to a port of 127.0.0.1; with `context`, in TLS. */
Link link_connect(int port, SSL_CTX *context);

/* The server's side of a connection just accepted. 0 if TLS could not be agreed on. */
int link_accept(Link *link, int fd, SSL_CTX *context);

/* Bytes read, at least one; 0 or less once there will be no more. */
ssize_t link_read(Link *link, void *buffer, size_t size);

/* Throw away at most `most` bytes: as link_read, but a plain connection does not even copy them. */
ssize_t link_drop(Link *link, void *scratch, size_t scratch_size, size_t most);

/* All of it. 0 if the connection broke. */
int link_write(Link *link, const void *bytes, size_t size);

void link_close(Link *link);

#endif
