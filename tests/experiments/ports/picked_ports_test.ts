import { assert, assertEquals, assertRejects } from "@std/assert";
import { ephemeralRange, pickedPorts } from "fourtuple";
import { inodesOf } from "../../../lib/observe/sources/open_sockets.ts";

for (const call of ["connect", "bind"] as const) {
  Deno.test(`pickedPorts() lets ${call} pick different ports of the range, and leaves nothing open`, async () => {
    const before = inodesOf().size;
    const ports = await pickedPorts(call, 20);
    assertEquals(new Set(ports).size, 20);
    const range = ephemeralRange();
    assert(ports.every((port) => range.has(port)), `${ports} of ${range}`);
    assertEquals(inodesOf().size, before);
  });
}

Deno.test("pickedPorts() refuses another call, and counts out of bounds", async () => {
  await assertRejects(() => pickedPorts("listen" as never, 1), TypeError);
  for (const count of [0, 129, 1.5]) {
    await assertRejects(() => pickedPorts("bind", count), RangeError);
  }
});
