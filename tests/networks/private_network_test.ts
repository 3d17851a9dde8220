import {
  connections,
  connectionsWhen,
  Endpoint,
  type EndpointLike,
  FourTuple,
  parseFourTuple,
  PrivateNetwork,
  type PrivateNetworkOptions,
  Program,
  Socket,
  SocketError,
  type SocketOptions,
} from "fourtuple";
import {
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  codeOf,
  countDescriptors,
  receiveAll,
  runProgram,
  textOf,
  TIMEOUT,
} from "../sockets/_sockets.ts";
import { requires } from "../requirements.ts";

const { ignore } = requires("network namespace");

/** The four-tuples that the articles print, with the client's end first. */
const PRINTED = [
  "10.0.0.5:51234 -> 203.0.113.80:443",
  "10.0.0.5:51235 -> 203.0.113.80:443",
  "10.0.0.50:52431 -> 192.168.1.100:80",
  "10.0.0.50:52432 -> 192.168.1.100:80",
  "10.0.0.99:41000 -> 192.168.1.100:80",
];
const ADDRESSES = ["10.0.0.5", "203.0.113.80", "10.0.0.50", "10.0.0.99", "192.168.1.100"];

/** Both ends of a conversation of this four-tuple; the listening socket is closed again. */
async function converse(network: PrivateNetwork, tuple: FourTuple): Promise<[Socket, Socket]> {
  const family = tuple.local.family;
  using listener = Socket.tcp({ network, family, timeout: TIMEOUT });
  listener.setOption("reuseAddress", true);
  listener.bind(tuple.remote);
  listener.listen();
  const client = Socket.tcp({ network, family, timeout: TIMEOUT });
  client.bind(tuple.local);
  await client.connect(tuple.remote);
  return [client, await listener.accept()];
}

/** What a process is doing, in the kernel's letters (proc(5)): "S", "R", "Z"; nothing if it is gone. */
function stateOf(pid: number): string | undefined {
  try {
    return /^State:\t(.)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whether a process has ended, be it that its number is still kept for whoever asks how. */
function hasEnded(pid: number): boolean {
  return ["Z", "X", undefined].includes(stateOf(pid));
}

Deno.test({
  name: "PrivateNetwork has the articles' four-tuples in its table, and this machine has not",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create({ addresses: ADDRESSES });
    const tuples = PRINTED.map(parseFourTuple);
    for (const tuple of tuples) await converse(network, tuple);
    const established = { protocol: "tcp", state: "ESTABLISHED" } as const;
    const inside = connections(established, { network });
    const bothEnds = tuples.flatMap((tuple) => [tuple, tuple.reversed()]);
    const texts = inside.map(({ local, remote }) => `${FourTuple.from(local, remote)}`);
    assertEquals(texts.toSorted(), bothEnds.map(String).toSorted());
    const outside = connections(established)
      .filter(({ local }) => tuples.some((tuple) => tuple.local.equals(local)));
    assertEquals(outside.length, 0);
  },
});

Deno.test({
  name: "Socket.tcp({ network }) and udp() bind privileged ports of both families",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create({
      addresses: ["192.168.1.100", "2001:DB8:0::100"],
    });
    assertEquals(network.addresses, ["192.168.1.100", "2001:db8::100"]);
    for (const address of network.addresses) {
      const server = Endpoint.from(address, 443);
      const [client, accepted] = await converse(
        network,
        FourTuple.from(Endpoint.from(address, 1), server),
      );
      await client.send("hello");
      client.shutdown("write");
      assertEquals(await receiveAll(accepted), "hello");

      const options = { family: server.family, timeout: TIMEOUT };
      const receiver = Socket.udp({ network, ...options });
      receiver.bind(Endpoint.from(address, 53));
      const sender = Socket.udp({ network, ...options });
      sender.bind(Endpoint.from(address, 68));
      await sender.sendTo("who?", receiver.localEndpoint());
      const { data, from } = await receiver.receiveFrom();
      assertEquals([textOf(data), from], ["who?", sender.localEndpoint()]);
    }
  },
});

