import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Connections, connections, owner, PortOwners, Socket } from "fourtuple";
import { row } from "./_rows.ts";
import { requires } from "../requirements.ts";

Deno.test("owner() tells process, program and descriptor of a port's sockets", () => {
  using socket = Socket.tcp();
  socket.bind("127.0.0.1:0");
  socket.listen();
  const { port } = socket.localEndpoint();
  const { owners, hidden, nobodys } = owner(port, { protocol: "tcp" });
  const seen = owners.map(({ pid, program, descriptor }) => ({ pid, program, descriptor }));
  const program = Deno.readTextFileSync("/proc/self/comm").trimEnd();
  assertEquals(seen, [{ pid: Deno.pid, program, descriptor: socket.descriptor }]);
  assertEquals([hidden.length, nobodys.length], [0, 0]);
});

Deno.test("owner() tells of a connection before accept that nobody has it, and then who", async () => {
  using server = Socket.tcp({ timeout: 5000 });
  server.bind("127.0.0.1:0");
  server.listen();
  const { port } = server.localEndpoint();
  using client = Socket.tcp({ timeout: 5000 });
  await client.connect(server.localEndpoint());
  const remotePort = client.localEndpoint().port;
  const before = connections({ localPort: port, remotePort }, { owners: true });
  assertEquals(before.map((row) => [before.ownersOf(row), before.isOwnerHidden(row)]), [[
    [],
    false,
  ]]);
  assert(owner(port).nobodys.some((each) => each.remote.port === remotePort));
  using accepted = await server.accept();
  const after = connections({ localPort: port, remotePort }, { owners: true });
  assertEquals(after.flatMap((row) => after.ownersOf(row)).map((each) => each.descriptor), [
    accepted.descriptor,
  ]);
});

Deno.test("owner() says that a port is free, and refuses what is no port", () => {
  const socket = Socket.tcp();
  socket.bind("127.0.0.1:0");
  socket.listen();
  const { port } = socket.localEndpoint();
  socket.close();
  assertEquals(owner(port, { protocol: "tcp" }).owners, []);
  assertStringIncludes(
    String(new PortOwners(port, new Connections())),
    `No socket has port ${port}.`,
  );
  assertThrows(() => owner(65536), RangeError, "65536");
  assertThrows(() => owner(port, { protocl: "tcp" } as object), TypeError, '"protocl"');
  assertThrows(() => owner(port, { network: 5 as never }), TypeError, "a network");
});

/** This process's own network, with a descriptor by which netlink cannot be asked. */
const WITHOUT_NETLINK = { diagDescriptor: -1, pid: Deno.pid };

Deno.test({
  name: "owner() finds a socket that is only bound, by netlink from Linux 6.8 on",
  ...requires("Linux 6.8"),
  fn() {
    for (const address of ["127.0.0.1:0", "[::1]:0"]) {
      using socket = Socket.tcp({ family: address.startsWith("[") ? "IPv6" : "IPv4" });
      socket.bind(address);
      const { port } = socket.localEndpoint();
      const bound = owner(port, { protocol: "tcp" });
      assertEquals(
        bound.owners.map(({ pid, descriptor, row }) => [pid, descriptor, row.state]),
        [[Deno.pid, socket.descriptor, "CLOSE"]],
      );
      assert(bound.listsBound);
      // Both have sockets, and only one is at the port.
      using other = Socket.tcp();
      other.bind("127.0.0.1:0");
      assertEquals(owner(port, { protocol: "tcp" }).owners.length, 1);
      assertEquals(owner(port, { protocol: "udp" }).owners, []);
    }
  },
});

