import { assertEquals } from "@std/assert";
import { defaultPort } from "fourtuple";
import { refused } from "../_refused.ts";

Deno.test("defaultPort() knows the port that a URL leaves out", () => {
  // The URL parser decides: it drops a port exactly when it is the scheme's default.
  for (const scheme of ["ftp:", "http:", "https:", "ws:", "wss:"]) {
    const port = defaultPort(scheme);
    assertEquals(new URL(`${scheme}//host:${port}/`).port, "", scheme);
    assertEquals(new URL(`${scheme}//host:${port! + 1}/`).port, `${port! + 1}`);
  }
});

Deno.test("defaultPort() knows the schemes of common services", () => {
  const cases: [string, number | undefined][] = [
    ["https:", 443],
    ["HTTPS:", 443],
    ["ssh:", 22],
    ["redis:", 6379],
    ["postgres:", 5432],
    ["postgresql:", 5432],
    ["mysql:", 3306],
    ["mongodb:", 27017],
    ["imap:", 143],
    ["ldap:", 389],
    ["smb:", 445],
    ["vnc:", 5900],
    ["rtsp:", 554],
    ["git:", 9418],
    ["file:", undefined],
    ["data:", undefined],
    ["mailto:", undefined],
    // A service, but no URL scheme.
    ["discard:", undefined],
    [":", undefined],
    [" https:", undefined],
  ];
  for (const [scheme, port] of cases) assertEquals(defaultPort(scheme), port, scheme);
});

Deno.test("defaultPort() refuses a scheme without its colon", () => {
  const cases: [unknown, ErrorConstructor, part: string][] = [
    ["https", SyntaxError, '"s"'],
    ["", SyntaxError, '""'],
    [443, TypeError, "443"],
    [new URL("https://example.org"), TypeError, "an object"],
  ];
  for (const [scheme, type, part] of cases) {
    assertEquals(refused(() => defaultPort(scheme as string), type).part, part);
  }
});
