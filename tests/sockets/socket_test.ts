import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { Endpoint, FourTuple, Program, Socket, SocketError, type SocketNetwork } from "fourtuple";
import type { Refusal } from "../../lib/refusal.ts";
import { openSocket } from "../../lib/system/calls.ts";
import { libc } from "../../lib/system/libc.ts";
import {
  codeOf,
  Conversation,
  countDescriptors,
  datagrams,
  FAMILIES,
  listening,
  receiveAll,
  sendAtOnce,
  textOf,
  TIMEOUT,
  unusedEndpoint,
} from "./_sockets.ts";

for (const [family, loopback] of FAMILIES) {
  Deno.test(`Socket carries a conversation over TCP and ${family}`, async () => {
    using server = Socket.tcp({ family, timeout: TIMEOUT });
    server.bind(Endpoint.from(loopback, 0));
    server.listen();
    using client = Socket.tcp({ family, timeout: TIMEOUT });
    await client.connect(server.localEndpoint());
    using accepted = await server.accept();
    assertEquals([accepted.protocol, accepted.family], ["tcp", family]);

    const seenByClient = FourTuple.from(client.localEndpoint(), client.remoteEndpoint());
    const seenByServer = FourTuple.from(accepted.localEndpoint(), accepted.remoteEndpoint());
    assertEquals(String(seenByServer.reversed()), String(seenByClient));
    assertEquals(accepted.localEndpoint(), server.localEndpoint());

    assertEquals(await client.send("Grüße"), 7);
    assertEquals(textOf(await accepted.receive()), "Grüße");
    assertEquals(await accepted.send(new Uint8Array([1, 2, 3])), 3);
    const into = new Uint8Array(8);
    assertEquals(await client.receiveInto(into), 3);
    assertEquals(into, new Uint8Array([1, 2, 3, 0, 0, 0, 0, 0]));

    client.shutdown("write");
    assertEquals(await accepted.receive(), new Uint8Array());
    await accepted.send("still open this way");
    accepted.close();
    assertEquals(await receiveAll(client), "still open this way");
  });

  Deno.test(`Socket carries datagrams over UDP and ${family}`, async () => {
    using receiver = datagrams(loopback);
    using sender = datagrams(loopback);
    for (const text of ["one", "", "three"]) {
      assertEquals(await sender.sendTo(text, receiver.localEndpoint()), text.length);
    }
    for (const text of ["one", "", "three"]) {
      const { data, from } = await receiver.receiveFrom();
      assertEquals([textOf(data), from], [text, sender.localEndpoint()]);
    }
    await receiver.connect(sender.localEndpoint());
    await receiver.send("back");
    assertEquals(textOf(await sender.receive()), "back");
  });
}

Deno.test("Socket.bind() and connect() take an Endpoint, its text and a NetAddress", async () => {
  using server = listening();
  const { port } = server.localEndpoint();
  for (
    const endpoint of [
      server.localEndpoint(),
      `127.0.0.1:${port}`,
      { hostname: "127.0.0.1", port },
    ]
  ) {
    using client = Socket.tcp({ timeout: TIMEOUT });
    client.bind("127.0.0.2:0");
    await client.connect(endpoint);
    assertEquals(client.remoteEndpoint(), server.localEndpoint());
    (await server.accept()).close();
  }
  using client = Socket.tcp();
  assertThrows(() => client.bind("localhost:80"), SyntaxError, "not a host name");
  await assertRejects(() => client.connect("127.0.0.1:65536"), RangeError);
  await assertRejects(() => client.connect({} as Endpoint), TypeError);
});

Deno.test("Socket.bind() takes the zone of a link-local address, which must exist", () => {
  using socket = Socket.udp({ family: "IPv6" });
  assertThrows(
    () => socket.bind("[fe80::1%nosuch0]:0"),
    SocketError,
    'Cannot find the interface "nosuch0"',
  );
});

