/**
 * The index of the examples: the articles' servers and clients, each a program of its own in one
 * file, which imports nothing of this library and can be copied as it is.
 *
 * @module
 */

/** What each article is called here. */
export type Article =
  | "Ports and Sockets, the book chapter"
  | "Port vs. Socket"
  | "Explicitly assigning port number to client";

/** One of the programs. */
export interface Example {
  /** The article that has the program's counterpart. */
  readonly article: Article;
  /** What the program does. */
  readonly does: string;
}

/** The programs, by their file's name, in the order in which they are read. */
export const EXAMPLES = {
  "hello_server.ts": {
    article: "Ports and Sockets, the book chapter",
    does: "answers every TCP client with a greeting",
  },
  "hello_client.ts": {
    article: "Ports and Sockets, the book chapter",
    does: "says hello to a TCP server and prints the answer",
  },
  "echo_server.ts": {
    article: "Port vs. Socket",
    does: "sends one TCP client its own bytes back, step by step, and ends",
  },
  "echo_client.ts": {
    article: "Port vs. Socket",
    does: "sends messages to an echo server and reads them back",
  },
  "echo_server_many.ts": {
    article: "Port vs. Socket",
    does: "sends every TCP client its own bytes back, many at a time",
  },
  "datagram_server.ts": {
    article: "Ports and Sockets, the book chapter",
    does: "sends every UDP datagram back",
  },
  "datagram_client.ts": {
    article: "Ports and Sockets, the book chapter",
    does: "sends UDP datagrams and waits for the answers",
  },
  "four_services.ts": {
    article: "Ports and Sockets, the book chapter",
    does: "runs a web server, an SSH server, a database and an API on four ports",
  },
  "port_zero.ts": {
    article: "Ports and Sockets, the book chapter",
    does: "lets the kernel pick several ports",
  },
  "segment_bytes.ts": {
    article: "Ports and Sockets, the book chapter",
    does: "shows the bytes of real TCP segments, the ports first",
  },
  "privileged_port.ts": {
    article: "Ports and Sockets, the book chapter",
    does: "tries to listen on a privileged port",
  },
  "assigned_ports_server.ts": {
    article: "Explicitly assigning port number to client",
    does: "lends every TCP client a port of the server's choice",
  },
  "asked_ports_server.ts": {
    article: "Explicitly assigning port number to client",
    does: "lends every TCP client the port that it asks for, or says why not",
  },
} as const satisfies Readonly<Record<string, Example>>;

/** The file name of one of the programs. */
export type ExampleName = keyof typeof EXAMPLES;

/**
 * Returns where an example's file is, to run it or to show it.
 *
 * @throws {RangeError} If there is no example of that name
 *
 * @example Where the echo server is
 * ```ts
 * import { exampleUrl } from "fourtuple";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(exampleUrl("echo_server.ts").href, /\/examples\/echo_server\.ts$/);
 * ```
 */
export function exampleUrl(name: ExampleName): URL {
  if (!Object.hasOwn(EXAMPLES, name)) {
    throw new RangeError(
      `Cannot find the example "${name}": it must be one of ${Object.keys(EXAMPLES).join(", ")}`,
    );
  }
  return new URL(name, import.meta.url);
}
