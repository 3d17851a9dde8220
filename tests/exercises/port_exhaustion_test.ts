import {
  checkAskAll,
  checkEightCalls,
  checkRequestsPerSecond,
  checkWearOut,
} from "../../lib/exercises/port_exhaustion.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import type { Endpoint } from "../../lib/tuples/endpoint.ts";
import { assertVerdicts, forgetting } from "./_verdicts.ts";

type NewClient = () => Socket;

async function connected(newClient: NewClient, server: Endpoint): Promise<Socket> {
  const socket = newClient();
  await socket.connect(server);
  return socket;
}

Deno.test("checkRequestsPerSecond() wants the highest number that the range allows", async () => {
  const say = (answer: unknown) => () => checkRequestsPerSecond(answer as number);
  await assertVerdicts([
    [say(undefined), "open", "set requestsPerSecond to a whole number"],
    [say(925), "right", "55536 ports, each once in 60 s, are 925 a second"],
    [say(926), "not yet", "926 a second are 55560"],
    [say(924), "not yet", "one more a second would, too"],
    [say(925.6), "not yet", "requestsPerSecond is 925.6, and should be a whole number"],
    [say(-1), "not yet", "requestsPerSecond is -1"],
    [say("925"), "not yet", "That is a text, because of its quotation marks"],
  ]);
});

type EightCalls = (newClient: NewClient, servers: readonly Endpoint[]) => Promise<Socket[]>;

Deno.test("checkEightCalls() finds eight connections in the table of that computer", async () => {
  const say = (answer: unknown) => () => checkEightCalls(answer as EightCalls);
  /** Four connections to each server, each of which something is done with. */
  const four =
    (each: (socket: Socket) => unknown = () => {}): EightCalls => async (make, servers) => {
      const sockets: Socket[] = [];
      for (const server of servers) {
        for (let count = 0; count < 4; count++) {
          sockets.push(await connected(make, server));
          each(sockets.at(-1)!);
        }
      }
      return sockets;
    };
  await assertVerdicts([
    [say(undefined), "open"],
    [say(four()), "right", "eight connections from 4 ports: four to each server"],
    [
      say((make: () => Socket, servers: readonly Endpoint[]) =>
        Promise.all(servers.map((server) => make().connect(server)))
      ),
      "not yet",
      "connect(), for one, returns nothing",
    ],
    [
      say(
        ((make, servers) =>
          Promise.all(
            Array.from({ length: 8 }, (_, index) => connected(make, servers[index % 2]!)),
          )) as EightCalls,
      ),
      "right",
    ],
    [
      say(
        (async (make, [server]) => {
          const sockets: Socket[] = [];
          for (let count = 0; count < 8; count++) sockets.push(await connected(make, server!));
          return sockets;
        }) as EightCalls,
      ),
      "not yet",
      "connect found no port after 4 connections",
    ],
    [say(four((socket) => socket.close())), "not yet", "return them open, without `using`"],
    [
      say(() => Promise.resolve(Array.from({ length: 8 }, () => Socket.tcp()))),
      "not yet",
      "has 0 open connections to the two servers",
    ],
    [
      say((async (...given) => (await four()(...given)).slice(0, 0)) as EightCalls),
      "not yet",
      "eight are open, and 0 of them were returned",
    ],
    [say(forgetting(four())), "not yet", "`return"],
    [say(() => Promise.reject(new Error("lost"))), "not yet", "Error: lost"],
  ]);
});

/** Reads lines until there are as many. */
async function readLines(socket: Socket, count: number): Promise<string[]> {
  let text = "";
  while (text.split("\n").length <= count) {
    text += new TextDecoder().decode(await socket.receive());
  }
  return text.split("\n").slice(0, count);
}

const LINES = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);

type AskAll = (newClient: NewClient, server: Endpoint) => Promise<string[]>;

