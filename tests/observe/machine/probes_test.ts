import { assertEquals, assertThrows } from "@std/assert";
import { holdsNetBindService } from "../../../lib/observe/machine/_probes.ts";

function status(effective: string): string {
  return `Name:\tdeno\nUid:\t1000\t1000\t1000\t1000\nCapInh:\t0000000000000400\n` +
    `CapPrm:\t0000000000000400\nCapEff:\t${effective}\nCapBnd:\t000001ffffffffff\n`;
}

Deno.test("holdsNetBindService() reads the effective set, and of it bit 10", () => {
  const table: [effective: string, holds: boolean, who: string][] = [
    ["0000000000000000", false, "a user"],
    ["0000000000000400", true, "a user with this capability alone"],
    ["00000000a80425fb", true, "root in a container of Docker"],
    ["00000000a80421fb", false, "the same without this capability"],
    ["000001ffffffffff", true, "root"],
    ["000001fffffffbff", false, "root without this capability"],
    ["8000000000000400", true, "the highest bit too"],
  ];
  for (const [effective, holds, who] of table) {
    assertEquals(holdsNetBindService(status(effective)), holds, who);
  }
});

Deno.test("holdsNetBindService() refuses a text without the line, or with another one", () => {
  for (const text of ["", "CapEff:\t\n", "CapEff:\t400\n", status("00000000000004zz")]) {
    assertThrows(() => holdsNetBindService(text), SyntaxError);
  }
});
