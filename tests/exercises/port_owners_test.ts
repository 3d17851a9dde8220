import {
  checkListensAt,
  checkNetstatCommand,
  checkRestart,
  checkUnaccepted,
} from "../../lib/exercises/port_owners.ts";
import { connections, listeners } from "../../lib/observe/connections.ts";
import type { Connections } from "../../lib/observe/rows/connection.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";
import { assertVerdicts, assertVerdictsInTurn } from "./_verdicts.ts";

const ascending = (one: number, other: number) => one - other;

Deno.test("checkUnaccepted() wants those that wait, in order, and no others", async () => {
  const waiting = (port: number) => {
    const rows = connections({ localPort: port, state: "ESTABLISHED" }, { owners: true });
    return rows.filter((row) => rows.ownersOf(row).length === 0 && !rows.isOwnerHidden(row))
      .map((row) => row.remote.port);
  };
  const say = (answer: unknown) => () => checkUnaccepted(answer as (port: number) => number[]);
  await assertVerdicts([
    [say(undefined), "open"],
    [say((port: number) => waiting(port).sort(ascending)), "right", "those that wait"],
    [
      say((port: number) =>
        connections({ localPort: port }).filter((row) => row.state !== "LISTEN" && row.inode === 0)
          .map((row) => row.remote.port).sort(ascending)
      ),
      "right",
    ],
    [say(() => []), "not yet", "4 have connected, 1 were accepted: expected "],
    [
      say((port: number) =>
        connections({ localPort: port, state: "ESTABLISHED" }).map((row) => row.remote.port).sort()
      ),
      "not yet",
      "4 have connected, 1 were accepted",
    ],
    [say((port: number) => waiting(port).sort((one, other) => other - one)), "not yet", "got "],
    [say((port: number) => waiting(port).map(() => port)), "not yet", "got "],
    [
      say(() => {
        throw new Error("no idea");
      }),
      "not yet",
      "0 have connected, 0 were accepted: your function threw Error: no idea",
    ],
    [say(() => undefined), "not yet", "`return"],
    [
      say((port: number) => connections({ localPort: port })),
      "not yet",
      /should be a number(?!.*That is a list)/s,
    ],
    [say((port: number) => waiting(port).map(() => port)), "not yet", "row.remote.port"],
    [
      say((port: number) => {
        const rows = connections({ localPort: port, state: "ESTABLISHED" });
        return rows.filter((row) => rows.ownersOf(row).length === 0)
          .map((row) => row.remote.port).sort(ascending);
      }),
      "not yet",
      "with { owners: true }",
    ],
  ]);
});

Deno.test("checkListensAt() wants the ports of a process, each once", async () => {
  const portsOf = (pid: number, rows: Connections) =>
    rows.filter((row) => rows.ownersOf(row).some((owner) => owner.pid === pid))
      .map((row) => row.local.port);
  const listening = (pid: number) => portsOf(pid, listeners({ protocol: "tcp" }, { owners: true }));
  const right = (pid: number) => [...new Set(listening(pid))].sort(ascending);
  const say = (answer: unknown) => () => checkListensAt(answer as (pid: number) => number[]);
  await assertVerdictsInTurn([
    [say(undefined), "open"],
    [say(right), "right", "this notebook's process"],
    [say(() => []), "not yet", "expected "],
    [
      // Every port that the process has, not those at which it listens.
      say((pid: number) => portsOf(pid, connections({ protocol: "tcp" }, { owners: true }))),
      "not yet",
      "a program that listens at ",
    ],
    [say(listening), "not yet", "this very process, which listens at "],
    [say((pid: number) => pid === Deno.pid ? [] : right(pid)), "not yet", "this very process"],
    [say((pid: number) => void listening(pid)), "not yet", "`return"],
    [say((pid: number) => new Set(listening(pid))), "not yet", "`[...set]` makes a list of a Set"],
  ]);
});

Deno.test("checkNetstatCommand() wants a command that three systems take", async () => {
  const say = (command: unknown) => () => checkNetstatCommand(command as string);
  await assertVerdicts([
    [say(undefined), "open"],
    [say("netstat -anp tcp"), "right", "runs everywhere"],
    [say("netstat -na -p tcp"), "right", "runs everywhere"],
    [say("netstat -a -n -p TCP"), "right", "runs everywhere"],
    [say("netstat -tlnp"), "not yet", "macOS refuses it: "],
    [say("netstat -ano"), "not yet", "macOS refuses it: "],
    [say("netstat -anzp tcp"), "not yet", "-z is an option that is not known here"],
    [say("netstat -an"), "not yet", "UDP sockets are shown, too"],
    [say("netstat -ap tcp"), "not yet", "names of services"],
    [say("netstat -np tcp"), "not yet", "no listener is shown"],
    [say("netstat -anp udp"), "not yet", "UDP sockets are shown, too"],
    [say("netstat -anp tcp | grep LISTEN"), "not yet", "it needs no pipe"],
    [say("ss -tan"), "not yet", "the same words"],
    [say("lsof -i"), "not yet", "the same words"],
    [say("nmap"), "not yet", '"nmap"'],
    [say("netstat -anz"), "not yet", "-z is an option that is not known here"],
    [say(["netstat", "-an"]), "not yet", "and should be a string"],
  ]);
});

/** Starts a server with some option. */
function starting(option?: "reuseAddress" | "reusePort") {
  return (endpoint: Endpoint | string): Socket => {
    const socket = Socket.tcp();
    try {
      if (option !== undefined) socket.setOption(option, true);
      socket.bind(endpoint);
      socket.listen();
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  };
}

Deno.test("checkRestart() wants a server that starts again at once, and only one at a time", async () => {
  const startAt = starting("reuseAddress");
  const say = (answer: unknown) => () => checkRestart(answer as typeof startAt);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(startAt), "right", "it started again, with 1 TIME_WAIT at its port"],
    [say(async (endpoint: Endpoint) => await startAt(endpoint)), "right"],
    [say(starting()), "not yet", "A connection in TIME_WAIT holds the port"],
    [say(starting("reusePort")), "not yet", "two servers can listen there at once"],
    [say(() => startAt("127.0.0.1:0")), "not yet", "a client cannot connect to 127.0.0.1:"],
    [say((endpoint: Endpoint) => void startAt(endpoint)), "not yet", "`return"],
    [
      say((endpoint: Endpoint) => endpoint.port),
      "not yet",
      "and should return an open TCP socket",
    ],
  ], { timeout: 600 });
});
