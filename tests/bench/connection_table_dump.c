/* The kernel's table of sockets by netlink, as a C program would read it: TCP and UDP, IPv4 and
 * IPv6, every state. Prints for each round how many rows there were and how many microseconds it
 * took. Usage: connection_table_dump ROUNDS */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct row {
  unsigned char protocol, family, state, timer;
  unsigned short local_port, remote_port;
  unsigned int local[4], remote[4];
  unsigned int expires, receive_queue, send_queue, uid, inode;
};

static struct row rows[200000];
static char room[65536];

static int dump(int descriptor, int family, int protocol, int count) {
  struct {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
  } message = {0};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = family;
  message.request.sdiag_protocol = protocol;
  message.request.idiag_states = 0xfff & ~(protocol == IPPROTO_TCP ? 1 << 7 : 0);
  if (send(descriptor, &message, sizeof message, 0) < 0) { perror("send"); exit(1); }
  for (;;) {
    int length = recv(descriptor, room, sizeof room, 0);
    if (length < 0) { perror("recv"); exit(1); }
    for (struct nlmsghdr *header = (void *)room; NLMSG_OK(header, length);
         header = NLMSG_NEXT(header, length)) {
      if (header->nlmsg_type == NLMSG_DONE) return count;
      if (header->nlmsg_type == NLMSG_ERROR) { fprintf(stderr, "error\n"); exit(1); }
      struct inet_diag_msg *diag = NLMSG_DATA(header);
      struct row *row = &rows[count++];
      row->protocol = protocol;
      row->family = diag->idiag_family;
      row->state = diag->idiag_state;
      row->timer = diag->idiag_timer;
      row->local_port = ntohs(diag->id.idiag_sport);
      row->remote_port = ntohs(diag->id.idiag_dport);
      memcpy(row->local, diag->id.idiag_src, 16);
      memcpy(row->remote, diag->id.idiag_dst, 16);
      row->expires = diag->idiag_expires;
      row->receive_queue = diag->idiag_rqueue;
      row->send_queue = diag->idiag_wqueue;
      row->uid = diag->idiag_uid;
      row->inode = diag->idiag_inode;
    }
  }
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 1;
  for (int round = 0; round < rounds; round++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), count = 0;
    if (descriptor < 0) { perror("socket"); return 1; }
    count = dump(descriptor, AF_INET, IPPROTO_TCP, count);
    count = dump(descriptor, AF_INET6, IPPROTO_TCP, count);
    count = dump(descriptor, AF_INET, IPPROTO_UDP, count);
    count = dump(descriptor, AF_INET6, IPPROTO_UDP, count);
    close(descriptor);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%d %ld\n", count,
           (end.tv_sec - start.tv_sec) * 1000000 + (end.tv_nsec - start.tv_nsec) / 1000);
    fflush(stdout);
  }
}
