import { assertEquals, assertThrows } from "@std/assert";
import { grantedPort, PortRefusedError } from "fourtuple";

Deno.test("grantedPort() returns the port of a grant", () => {
  assertEquals(["port 6001", "port 65535"].map(grantedPort), [6001, 65535]);
});

Deno.test("grantedPort() throws a refusal, with its reason", () => {
  const cases: [answer: string, reason: string][] = [
    ["refused exhausted: none of 6000-6001 is free", "exhausted"],
    ["refused taken: port 6001 is lent to another client", "taken"],
    ["closed full: this server has 2 at a time", "full"],
  ];
  for (const [answer, reason] of cases) {
    const error = assertThrows(
      () => grantedPort(answer),
      PortRefusedError,
      `Cannot get a port: a service grants one by "port" and its number, got "${answer}"`,
    );
    assertEquals(error.reason, reason);
  }
});

Deno.test("grantedPort() refuses what is no answer", () => {
  const rule = 'it is "port" and a number, or a refusal, got neither';
  const cases: [answer: string | undefined, message: string][] = [
    [undefined, `Cannot read the answer "undefined": ${rule}`],
    ["", `Cannot read the answer "": ${rule}`],
    ["6001", `Cannot read the answer "6001": ${rule}`],
    ["Ada, line 1: port 6001", `Cannot read the answer "Ada, line 1: port 6001": ${rule}`],
    [
      "port 6001 ",
      'Cannot parse port "6001 ": a port is decimal digits and nothing else, got " "',
    ],
  ];
  for (const [answer, message] of cases) {
    assertThrows(() => grantedPort(answer), SyntaxError, message);
  }
});
