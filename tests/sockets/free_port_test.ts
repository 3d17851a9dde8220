import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import {
  ephemeralRange,
  freePort,
  type FreePortOptions,
  freePorts,
  HeldPort,
  isPortFree,
  PortRange,
  PrivateNetwork,
  Socket,
  SocketError,
} from "fourtuple";
import { requires } from "../requirements.ts";
import type { Refusal } from "../../lib/refusal.ts";
import { codeOf, countDescriptors, FAMILIES, runProgram, TIMEOUT } from "./_sockets.ts";

/** Some neighbouring ports that were free a moment ago, below the ephemeral range. */
function freeRange(size: number): PortRange {
  for (let first = 20_000 + Math.floor(Math.random() * 10_000);; first += size) {
    const range = PortRange.from(first, first + size - 1);
    if ([...range].every((port) => isPortFree(port))) return range;
  }
}

for (const [family, address] of FAMILIES) {
  for (const protocol of ["tcp", "udp"] as const) {
    Deno.test(`freePort() holds a port of ${protocol} over ${family} until it is released`, () => {
      const held = freePort({ protocol, address });
      assertEquals([held.protocol, held.endpoint.address, held.active], [protocol, address, true]);
      assertEquals([held.endpoint.port, String(held)], [held.port, `${held.port}`]);
      assertEquals(isPortFree(held.port, { protocol, address }), false);
      held.release();
      assertEquals(held.active, false);
      assertEquals(isPortFree(held.port, { protocol, address }), true);
      held.release();
    });
  }
}

Deno.test("freePort() takes the kernel's choice, from its ephemeral range", () => {
  using held = freePort();
  assert(ephemeralRange().has(held.port), `${held}`);
});

Deno.test("freePort() takes the lowest free port of a range", () => {
  const range = freeRange(4);
  using first = freePort({ range });
  using second = freePort({ range });
  assertEquals([first.port, second.port], [range.first, range.first + 1]);
  first.release();
  using again = freePort({ range });
  assertEquals(again.port, range.first);
});

Deno.test("freePort() keeps others out, even those with SO_REUSEADDR", async () => {
  using held = freePort();
  using other = Socket.tcp();
  other.setOption("reuseAddress", true);
  assertEquals(await codeOf(() => other.bind(held.endpoint)), "EADDRINUSE");
  assertThrows(
    () => Deno.listen({ hostname: "127.0.0.1", port: held.port }),
    Deno.errors.AddrInUse,
  );
});

Deno.test("HeldPort.handOver() hands over the socket, which goes on holding the port", async () => {
  const held = freePort();
  const server = held.handOver();
  assertEquals([held.active, isPortFree(held.port)], [false, false]);
  held.release(); // not here any more
  assertEquals(server.isClosed, false);
  server.listen();
  using client = Socket.tcp({ timeout: TIMEOUT });
  await client.connect(held.endpoint);
  (await server.accept({ timeout: TIMEOUT })).close();
  server.close();
  assertThrows(() => held.handOver(), Error, "it is still held");
});

Deno.test("HeldPort makes its port free at the end of its block", () => {
  let port: number;
  {
    using held = freePort();
    port = held.port;
  }
  assertEquals(isPortFree(port), true);
});

Deno.test("freePorts() holds different ports, a hundred at once", () => {
  const before = countDescriptors();
  const held = freePorts(100);
  assertEquals(new Set(held.map(({ port }) => port)).size, 100);
  assertEquals(countDescriptors(), before + 100);
  for (const port of held) port.release();
  assertEquals(countDescriptors(), before);
});

Deno.test("freePorts() takes a whole range, in rising order, around what is taken", () => {
  const range = freeRange(6);
  using taken = freePort({ range: PortRange.from(range.first + 2, range.first + 2) });
  const held = freePorts(5, { range });
  assertEquals(held.map(({ port }) => port), [...range].filter((port) => port !== taken.port));
  for (const port of held) port.release();
});

Deno.test("freePorts() holds nothing if there are not enough", () => {
  const range = freeRange(3);
  const before = countDescriptors();
  const error = assertThrows(() => freePorts(4, { range }), SocketError);
  assertEquals([error.call, error.code], ["bind", "EADDRINUSE"]);
  assertStringIncludes(error.message, `"127.0.0.1:${range}"`);
  assertEquals(countDescriptors(), before);
  assertEquals([...range].map((port) => isPortFree(port)), [true, true, true]);
});

