import { assertEquals } from "@std/assert";
import {
  checkExhaust,
  checkLowestFree,
  checkTalk,
} from "../../lib/exercises/assigning_client_ports.ts";
import type { PortRange } from "../../lib/ports/port_range.ts";
import { LineConnection } from "../../lib/services/line_connection.ts";
import { grantedPort } from "../../lib/services/line_protocol.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";
import { assertVerdicts } from "./_verdicts.ts";

/** Talks as the exercise asks, and leaves open what it is told to. */
function talking({ control = true, conversation = true } = {}) {
  return async (service: Endpoint, name: string): Promise<string | undefined> => {
    const first = await LineConnection.connect(service);
    const port = grantedPort(await first.readLine());
    const second = await LineConnection.connect(`127.0.0.1:${port}`);
    await second.ask(`name ${name}`);
    const answer = await second.ask("who");
    if (conversation) second.close();
    if (control) first.close();
    return answer;
  };
}

const talk = talking();

Deno.test("checkTalk() wants the answer to who, the number back, and nothing left open", async () => {
  await assertVerdicts([
    [() => checkTalk(undefined), "open"],
    [() => checkTalk(talk), "right"],
    [() => checkTalk((service) => talk(service, "somebody else")), "not yet", "somebody else"],
    [() => checkTalk(talking({ control: false })), "not yet", "the number is still yours"],
    [
      () => checkTalk(talking({ conversation: false })),
      "not yet",
      "a socket of yours stayed open",
    ],
    [
      () => checkTalk(async (service, name) => void await talk(service, name) as never),
      "not yet",
      "`return",
    ],
  ], { timeout: 700 });
});

function bound(port: number): Socket {
  const socket = Socket.tcp();
  try {
    socket.bind(`127.0.0.1:${port}`);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function lowestFree(range: PortRange): Socket {
  for (const port of range) {
    try {
      return bound(port);
    } catch {
      // Taken.
    }
  }
  throw new Error("none is free");
}

Deno.test("checkLowestFree() wants the first port that is free, and no other socket left", async () => {
  const left: Socket[] = [];
  const leaking = (range: PortRange): Socket => {
    for (const port of range) {
      const socket = Socket.tcp();
      left.push(socket);
      try {
        socket.bind(`127.0.0.1:${port}`);
        return socket;
      } catch {
        // Taken, and the socket is still open.
      }
    }
    throw new Error("none is free");
  };
  const say = (answer: unknown) => () => checkLowestFree(answer as typeof lowestFree);
  await assertVerdicts([
    [say(undefined), "open"],
    [say(lowestFree), "right"],
    [
      say((range: PortRange) => bound(range.last)),
      "not yet",
      /it is bound to \d+, and \d+ was free/,
    ],
    [say((range: PortRange) => bound(range.first)), "not yet", "catch it, and try the next port"],
    [say((range: PortRange) => range.first), "not yet", "and should return an open TCP socket"],
    [say((range: PortRange) => void lowestFree(range)), "not yet", "`return"],
    [say(leaking), "not yet", "2 sockets of yours stayed open"],
  ]);
  assertEquals(left.every(({ isClosed }) => isClosed), true);
});

Deno.test("checkExhaust() wants the next client to be refused, by connections that are open", async () => {
  const lease = async (service: Endpoint) => {
    const connection = await LineConnection.connect(service);
    await connection.readLine();
    return connection;
  };
  const byDeno = async ({ port }: Endpoint) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.read(new Uint8Array(100));
    return connection;
  };
  const say = (answer: unknown) => () => checkExhaust(answer as () => Promise<Disposable[]>);
  await assertVerdicts([
    [say(undefined), "open"],
    [
      say(async (service: Endpoint) => [await lease(service), await lease(service)]),
      "right",
      "the next client reads: refused exhausted",
    ],
    [say(async (service: Endpoint) => [await byDeno(service), await byDeno(service)]), "right"],
    [
      say(async (service: Endpoint) => [await lease(service)]),
      "not yet",
      "the next client reads: port",
    ],
    [
      say(async (service: Endpoint) => {
        using one = await lease(service);
        using other = await lease(service);
        return [one, other];
      }),
      "not yet",
      "element 1 of your list is closed already",
    ],
    [say(() => Promise.resolve()), "not yet", "`return"],
    [say((service: Endpoint) => [lease(service)]), "not yet", "put `await` before the call"],
    [say(() => Promise.resolve([7])), "not yet", "element 1 of the list is 7"],
  ]);
});