Deno.test("Socket.bind() says that a link-local address needs its zone", () => {
  for (using socket of [Socket.udp({ family: "IPv6" }), Socket.tcp({ family: "IPv6" })]) {
    assertThrows(() => socket.bind("[fe80::1]:0"), SocketError, "fe80::1%eth0");
  }
});

Deno.test("Socket refuses misspelt options and arguments of the wrong kind", async () => {
  using socket = Socket.tcp();
  using udp = Socket.udp();
  const bad: readonly (readonly [
    call: () => unknown,
    Class: typeof TypeError | typeof RangeError,
    part: string,
  ])[] = [
    [() => Socket.tcp("IPv6" as never), TypeError, '"IPv6"'],
    [() => Socket.tcp({ familly: "IPv6" } as never), TypeError, '"familly"'],
    [() => Socket.tcp({ family: "ipv4" as "IPv4" }), TypeError, '"ipv4"'],
    [() => Socket.udp({ family: 4 as never }), TypeError, "4"],
    [() => Socket.udp({ network: "lab" as never }), TypeError, '"lab"'],
    [() => Socket.tcp({ timeout: -1 }), RangeError, "-1"],
    [() => Socket.tcp({ timeout: "5" as never }), TypeError, '"5"'],
    [() => socket.accept({ timeout: NaN }), RangeError, "NaN"],
    [() => socket.accept({ timout: 5 } as never), TypeError, '"timout"'],
    [() => socket.accept({ size: 5 } as never), TypeError, '"size"'],
    [() => socket.connect("127.0.0.1:1", { signal: 5 as never }), TypeError, "5"],
    [() => socket.send("x", { sise: 1 } as never), TypeError, '"sise"'],
    [() => socket.sendAll("x", { size: "1" as never }), TypeError, '"1"'],
    [() => socket.trySend("x", { timeout: 1 } as never), TypeError, '"timeout"'],
    [() => socket.receiveInto(new Uint8Array(1), { size: 1 } as never), TypeError, '"size"'],
    [() => udp.sendTo("x", "127.0.0.1:1", { to: 1 } as never), TypeError, '"to"'],
    [() => udp.receiveFrom({ size: 0 }), RangeError, "0"],
    [() => socket.listen(-1), RangeError, "-1"],
    [() => socket.listen("5" as never), TypeError, '"5"'],
    [() => socket.shutdown("send" as never), TypeError, '"send"'],
    [() => socket.receive({ size: 0 }), RangeError, "0"],
    [() => socket.send(80 as never), TypeError, "80"],
    [() => socket.receiveInto(new Uint8Array()), RangeError, "an empty one"],
    [() => socket.tryReceiveInto(new Uint8Array()), RangeError, "an empty one"],
    [() => socket.receiveInto("here" as never), TypeError, '"here"'],
    [() => socket.receiveFrom(), TypeError, "a TCP socket"],
  ];
  for (const [call, Class, part] of bad) {
    const error = await assertRejects(async () => await call(), Class) as Refusal;
    assertEquals(error.part, part, `${call}`);
  }
});

Deno.test("Socket opens its descriptor in the network of its options, and accepts there", async () => {
  const sockets = new Set<Socket>();
  const opened: string[] = [];
  const network: SocketNetwork = {
    sockets,
    openSocket(protocol, family) {
      opened.push(`${protocol} over ${family}`);
      return openSocket(protocol, family);
    },
  };
  using server = Socket.tcp({ network, family: "IPv6" });
  server.bind("[::1]:0");
  server.listen();
  using client = Socket.tcp({ family: "IPv6", timeout: TIMEOUT });
  await client.connect(server.localEndpoint());
  using accepted = await server.accept();
  using datagrams = Socket.udp({ network });
  assertEquals(sockets, new Set([server, accepted, datagrams]));
  assertEquals(opened, ["tcp over IPv6", "udp over IPv4"]);
  for (const socket of sockets) socket.close();
  assertEquals(sockets.size, 0);
});

