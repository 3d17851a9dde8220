import { assert, assertEquals, assertRejects } from "@std/assert";
import { until } from "../../../../lib/time_limit.ts";
import { DialledSocket } from "../../../../lib/notebooks/kernel/wire/dialled_socket.ts";
import {
  EchoSocket,
  PublisherSocket,
  RouterSocket,
} from "../../../../lib/notebooks/kernel/wire/listening_socket.ts";
import {
  commandFrame,
  encodeMessage,
  type Frames,
  frameText,
} from "../../../../lib/notebooks/kernel/wire/zmtp.ts";
import { Connection } from "../_jupyter_client.ts";

const encoder = new TextEncoder();
const LOOPBACK = { hostname: "127.0.0.1", port: 0 };
const ROUTER = { ...LOOPBACK, isKnown: () => true };
/** Connections of one listening socket. */
const MAX_CLIENTS = 256;

function frames(...texts: readonly string[]): Frames {
  return texts.map((text) => encoder.encode(text));
}

function texts(frames: Frames): string[] {
  return frames.map(frameText);
}

Deno.test("RouterSocket answers each client alone, also two of the same identity", async () => {
  const got: [number, string[]][] = [];
  using router = new RouterSocket(ROUTER, (connection, frames) => {
    got.push([connection, texts(frames)]);
    router.send(connection, [encoder.encode("to"), ...frames]);
  });
  const names = ["same", "same", "other", ""];
  const clients = [];
  for (const name of names) clients.push(await Connection.open(router.port, "DEALER", name));
  await until(() => router.has(4));
  for (const [i, client] of clients.entries()) await client.send(frames("", `from ${i}`));
  for (const [i, client] of clients.entries()) {
    assertEquals(texts(await client.receive()), ["to", "", `from ${i}`]);
  }
  assertEquals(got.map(([connection]) => connection).toSorted(), [1, 2, 3, 4]);
  const same = router.identityOf(1)!;
  assertEquals(router.connectionsOf(same), [1, 2]);
  assertEquals(router.identityOf(4), undefined);
  clients[0]!.close();
  await until(() => !router.has(1));
  assertEquals(router.connectionsOf(same), [2]);
  router.send(1, frames("nobody")); // dropped
  for (const client of clients.slice(1)) client.close();
});

Deno.test("RouterSocket reads no further while it is asked to wait", async () => {
  const got: string[] = [];
  const go = Promise.withResolvers<void>();
  using router = new RouterSocket(ROUTER, (_, frames) => {
    got.push(...texts(frames));
    return go.promise;
  });
  using client = await DialledSocket.connect("DEALER", router.port);
  await client.send(frames("1"));
  await client.send(frames("2"));
  await until(() => got.length === 1);
  await new Promise((done) => setTimeout(done, 50));
  assertEquals(got, ["1"]);
  go.resolve();
  await until(() => got.length === 2);
});

Deno.test("PublisherSocket sends a topic to those who subscribed to a prefix of it", async () => {
  using publisher = new PublisherSocket(LOOPBACK, (topic) => frames(`welcome ${topic}`));
  const all = await Connection.open(publisher.port, "SUB");
  const some = await Connection.open(publisher.port, "SUB");
  const none = await Connection.open(publisher.port, "SUB");
  await all.send([Uint8Array.of(1)]);
  assertEquals(texts(await all.receive()), ["welcome "]);
  await some.send([Uint8Array.of(1, ...encoder.encode("str"))]);
  assertEquals(texts(await some.receive()), ["welcome str"]);
  publisher.send(frames("status", "1"));
  publisher.send(frames("stream", "2"));
  assertEquals(texts(await all.receive()), ["status", "1"]);
  assertEquals(texts(await all.receive()), ["stream", "2"]);
  assertEquals(texts(await some.receive()), ["stream", "2"]);
  await some.send([Uint8Array.of(0, ...encoder.encode("str"))]);
  await some.send([Uint8Array.of(1, ...encoder.encode("other"))]);
  assertEquals(texts(await some.receive()), ["welcome other"]);
  publisher.send(frames("stream", "3"));
  publisher.send(frames("other", "4"));
  assertEquals(texts(await some.receive()), ["other", "4"]);
  for (const client of [all, some, none]) client.close();
});

Deno.test("PublisherSocket takes ZMTP 3.1's commands, and answers its PING", async () => {
  using publisher = new PublisherSocket(LOOPBACK, (topic) => frames(`welcome ${topic}`));
  const connection = await Connection.open(publisher.port, "SUB");
  await connection.raw(commandFrame("SUBSCRIBE", encoder.encode("a")));
  assertEquals(texts(await connection.receive()), ["welcome a"]);
  const ttl = Uint8Array.of(0, 10);
  await connection.raw(commandFrame("PING", Uint8Array.of(...ttl, 7, 8)));
  await until(() => connection.commands.length === 1);
  assertEquals([...connection.commands[0]!], [4, ...encoder.encode("PONG"), 7, 8]);
  connection.close();
});

