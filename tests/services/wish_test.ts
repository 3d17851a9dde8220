import { assertEquals } from "@std/assert";
import { PortRange } from "fourtuple";
import { readWish } from "../../lib/services/_requested_port.ts";

const RANGE = PortRange.parse("6000-6009");

Deno.test("readWish() reads the port of the range that a line asks for", () => {
  assertEquals(["6000", "6009", "06001"].map((line) => readWish(line, RANGE)), [6000, 6009, 6001]);
  assertEquals(readWish("80", PortRange.parse("80-90")), 80); // the server's own decision
});

Deno.test("readWish() tells why a line asks for no port of the range", () => {
  const digits = "a port is decimal digits and nothing else, got";
  const well = "ports up to 1023 belong to the system's services, got";
  const cases: [line: string, refusal: string, port?: number][] = [
    ["", "number: a port is one or more decimal digits, got none"],
    ["http", `number: ${digits} "http"`],
    ["80abc", `number: ${digits} "abc"`],
    [" 6001", `number: ${digits} " " (U+0020)`],
    ["+6001", `number: ${digits} "+"`],
    ["-1", `number: ${digits} "-"`],
    ["6001.0", `number: ${digits} "."`],
    ["0x1771", `number: ${digits} "x"`],
    ["6e3", `number: ${digits} "e"`],
    [": a port is 80", `number: ${digits} ": a port is "`],
    ["65536", "range: a port is at most 65535, got 65536"],
    [
      "9".repeat(33),
      `range: a port is at most 65535, got "${"9".repeat(33)}"`,
    ],
    ["0", "range: this server grants 6000-6009, got 0", 0],
    ["1", `privileged: ${well} 1`, 1],
    ["1023", `privileged: ${well} 1023`, 1023],
    ["1024", "range: this server grants 6000-6009, got 1024", 1024],
    ["5999", "range: this server grants 6000-6009, got 5999", 5999],
    ["6010", "range: this server grants 6000-6009, got 6010", 6010],
    ["65535", "range: this server grants 6000-6009, got 65535", 65535],
  ];
  for (const [line, refusal, port] of cases) {
    const wish = readWish(line, RANGE);
    if (typeof wish === "number") throw new Error(`granted ${wish} for "${line}"`);
    assertEquals(`${wish.reason}: ${wish.sentence}`, refusal, line);
    assertEquals(wish.port, port, line);
  }
});
