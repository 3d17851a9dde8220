import type { LifeCycleStep } from "fourtuple";

/** A connection from the first call to the last, as the kernel's table shows it. */
export const WHOLE_LIFE: readonly LifeCycleStep[] = [
  { lane: "server", call: "socket()", state: "CLOSE" },
  { lane: "server", call: "bind()" },
  { lane: "server", call: "listen()", state: "LISTEN" },
  { lane: "client", call: "socket()", state: "CLOSE" },
  { lane: "client", call: "connect()", state: "SYN_SENT", to: { segment: "SYN" } },
  {
    lane: "server",
    call: "the kernel answers",
    state: "SYN_RECV",
    to: { segment: "SYN, ACK", state: "ESTABLISHED" },
  },
  {
    lane: "client",
    call: "connect() returns",
    to: { segment: "ACK", state: "ESTABLISHED" },
  },
  { lane: "server", call: "accept()" },
  { lane: "client", call: "send()", to: { segment: "data" } },
  { lane: "server", call: "recv()" },
  {
    lane: "client",
    call: "close()",
    state: "FIN_WAIT_1",
    to: { segment: "FIN", state: "CLOSE_WAIT" },
  },
  {
    lane: "server",
    call: "the kernel acknowledges",
    to: { segment: "ACK", state: "FIN_WAIT_2" },
  },
  {
    lane: "server",
    call: "close()",
    state: "LAST_ACK",
    to: { segment: "FIN", state: "TIME_WAIT" },
  },
  { lane: "client", call: "the kernel acknowledges", to: { segment: "ACK", state: "CLOSE" } },
  { lane: "client", call: "60 s later", state: "CLOSE" },
];