Deno.test("freePorts() refuses wrong counts, protocols, addresses and ranges", () => {
  for (const count of [0, -1, 1.5, 65536, NaN]) {
    const error = assertThrows(() => freePorts(count), RangeError) as Refusal;
    assertEquals(error.part, `${count}`);
  }
  assertThrows(() => freePorts("1" as never), TypeError);
  const wrong: readonly (readonly [options: unknown, part: string])[] = [
    [8080, "8080"],
    [{ adress: "127.0.0.1" }, '"adress"'],
    [{ protocol: "TCP" }, '"TCP"'],
    [{ address: 127 }, "127"],
    [{ range: 8080 }, "8080"],
    [{ network: "lab" }, '"lab"'],
  ];
  for (const [options, part] of wrong) {
    const error = assertThrows(() => freePort(options as FreePortOptions), TypeError) as Refusal;
    assertEquals(error.part, part);
  }
  assertThrows(() => freePort({ address: "localhost" }), SyntaxError);
  assertThrows(() => freePort({ range: PortRange.from(0, 9) }), RangeError, "above port 0");
  assertThrows(
    () => freePort({ address: "fe80::1" }),
    RangeError,
    "a link-local address has a zone",
  );
  assertThrows(() => freePort({ address: "192.0.2.1" }), SocketError, "got EADDRNOTAVAIL");
});

Deno.test("isPortFree() looks at protocol, address and port", () => {
  using held = freePort({ address: "127.0.0.2" });
  assertEquals(isPortFree(held.port, { address: "127.0.0.2" }), false);
  assertEquals(isPortFree(held.port, { address: "127.0.0.3" }), true);
});

Deno.test("isPortFree() refuses port 0, and throws what it cannot find out", () => {
  assertThrows(() => isPortFree(0), RangeError, "above 0");
  assertThrows(() => isPortFree(80, { adress: "::1" } as never), TypeError, '"adress"');
  assertThrows(() => isPortFree(80, { address: "fe80::1" }), RangeError, "a zone");
  assertThrows(() => isPortFree(65536), RangeError);
  assertThrows(() => isPortFree("80" as never), TypeError);
  assertThrows(() => isPortFree(80, { address: "192.0.2.1" }), SocketError, "got EADDRNOTAVAIL");
});

/** Makes a connection whose server closes first, and returns the server's port. */
async function portInTimeWait(): Promise<number> {
  using server = freePort().handOver();
  server.listen();
  const { port } = server.localEndpoint();
  using client = Socket.tcp({ timeout: TIMEOUT });
  await client.connect(server.localEndpoint());
  const accepted = await server.accept({ timeout: TIMEOUT });
  server.close();
  accepted.close(); // first, so that the server's end is in TIME_WAIT
  await client.receive();
  return port;
}

Deno.test("isPortFree() is false while a connection of the port is in TIME_WAIT", async () => {
  // On a busy machine a late acknowledgement brings a reset that ends TIME_WAIT early (RFC 1337).
  for (let tries = 1; isPortFree(await portInTimeWait()); tries++) assert(tries < 10);
});

Deno.test("freePort() and isPortFree() take a network", {
  ...requires("network namespace"),
}, async () => {
  await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
  using held = freePort({ network, address: "10.0.0.5", range: PortRange.from(80, 81) });
  assertEquals(held.port, 80);
  assertEquals(isPortFree(80, { network, address: "10.0.0.5" }), false);
  assertEquals(isPortFree(80, { network }), true);
  assertEquals(network.sockets.size, 1);
});

Deno.test("four processes that ask for 40 ports each never meet", async () => {
  const module = new URL("../../lib/sockets/free_port.ts", import.meta.url).href;
  const programs = Array.from({ length: 4 }, () =>
    runProgram({
      code: `
        const { freePorts } = await import("${module}");
        const held = freePorts(40);
        await new Promise((resolve) => setTimeout(resolve, 300));
        for (const port of held) {
          const socket = port.handOver();
          socket.listen();
          console.log(socket.localEndpoint().port);
        }
        await new Promise((resolve) => setTimeout(resolve, 300));
      `,
    }));
  const ports = (await Promise.all(programs)).flatMap(({ code, stdout, stderr }) => {
    assertEquals([code, stderr], [0, ""]);
    return stdout.trim().split("\n");
  });
  for (const port of ports) assertMatch(port, /^\d+$/);
  assertEquals([ports.length, new Set(ports).size], [160, 160]);
});

Deno.test("freePort() is refused a privileged port without the privilege", async () => {
  const module = new URL("../../lib/mod.ts", import.meta.url).href;
  const child = new Deno.Command("unshare", {
    args: [
      "-U",
      Deno.execPath(),
      "eval",
      `const { freePort, isPortFree, PortRange } = await import("${module}");
       const first = Number(await Deno.readTextFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"));
       for (const call of [() => freePort({ range: PortRange.from(1, 3) }), () => isPortFree(1)]) {
         try { call(); console.log("free", first); } catch (error) { console.log(error.code); }
       }`,
    ],
    env: { NO_COLOR: "1" },
  });
  const { stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (text.includes("unshare failed")) return; // some systems let nobody make a user namespace
  if (!text.includes("free")) assertEquals(text, "EACCES\nEACCES\n");
});

Deno.test("HeldPort holds what any bound socket is bound to", () => {
  const socket = Socket.udp();
  socket.bind("127.0.0.1:0");
  using held = new HeldPort(socket);
  assertEquals(held.endpoint, socket.localEndpoint());

  using unbound = Socket.udp();
  assertThrows(
    () => new HeldPort(unbound),
    RangeError,
    `Cannot hold the port of "${unbound}": the socket is bound, got port 0`,
  );
});