Deno.test({
  name:
    "owner() says that it cannot know of sockets that are only bound where /proc lists the rest",
  ...requires("/proc"),
  fn() {
    using socket = Socket.tcp();
    socket.bind("127.0.0.1:0");
    const { port } = socket.localEndpoint();
    const network = WITHOUT_NETLINK;
    const unknown = owner(port, { protocol: "tcp", network });
    assertEquals([unknown.owners.length, unknown.listsBound], [0, false]);
    assert(!String(unknown).includes(`No socket has port ${port}`));
    assertStringIncludes(String(unknown), "A socket that is only bound may be there");

    const rows = connections({ localPort: port, state: "CLOSE" }, { network });
    assertEquals([rows.reading?.source, rows.reading?.missesBound], ["/proc", true]);
    assertStringIncludes(String(rows), "A socket that is only bound may be there");

    // Nothing is missed where such sockets were not asked for, and UDP has none.
    assertEquals(connections({ port }, { network }).reading?.missesBound, undefined);
    assert(owner(port, { protocol: "udp", network }).listsBound);
    socket.listen();
    assertEquals(owner(port, { protocol: "tcp", network }).owners.length, 1);
  },
});

Deno.test({
  name: "owner() cannot know of sockets that are only bound before Linux 6.8",
  ...requires("/proc"),
  fn() {
    const osRelease = Deno.osRelease;
    const known = (release: string) => {
      Deno.osRelease = () => release;
      return owner(1, { protocol: "tcp" }).listsBound;
    };
    try {
      assertEquals(["6.7.12", "5.15.0-91-generic", "6.8.0", "6.18.1"].map(known), [
        false,
        false,
        true,
        true,
      ]);
    } finally {
      Deno.osRelease = osRelease;
    }
  },
});

Deno.test("PortOwners knows that a listener without an inode and a printed owner has a process", () => {
  const rows = new Connections([
    { ...row("tcp LISTEN 127.0.0.1:80"), inode: 0 },
    { ...row("udp UNCONNECTED 127.0.0.1:80"), inode: 0 },
    { ...row("tcp TIME_WAIT 127.0.0.1:80 127.0.0.1:5000"), inode: 0 },
  ], { owners: new Map() });
  const { hidden, nobodys } = new PortOwners(80, rows);
  assertEquals(hidden.map(({ state }) => state), ["LISTEN", "UNCONNECTED"]);
  assertEquals(nobodys.map(({ state }) => state), ["TIME_WAIT"]);
});

Deno.test("PortOwners shows owners, then what is hidden, then what is nobody's", () => {
  const web = row("tcp LISTEN 127.0.0.1:80");
  const rows = new Connections([
    web,
    { ...row("tcp LISTEN 127.0.0.2:80"), uid: 33 },
    { ...row("tcp TIME_WAIT 127.0.0.1:80 127.0.0.1:5000"), inode: 0 },
  ], { owners: new Map([[web, [{ pid: 7, program: "web", descriptor: 3 }]]]) });
  assertEquals(
    String(new PortOwners(80, rows)),
    "Who has port 80\n" +
      "program          pid  descriptor  protocol  state      local         uid\n" +
      "web                7           3  tcp       LISTEN     127.0.0.1:80    0\n" +
      "hidden from you                   tcp       LISTEN     127.0.0.2:80   33\n" +
      "nobody                            tcp       TIME_WAIT  127.0.0.1:80    0",
  );
});

Deno.test({
  name: "connections() and owner() tell an unprivileged user what it may not see",
  ...requires("network namespace"),
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const module = new URL("./_unprivileged.ts", import.meta.url);
    // In a user namespace of its own it has no rights over anything outside, root or not.
    const { stdout, stderr } = await new Deno.Command("unshare", {
      args: ["-U", Deno.execPath(), "run", "-A", module.href, String(port)],
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(20_000),
    }).output();
    const [out, problem] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert(out !== "", problem);
    const { descriptor, ...seen } = JSON.parse(out!);
    assertEquals(seen, {
      source: "netlink",
      mine: [[true, descriptor]],
      mineHidden: 0,
      theirs: 0,
      theirsHidden: [`LISTEN 127.0.0.1:${port}`],
    });
  },
});