Deno.test("Socket.receive() takes no more than asked for, and the rest later", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  await client.send("abcdef");
  assertEquals(textOf(await accepted.receive({ size: 4 })), "abcd");
  assertEquals(textOf(await accepted.receive({ size: 4 })), "ef");
  await client.sendAll(new Uint8Array(200_000));
  let received = 0;
  while (received < 200_000) received += (await accepted.receive({ size: 150_000 })).length;
  assertEquals(received, 200_000);
});

Deno.test("Socket names the other end in its errors, where there is one", async () => {
  using unconnected = Socket.tcp();
  await assertRejects(
    () => unconnected.receive(),
    SocketError,
    "Cannot receive: the socket is not connected, got ENOTCONN",
  );
  using conversation = await Conversation.over();
  const { client, server } = conversation;
  client.shutdown("write");
  const error = await assertRejects(() => client.send("x"), SocketError, "got EPIPE");
  assertEquals(error.endpoint, server.localEndpoint());
});

Deno.test("Socket.receive() gives bytes of their own", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  await client.send("first");
  const first = await accepted.receive();
  await client.send("other");
  await accepted.receive();
  assertEquals(textOf(first), "first");
  assertEquals(first.buffer.byteLength, 5);
});

Deno.test("Socket sends only so many bytes as it is told to", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const memory = new TextEncoder().encode("abcdefgh");
  assertEquals(await client.send(memory, { size: 2 }), 2);
  assertEquals(await client.sendAll(memory.subarray(2), { size: 3 }), 3);
  assertEquals(await client.sendAll("fgh", { size: 1, timeout: TIMEOUT }), 1);
  assertEquals(await client.sendAll(memory, { size: 0 }), 0);
  assertEquals(await client.sendAll(memory, { size: 8 }), 8);
  client.shutdown("write");
  let text = "";
  for (let bytes; (bytes = await accepted.receive()).length > 0;) text += textOf(bytes);
  assertEquals(text, "abcdefabcdefgh");

  using receiver = datagrams();
  using sender = datagrams();
  const to = receiver.localEndpoint();
  assertEquals(await sender.sendTo(memory, to, { size: 4 }), 4);
  assertEquals(textOf(await receiver.receive()), "abcd");
});

Deno.test("Socket.sendAll() sends no more than its size, also piece by piece", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const memory = new Uint8Array(20_000_001).map((_, index) => index % 251);
  const sending = client.sendAll(memory, { size: 20_000_000 }).then((sent) => {
    client.shutdown("write");
    return sent;
  });
  let received = 0;
  for (let piece; (piece = await accepted.receive()).length > 0; received += piece.length) {
    assertEquals(piece[0], received % 251);
    assertEquals(piece.at(-1), (received + piece.length - 1) % 251);
  }
  assertEquals([received, await sending], [20_000_000, 20_000_000]);
});

Deno.test("Socket never sends the memory behind the data", async () => {
  using conversation = await Conversation.over();
  const { client } = conversation;
  const data = new Uint8Array(8).subarray(0, 4);
  for (const size of [5, -1, 1.5, NaN, "4" as never, null as never]) {
    const Class = typeof size === "number" ? RangeError : TypeError;
    for (const options of [{ size }, { size, timeout: TIMEOUT }]) {
      for (
        const call of [
          () => client.send(data, options),
          () => client.sendAll(data, options),
          () => client.sendAll("text", options),
          () => client.sendTo(data, client.remoteEndpoint(), options),
        ]
      ) {
        await assertRejects(call, Class);
      }
    }
  }
});

Deno.test("Socket.send() tells how much the kernel took, sendAll() sends the rest", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const data = new Uint8Array(20_000_000).map((_, index) => index * 7);
  const sent = await client.send(data);
  assert(0 < sent && sent < data.length, `${sent}`);
  const rest = client.sendAll(data.subarray(sent)).then(() => client.shutdown("write"));
  let position = 0;
  for (let piece; (piece = await accepted.receive()).length > 0; position += piece.length) {
    assertEquals(piece, data.subarray(position, position + piece.length));
  }
  await rest;
  assertEquals(position, data.length);
});