Deno.test("checkAskAll() wants twenty lines over few connections", async () => {
  const say = (answer: unknown) => () => checkAskAll(answer as AskAll);
  const atOnce: AskAll = async (newClient, server) => {
    using socket = await connected(newClient, server);
    await socket.sendAll(LINES.map((line) => `${line}\n`).join(""));
    return await readLines(socket, 20);
  };
  const inGroups = (size: number): AskAll => async (newClient, server) => {
    const answers: string[] = [];
    for (let first = 0; first < 20; first += size) {
      using socket = await connected(newClient, server);
      for (const line of LINES.slice(first, first + size)) {
        await socket.send(`${line}\n`);
        answers.push(`${await readLines(socket, 1)}\n`);
      }
    }
    return answers;
  };
  await assertVerdicts([
    [say(undefined), "open"],
    [say(atOnce), "right", "the server had one connection and twenty lines"],
    [say(inGroups(5)), "right", "the server had 4 connections and twenty lines"],
    [say(inGroups(1)), "not yet", "connect found no port after 4 connections and 4 lines"],
    [say(() => Promise.resolve(LINES)), "not yet", 'the server was never sent "line 1"'],
    [
      say((async (...given) => [(await atOnce(...given)).join("\n")]) as AskAll),
      "not yet",
      "answer 1 is",
    ],
    [
      say((async (...given) => (await atOnce(...given)).slice(0, 19)) as AskAll),
      "not yet",
      "answer 20 is nothing (undefined)",
    ],
    [say(forgetting(atOnce)), "not yet", "`return"],
    [
      // No line end, and so no answer.
      say(
        (async (newClient, server) => {
          using socket = await connected(newClient, server);
          await socket.send("line 1");
          return await readLines(socket, 1);
        }) as AskAll,
      ),
      "not yet",
      "The server sends each line back when it has its end",
    ],
  ], { timeout: 1000 });
});

type WearOut = (newClient: NewClient, server: Endpoint) => Promise<unknown>;

Deno.test("checkWearOut() wants TIME_WAIT at every port, and nothing open", async () => {
  const say = (answer: unknown) => () => checkWearOut(answer as WearOut);
  const reset = async (newClient: NewClient, server: Endpoint) => {
    using socket = await connected(newClient, server);
    socket.setOption("linger", 0);
  };
  await assertVerdicts([
    [say(undefined), "open"],
    [
      say(
        (async (newClient, server) => {
          while (true) (await connected(newClient, server)).close();
        }) as WearOut,
      ),
      "right",
      "no socket of yours is open, and 4 ports stay in TIME_WAIT",
    ],
    [
      say(
        (async (newClient, server) => {
          while (true) {
            using socket = newClient();
            await socket.connect(server);
          }
        }) as WearOut,
      ),
      "right",
    ],
    [
      say(
        (async (newClient, server) => {
          while (true) await connected(newClient, server);
        }) as WearOut,
      ),
      "not yet",
      "4 of your connections are still open",
    ],
    [
      say(
        (async (newClient, server) => {
          const sockets: Socket[] = [];
          try {
            while (true) sockets.push(await connected(newClient, server));
          } finally {
            for (const each of sockets) each.close();
          }
        }) as WearOut,
      ),
      "not yet",
      "up to 4 of your connections were open when you asked for the next client",
    ],
    [
      say(
        (async (newClient, server) => {
          for (let count = 0; count < 3; count++) (await connected(newClient, server)).close();
        }) as WearOut,
      ),
      "not yet",
      "no error came out after 3 connections",
    ],
    [
      say(
        (async (newClient) => {
          while (true) {
            const socket = newClient();
            socket.setOption("bindAddressNoPort", false);
            socket.bind(socket.localEndpoint());
            await Promise.resolve();
          }
        }) as WearOut,
      ),
      "not yet",
      "the kernel answered bind with",
    ],
    [
      say(
        (async (newClient, server) => {
          while (true) await reset(newClient, server);
        }) as WearOut,
      ),
      "not yet",
      "A reset gives the port back at once",
    ],
    [
      say(
        (async (newClient, server) => {
          for (let count = 0; count < 10; count++) await reset(newClient, server);
        }) as WearOut,
      ),
      "not yet",
      "A reset gives the port back at once",
    ],
  ], { timeout: 1000 });
});
