import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ephemeralRange,
  parseDynamicPort,
  parseLocalPortRange,
  parsePortRangeSysctl,
} from "../../../lib/observe/machine/ephemeral_range.ts";
import type { Refusal } from "../../../lib/refusal.ts";
import { requires } from "../../requirements.ts";

Deno.test("ephemeralRange() is the range that bind(0) keeps to", () => {
  const range = ephemeralRange();
  for (const hostname of ["127.0.0.1", "::1"]) {
    const listeners = Array.from({ length: 40 }, () => Deno.listen({ hostname, port: 0 }));
    const ports = listeners.map(({ addr }) => addr.port);
    listeners.forEach((listener) => listener.close());
    assertEquals(ports.filter((port) => !range.has(port)), [], `${hostname}: outside of ${range}`);
  }
});

Deno.test({
  name: "ephemeralRange() is the network namespace's own, as it is now",
  ...requires("network namespace"),
  fn() {
    const module = new URL("../../../lib/observe/machine/ephemeral_range.ts", import.meta.url).href;
    const program = `
      import { ephemeralRange } from ${JSON.stringify(module)};
      console.log(String(ephemeralRange()));
      Deno.writeTextFileSync("/proc/sys/net/ipv4/ip_local_port_range", "10000 65535");
      console.log(String(ephemeralRange()));
    `;
    const { stdout, stderr } = new Deno.Command("unshare", {
      args: ["-Urn", Deno.execPath(), "eval", program],
      env: { NO_COLOR: "1" },
    }).outputSync();
    const [before, after] = new TextDecoder().decode(stdout).split("\n");
    assertEquals(after, "10000-65535", new TextDecoder().decode(stderr));
    assert(before !== after);
    assert(`${ephemeralRange()}` !== after, "the namespace's range reached this one");
  },
});

Deno.test("parseLocalPortRange() reads what Linux prints", () => {
  assertEquals(`${parseLocalPortRange("32768\t60999\n")}`, "32768-60999");
  assertEquals(`${parseLocalPortRange("1 65535")}`, "1-65535");
});

Deno.test("parseLocalPortRange() refuses anything else", () => {
  for (const text of ["", "32768\n", "1 2 3"]) {
    const error = assertThrows(() => parseLocalPortRange(text), SyntaxError) as Refusal;
    assertEquals(error.part, JSON.stringify(text));
  }
  assertThrows(
    () => parseLocalPortRange("1 65536"),
    RangeError,
    "65536",
  );
});

Deno.test("parsePortRangeSysctl() reads what macOS and FreeBSD print", () => {
  assertEquals(`${parsePortRangeSysctl("49152\n65535\n")}`, "49152-65535");
  assertEquals(`${parsePortRangeSysctl("10000\n65535\n")}`, "10000-65535");
  assertThrows(
    () => parsePortRangeSysctl("sysctl: unknown oid"),
    SyntaxError,
    "sysctl: unknown oid",
  );
});

const ENGLISH = "\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\n" +
  "Start Port      : 49152\r\nNumber of Ports : 16384\r\n\r\n";
const GERMAN = "\r\nDynamischer Portbereich für Protokoll tcp\r\n" +
  "---------------------------------\r\nStartport          : 1025\r\n" +
  "Anzahl von Ports   : 64511\r\n\r\n";

Deno.test("parseDynamicPort() reads what Windows prints, in any language", () => {
  assertEquals(`${parseDynamicPort(ENGLISH)}`, "49152-65535");
  assertEquals(`${parseDynamicPort(GERMAN)}`, "1025-65535");
  assertEquals(`${parseDynamicPort(ENGLISH.replaceAll("\r", ""))}`, "49152-65535");
  assertThrows(() => parseDynamicPort("Start Port : 49152"), SyntaxError, "a number of ports");
  assertThrows(() => parseDynamicPort(ENGLISH.replace("16384", "16385")), RangeError, "65536");
  assertThrows(() => parseDynamicPort(ENGLISH.replace("16384", "0")), RangeError, "not above");
});