Deno.test("Socket.send() waits while nobody reads, and ends with its limits", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const data = new Uint8Array(1_000_000);
  const error = await assertRejects(() =>
    client.sendAll(data.map(() => 1), { timeout: 50 })
      .then(() => client.sendAll(new Uint8Array(100_000_000), { timeout: 50 })), DOMException);
  assertEquals(error.name, "TimeoutError");
  assertEquals(
    error.message,
    `Cannot send to "${accepted.localEndpoint()}": the other end made no room within 50 ms`,
  );
});

Deno.test("Socket's waits end after their timeout, each with its own words", async () => {
  using server = listening();
  using receiver = datagrams();
  using conversation = await Conversation.over();
  const at = server.localEndpoint();
  const waits: readonly (readonly [call: () => Promise<unknown>, message: string])[] = [
    [
      () => server.accept({ timeout: 20 }),
      `Cannot accept on "${at}": no client connected within 20 ms`,
    ],
    [
      () => server.accept({ timeout: 0 }),
      `Cannot accept on "${at}": no client connected within 0 ms`,
    ],
    [
      () => conversation.client.receive({ timeout: 20 }),
      `Cannot receive from "${conversation.server.localEndpoint()}": nothing came within 20 ms`,
    ],
    [
      () => receiver.receiveFrom({ timeout: 20 }),
      `Cannot receive a datagram on "${receiver.localEndpoint()}": no datagram came within 20 ms`,
    ],
  ];
  for (const [call, message] of waits) {
    const begun = performance.now();
    const error = await assertRejects(call, DOMException);
    assertEquals([error.name, error.message], ["TimeoutError", message]);
    assert(performance.now() - begun < 2000);
  }
  using impatient = Socket.udp({ timeout: 10 });
  impatient.bind("127.0.0.1:0");
  await assertRejects(() => impatient.receive(), DOMException, "within 10 ms");
});

Deno.test("Socket's waits end with their signal, and with its reason", async () => {
  using server = listening();
  const reason = new Error("the lesson is over");
  await assertRejects(() => server.accept({ signal: AbortSignal.abort(reason) }), Error, "lesson");

  const controller = new AbortController();
  const waiting = [1, 2, 3].map(() => server.accept({ signal: controller.signal }));
  setTimeout(() => controller.abort(reason), 10);
  for (const result of await Promise.allSettled(waiting)) {
    assertStrictEquals((result as PromiseRejectedResult).reason, reason);
  }
  const timeout = await assertRejects(() => server.accept({ signal: AbortSignal.timeout(10) }));
  assertEquals((timeout as Error).name, "TimeoutError");

  // A wait that was cancelled takes nobody away from the next.
  using client = Socket.tcp({ timeout: TIMEOUT });
  await client.connect(server.localEndpoint());
  using accepted = await server.accept();
  assertEquals(accepted.remoteEndpoint(), client.localEndpoint());
});

Deno.test("Socket's signal leaves no listener behind when the call is over", async () => {
  using conversation = await Conversation.over();
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  signal.addEventListener = function (...args: unknown[]) {
    listeners++;
    return Reflect.apply(addEventListener, this, args);
  };
  signal.removeEventListener = function (...args: unknown[]) {
    listeners--;
    return Reflect.apply(removeEventListener, this, args);
  };
  const waiting = conversation.accepted.receive({ signal });
  assertEquals(listeners, 1);
  await conversation.client.send("x");
  await waiting;
  assertEquals(listeners, 0);
});

Deno.test("Socket.close() ends every wait of the socket at once, and no other's", async () => {
  using conversation = await Conversation.over();
  const { server, client, accepted } = conversation;
  const others = accepted.receive();
  const waits = [
    server.accept(),
    server.accept(),
    client.receive(),
    client.receiveInto(new Uint8Array(1)),
  ];
  const results = Promise.allSettled(waits);
  server.close();
  client.shutdown("write");
  client.close();
  for (const result of await results) {
    const { reason } = result as PromiseRejectedResult;
    assertInstanceOf(reason, SocketError);
    assertMatch(
      reason.message,
      /^Cannot (accept|receive): the socket was closed while the call waited, got ECANCELED$/,
    );
  }
  assertEquals((await others).length, 0);
});