Deno.test({
  name: "Socket.tcp({ network }) gives descriptors that do not wait and that no child inherits",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create();
    const descriptors = [
      Socket.tcp({ network }).descriptor,
      Socket.udp({ network }).descriptor,
      network.diagDescriptor,
    ];
    for (const descriptor of descriptors) {
      const info = Deno.readTextFileSync(`/proc/self/fdinfo/${descriptor}`);
      const flags = parseInt(/^flags:\s+(\d+)$/m.exec(info)![1]!, 8);
      assertEquals(flags & 0o2004000, 0o2004000, info); // O_CLOEXEC | O_NONBLOCK, open(2)
    }
  },
});

Deno.test({
  name: "PrivateNetwork.closeSockets() closes its sockets, and the network goes on",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
    const tuple = parseFourTuple("10.0.0.5:1234 -> 10.0.0.5:80");
    const [client, accepted] = await converse(network, tuple);
    network.closeSockets();
    assertEquals([client.isClosed, accepted.isClosed], [true, true]);
    Socket.tcp({ network }).bind("10.0.0.5:81");
    await connectionsWhen({}, (rows) => rows.every(({ state }) => state === "TIME_WAIT"), {
      network,
    });
  },
});

Deno.test({
  name: "PrivateNetwork.close() closes its sockets, ends its process and leaves no descriptor",
  ignore,
  async fn() {
    using _ = await warmUp();
    const before = countDescriptors();
    const network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
    const { pid } = network;
    const listener = Socket.tcp({ network, timeout: TIMEOUT });
    listener.bind("10.0.0.5:22");
    listener.listen();
    const client = Socket.tcp({ network, timeout: TIMEOUT });
    await client.connect("10.0.0.5:22");
    const accepted = await listener.accept();
    const waiting = accepted.receive().catch((error) => error);
    Socket.tcp({ network }).close();
    assertEquals(network.isClosed, false);

    await Promise.all([network.close(), network.close()]);
    assertEquals([listener, client, accepted].map((socket) => socket.isClosed), [true, true, true]);
    assertEquals((await waiting).code, "ECANCELED");
    assertEquals([network.isClosed, network.diagDescriptor], [true, -1]);
    assertEquals(String(network), "closed private network of 10.0.0.5");
    assertEquals(stateOf(pid), undefined); // and was waited for
    assertEquals(countDescriptors(), before);
    assertEquals(
      assertThrows(() => Socket.tcp({ network }), SocketError).message,
      'Cannot make a socket for "tcp over IPv4": the private network is closed, got EBADF',
    );
  },
});

Deno.test({
  name: "PrivateNetwork.create() makes networks apart from each other and from this machine",
  ignore,
  async fn() {
    using here = Socket.tcp();
    here.bind("127.0.0.1:0");
    here.listen();
    await using first = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
    await using second = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
    const [server, other] = [first, second].map((network) => {
      // Neither this machine's socket nor the other network's stands in the way.
      Socket.tcp({ network }).bind(here.localEndpoint());
      const listener = Socket.tcp({ network, timeout: TIMEOUT });
      listener.bind("10.0.0.5:80");
      listener.listen();
      return listener;
    });
    await Socket.tcp({ network: first, timeout: TIMEOUT }).connect("10.0.0.5:80");
    await server!.accept();
    await assertRejects(() => other!.accept({ timeout: 0 }), DOMException, "no client connected");
    // Nothing leads out, and this machine's sockets are out of reach.
    const call = (place: EndpointLike) =>
      codeOf(() => Socket.tcp({ network: first }).connect(place));
    assertEquals(await call("192.0.2.1:80"), "ENETUNREACH");
    assertEquals(await call(here.localEndpoint()), "ECONNREFUSED");
  },
});

