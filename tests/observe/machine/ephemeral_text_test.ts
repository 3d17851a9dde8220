import { assertEquals, assertThrows } from "@std/assert";
import {
  parseDynamicPort,
  parseLocalPortRange,
  parsePortRangeSysctl,
} from "../../../lib/observe/machine/_ephemeral_text.ts";

Deno.test("parseLocalPortRange() reads what Linux prints", () => {
  assertEquals(`${parseLocalPortRange("32768\t60999\n")}`, "32768-60999");
  assertEquals(`${parseLocalPortRange("1 65535")}`, "1-65535");
});

Deno.test("parseLocalPortRange() refuses anything else", () => {
  const message = (text: string) =>
    assertThrows(() => parseLocalPortRange(text), SyntaxError).message;
  const rule = "the system tells two ports with a blank between them, got something else";
  assertEquals(message(""), `Cannot parse ephemeral range "": ${rule}`);
  assertEquals(message("32768\n"), `Cannot parse ephemeral range "32768\\n": ${rule}`);
  assertEquals(message("1 2 3"), `Cannot parse ephemeral range "1 2 3": ${rule}`);
  assertThrows(
    () => parseLocalPortRange("1 65536"),
    RangeError,
    'Cannot parse port range "1-65536": a port is at most 65535, got 65536',
  );
});

Deno.test("parsePortRangeSysctl() reads what macOS and FreeBSD print", () => {
  assertEquals(`${parsePortRangeSysctl("49152\n65535\n")}`, "49152-65535");
  assertEquals(`${parsePortRangeSysctl("10000\n65535\n")}`, "10000-65535");
  assertThrows(
    () => parsePortRangeSysctl("sysctl: unknown oid"),
    SyntaxError,
    'Cannot parse ephemeral range "sysctl: unknown oid": the system tells two ports, one a line',
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