Deno.test("Socket.close() frees the port at once, even while the socket waits", async () => {
  // A wait by poll() would hold on to the socket for a moment longer.
  const server = listening();
  const waiting = assertRejects(() => server.accept(), SocketError);
  await new Promise((resolve) => setTimeout(resolve, 20)); // until the helper thread waits
  const at = server.localEndpoint();
  server.close();
  using next = Socket.tcp();
  next.bind(at);
  await waiting;
});

Deno.test("Socket.close() twice does no harm, also when the number has a new owner", async () => {
  const first = Socket.tcp();
  const { descriptor } = first;
  first.close();
  assertEquals([first.descriptor, first.isClosed], [-1, true]);
  using second = datagrams();
  assertEquals(second.descriptor, descriptor);
  first.close();
  first[Symbol.dispose]();
  assertEquals(second.isClosed, false);
  assertEquals(
    await codeOf(() =>
      second.receive({ timeout: 0 }).catch((error) => {
        if (error.name !== "TimeoutError") throw error;
      })
    ),
    "none",
  );
});

Deno.test("Socket fails with EBADF once it is closed, whatever the call", async () => {
  const socket = Socket.udp();
  socket.close();
  const calls: readonly (() => unknown)[] = [
    () => socket.bind("127.0.0.1:0"),
    () => socket.listen(),
    () => socket.accept(),
    () => socket.connect("127.0.0.1:1"),
    () => socket.send("x"),
    () => socket.sendAll("x"),
    () => socket.sendTo("x", "127.0.0.1:1"),
    () => socket.receive(),
    () => socket.receiveInto(new Uint8Array(1)),
    () => socket.receiveFrom(),
    () => socket.shutdown("both"),
    () => socket.localEndpoint(),
    () => socket.remoteEndpoint(),
    () => socket.setOption("keepAlive", true),
    () => socket.getOption("keepAlive"),
  ];
  for (const call of calls) {
    const error = await assertRejects(async () => await call(), SocketError);
    assertMatch(error.message, /: the socket is closed, got EBADF$/, `${call}`);
  }
});

Deno.test("Socket says what it is", () => {
  const socket = Socket.tcp();
  assertEquals(String(socket), `tcp socket ${socket.descriptor}`);
  assertEquals(Deno.inspect(socket), `Socket { tcp socket ${socket.descriptor} }`);
  socket.close();
  assertEquals(String(socket), "closed tcp socket");
});

Deno.test("Socket.localEndpoint() is all zeros before the socket has one", () => {
  for (const [family, any] of [["IPv4", "0.0.0.0:0"], ["IPv6", "[::]:0"]] as const) {
    using socket = Socket.tcp({ family });
    assertEquals(String(socket.localEndpoint()), any);
  }
});

Deno.test("Socket.connect() can be tried again after it was refused", async () => {
  using client = Socket.tcp({ timeout: TIMEOUT });
  const refused = unusedEndpoint();
  for (let time = 0; time < 3; time++) {
    assertEquals(await codeOf(() => client.connect(refused)), "ECONNREFUSED");
  }
  using server = listening();
  await client.connect(server.localEndpoint());
  assertEquals(client.remoteEndpoint(), server.localEndpoint());
});

Deno.test("Socket.connect() a second time is told so, the first time it is asked", async () => {
  using conversation = await Conversation.over();
  const { client, server } = conversation;
  assertEquals(await codeOf(() => client.connect(server.localEndpoint())), "EISCONN");
});

