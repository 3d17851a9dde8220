import { assertEquals } from "@std/assert";
import { classifyPort, IANA_RANGES, MAX_PORT } from "fourtuple";

Deno.test("IANA_RANGES has both names of each range", () => {
  assertEquals(IANA_RANGES.map(({ name, rfc6335, range }) => `${name} ${rfc6335} ${range}`), [
    "well-known system 0-1023",
    "registered user 1024-49151",
    "dynamic dynamic 49152-65535",
  ]);
});

Deno.test("IANA_RANGES has every port once, in the range that classifyPort() names", () => {
  let next = 0;
  for (const { name, range } of IANA_RANGES) {
    for (const port of range) {
      if (port !== next || classifyPort(port) !== name) {
        assertEquals([port, classifyPort(port)], [next, name]);
      }
      next++;
    }
  }
  assertEquals(next, MAX_PORT + 1);
});
