import { assertEquals, assertMatch } from "@std/assert";
import { classifyPort, EPHEMERAL_DEFAULTS, IANA_RANGES, MAX_PORT } from "fourtuple";

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

Deno.test("EPHEMERAL_DEFAULTS has the range of each system and its source", () => {
  assertEquals(
    Object.entries(EPHEMERAL_DEFAULTS).map(([key, { system, range }]) =>
      `${key}: ${system} ${range} (${range.size})`
    ),
    [
      "linux: Linux 32768-60999 (28232)",
      "windows: Windows 49152-65535 (16384)",
      "macos: macOS 49152-65535 (16384)",
      "freebsd: FreeBSD 10000-65535 (55536)",
      "historic: every unprivileged port 1024-65535 (64512)",
    ],
  );
  for (const { source } of Object.values(EPHEMERAL_DEFAULTS)) {
    assertMatch(source, /ip-sysctl|netinet\/in\.h|Microsoft|RFC 6056/);
  }
});
