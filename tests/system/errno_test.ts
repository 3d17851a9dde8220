import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { errnoCode, parseEndpoint, Socket, SocketError, type SystemCall } from "fourtuple";
import { errnoOf } from "../../lib/system/errno.ts";
import { codeOf, Conversation, datagrams, listening, unusedEndpoint } from "../sockets/_sockets.ts";

const AT = parseEndpoint("127.0.0.1:8080");

const MESSAGES: readonly (readonly [call: SystemCall, code: string, message: string])[] = [
  [
    "bind",
    "EADDRINUSE",
    'Cannot bind to "127.0.0.1:8080": another socket has this port at this address, or a ' +
    "connection that had it is still in TIME_WAIT, got EADDRINUSE",
  ],
  [
    "listen",
    "EADDRINUSE",
    'Cannot listen on "127.0.0.1:8080": another socket already listens on this port: ' +
    "SO_REUSEADDR lets two sockets bind to a port, but only one may listen, got EADDRINUSE",
  ],
  [
    "bind",
    "EADDRNOTAVAIL",
    'Cannot bind to "127.0.0.1:8080": no interface of this machine has this address, ' +
    "got EADDRNOTAVAIL",
  ],
  [
    "connect",
    "EADDRNOTAVAIL",
    'Cannot connect to "127.0.0.1:8080": no local port is left for a connection to this ' +
    "endpoint: each connection needs a four-tuple of its own, got EADDRNOTAVAIL",
  ],
  [
    "accept",
    "EINVAL",
    'Cannot accept on "127.0.0.1:8080": the socket does not listen: call listen first, ' +
    "got EINVAL",
  ],
  [
    "send",
    "EPIPE",
    'Cannot send to "127.0.0.1:8080": this end cannot send any more: it was shut down, or the ' +
    "other end has gone, got EPIPE",
  ],
];

Deno.test("SocketError says what the call was to do, and what the errno means for it", () => {
  for (const [call, code, message] of MESSAGES) {
    const error = new SocketError(call, errnoOf(code), { endpoint: AT });
    assertEquals(error.message, message);
    assertEquals([error.name, error.call, error.code], ["SocketError", call, code]);
    assertEquals([error.errno, error.endpoint], [errnoOf(code), AT]);
  }
});

Deno.test("SocketError works without an endpoint, and takes another subject or meaning", () => {
  assertEquals(
    new SocketError("getpeername", errnoOf("ENOTCONN")).message,
    "Cannot read the remote endpoint: the socket is not connected, got ENOTCONN",
  );
  assertEquals(
    new SocketError("socket", errnoOf("EMFILE"), { subject: "tcp over IPv4" }).message,
    'Cannot make a socket for "tcp over IPv4": this process has the most files and sockets ' +
      "open that its limit allows (ulimit -n), got EMFILE",
  );
  assertEquals(
    new SocketError("bind", errnoOf("EACCES"), { endpoint: AT, meaning: "no" }).message,
    'Cannot bind to "127.0.0.1:8080": no, got EACCES',
  );
});

Deno.test("SocketError sends the reader of an unknown errno to the manual page", () => {
  const error = new SocketError("listen", 4711);
  assertEquals([error.code, error.errno], ["errno 4711", 4711]);
  assertEquals(
    error.message,
    "Cannot listen: the kernel refused, for a reason that the manual page listen(2) explains, " +
      "got errno 4711",
  );
});

// What the notebooks meet. Each has a sentence of its own, for each call that can give it.
const MET: readonly (readonly [code: string, ...calls: SystemCall[]])[] = [
  ["EACCES", "bind", "connect", "sendto"],
  ["EADDRINUSE", "bind", "listen", "connect"],
  ["EADDRNOTAVAIL", "bind", "connect"],
  ["EAFNOSUPPORT", "socket", "bind", "connect"],
  ["EAGAIN", "connect", "sendto", "recv"],
  ["EALREADY", "connect"],
  ["EBADF", "send"],
  ["ECANCELED", "accept"],
  ["ECONNABORTED", "accept"],
  ["ECONNREFUSED", "connect", "recv"],
  ["ECONNRESET", "recv", "send"],
  ["EDESTADDRREQ", "send"],
  ["EHOSTUNREACH", "connect"],
  ["EINPROGRESS", "connect"],
  ["EINVAL", "bind", "listen", "accept", "connect", "setsockopt"],
  ["EISCONN", "connect", "sendto"],
  ["EMFILE", "socket", "accept"],
  ["EMSGSIZE", "sendto"],
  ["ENETUNREACH", "connect"],
  ["ENFILE", "socket"],
  ["ENOBUFS", "send"],
  ["ENOPROTOOPT", "setsockopt"],
  ["ENOTCONN", "send", "shutdown", "getpeername"],
  ["EOPNOTSUPP", "listen", "accept"],
  ["EPERM", "sendto"],
  ["EPIPE", "send"],
  ["EPROTONOSUPPORT", "socket"],
  ["ETIMEDOUT", "connect", "recv"],
];