Deno.test("PublisherSocket keeps a limited amount for a client that does not read", async () => {
  const maxWaiting = 1_000_000;
  let subscribers = 0;
  using publisher = new PublisherSocket({ ...LOOPBACK, maxWaiting }, () => {
    subscribers++;
    return undefined;
  });
  const deaf = await Connection.open(publisher.port, "SUB", "", { isRead: false });
  const reader = await Connection.open(publisher.port, "SUB");
  for (const client of [deaf, reader]) await client.send([Uint8Array.of(1)]);
  await until(() => subscribers === 2);
  const sent = 400;
  const body = "x".repeat(100_000);
  for (let i = 0; i < sent; i++) {
    publisher.send(frames(`${i}`, body));
    assertEquals(texts(await reader.receive())[0], `${i}`); // it misses nothing
  }
  // What the kernel's buffers took comes, and as much as was kept; then what is sent from now on.
  deaf.read();
  let last = -1;
  let count = 0;
  while (last < sent - 1) {
    const [number] = texts(await deaf.receive());
    assert(Number(number) > last);
    last = Number(number);
    count++;
    if (count < 2) continue;
    publisher.send(frames(`${sent - 1}`, ""));
  }
  assert(count < sent / 2, `${count} of ${sent} were kept`);
  for (const client of [deaf, reader]) client.close();
});

Deno.test("EchoSocket sends back what comes", async () => {
  using heartbeat = new EchoSocket(LOOPBACK);
  using client = await DialledSocket.connect("REQ", heartbeat.port);
  await client.send(frames("", "beat"));
  assertEquals(texts(await client.receive()), ["", "beat"]);
});

Deno.test("Listening sockets refuse partners of the wrong kind, and what is no ZMTP", async () => {
  using heartbeat = new EchoSocket(LOOPBACK);
  const wrong = await Connection.open(heartbeat.port, "SUB");
  await assertRejects(() => wrong.receive(), Error, "closed the connection");
  wrong.close();
  using http = await Deno.connect({ ...LOOPBACK, port: heartbeat.port });
  await http.write(encoder.encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(4)));
  const bytes = new Uint8Array(1024);
  await assertRejects(async () => {
    while (await http.read(bytes) !== null);
    throw new Error("ended");
  });
  using client = await DialledSocket.connect("REQ", heartbeat.port); // it still serves others
  await client.send(frames("", "beat"));
  assertEquals(encodeMessage(await client.receive()), encodeMessage(frames("", "beat")));
});

Deno.test("RouterSocket sends a client away whose first message is of another kernel, or large", async () => {
  const got: string[][] = [];
  const isKnown = ([key]: Frames) => frameText(key!) === "key";
  using router = new RouterSocket({ ...LOOPBACK, isKnown }, (_, each) => {
    got.push(texts(each).map((text) => text.slice(0, 9)));
  });
  const large = "x".repeat(1024 * 1024 + 1);
  for (
    const first of [frames("other"), frames("key", large), frames("", ...Array(9_999).fill(""))]
  ) {
    const client = await Connection.open(router.port, "DEALER");
    await client.send(first).catch(() => {}); // it may be away already
    await assertRejects(() => client.receive(), Error);
    client.close();
  }
  assertEquals(got, []);
  const client = await Connection.open(router.port, "DEALER");
  await client.send(frames("key", "hello"), frames("key", large), frames("other"));
  await until(() => got.length === 3);
  assertEquals(got, [["key", "hello"], ["key", "xxxxxxxxx"], ["other"]]);
  client.close();
});

Deno.test("PublisherSocket and EchoSocket send clients away that make them keep much", async () => {
  using heartbeat = new EchoSocket(LOOPBACK);
  using publisher = new PublisherSocket(LOOPBACK);
  const topics = Array.from({ length: 100 }, (_, i) => [Uint8Array.of(1, i)]);
  const clients = [
    [heartbeat, "REQ", [frames("", "x".repeat(5_000))]],
    [publisher, "SUB", [[Uint8Array.of(1, ...new Uint8Array(5_000))]]],
    [publisher, "SUB", topics],
  ] as const;
  for (const [{ port }, type, messages] of clients) {
    const client = await Connection.open(port, type);
    await client.send(...messages).catch(() => {}); // it may be away already
    await assertRejects(() => client.receive(), Error);
    client.close();
  }
});

Deno.test("Silent connections do not keep others out", async () => {
  using heartbeat = new EchoSocket(LOOPBACK);
  const open = () => Connection.open(heartbeat.port, "REQ");
  const spoken = await open();
  await spoken.send(frames("", "first"));
  assertEquals(texts(await spoken.receive()), ["", "first"]);
  const silent = [];
  while (silent.length < MAX_CLIENTS) silent.push(await open());
  const late = await open();
  for (const client of [spoken, late]) {
    await client.send(frames("", "beat"));
    assertEquals(texts(await client.receive()), ["", "beat"]);
  }
  for (const client of [spoken, late, ...silent]) client.close();
});
