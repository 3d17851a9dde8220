import { assert, assertEquals, assertRejects } from "@std/assert";
import { serveCrowd, servingTable } from "fourtuple";
import { isRefusal } from "../../../lib/refusal.ts";

const linux = { ignore: Deno.build.os !== "linux" };

Deno.test(
  "serveCrowd() counts a thread for each client, and none for those of one loop",
  linux,
  async () => {
    const options = { clients: 3, rounds: 2 };
    const costs = [
      await serveCrowd("one loop", options),
      await serveCrowd("a thread each", options),
    ] as const;
    const [loop, threads] = costs;
    assertEquals([loop.threads, loop.milliseconds.length], [0, 6]);
    // The engine may start or end a thread of its own meanwhile.
    assert(threads.threads >= 3, `${threads.threads}`);
    assert(threads.memory > loop.memory, `${threads.memory} and ${loop.memory}`);
    assertEquals(servingTable(costs).rows.map(([way, clients]) => [way, clients]), [
      ["one loop", 3],
      ["a thread each", 3],
    ]);
    assertEquals(loop.toTable().rows.length, 1);
  },
);

Deno.test("serveCrowd() refuses another way, and numbers out of bounds", async () => {
  for (
    const [given, Class] of [
      [["two loops"], TypeError],
      [["one loop", { clients: 0 }], RangeError],
      [["one loop", { rounds: 1001 }], RangeError],
      [["one loop", { client: 1 }], TypeError],
    ] as const
  ) {
    const error = await assertRejects(
      () => (serveCrowd as (...given: unknown[]) => Promise<unknown>)(...given),
      Class,
    );
    assert(isRefusal(error));
  }
});