Deno.test({
  name: "PrivateNetwork.create() gives interfaces their names, addresses and settings",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create({
      addresses: ["192.168.1.100"],
      interfaces: { eth0: ["2001:db8::100"], eth1: ["10.0.0.1"], lo: ["10.9.9.9"], "wan.7": [] },
      sysctls: {
        "net.ipv4.ip_local_port_range": "50000\t50003",
        "net.ipv4.tcp_tw_reuse": 0,
        "net.ipv4.conf.eth1.forwarding": 1,
      },
    });
    assertEquals(
      String(network),
      "private network of 192.168.1.100, 2001:db8::100, 10.0.0.1, 10.9.9.9",
    );
    assertEquals(Deno.inspect(network), `PrivateNetwork { ${network} }`);
    const listed = await run(network, ["ip", "-brief", "address"]);
    const interfaces = listed.map((line) => line.replace(/fe80\S+/, "").trim().split(/\s+/))
      .filter(([name]) => !name!.startsWith("far"))
      .map(([name, state, ...addresses]) => [name!.split("@")[0], state, ...addresses]);
    assertEquals(interfaces, [
      ["lo", "UNKNOWN", "127.0.0.1/8", "10.9.9.9/32", "::1/128"],
      ["eth0", "UP", "192.168.1.100/32", "2001:db8::100/128"],
      ["eth1", "UP", "10.0.0.1/32"],
      ["wan.7", "UP"],
    ]);
    const settings = ["ip_local_port_range", "tcp_tw_reuse", "conf/eth1/forwarding"];
    assertEquals(
      await run(network, ["cat", ...settings.map((name) => `/proc/sys/net/ipv4/${name}`)]),
      ["50000\t50003", "0", "1"],
    );
  },
});

Deno.test({
  name: "PrivateNetwork.enter runs a server inside, at a port that its user may not have here",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
    const script = new URL("../../lib/examples/echo_server.ts", import.meta.url);
    await using program = Program.start(script, {
      prefix: network.enter,
      args: ["80", "192.168.1.100"],
    });
    await program.line("Listening on 192.168.1.100:80");
    const client = Socket.tcp({ network, timeout: TIMEOUT });
    await client.connect("192.168.1.100:80");
    await client.send("ahoy");
    assertEquals(textOf(await client.receive()), "ahoy");
    const [, seen] = await program.line(/^Connected by (.*)/);
    assertEquals(seen, String(client.localEndpoint()));
    client.close();
    assertEquals((await program.ended).code, 0);
  },
});

const REFUSALS: readonly (readonly [
  Class: ErrorConstructor,
  part: string,
  options: unknown,
])[] = [
  [SyntaxError, '"300"', { addresses: ["300.1.1.1"] }],
  [SyntaxError, '"."', { addresses: ["10.0.0.5:80"] }],
  [TypeError, '"adresses"', { adresses: ["10.0.0.5"] }],
  [TypeError, '"10.0.0.5"', { addresses: "10.0.0.5" }],
  [TypeError, "10", { addresses: [10] }],
  [TypeError, "an array", { interfaces: ["eth0"] }],
  [TypeError, "an object", { interfaces: { eth1: "10.0.0.5" } }],
  [TypeError, '"net"', { sysctls: "net" }],
  ...[
    "127.0.0.2",
    "::1",
    "0.0.0.0",
    "::",
    "::ffff:10.0.0.5",
    "0.1.2.3",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "fe80::1",
  ].map((address) => [RangeError, `"${address}"`, { addresses: [address] }] as const),
  [RangeError, '"%eth0"', { addresses: ["fe80::1%eth0"] }],
  [RangeError, '"2001:db8::1" again', {
    addresses: ["2001:db8::1"],
    interfaces: { eth1: ["2001:DB8:0::1"] },
  }],
  ...["", "a b", "eth0;reboot", "-x", "0eth", "sixteen-letters-", "all", "default", "é", "far0"]
    .map((name) => [RangeError, `"${name}"`, { interfaces: { [name]: [] } }] as const),
  ...[
    "kernel.hostname",
    "net",
    "net.ipv4",
    "net.ipv4...ipv4.tcp_tw_reuse",
    "net/ipv4/x",
    "net.a.b ",
  ].map((name) => [RangeError, `"${name}"`, { sysctls: { [name]: 1 } }] as const),
  ...([["\n", '"\\n"'], [1.5, "1.5"], [true, "a boolean"], [null, "null"], ["", '""']] as const)
    .map(([value, part]) =>
      [TypeError, part, { sysctls: { "net.ipv4.tcp_tw_reuse": value } }] as const
    ),
];

