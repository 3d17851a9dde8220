import { assertEquals, assertThrows } from "@std/assert";
import { isAtLeast } from "../../lib/system/kernel_release.ts";

Deno.test("isAtLeast() compares releases as numbers", () => {
  const table: [release: string, isAtLeast63: boolean][] = [
    ["6.3.0", true],
    ["6.18.44-fc-v595", true],
    ["6.2.16", false],
    ["10.0.1-generic", true],
    ["5.15.0-91-generic", false],
    ["6.3-rc1", true],
  ];
  for (const [release, expected] of table) {
    assertEquals(isAtLeast(release, [6, 3]), expected, release);
  }
  assertThrows(() => isAtLeast("unknown", [6, 3]), SyntaxError, '"unknown"');
});
