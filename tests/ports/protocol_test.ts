import { assertEquals } from "@std/assert";
import { assertProtocol, PROTOCOLS } from "fourtuple";
import { refused } from "../_refused.ts";

Deno.test("assertProtocol() takes each of PROTOCOLS", () => {
  assertEquals(PROTOCOLS, ["tcp", "udp"]);
  for (const protocol of PROTOCOLS) assertProtocol(protocol);
});

Deno.test("assertProtocol() refuses everything else", () => {
  const cases: [unknown, part: string][] = [
    ["", '""'],
    ["TCP", '"TCP"'],
    ["sctp", '"sctp"'],
    [6, "6"],
    [undefined, "undefined"],
    [["tcp"], "an array"],
  ];
  for (const [value, part] of cases) {
    assertEquals(refused(() => assertProtocol(value), TypeError).part, part);
  }
});
