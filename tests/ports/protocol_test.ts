import { assertEquals, assertThrows } from "@std/assert";
import { assertProtocol, PROTOCOLS } from "fourtuple";

Deno.test("assertProtocol() takes each of PROTOCOLS", () => {
  assertEquals(PROTOCOLS, ["tcp", "udp"]);
  for (const protocol of PROTOCOLS) assertProtocol(protocol);
});

Deno.test("assertProtocol() refuses everything else", () => {
  const cases: [unknown, string][] = [
    ["", 'Cannot use "" as a protocol: a protocol is "tcp" or "udp", got ""'],
    ["TCP", 'Cannot use "TCP" as a protocol: a protocol is "tcp" or "udp", got "TCP"'],
    ["sctp", 'Cannot use "sctp" as a protocol: a protocol is "tcp" or "udp", got "sctp"'],
    [6, 'Cannot use "6" as a protocol: a protocol is "tcp" or "udp", got a number'],
    [
      undefined,
      'Cannot use "undefined" as a protocol: a protocol is "tcp" or "udp", got undefined',
    ],
    [["tcp"], 'Cannot use an array as a protocol: a protocol is "tcp" or "udp", got an array'],
  ];
  for (const [value, message] of cases) {
    assertEquals(assertThrows(() => assertProtocol(value), TypeError).message, message);
  }
});
