import { assertEquals, assertThrows } from "@std/assert";
import { defaultPort } from "fourtuple";

Deno.test("defaultPort() knows the port that a URL leaves out", () => {
  // The parser of URLs is the judge: it drops a port exactly when that is the scheme's own.
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
    // A service, but nobody writes URLs of it.
    ["discard:", undefined],
    [":", undefined],
    [" https:", undefined],
  ];
  for (const [scheme, port] of cases) assertEquals(defaultPort(scheme), port, scheme);
});

Deno.test("defaultPort() refuses a scheme without its colon", () => {
  const cases: [unknown, ErrorConstructor, string][] = [
    ["https", SyntaxError, 'Cannot look up scheme "https": a scheme ends in a colon, got none'],
    ["", SyntaxError, 'Cannot look up scheme "": a scheme ends in a colon, got none'],
    [443, TypeError, 'Cannot look up scheme "443": a scheme is a string, got a number'],
    [
      new URL("https://example.org"),
      TypeError,
      "Cannot look up scheme an object: a scheme is a string, got an object",
    ],
  ];
  for (const [scheme, type, message] of cases) {
    assertEquals(assertThrows(() => defaultPort(scheme as string), type).message, message);
  }
});
