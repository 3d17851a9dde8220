/* The measure of the echo bench: one thread, epoll, and nothing that an echo server can do without.
   Prints the port that it listens on. cc -O2 -o echo_epoll_server echo_epoll_server.c */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_EVENTS 512
#define MAX_MESSAGE 65536

static void require(int condition, const char *what) {
  if (condition) return;
  perror(what);
  exit(1);
}

static void accept_all(int listener, int epoll) {
  for (;;) {
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = client};
    require(epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event) == 0, "epoll_ctl");
  }
}

static void echo(int client) {
  static char message[MAX_MESSAGE];
  ssize_t length = recv(client, message, sizeof message, 0);
  /* A message of the bench fits into the kernel's buffer, so that one send takes all of it. */
  if (length <= 0 || send(client, message, length, MSG_NOSIGNAL) != length) close(client);
}

int main(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  require(listener >= 0, "socket");
  require(bind(listener, (struct sockaddr *)&address, size) == 0, "bind");
  require(listen(listener, 4096) == 0, "listen");
  require(getsockname(listener, (struct sockaddr *)&address, &size) == 0, "getsockname");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  require(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0, "epoll_ctl");
  for (;;) {
    struct epoll_event events[MAX_EVENTS];
    int count = epoll_wait(epoll, events, MAX_EVENTS, -1);
    for (int index = 0; index < count; index++) {
      if (events[index].data.fd == listener) accept_all(listener, epoll);
      else echo(events[index].data.fd);
    }
  }
}
