/** Which states go with a peer, and which without one. */
import { quote } from "../../refusal.ts";
import type { SocketState } from "../../tuples/socket_state.ts";
import type { End } from "./_tool_endpoint.ts";
import { type Line, refuse } from "./_text_lines.ts";

const WITHOUT_PEER: readonly SocketState[] = ["LISTEN"];
const WITH_OR_WITHOUT: readonly SocketState[] = ["CLOSE", "UNCONNECTED"];

/** Refuses a listener that has a peer, and a connection that has none: no tool prints such a row. */
export function assertPeer(line: Line, state: SocketState, far: End): void {
  if (WITH_OR_WITHOUT.includes(state)) return;
  if (WITHOUT_PEER.includes(state) === (far.port === 0)) return;
  refuse(
    line.tool,
    far,
    far.port === 0 ? `a socket in ${state} has a peer` : `a socket in ${state} has no peer`,
    quote(far.text),
  );
}
