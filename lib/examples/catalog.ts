/**
 * The index of the examples: the articles' servers, clients, patterns and commands, each a program
 * of its own in one file, which imports nothing of this library and can be copied as it is.
 *
 * | article | of it | file |
 * | --- | --- | --- |
 * | Ports and Sockets, the book chapter | TCP server | `hello_server.ts` |
 * | Ports and Sockets, the book chapter | TCP client | `hello_client.ts` |
 * | Ports and Sockets, the book chapter | datagrams, the server | `datagram_server.ts` |
 * | Ports and Sockets, the book chapter | datagrams, the client | `datagram_client.ts` |
 * | Ports and Sockets, the book chapter | four applications, one host | `four_services.ts` |
 * | Ports and Sockets, the book chapter | several connections, one port | `one_port_many_clients.ts` |
 * | Ports and Sockets, the book chapter | ephemeral port range | `ephemeral_range.ts` |
 * | Ports and Sockets, the book chapter | port exhaustion | `port_exhaustion.ts` |
 * | Ports and Sockets, the book chapter | viewing port usage | `port_usage.ts` |
 * | Ports and Sockets, the book chapter | port 0 | `port_zero.ts` |
 * | Ports and Sockets, the book chapter | reserved ports | `privileged_port.ts` |
 * | Ports and Sockets, the book chapter | ports in each packet | `segment_bytes.ts` |
 * | Port vs. Socket | echo server | `echo_server.ts` |
 * | Port vs. Socket | a client for it | `echo_client.ts` |
 * | Port vs. Socket | a socket for each client | `echo_server_many.ts` |
 * | Clients, Servers, and Ports | request-response | `http_server.ts` |
 * | Clients, Servers, and Ports | request-response, the client | `request_response_client.ts` |
 * | Clients, Servers, and Ports | one connection per request | `connection_per_request_client.ts` |
 * | Clients, Servers, and Ports | long-lived, chat | `chat_server.ts` |
 * | Clients, Servers, and Ports | long-lived, chat, the client | `chat_client.ts` |
 * | Clients, Servers, and Ports | long-lived, WebSocket | `websocket_server.ts` |
 * | Clients, Servers, and Ports | long-lived, WebSocket, the client | `websocket_client.ts` |
 * | Clients, Servers, and Ports | fire and forget | `metrics_server.ts` |
 * | Clients, Servers, and Ports | fire and forget, the client | `metrics_client.ts` |
 * | Clients, Servers, and Ports | binding to addresses | `bound_address.ts` |
 * | Clients, Servers, and Ports | address already in use | `address_in_use.ts` |
 * | Ports and Sockets, with Telnet and FTP | Telnet | `telnet_server.ts` |
 * | Ports and Sockets, with Telnet and FTP | FTP and its two ports | `ftp_server.ts` |
 * | Ports and Sockets, with Telnet and FTP | FTP, the client | `ftp_client.ts` |
 * | Explicitly assigning port number to client | server-allocated numbers | `assigned_ports_server.ts` |
 * | Explicitly assigning port number to client | client-specified numbers | `asked_ports_server.ts` |
 * | Explicitly assigning port number to client | clients A and B with ports of their own | `client_port.ts` |
 *
 * @module
 */

/** What each article is called here. */
export type Article =
  | "Ports and Sockets, the book chapter"
  | "Port vs. Socket"
  | "Clients, Servers, and Ports"
  | "Ports and Sockets, with Telnet and FTP"
  | "Explicitly assigning port number to client";

/** One of the programs. */
export interface Example {
  /** The article that has the program's counterpart. */
  readonly article: Article;
  /** Which program, pattern or command of the article that is. */
  readonly of: string;
  /** What the program does. */
  readonly does: string;
}

/** The programs, by their file's name: an article after the other, in the order of the index. */
export const EXAMPLES = {
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
    does: "calls one server from several addresses and shows every five-tuple",
  },
  "ephemeral_range.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "ephemeral port range",
    does: "shows the range of ephemeral ports, and sets it",
  },
  "port_exhaustion.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "port exhaustion",
    does: "connects until no port is left",
  },
  "port_usage.ts": {
    article: "Ports and Sockets, the book chapter",
    of: "viewing port usage",
    does: "lists who listens, what is connected, and who owns a port",
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
    does: "answers a web client as often as it asks, on one connection or several",
  },
  "request_response_client.ts": {
    article: "Clients, Servers, and Ports",
    of: "request-response, the client",
    does: "asks a web server one question after the other on one connection",
  },
  "connection_per_request_client.ts": {
    article: "Clients, Servers, and Ports",
    of: "one connection per request",
    does: "opens a connection to a web server for each question",
  },
  "chat_server.ts": {
    article: "Clients, Servers, and Ports",
    of: "long-lived, chat",
    does: "passes on what each TCP client says to all the others",
  },
  "chat_client.ts": {
    article: "Clients, Servers, and Ports",
    of: "long-lived, chat, the client",
    does: "says each line of its input, and prints each line that it hears",
  },
  "websocket_server.ts": {
    article: "Clients, Servers, and Ports",
    of: "long-lived, WebSocket",
    does: "welcomes each WebSocket client and sends news, unasked",
  },
  "websocket_client.ts": {
    article: "Clients, Servers, and Ports",
    of: "long-lived, WebSocket, the client",
    does: "prints what a WebSocket server says, and says its own words",
  },
  "metrics_server.ts": {
    article: "Clients, Servers, and Ports",
    of: "fire and forget",
    does: "counts what UDP datagrams tell, and answers none of them",
  },
  "metrics_client.ts": {
    article: "Clients, Servers, and Ports",
    of: "fire and forget, the client",
    does: "sends UDP datagrams and waits for nothing",
  },
  "bound_address.ts": {
    article: "Clients, Servers, and Ports",
    of: "binding to addresses",
    does: "listens at one address and tries from which others it is reached",
  },
  "address_in_use.ts": {
    article: "Clients, Servers, and Ports",
    of: "address already in use",
    does: "meets a taken port and a port in TIME_WAIT, with and without SO_REUSEADDR",
  },
  "telnet_server.ts": {
    article: "Ports and Sockets, with Telnet and FTP",
    of: "Telnet",
    does: "gives every TCP client a session, all at one port",
  },
  "ftp_server.ts": {
    article: "Ports and Sockets, with Telnet and FTP",
    of: "FTP and its two ports",
    does: "talks on one connection and delivers files on another",
  },
  "ftp_client.ts": {
    article: "Ports and Sockets, with Telnet and FTP",
    of: "FTP, the client",
    does: "fetches a file: words on one connection, the file on another",
  },
  "assigned_ports_server.ts": {
    article: "Explicitly assigning port number to client",
    of: "server-allocated numbers",
    does: "lends every TCP client a port of the server's choice",
  },
  "asked_ports_server.ts": {
    article: "Explicitly assigning port number to client",
    of: "client-specified numbers",
    does: "lends every TCP client the port that it asks for, or says why not",
  },
  "client_port.ts": {
    article: "Explicitly assigning port number to client",
    of: "clients A and B with ports of their own",
    does: "calls a server from a port of its own choice",
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
 * import { exampleUrl } from "fourtuple/examples";
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
