import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { close as closeDiag, openDiag } from "../../../lib/system/calls.ts";
import { Socket, type SocketChange, watch, within } from "fourtuple";

const LIMIT_MS = 20_000;

/** Takes changes until one of them fulfils the condition. */
async function taken(
  changes: AsyncIterator<SocketChange>,
  isLast: (change: SocketChange) => boolean,
): Promise<SocketChange[]> {
  const seen: SocketChange[] = [];
  while (seen.length === 0 || !isLast(seen.at(-1)!)) {
    const { value } = await within(changes.next());
    assert(value !== undefined, `a change after ${seen.map(lineOf).join(", ")}`);
    seen.push(value);
  }
  return seen;
}

function lineOf({ kind, from, to }: SocketChange): string {
  return [kind, from, to].filter((word) => word !== undefined).join(" ");
}

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test(`watch() tells a connection's life at ${hostname}, state by state, under one number`, async () => {
    using listener = Deno.listen({ hostname, port: 0 });
    const { port } = listener.addr;
    const changes = watch({ protocol: "tcp", remotePort: port }, { interval: 2 });
    const client = await Deno.connect({ hostname, port });
    const mine = ({ row }: SocketChange) => row.local.port === client.localAddr.port;
    const server = await listener.accept();
    const state = (wanted: string) => (change: SocketChange) =>
      mine(change) && change.to === wanted;
    const seen = await taken(changes, state("ESTABLISHED"));
    await client.closeWrite();
    seen.push(...await taken(changes, state("FIN_WAIT_2")));
    server.close();
    seen.push(...await taken(changes, state("TIME_WAIT")));
    client.close();
    await changes.return?.();

    // An earlier use of both ports, and states that pass too fast, are left out.
    const number = seen.at(-1)!.socket;
    const life = seen.filter(({ socket }) => socket === number).map(({ to }) => to)
      .filter((to) => to !== "SYN_SENT" && to !== "FIN_WAIT_1");
    assertEquals(life, ["ESTABLISHED", "FIN_WAIT_2", "TIME_WAIT"]);
    for (const { time, since } of seen) assert(since === undefined || since < time);
  });
}

Deno.test("watch() tells what is in the first sample, without a beginning", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const changes = watch({ protocol: "tcp", localPort: listener.addr.port });
  const [change] = await taken(changes, ({ row }) => row.state === "LISTEN");
  assertEquals([change?.kind, change?.since, change?.to], ["appeared", undefined, "LISTEN"]);
  await changes.return?.();
});

Deno.test("watch() tells a listener from the next one at its port", async () => {
  const first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = first.addr;
  const changes = watch({ state: "LISTEN", localPort: port }, { interval: 2 });
  await taken(changes, () => true);
  first.close();
  const second = Deno.listen({ hostname: "127.0.0.1", port });
  const seen = await taken(changes, ({ kind }) => kind === "appeared");
  assertEquals(seen.map(({ kind, socket }) => `${kind} ${socket}`), ["gone 1", "appeared 2"]);
  second.close();
  await changes.return?.();
});

Deno.test("watch() follows a UDP socket that gets a peer", async () => {
  using receiver = Socket.udp();
  receiver.bind("127.0.0.1:0");
  using socket = Socket.udp();
  socket.bind("0.0.0.0:0");
  const changes = watch({ protocol: "udp", port: socket.localEndpoint().port }, { interval: 2 });
  const own = ({ row }: SocketChange) => row.local.port === socket.localEndpoint().port;
  await taken(changes, own);
  await socket.connect(receiver.localEndpoint());
  const change = (await taken(changes, own)).at(-1)!;
  assertEquals(lineOf(change), "changed UNCONNECTED CONNECTED");
  assertEquals(change.row.remote, receiver.localEndpoint());
  await changes.return?.();
});

Deno.test("watch() loses nothing for a consumer that is slow", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const diagDescriptor = openDiag();
  let samples = 0;
  const network = {
    pid: Deno.pid,
    get diagDescriptor() {
      samples++;
      return diagDescriptor;
    },
  };
  const changes = watch({ protocol: "tcp", remotePort: port }, { interval: 2, network });
  const ports: number[] = [];
  for (let i = 0; i < 20; i++) {
    using client = await Deno.connect({ hostname: "127.0.0.1", port });
    using _server = await listener.accept();
    ports.push(client.localAddr.port);
    const before = samples;
    while (samples === before) await new Promise((go) => setTimeout(go, 1));
  }
  const last = ({ row, to }: SocketChange) =>
    row.local.port === ports.at(-1) && to !== "ESTABLISHED" && to !== "SYN_SENT";
  const seen = await taken(changes, last);
  const established = new Set(
    seen.filter(({ to }) => to === "ESTABLISHED").map(({ row }) => row.local.port),
  );
  assertEquals(ports.filter((port) => !established.has(port)), []);
  await changes.return?.();
  closeDiag(diagDescriptor);
});

Deno.test("watch() ends with its signal, after a last sample, and without an error", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const controller = new AbortController();
  const options = { interval: 60_000, signal: controller.signal };
  const changes = watch({ state: "ESTABLISHED", remotePort: port }, options);
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  controller.abort();
  const seen: string[] = [];
  for await (const { kind, row } of changes) seen.push(`${kind} ${row.local.port}`);
  assertEquals(seen, [`appeared ${client.localAddr.port}`]);
  assertEquals(await changes.next(), { done: true, value: undefined });
});

Deno.test("watch() with a signal that is aborted already tells what is there, and ends", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const filter = { state: "LISTEN", localPort: listener.addr.port } as const;
  const seen: string[] = [];
  for await (const change of watch(filter, { signal: AbortSignal.abort() })) {
    seen.push(lineOf(change));
  }
  assertEquals(seen, ["appeared LISTEN"]);
});

Deno.test("watch() gives two who wait at once two changes, in their order", async () => {
  const a = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const changes = watch({ state: "LISTEN", localPort: a.addr.port }, { interval: 2 });
  const both = [changes.next(), changes.next()];
  assertEquals((await within(both[0]!)).value.kind, "appeared");
  a.close();
  assertEquals((await within(both[1]!)).value.kind, "gone");
  const waiting = changes.next();
  await changes.return?.();
  assertEquals((await within(waiting)).done, true);
});

Deno.test("watch() refuses a bad filter and bad options at once", () => {
  assertThrows(() => watch({ port: 70_000 }), RangeError);
  assertThrows(() => watch({}, { interval: 0.5 }), RangeError, '"interval"');
  assertThrows(() => watch({}, { signal: "abort" as never }), TypeError, '"signal"');
  assertThrows(() => watch({}, { singal: undefined } as object), TypeError, '"singal"');
});

Deno.test("watch() rejects with the error of a sample, once, and ends", async () => {
  const network = { diagDescriptor: openDiag(), pid: Deno.pid };
  const changes = watch({ port: 0 }, { interval: 2, network, source: "netlink" });
  closeDiag(network.diagDescriptor);
  const untilTheEnd = async () => {
    for (let more = true; more;) more = !(await within(changes.next())).done;
  };
  await assertRejects(untilTheEnd, Error, "netlink");
  assertEquals((await changes.next()).done, true);
});

for (const what of ["forgotten", "left", "aborted", "stopped", "waiting"]) {
  Deno.test(`watch() and recordTimeline(): a program ends when they are ${what}`, async () => {
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("./_wait_program.ts", import.meta.url).href, what],
      stderr: "inherit",
      signal: AbortSignal.timeout(LIMIT_MS),
    }).output();
    assert(success);
    assertEquals(new TextDecoder().decode(stdout), `${what} done\n`);
  });
}