Deno.test("PrivateNetwork.create() refuses wrong options before it makes anything", async () => {
  const before = countDescriptors();
  for (const [Class, part, options] of REFUSALS) {
    const creating = PrivateNetwork.create(options as PrivateNetworkOptions);
    assertEquals(children(), [], JSON.stringify(options)); // not even begun
    await assertRejects(() => creating, Class, `got ${part}`);
  }
  assertEquals(countDescriptors(), before);
});

Deno.test({
  name: "PrivateNetwork.create() refuses settings that the kernel refuses, and leaves nothing",
  ignore,
  async fn() {
    const before = countDescriptors();
    const table: [name: string, value: string | number, rule: string][] = [
      [
        "net.ipv4.nonsense",
        1,
        "the kernel lets a network have a setting of this name, got ENOENT",
      ],
      ["net.ipv4.ip_local_port_range", "9 to 5", "the setting takes this value, got EINVAL"],
      [
        "net.ipv4.conf.eth7.forwarding",
        1,
        "the kernel lets a network have a setting of this name, got ENOENT",
      ],
    ];
    for (const [name, value, rule] of table) {
      const error = await assertRejects(
        () => PrivateNetwork.create({ addresses: ["10.0.0.5"], sysctls: { [name]: value } }),
        RangeError,
      );
      assertEquals(
        error.message,
        `Cannot make a private network with the setting "${name}" of "${value}": ${rule}`,
      );
    }
    assertEquals(children(), []);
    assertEquals(countDescriptors(), before);
  },
});

Deno.test({
  name: "PrivateNetwork.create() tells where namespaces are forbidden what allows them",
  ignore,
  async fn() {
    const { stdout, stderr } = await runProgram({
      file: new URL("_forbidden_network.ts", import.meta.url),
    }, {
      prefix: [
        "unshare",
        "-Urn",
        "sh",
        "-ec",
        'ip link set lo up; echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"',
        "sh",
      ],
    });
    assertEquals(stderr, "");
    const told = JSON.parse(stdout);
    assertEquals(told.refusal, [
      "NotSupported",
      'Cannot make a private network: this machine forbids namespaces, got "unshare failed: No ' +
      'space left on device". Remedy: sysctl -w user.max_user_namespaces=10000',
    ]);
    assertEquals(told.leaks, 0);
  },
});

Deno.test({
  name:
    "labNetwork() goes on where it may not write settings, or read why namespaces are forbidden",
  ignore,
  async fn() {
    const setting = { "net.ipv4.ip_local_port_range": "50000 50003" };
    const code = `import { labNetwork } from "fourtuple";
      await using lab = await labNetwork({ sysctls: ${JSON.stringify(setting)} });
      console.log(lab.isPrivate, lab.note.slice(lab.note.indexOf("Cannot make")));`;
    const readOnly =
      'mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys; exec "$@"';
    const forbidden = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"';
    const cannot = "false Cannot make a private network";
    const table: [flags: string, script: string, permissions: string[], printed: string][] = [
      [
        "-Urnm",
        readOnly,
        ["-A"],
        `${cannot} with the setting "net.ipv4.ip_local_port_range" of "50000 50003": /proc/sys can ` +
        "be written to, got EROFS. Remedy: start the container with --security-opt " +
        "systempaths=unconfined (Podman: unmask=ALL)\n",
      ],
      [
        "-Urn",
        forbidden,
        ["--no-prompt", "--allow-ffi", "--allow-run"],
        `${cannot}: this machine forbids namespaces, got "unshare failed: No space left on ` +
        'device". Remedy: See what "unshare -Urn true" says; the notebooks go on without private ' +
        "networks\n",
      ],
    ];
    for (const [flags, script, permissions, printed] of table) {
      const prefix = ["unshare", flags, "sh", "-ec", script, "sh"];
      const { stdout, stderr } = await runProgram({ code }, { permissions, prefix });
      assertEquals([stdout, stderr], [printed, ""]);
    }
  },
});

