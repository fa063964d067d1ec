#include "link.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void give_up(const char *why) {
    perror(why);
    exit(1);
}

static struct sockaddr_in here(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void without_delay(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int link_listen(int *port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = here(0);
    socklen_t length = sizeof address;
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) || listen(fd, 512)) give_up("listen");
    if (getsockname(fd, (struct sockaddr *)&address, &length)) give_up("getsockname");
    *port = ntohs(address.sin_port);
    return fd;
}

Link link_connect(int port, SSL_CTX *context) {
    Link link = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in address = here(port);
    if (link.fd < 0 || connect(link.fd, (struct sockaddr *)&address, sizeof address)) give_up("connect");
    without_delay(link.fd);
    if (!context) return link;
    link.ssl = SSL_new(context);
    SSL_set_fd(link.ssl, link.fd);
    if (SSL_connect(link.ssl) != 1) give_up("TLS");
    return link;
}

int link_accept(Link *link, int fd, SSL_CTX *context) {
    *link = (Link){.fd = fd};
    without_delay(fd);
    if (!context) return 1;
    link->ssl = SSL_new(context);
    SSL_set_fd(link->ssl, fd);
    return SSL_accept(link->ssl) == 1;
}

ssize_t link_read(Link *link, void *buffer, size_t size) {
    if (link->ssl) return SSL_read(link->ssl, buffer, (int)size);
    return recv(link->fd, buffer, size, 0);
}

ssize_t link_drop(Link *link, void *scratch, size_t scratch_size, size_t most) {
    if (link->ssl) return SSL_read(link->ssl, scratch, (int)(most < scratch_size ? most : scratch_size));
    return recv(link->fd, scratch, most, MSG_TRUNC); /* on TCP: dropped by the kernel, `scratch` is not touched */
}

int link_write(Link *link, const void *bytes, size_t size) {
    const char *next = bytes;
    while (size) {
        ssize_t sent = link->ssl ? SSL_write(link->ssl, next, (int)size) : send(link->fd, next, size, MSG_NOSIGNAL);
        if (sent <= 0) return 0;
        next += sent;
        size -= (size_t)sent;
    }
    return 1;
}

void link_close(Link *link) {
    if (link->ssl) SSL_free(link->ssl);
    close(link->fd);
}