Deno.test("Socket.connect() that got no answer in time is still under way", async () => {
  using server = listening("127.0.0.1", { backlog: 0 });
  using first = Socket.tcp({ timeout: TIMEOUT });
  await first.connect(server.localEndpoint());
  using second = Socket.tcp();
  await assertRejects(
    () => second.connect(server.localEndpoint(), { timeout: 30 }),
    DOMException,
    `Cannot connect to "${server.localEndpoint()}": no answer came within 30 ms`,
  );
  assertEquals(await codeOf(() => second.connect(server.localEndpoint())), "EALREADY");
});

Deno.test("Socket.getOption() reads a pending error, and takes it away", async () => {
  using udp = Socket.udp();
  await udp.connect(unusedUdpEndpoint());
  await udp.send("anybody?");
  assertEquals(udp.getOption("pendingError"), "ECONNREFUSED");
  assertEquals(udp.getOption("pendingError"), undefined);
});

Deno.test("Socket gives every descriptor back", async () => {
  using warm = await Conversation.over(); // the poller's own two are there from here on
  await assertRejects(() => warm.client.receive({ timeout: 1 }));
  const before = countDescriptors();
  const server = listening("127.0.0.1", { backlog: 200 });
  const clients = Array.from({ length: 100 }, () => Socket.tcp({ timeout: TIMEOUT }));
  await Promise.all(clients.map((client) => client.connect(server.localEndpoint())));
  const accepted = await Promise.all(clients.map(() => server.accept()));
  assertEquals(countDescriptors(), before + 201);
  const waiting = accepted.map((socket) => socket.receive());
  for (const client of clients) client.close();
  for (const bytes of await Promise.all(waiting)) assertEquals(bytes.length, 0);
  for (const socket of accepted) socket.close();
  server.close();
  assertEquals(countDescriptors(), before);
});

Deno.test("Socket is not inherited by a child process", async () => {
  using conversation = await Conversation.over();
  await assertRejects(() => conversation.client.receive({ timeout: 1 })); // the poller is there
  const { stdout } = await new Deno.Command("ls", { args: ["-l", "/proc/self/fd"] }).output();
  const listing = textOf(stdout);
  assertMatch(listing, /pipe:/);
  for (const open of [/socket:/, /eventpoll/, /eventfd/]) assert(!open.test(listing), listing);
});

Deno.test("Socket serves 1,000 connections at once", async () => {
  using server = listening("127.0.0.1", { backlog: 1000 });
  const serving = (async () => {
    const echoes: Promise<void>[] = [];
    while (echoes.length < 1000) echoes.push(echo(await server.accept()));
    await Promise.all(echoes);
  })();
  const answers = await Promise.all(Array.from({ length: 1000 }, async (_, index) => {
    using client = Socket.tcp({ timeout: TIMEOUT });
    await client.connect(server.localEndpoint());
    await client.sendAll(`I am number ${index}`);
    client.shutdown("write");
    return await receiveAll(client);
  }));
  await serving;
  assertEquals(answers, answers.map((_, index) => `I am number ${index}`));
});

async function echo(socket: Socket): Promise<void> {
  using accepted = socket;
  for (let piece; (piece = await accepted.receive()).length > 0;) await accepted.sendAll(piece);
}

/** A port of UDP to which no socket is bound. */
function unusedUdpEndpoint(): Endpoint {
  using socket = datagrams();
  return socket.localEndpoint();
}

Deno.test("Socket.accept() makes a socket of its own for each client", async () => {
  using server = listening();
  using one = Socket.tcp({ timeout: TIMEOUT });
  using other = Socket.tcp({ timeout: TIMEOUT });
  await one.connect(server.localEndpoint());
  await other.connect(server.localEndpoint());
  using first = await server.accept();
  using second = await server.accept();
  assertNotEquals(first.descriptor, second.descriptor);
  assertEquals(first.remoteEndpoint(), one.localEndpoint());
  assertEquals(second.remoteEndpoint(), other.localEndpoint());
});

