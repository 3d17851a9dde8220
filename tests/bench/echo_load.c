/* The load of the echo bench: so many clients, each of which always waits for one answer.
   echo_load PORT CLIENTS short|long SECONDS, and then one line: requests a second, and the 50th and
   99th of 100 waits in microseconds. "short" makes a connection for each request.
   Each client has a loopback address of its own, and so the whole ephemeral range for itself.
   cc -O2 -o echo_load echo_load.c */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_EVENTS 512
#define MESSAGE_BYTES 64
#define MAX_WAITS 4000000
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

struct client {
  int descriptor;
  int received;
  int is_up;
  long long begun;
};

static struct sockaddr_in server;
static struct client *clients;
static int epoll;
static unsigned *waits;
static int count_of_waits;

static void require(int condition, const char *what) {
  if (condition) return;
  perror(what);
  exit(1);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void ask(struct client *client) {
  static const char message[MESSAGE_BYTES] = "ahoy";
  client->received = 0;
  require(send(client->descriptor, message, sizeof message, MSG_NOSIGNAL) == sizeof message, "send");
}

static void dial(struct client *client, int index) {
  int on = 1;
  struct sockaddr_in own = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + index)};
  client->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  require(client->descriptor >= 0, "socket");
  setsockopt(client->descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  setsockopt(client->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  require(bind(client->descriptor, (struct sockaddr *)&own, sizeof own) == 0, "bind");
  client->is_up = 0;
  int result = connect(client->descriptor, (struct sockaddr *)&server, sizeof server);
  require(result == 0 || errno == EINPROGRESS, "connect");
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = index};
  require(epoll_ctl(epoll, EPOLL_CTL_ADD, client->descriptor, &event) == 0, "epoll_ctl");
}

/* Returns whether the whole answer is there. */
static int receive(struct client *client) {
  char answer[MESSAGE_BYTES];
  while (client->received < MESSAGE_BYTES) {
    ssize_t length = recv(client->descriptor, answer, sizeof answer - client->received, 0);
    if (length < 0 && errno == EAGAIN) return 0;
    require(length > 0, "recv");
    client->received += length;
  }
  return 1;
}

static int by_size(const void *a, const void *b) {
  unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;
  return left < right ? -1 : left > right;
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "echo_load PORT CLIENTS short|long SECONDS\n"), 2;
  int count = atoi(argv[2]), is_short = strcmp(argv[3], "short") == 0;
  server = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(atoi(argv[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  clients = calloc(count, sizeof *clients);
  waits = malloc(MAX_WAITS * sizeof *waits);
  epoll = epoll_create1(0);
  long long begun = now(), end = begun + (long long)(atof(argv[4]) * 1e9), time = begun;
  for (int index = 0; index < count; index++) {
    clients[index].begun = now();
    dial(&clients[index], index);
  }
  /* At the end every client waits for its last answer, so that no server meets a reset. */
  for (int open = count; open > 0;) {
    struct epoll_event events[MAX_EVENTS];
    int ready = epoll_wait(epoll, events, MAX_EVENTS, 5000);
    require(ready > 0, "no answer within five seconds");
    for (int event = 0; event < ready; event++) {
      int index = events[event].data.u32;
      struct client *client = &clients[index];
      if (!client->is_up) {
        if (!(events[event].events & EPOLLOUT)) continue;
        client->is_up = 1;
        ask(client);
        continue;
      }
      if (!(events[event].events & EPOLLIN) || !receive(client)) continue;
      time = now();
      waits[count_of_waits++] = (time - client->begun) / 1000;
      client->begun = time;
      int is_over = time >= end || count_of_waits >= MAX_WAITS - count;
      if (is_short || is_over) close(client->descriptor);
      if (is_over) open--;
      else if (is_short) dial(client, index);
      else ask(client);
    }
  }
  qsort(waits, count_of_waits, sizeof *waits, by_size);
  printf("%.0f %u %u\n", count_of_waits / ((time - begun) / 1e9), waits[count_of_waits / 2],
         waits[(int)(count_of_waits * 0.99)]);
  return 0;
}
