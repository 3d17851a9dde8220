/** The output of `ss -tuanH`, as the lines that the kit's own rows are written in. */
import { type Connection, Endpoint } from "fourtuple";

const STATES: Readonly<Record<string, string>> = { ESTAB: "ESTABLISHED" };

/** One of our rows as a line. */
export function ourLine(row: Connection): string {
  const { protocol, state, local, remote, receiveQueue, sendQueue } = row;
  return [protocol, state, receiveQueue, sendQueue, local, remote].join(" ");
}

/** The sockets that ss(8) sees, in the same words. */
export function ssLines(output: string): string[] {
  return output.trimEnd().split("\n").filter((line) => line !== "").map((line) => {
    const [protocol, state, received, sent, local, remote] = line.split(/\s+/) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    // Of UDP sockets ss says UNCONN and ESTAB, of listening ones the backlog.
    const name = protocol === "udp"
      ? { UNCONN: "UNCONNECTED", ESTAB: "CONNECTED" }[state]
      : STATES[state] ?? state.replaceAll("-", "_");
    return [protocol, name, received, sent, endpoint(local), endpoint(remote)].join(" ");
  });
}

/** ss writes "*" for "::" where a socket takes both families, and for port 0. */
function endpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, colon).replace(/^\[|\]$/g, "");
  const port = text.slice(colon + 1);
  return Endpoint.from(host === "*" ? "::" : host, port === "*" ? 0 : Number(port));
}
