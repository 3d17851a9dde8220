/**
 * The port that a URL means when it names none.
 *
 * @module
 */
import { check, quote, quoteValue, refusal, text } from "../refusal.ts";
import { servicePort } from "./service_names.ts";

/** A WebSocket begins as an HTTP request (RFC 6455 section 3). */
const WEBSOCKET: ReadonlyMap<string, string> = new Map([["ws", "http"], ["wss", "https"]]);

/**
 * Schemes named after the service that they use, over TCP. With the two above they include the special
 * schemes of the URL standard, whose default port a parsed URL leaves out
 * (https://url.spec.whatwg.org/#special-scheme). Not every service name is a scheme.
 */
const SCHEMES: ReadonlySet<string> = new Set(
  ("amqp amqps ftp git gopher http https imap ipp ldap ldaps mongodb mqtt mysql nfs nntp postgres " +
    "postgresql redis rsync rtsp sip sips smb ssh svn telnet vnc").split(" "),
);

/**
 * Returns the port that a URL of a scheme means when it names none, or `undefined` for a scheme
 * that has no port or is not known.
 *
 * @param scheme A scheme with its colon, as `URL.protocol` gives it; capitals do not matter
 * @throws {TypeError} If `scheme` is not a string
 * @throws {SyntaxError} If `scheme` does not end in a colon
 *
 * @example The port of a URL, named or not
 * ```ts
 * import { defaultPort, parsePort } from "fourtuple/ports";
 * import { assertEquals } from "@std/assert";
 *
 * const url = new URL("https://example.org/");
 * assertEquals(url.port, "");
 * assertEquals(url.port === "" ? defaultPort(url.protocol) : parsePort(url.port), 443);
 * assertEquals(defaultPort("mailto:"), undefined);
 * ```
 */
export function defaultPort(scheme: string): number | undefined {
  const cannot = `Cannot look up scheme ${quoteValue(scheme)}`;
  check(scheme, text, { cannot, what: "a scheme" });
  if (!scheme.endsWith(":")) {
    const part = quote(scheme.slice(-1));
    throw refusal(SyntaxError, { cannot, rule: "a scheme ends in a colon", part });
  }
  const name = scheme.slice(0, -1).toLowerCase();
  const service = WEBSOCKET.get(name) ?? name;
  return SCHEMES.has(service) ? servicePort(service, "tcp") : undefined;
}
