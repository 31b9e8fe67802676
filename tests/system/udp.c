/* SPDX-License-Identifier: MIT */
/* udp ADDRESS PORT TEXT: sends the text as a datagram each second until the same comes back; status 0 if it did
 * within a minute. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES      60
#define TIMEOUT_MS 1000

static int comes_back(int fd, const char *text)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    char answer[1500];
    ssize_t size;

    if (send(fd, text, strlen(text), 0) < 0 || poll(&poller, 1, TIMEOUT_MS) != 1) {
        return 0;
    }
    size = recv(fd, answer, sizeof(answer), 0);
    return size == (ssize_t)strlen(text) && memcmp(answer, text, strlen(text)) == 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (argc != 4 || fd < 0 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
        fprintf(stderr, "usage: udp ADDRESS PORT TEXT\n");
        return 2;
    }
    to.sin_port = htons((uint16_t)atoi(argv[2]));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        return 2;
    }
    for (int i = 0; i < TRIES; i++) {
        if (comes_back(fd, argv[3])) {
            close(fd);
            return 0;
        }
    }
    return 1;
}