Deno.test({
  name: "PrivateNetwork.create() tells which program is missing, and leaves nothing",
  ignore,
  async fn() {
    const folder = Deno.makeTempDirSync();
    const code = `
      import { PrivateNetwork } from "fourtuple";
      const fails = () => PrivateNetwork.create().catch((error) => String(error));
      const count = () => [...Deno.readDirSync("/proc/self/fd")].length;
      await fails();
      const before = count();
      const error = await fails();
      // Deno gives a pipe and the descriptor of a process back when it has time.
      for (let tries = 0; count() > before && tries < 100; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      console.log(error, Math.max(0, count() - before));
    `;
    for (const [program, needs] of [["unshare", "util-linux"], ["ip", "iproute2"]] as const) {
      const { stdout, stderr } = await runProgram({ code }, { prefix: ["env", `PATH=${folder}`] });
      assertEquals(
        [stdout, stderr],
        [
          `NotSupported: Cannot make a private network: the program "${program}" helps to make ` +
          `it, got none. Remedy: install the package ${needs}; machine() tells the command 0\n`,
          "",
        ],
      );
      const { stdout: path } = await new Deno.Command("sh", { args: ["-c", "command -v unshare"] })
        .output();
      if (program === "unshare") Deno.symlinkSync(textOf(path).trim(), `${folder}/unshare`);
    }
    Deno.removeSync(folder, { recursive: true });
  },
});

Deno.test({
  name: "PrivateNetwork.create() needs no privilege",
  ignore,
  async fn() {
    const { stdout, stderr } = await runProgram({
      file: new URL("_unprivileged_network.ts", import.meta.url),
    }, {
      prefix: ["unshare", "-U", "--map-user=1000", "--map-group=1000"],
    });
    assertEquals(stderr, "");
    assertEquals(JSON.parse(stdout), {
      uid: 1000,
      capabilities: "0000000000000000",
      here: "EACCES",
      inside: "10.0.0.5:80",
      program: "Listening on 10.0.0.5:443",
    });
  },
});

Deno.test({
  name: "PrivateNetwork keeps no copy of a socket: its close frees the port in the next line",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create();
    // A copy that is closed a moment later is there in one of ten tries, where the machine is busy.
    for (let tries = 0; tries < 200; tries++) {
      using second = Socket.tcp({ network });
      using first = Socket.tcp({ network });
      first.bind("127.0.0.1:80");
      first.listen();
      first.close();
      second.bind("127.0.0.1:80");
    }
  },
});

Deno.test({
  name: "PrivateNetwork is told when the process that holds it was ended by somebody else",
  ignore,
  async fn() {
    const before = countDescriptors();
    const network = await PrivateNetwork.create();
    const socket = Socket.tcp({ network });
    Deno.kill(network.pid, "SIGKILL");
    const error = assertThrows(() => {
      while (true) Socket.tcp({ network }).close();
    }, Deno.errors.BrokenPipe);
    assertEquals(
      error.message,
      `Cannot make a socket for "tcp over IPv4": process ${network.pid}, which holds this private ` +
        "network, has ended",
    );
    socket.bind("127.0.0.1:22"); // what is there already goes on
    await network.close();
    assertEquals(socket.isClosed, true);
    assertEquals(countDescriptors(), before);
  },
});

