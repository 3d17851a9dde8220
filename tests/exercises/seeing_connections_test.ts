import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  checkDeaf,
  checkListensAt,
  checkNetstatCommand,
  checkUnaccepted,
  type Connections,
  connections,
  listeners,
  Socket,
  type Verdict,
} from "fourtuple";

function assertVerdict(verdict: Verdict, state: string, part: string): void {
  assertEquals(verdict.state, state, String(verdict));
  assertStringIncludes(verdict.message, part);
}

Deno.test("checkUnaccepted() wants those in line, in order, and nobody else", async () => {
  const nobodys = (port: number) => {
    const rows = connections({ localPort: port, state: "ESTABLISHED" }, { owners: true });
    return rows.filter((row) => rows.ownersOf(row).length === 0 && !rows.isOwnerHidden(row))
      .map((row) => row.remote.port);
  };
  const right: ((port: number) => number[])[] = [
    (port) => nobodys(port).sort((one, other) => one - other),
    // Who is in line has no inode yet.
    (port) =>
      connections({ localPort: port }).filter((row) => row.state !== "LISTEN" && row.inode === 0)
        .map((row) => row.remote.port).sort((one, other) => one - other),
  ];
  for (const answer of right) assertVerdict(await checkUnaccepted(answer), "right", "in line");
  const wrong: [answer: (port: number) => number[], part: string][] = [
    [() => [], "4 have called, 1 were accepted: expected "],
    [
      (port) =>
        connections({ localPort: port, state: "ESTABLISHED" }).map((row) => row.remote.port).sort(),
      "4 have called, 1 were accepted",
    ],
    [(port) => nobodys(port).sort((one, other) => other - one), "got "],
    [(port) => nobodys(port).map(() => port), "got "],
    [() => {
      throw new Error("no idea");
    }, "0 have called, 0 were accepted: Error: no idea"],
    [() => undefined as unknown as number[], "got undefined"],
  ];
  for (const [answer, part] of wrong) assertVerdict(await checkUnaccepted(answer), "not yet", part);
  assertEquals((await checkUnaccepted(undefined)).state, "open");
});

Deno.test("checkListensAt() wants the ports of a process, each once", async () => {
  const portsOf = (pid: number, rows: Connections) =>
    rows.filter((row) => rows.ownersOf(row).some((owner) => owner.pid === pid))
      .map((row) => row.local.port);
  const listening = (pid: number) => portsOf(pid, listeners({ protocol: "tcp" }, { owners: true }));
  const right = (pid: number) => [...new Set(listening(pid))].sort((one, other) => one - other);
  assertVerdict(await checkListensAt(right), "right", "this notebook's process");
  const wrong: [answer: (pid: number) => number[], part: string][] = [
    [() => [], "expected "],
    // Every port that the process has, not those at which it listens.
    [
      (pid) => portsOf(pid, connections({ protocol: "tcp" }, { owners: true })),
      "a program that listens at ",
    ],
    [listening, "this very process, which listens at "],
    [(pid) => pid === Deno.pid ? [] : right(pid), "this very process"],
  ];
  for (const [answer, part] of wrong) assertVerdict(await checkListensAt(answer), "not yet", part);
  assertEquals((await checkListensAt(undefined)).state, "open");
});

Deno.test("checkNetstatCommand() wants a command that three systems take", () => {
  for (const command of ["netstat -anp tcp", "netstat -na -p tcp", "netstat -a -n -p TCP"]) {
    assertVerdict(checkNetstatCommand(command), "right", "runs everywhere");
  }
  const wrong: [command: string, part: string][] = [
    ["netstat -tlnp", "macOS refuses it: after -p stands the protocol's name, got none"],
    ["netstat -ano", "macOS refuses it: there is no -o"],
    ["netstat -an", "UDP sockets are shown, too"],
    ["netstat -ap tcp", "names of services"],
    ["netstat -np tcp", "no listener is shown"],
    ["netstat -anp udp", "UDP sockets are shown, too"],
    ["netstat -anp tcp | grep LISTEN", "it needs no pipe"],
    ["ss -tan", "the same words"],
    ["lsof -i", "the same words"],
    ["nmap", "a command begins with ss, netstat or lsof"],
    ["netstat -anz", "no system's netstat has this option"],
  ];
  for (const [command, part] of wrong) {
    assertVerdict(checkNetstatCommand(command), "not yet", part);
  }
  assertEquals(checkNetstatCommand(undefined).state, "open");
});

Deno.test("checkDeaf() wants a listener that says nothing", async () => {
  const listening = (backlog: number, address = "127.0.0.1:0") => {
    const socket = Socket.tcp({ timeout: 5000 });
    socket.bind(address);
    socket.listen(backlog);
    return socket;
  };
  const callerOf = async (server: Socket) => {
    const caller = Socket.tcp({ timeout: 5000 });
    await caller.connect(server.localEndpoint());
    return caller;
  };
  const right = async (): Promise<[Socket, Socket]> => {
    const server = listening(0);
    return [server, await callerOf(server)];
  };
  assertVerdict(await checkDeaf(right), "right", "SYN_SENT");
  const bound = () => {
    const socket = Socket.tcp();
    socket.bind("127.0.0.1:0");
    return socket;
  };
  const wrong: [deaf: () => Promise<[Socket, ...Socket[]]>, part: string][] = [
    [() => Promise.resolve([listening(5)]), "the next caller was connected"],
    // One may wait, and nobody does.
    [() => Promise.resolve([listening(0)]), "the next caller was connected"],
    [() => Promise.resolve([bound()]), "no row of the table is in LISTEN"],
    [
      () => Promise.resolve([] as unknown as [Socket]),
      "an array was wanted, a listening Socket first, got one with undefined first",
    ],
    [
      () => Promise.resolve(listening(0) as unknown as [Socket]),
      "an array was wanted, a listening Socket first, got an object",
    ],
    [() => Promise.reject(new Error("no idea")), "what came out: Error: no idea"],
  ];
  for (const [deaf, part] of wrong) assertVerdict(await checkDeaf(deaf), "not yet", part);
  assertEquals((await checkDeaf(undefined)).state, "open");
});
