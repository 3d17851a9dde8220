import { assertEquals, assertMatch } from "@std/assert";
import { EPHEMERAL_DEFAULTS } from "fourtuple";

Deno.test("EPHEMERAL_DEFAULTS has the range of each system and says where it stands", () => {
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
