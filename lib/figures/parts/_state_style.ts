/** How the states of sockets are drawn in figures that show states alone. */
import type { SocketState } from "../../tuples/socket_state.ts";
import { type MarkStyle, PALETTE } from "./palette.ts";

/** UDP has one colour; with a peer its star is filled. */
export function stateStyle(state: SocketState): MarkStyle {
  if (state === "CONNECTED") return PALETTE.udp;
  if (state === "UNCONNECTED") return { ...PALETTE.udp, symbol: "star-open" };
  return PALETTE[state];
}

/** Returns a marker for each state; one whose symbol is open is white inside, and hides what is under it. */
export function stateMarker(states: readonly SocketState[], size: number): Record<string, unknown> {
  const styles = states.map(stateStyle);
  const isOpen = styles.map(({ symbol }) => symbol.endsWith("-open"));
  return {
    symbol: styles.map(({ symbol }) => symbol.replace("-open", "")),
    color: styles.map(({ color }, index) => isOpen[index] ? "#ffffff" : color),
    size,
    opacity: 1,
    line: {
      color: styles.map(({ color }, index) => isOpen[index] ? color : "#ffffff"),
      width: isOpen.map((open) => open ? 2 : 1),
    },
  };
}