Deno.test({
  name: "PrivateNetwork ends with the program that made it, however that ends",
  ignore,
  async fn() {
    const code = `
      import { PrivateNetwork } from "fourtuple";
      const network = await PrivateNetwork.create();
      console.log(network.pid);
      if (Deno.args[0] === "wait") setInterval(() => {}, 1000);
    `;
    for (const end of ["wait", "leave"]) {
      await using program = Program.start(
        `data:application/typescript,${encodeURIComponent(code)}`,
        {
          permissions: ["-A", `--config=${new URL("../../deno.json", import.meta.url).pathname}`],
          args: [end],
        },
      );
      const [line] = await program.line(/^\d+$/);
      if (end === "wait") {
        assertEquals(hasEnded(Number(line)), false);
        Deno.kill(program.pid, "SIGKILL");
      }
      assertEquals((await program.ended).signal, end === "wait" ? "SIGKILL" : null);
      const limit = performance.now() + TIMEOUT;
      while (!hasEnded(Number(line)) && performance.now() < limit) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assertEquals(hasEnded(Number(line)), true, end);
    }
  },
});

Deno.test({
  name:
    "Socket.tcp({ network }) says that too many files are open, and goes on when some are closed",
  ignore,
  async fn() {
    const { stdout, stderr } = await runProgram({
      file: new URL("_many_network_sockets.ts", import.meta.url),
    }, {
      prefix: ["sh", "-c", 'ulimit -n 200 && exec "$@"', "sh"],
    });
    assertEquals(stderr, "");
    const { made, refusal, again } = JSON.parse(stdout);
    assertGreater(made, 100);
    assertStringIncludes(refusal, "EMFILE");
    assertEquals(again, made); // nothing of the refused one is left, on neither side
  },
});

Deno.test({
  name: "Socket.tcp({ network }) makes 30,000 sockets in seconds",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create();
    const before = performance.now();
    for (let count = 0; count < 30_000; count++) Socket.tcp({ network }).close();
    assertLess(performance.now() - before, 30_000); // 2.6 s on two free cores
    assertEquals([...Deno.readDirSync(`/proc/${network.pid}/fd`)].length < 50, true);
  },
});

Deno.test({
  name: "Socket.tcp({ network }) refuses what Socket.tcp() refuses",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create();
    const before = countDescriptors();
    const options = { family: "IPv5" } as unknown as SocketOptions;
    const same = (call: (options: SocketOptions) => unknown) =>
      assertThrows(() => call(options), TypeError).message;
    assertEquals(
      same((options) => Socket.tcp({ network, ...options })),
      same((options) => Socket.tcp(options)),
    );
    assertThrows(() => Socket.udp({ network, timeout: -1 }), RangeError);
    assertEquals(countDescriptors(), before);
  },
});

/** Runs a command in a network; the lines of what it prints. */
async function run(network: PrivateNetwork, words: readonly string[]): Promise<string[]> {
  const [command, ...args] = [...network.enter, ...words] as [string, ...string[]];
  const { stdout } = await new Deno.Command(command, { args, stderr: "inherit" }).output();
  return textOf(stdout).trimEnd().split("\n");
}

/** The processes that this one has started and that are there. */
function children(): number[] {
  return [...Deno.readDirSync("/proc")]
    .filter(({ name }) => /^\d+$/.test(name) && parentOf(name) === Deno.pid)
    .map(({ name }) => Number(name));
}

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\t(\d+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]);
  } catch {
    return 0; // it has just ended
  }
}

/** Opens what the first socket that waits opens for good: nothing of that is a leak. */
async function warmUp(): Promise<Disposable> {
  const socket = Socket.udp();
  socket.bind("127.0.0.1:0");
  await socket.receive({ timeout: 1 }).catch(() => {});
  return socket;
}