for (const [family, address] of FAMILIES) {
  Deno.test(`Socket.tryAccept(), trySend() and tryReceiveInto() never wait, over ${family}`, async () => {
    using server = listening(address);
    assertEquals(server.tryAccept(), undefined);
    using client = Socket.tcp({ family, timeout: TIMEOUT });
    await client.connect(server.localEndpoint());
    using accepted = server.tryAccept()!;
    assertEquals(accepted.remoteEndpoint(), client.localEndpoint());
    assertEquals(server.tryAccept(), undefined);

    const into = new Uint8Array(100);
    assertEquals(accepted.tryReceiveInto(into), undefined);
    assertEquals(client.trySend("ahoy"), 4);
    assertEquals(client.trySend(new TextEncoder().encode("there!"), { size: 5 }), 5);
    assertEquals(textOf(into.subarray(0, accepted.tryReceiveInto(into))), "ahoythere");

    const piece = new Uint8Array(100_000);
    let sent = 0;
    for (let taken; (taken = client.trySend(piece)) !== undefined;) sent += taken;
    assert(sent > piece.length, `${sent} bytes`);
    client.shutdown("write");
    let received = 0;
    while (received < sent) received += (await accepted.receive()).length;
    assertEquals([received, accepted.tryReceiveInto(into)], [sent, 0]);
  });
}

Deno.test("a call that does not wait does not overtake one that does", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  const waiting = accepted.receive({ size: 2 });
  sendAtOnce(client, "aabb");
  const into = new Uint8Array(4);
  assertEquals(accepted.tryReceiveInto(into), undefined);
  assertEquals(textOf(await waiting), "aa");
  assertEquals(textOf(into.subarray(0, accepted.tryReceiveInto(into))), "bb");

  const piece = new Uint8Array(1_000_000);
  while (client.trySend(piece) !== undefined);
  const sending = client.send("late");
  const length = BigInt(piece.length);
  while (libc().functions.recv(accepted.descriptor, piece, length, 0) > 0); // room at once
  assertEquals(client.trySend("early"), undefined);
  assertEquals(await sending, 4);
  assertEquals(client.trySend("later"), 5);
});

Deno.test("calls that do not wait throw what is wrong at once", async () => {
  using conversation = await Conversation.over();
  const { client, accepted } = conversation;
  assertThrows(() => client.tryAccept(), SocketError, "EINVAL");
  assertThrows(() => client.trySend("four", { size: 5 }), RangeError, "got 5");
  assertThrows(() => client.trySend(80 as never), TypeError, "got 80");
  accepted.setOption("linger", 0);
  accepted.close();
  assertThrows(() => accepted.trySend("ahoy"), SocketError, "EBADF");
  assertThrows(() => accepted.tryReceiveInto(new Uint8Array(1)), SocketError, "EBADF");
  assertThrows(() => accepted.tryAccept(), SocketError, "EBADF");
  assertThrows(() => client.tryReceiveInto(new Uint8Array(1)), SocketError, "ECONNRESET");
  assertThrows(() => client.trySend("ahoy"), SocketError, "EPIPE");
});

Deno.test("Socket.setInheritable() lets a child keep the socket, and takes that back", async () => {
  using parents = Socket.tcp();
  parents.bind("127.0.0.1:0");
  const endpoint = parents.localEndpoint();
  parents.setInheritable(true);
  {
    await using child = Program.command(["sleep", "30"]);
    parents.setInheritable(false);
    await using other = Program.command(["sleep", "30"]);
    const link = (pid: number) => `/proc/${pid}/fd/${parents.descriptor}`;
    assertEquals(Deno.readLinkSync(link(child.pid)), Deno.readLinkSync(link(Deno.pid)));
    assertThrows(() => Deno.readLinkSync(link(other.pid)), Deno.errors.NotFound);
    parents.close();
    using rival = Socket.tcp();
    assertEquals(assertThrows(() => rival.bind(endpoint), SocketError).code, "EADDRINUSE");
  }
  using next = Socket.tcp();
  next.bind(endpoint);
  assertThrows(() => parents.setInheritable(true), SocketError, "EBADF");
  assertThrows(() => next.setInheritable(1 as unknown as boolean), TypeError);
});
