import { assert, assertEquals, assertRejects } from "@std/assert";
import { Dialogue, exampleUrl, freePort, labNetwork, Program, startDatabase } from "fourtuple";
import type { DatabaseOptions } from "fourtuple/services";
import { requires } from "../requirements.ts";

function standInWith(prefix: readonly string[]): DatabaseOptions["standIn"] {
  return async ({ address, port }) => {
    const args = ["0", "0", String(port), "0", "60", address];
    const program = Program.start(exampleUrl("four_services.ts"), { args, prefix });
    await program.line("database listening");
    return program;
  };
}

const standIn = standInWith([]);

function spare() {
  using held = freePort();
  return held.endpoint;
}

async function answers(
  database: Awaited<ReturnType<typeof startDatabase>>,
  network?: DatabaseOptions["network"],
) {
  using dialogue = await Dialogue.connect(database.endpoint, { network });
  return [
    await dialogue.ask("PING"),
    await dialogue.ask("SET a 1"),
    await dialogue.ask("GET a", /1\r\n$/),
  ];
}

const ANSWERS = ["+PONG\r\n", "+OK\r\n", "$1\r\n1\r\n"];

Deno.test("startDatabase() uses its stand-in where there is no Redis", async () => {
  await using database = await startDatabase(spare(), { standIn, path: "" });
  assertEquals(database.isRedis, false);
  assertEquals(await answers(database), ANSWERS);
  await database.close();
  assertEquals((await database.program.ended).code, 0);
});

Deno.test({
  name: "startDatabase() starts a real Redis that answers the same and leaves nothing",
  ...requires("redis-server"),
  async fn() {
    const database = await startDatabase(spare(), { standIn });
    assertEquals(database.isRedis, true);
    assertEquals(await answers(database), ANSWERS);
    await database.close();
    assertEquals((await database.program.ended).code, 0);
    await database.close();
  },
});

Deno.test({
  name: "startDatabase() starts Redis in a private network",
  ...requires("network namespace"),
  async fn() {
    await using network = await labNetwork({ addresses: ["192.168.1.100"] });
    const place = network.endpoint("192.168.1.100:6379");
    const standIn = standInWith(network.enter);
    await using database = await startDatabase(place, { network, standIn });
    assertEquals(await answers(database, network), ANSWERS);
  },
});

Deno.test("startDatabase() refuses an address that others can reach, and misspelt options", async () => {
  const error = await assertRejects(() => startDatabase("0.0.0.0:6379", { standIn }), RangeError);
  assert(error.message.includes("0.0.0.0:6379"));
  await assertRejects(
    () => startDatabase("127.0.0.1:6379", {} as DatabaseOptions),
    TypeError,
    "stand-in",
  );
});
