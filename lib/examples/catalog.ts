/**
 * The index of the examples: which of the articles' programs each one is, and what it does.
 *
 * @module
 */
import { check, quote, refusal, text } from "../refusal.ts";

/** What each article is called here. */
export type Article =
  | "Ports and Sockets, the book chapter"
  | "Port vs. Socket"
  | "Clients, Servers, and Ports"
  | "Ports and Sockets, with Telnet and FTP"
  | "Explicitly assigning port number to client";

/** One of the programs. */
export interface Example {
  /** The article that has a program like this one. */
  readonly article: Article;
  /** Which program, pattern or command of the article it is. */
  readonly of: string;
  /** What the program does. */
  readonly does: string;
}

/** The programs by file name, article by article, in the order in which the articles have them. */
export const EXAMPLES = {
  "first_server.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "TCP server, its core",
    does: "waits for one TCP client, reads what it sends, answers, and ends",
  },
  "hello_server.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "TCP server",
    does: "answers every TCP client with a greeting",
  },
  "hello_client.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "TCP client",
    does: "says hello to a TCP server and prints the answer",
  },
  "datagram_server.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "datagrams, the server",
    does: "sends every UDP datagram back",
  },
  "datagram_client.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "datagrams, the client",
    does: "sends UDP datagrams and waits for the answers",
  },
  "four_services.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "four applications, one host",
    does: "runs a web server, an SSH server, a database and an API on four ports",
  },
  "one_port_many_clients.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "several connections, one port",
    does: "connects to one server from several addresses and shows every five-tuple",
  },
  "ephemeral_range.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "ephemeral port range",
    does: "shows the range of ephemeral ports, and sets it",
  },
  "port_exhaustion.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "port exhaustion",
    does: "opens connections until no port is left",
  },
  "port_usage.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "viewing port usage",
    does: "lists listening ports, connections, and the process that has a port",
  },
  "port_zero.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "port 0",
    does: "lets the kernel pick several ports",
  },
  "privileged_port.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "reserved ports",
    does: "tries to listen on a privileged port",
  },
  "segment_bytes.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "ports in each packet",
    does: "shows the bytes of real TCP segments, the ports first",
  },
  "echo_server.ts": {
    article: "Port vs. Socket",
    of: "echo server",
    does: "sends one TCP client its own bytes back, step by step, and ends",
  },
  "echo_client.ts": {
    article: "Port vs. Socket",
    of: "a client for it",
    does: "sends messages to an echo server and reads them back",
  },
  "echo_server_many.ts": {
    article: "Port vs. Socket",
    of: "a socket for each client",
    does: "sends every TCP client its own bytes back, many at a time",
  },
  "http_server.ts": {
    article: "Clients, Servers, and Ports",
    of: "request-response",
    does: "answers every request of a web client, on one connection or several",
  },
  "request_response_client.ts": {
    article: "Clients, Servers, and Ports",
    of: "request-response, the client",
    does: "sends a web server one request after another on one connection",
  },
  "connection_per_request_client.ts": {
    article: "Clients, Servers, and Ports",
    of: "one connection per request",
    does: "opens a connection to a web server for each request",
  },
  "chat_server.ts": {
    article: "Clients, Servers, and Ports",
    of: "long-lived, chat",
    does: "sends what each TCP client says to all the others",
  },
  "chat_client.ts": {
    article: "Clients, Servers, and Ports",
    of: "long-lived, chat, the client",
    does: "sends each line of its input, and prints each line that it receives",
  },
  "websocket_server.ts": {
    article: "Clients, Servers, and Ports",
    of: "long-lived, WebSocket",
    does: "welcomes each WebSocket client and sends news without being asked",
  },
  "websocket_client.ts": {
    article: "Clients, Servers, and Ports",
    of: "long-lived, WebSocket, the client",
    does: "prints what a WebSocket server sends, and sends messages of its own",
  },
  "metrics_server.ts": {
    article: "Clients, Servers, and Ports",
    of: "fire and forget",
    does: "counts what UDP datagrams report, and answers none of them",
  },
  "metrics_client.ts": {
    article: "Clients, Servers, and Ports",
    of: "fire and forget, the client",
    does: "sends UDP datagrams and does not wait for an answer",
  },
  "bound_address.ts": {
    article: "Clients, Servers, and Ports",
    of: "binding to addresses",
    does: "listens on one address and tries which addresses reach it",
  },
  "address_in_use.ts": {
    article: "Clients, Servers, and Ports",
    of: "address already in use",
    does: "meets a taken port and a port in TIME_WAIT, with and without SO_REUSEADDR",
  },
  "telnet_server.ts": {
    article: "Ports and Sockets, with Telnet and FTP",
    of: "Telnet",
    does: "gives every TCP client a session, all on one port",
  },
  "ftp_server.ts": {
    article: "Ports and Sockets, with Telnet and FTP",
    of: "FTP and its two ports",
    does: "takes commands on one connection and sends files on another",
  },
  "ftp_client.ts": {
    article: "Ports and Sockets, with Telnet and FTP",
    of: "FTP, the client",
    does: "fetches a file: commands on one connection, the file on another",
  },
  "assigned_ports_server.ts": {
    article: "Explicitly assigning port number to client",
    of: "server-allocated numbers",
    does: "allocates a port to every TCP client, chosen by the server",
  },
  "asked_ports_server.ts": {
    article: "Explicitly assigning port number to client",
    of: "client-specified numbers",
    does: "allocates to every TCP client the port that it requests, or says why not",
  },
  "client_port.ts": {
    article: "Explicitly assigning port number to client",
    of: "clients A and B with ports of their own",
    does: "connects to a server from a port that it chooses itself",
  },
  "eavesdropper.ts": {
    article: "Explicitly assigning port number to client",
    of: "each client's data separate and secure",
    does: "prints what two other programs say to each other",
  },
} as const satisfies Readonly<Record<string, Example>>;

/** The file name of one of the programs. */
export type ExampleName = keyof typeof EXAMPLES;

/**
 * Returns where an example's file is, to run it or to show it.
 *
 * @throws {TypeError} If the name is not a text
 * @throws {RangeError} If no example has that name
 *
 * @example Where the echo server is
 * ```ts
 * import { exampleUrl } from "fourtuple/examples";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(exampleUrl("echo_server.ts").href, /\/examples\/echo_server\.ts$/);
 * ```
 */
export function exampleUrl(name: ExampleName): URL {
  const cannot = "Cannot find an example";
  check(name, text, { cannot, what: "its name" });
  if (!Object.hasOwn(EXAMPLES, name)) {
    const rule = `its name is one of ${Object.keys(EXAMPLES).join(", ")}`;
    throw refusal(RangeError, { cannot, rule, part: quote(name) });
  }
  return new URL(name, import.meta.url);
}