Deno.test("SocketError has a sentence for every errno that the course meets", () => {
  for (const [code, ...calls] of MET) {
    for (const call of calls) {
      const { message } = new SocketError(call, errnoOf(code));
      assert(!message.includes("manual page"), message);
      assertMatch(message, new RegExp(`^Cannot [a-z ]+: .{15,160}, got ${code}$`));
    }
  }
});

Deno.test("SocketError means something else where the call makes it something else", () => {
  const meaning = (call: SystemCall, code: string) =>
    new SocketError(call, errnoOf(code)).message.replace(/^.*?: /, "");
  for (
    const [code, one, other] of [
      ["EADDRINUSE", "bind", "listen"],
      ["EADDRINUSE", "listen", "connect"],
      ["EADDRNOTAVAIL", "bind", "connect"],
      ["ECONNREFUSED", "connect", "recv"],
      ["EINVAL", "bind", "accept"],
      ["EISCONN", "connect", "sendto"],
      ["ETIMEDOUT", "connect", "recv"],
    ] as const
  ) {
    assert(meaning(one, code) !== meaning(other, code), `${code} of ${one} and of ${other}`);
  }
});

Deno.test("errnoCode() and errnoOf() know this machine's numbers", () => {
  assertEquals([errnoCode(98), errnoCode(111), errnoCode(11)], [
    "EADDRINUSE",
    "ECONNREFUSED",
    "EAGAIN",
  ]);
  assertEquals(errnoCode(95), "EOPNOTSUPP");
  assertEquals(errnoCode(0), "errno 0");
  assertEquals(errnoOf("ECONNRESET"), 104);
  assertThrows(() => errnoOf("EGGS"), RangeError, '"EGGS"');
});

Deno.test("SocketError comes from the kernel with the code that the manual names", async () => {
  using tcp = Socket.tcp({ timeout: 1000 });
  using udp = datagrams();
  using server = listening();
  using conversation = await Conversation.over();
  const { client } = conversation;
  const taken = server.localEndpoint();
  const refused = unusedEndpoint();
  const met: readonly (readonly [code: string, call: () => unknown])[] = [
    ["EADDRINUSE", () => tcp.bind(taken)],
    ["EADDRNOTAVAIL", () => tcp.bind("192.0.2.1:0")],
    ["EAFNOSUPPORT", () => tcp.bind("[::1]:0")],
    ["EINVAL", () => tcp.accept()],
    ["ENOTCONN", () => tcp.receive()],
    ["ENOTCONN", () => tcp.shutdown("write")],
    ["ENOTCONN", () => tcp.remoteEndpoint()],
    ["EPIPE", () => tcp.send("x")],
    ["ECONNREFUSED", () => tcp.connect(refused)],
    ["EAFNOSUPPORT", () => tcp.connect("[::1]:1")],
    ["EOPNOTSUPP", () => udp.listen()],
    ["EOPNOTSUPP", () => udp.accept()],
    ["EDESTADDRREQ", () => udp.send("x")],
    ["EMSGSIZE", () => udp.sendTo(new Uint8Array(65_508), taken)],
    ["EINVAL", () => udp.bind("127.0.0.1:0")],
    ["EISCONN", () => client.connect(taken)],
    ["EINVAL", () => client.listen()],
    ["EISCONN", () => server.connect(taken)],
    ["ENOPROTOOPT", () => tcp.setOption("v6Only", true)],
  ];
  for (const [code, call] of met) assertEquals(await codeOf(call), code, `${call}`);
});
