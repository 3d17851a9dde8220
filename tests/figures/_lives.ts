/** Lives of sockets, written on one line. */
import { parseEndpoint, type Protocol, type SocketLife, type SocketState } from "fourtuple";

/**
 * Reads "10.0.0.5:51234 > 203.0.113.80:443 | ESTABLISHED 10-250, TIME_WAIT 250-60250"; a "*" at the
 * right is anybody.
 */
export function life(text: string, socket = 1): SocketLife {
  const [ends, states] = text.split(" | ") as [string, string];
  const [near, far] = ends.split(" > ") as [string, string];
  const local = parseEndpoint(near);
  const anybody = local.family === "IPv4" ? "0.0.0.0:0" : "[::]:0";
  const spans = states.split(", ").map((span) => {
    const [state, times] = span.split(" ") as [SocketState, string];
    const [from, to] = times.split("-").map(Number) as [number, number];
    return { state, from, to };
  });
  const protocol: Protocol = spans[0]!.state.endsWith("CONNECTED") ? "udp" : "tcp";
  return {
    socket,
    protocol,
    family: local.family,
    local,
    remote: parseEndpoint(far === "*" ? anybody : far),
    spans,
    queues: [],
    wasThere: spans[0]!.from === 0,
    isThere: false,
  };
}

/** What a timeline figure takes. */
export function seen(lines: readonly string[], duration = 1000) {
  const sockets = lines.map((line, index) => life(line, index + 1));
  return { sockets, duration, marks: [] as { time: number; text: string }[] };
}

/** A listener and both ends of one connection. */
export const ONE_CONNECTION: readonly string[] = [
  "203.0.113.80:443 > * | LISTEN 0-1000",
  "203.0.113.80:443 > 10.0.0.5:51234 | ESTABLISHED 100-400, CLOSE_WAIT 400-700, LAST_ACK 700-702",
  "10.0.0.5:51234 > 203.0.113.80:443 | SYN_SENT 99-100, ESTABLISHED 100-400, FIN_WAIT_2 400-700, TIME_WAIT 700-1000",
];
