/** The states of TCP and the arrows between them, and where a narrow figure has room for them. */
import type { TcpState } from "../../tuples/socket_state.ts";

/** A place, in px: across from the middle of the plot, down from its top. */
type Place = readonly [x: number, y: number];

/** A way from one state to another. */
export interface StateArrow {
  /** The state before. */
  readonly from: TcpState;
  /** The state after. */
  readonly to: TcpState;
  /** The call, or what arrives. */
  readonly event: string;
  /** The segment that the kernel sends then; none by default. */
  readonly sends?: string;
  /** Why Linux does not go this way; by default it does. */
  readonly never?: string;
  /** Its corners; the last is its tip. */
  readonly path: readonly Place[];
  /** Where its words are: left and right of the place, or around it; in the middle of their lines. */
  readonly words: { readonly at: Place; readonly side: "left" | "right" | "center" };
}

/** A box with the name of a state. */
export interface StateBox {
  /** The state. */
  readonly state: TcpState;
  /** Its middle. */
  readonly at: Place;
  /** Its width, in px. */
  readonly width: number;
}

/** The height of a box, in px. */
export const STATE_BOX_PX = 26;
/** The height of a line of an arrow's words, in px. */
export const ARROW_LINE_PX = 14;
/** The height of the whole, in px. */
export const DIAGRAM_PX = 626;

/** The boxes; CLOSE is drawn where a socket begins and where it ends. */
export const STATE_BOXES: readonly StateBox[] = [
  { state: "CLOSE", at: [0, 20], width: 64 },
  { state: "LISTEN", at: [-110, 96], width: 86 },
  { state: "SYN_SENT", at: [110, 96], width: 86 },
  { state: "SYN_RECV", at: [-110, 196], width: 86 },
  { state: "ESTABLISHED", at: [0, 266], width: 100 },
  { state: "FIN_WAIT_1", at: [-110, 364], width: 86 },
  { state: "CLOSE_WAIT", at: [110, 364], width: 86 },
  { state: "FIN_WAIT_2", at: [-110, 454], width: 86 },
  { state: "CLOSING", at: [0, 454], width: 70 },
  { state: "LAST_ACK", at: [110, 454], width: 86 },
  { state: "TIME_WAIT", at: [-110, 526], width: 86 },
  { state: "CLOSE", at: [0, 604], width: 64 },
];

/**
 * The arrows of RFC 9293, figure 5, and the one from FIN_WAIT_1 to TIME_WAIT that its second note
 * adds. As there, a reset is drawn only where it leads back to LISTEN.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9293#section-3.3.2}
 */
export const STATE_ARROWS: readonly StateArrow[] = [
  {
    from: "CLOSE",
    to: "LISTEN",
    event: "listen()",
    path: [[-32, 20], [-130, 20], [-130, 83]],
    words: { at: [-126, 38], side: "right" },
  },
  {
    from: "CLOSE",
    to: "SYN_SENT",
    event: "connect()",
    sends: "SYN",
    path: [[32, 20], [130, 20], [130, 83]],
    words: { at: [126, 45], side: "left" },
  },
  {
    from: "LISTEN",
    to: "CLOSE",
    event: "close()",
    path: [[-67, 90], [-18, 90], [-18, 33]],
    words: { at: [-22, 76], side: "left" },
  },
  {
    from: "SYN_SENT",
    to: "CLOSE",
    event: "close()",
    path: [[67, 90], [18, 90], [18, 33]],
    words: { at: [22, 76], side: "right" },
  },
  {
    from: "LISTEN",
    to: "SYN_SENT",
    event: "send()",
    sends: "SYN",
    never: "send() on a listening socket fails with EPIPE",
    path: [[-67, 103], [67, 103]],
    words: { at: [0, 122], side: "center" },
  },
  {
    from: "LISTEN",
    to: "SYN_RECV",
    event: "SYN",
    sends: "SYN+ACK",
    path: [[-100, 109], [-100, 183]],
    words: { at: [-95, 153], side: "right" },
  },
  {
    from: "SYN_RECV",
    to: "LISTEN",
    event: "RST",
    path: [[-140, 183], [-140, 109]],
    words: { at: [-136, 146], side: "right" },
  },
  {
    from: "SYN_SENT",
    to: "SYN_RECV",
    event: "SYN",
    sends: "SYN+ACK",
    path: [[90, 109], [90, 196], [-67, 196]],
    words: { at: [86, 179], side: "left" },
  },
  {
    from: "SYN_SENT",
    to: "ESTABLISHED",
    event: "SYN+ACK",
    sends: "ACK",
    path: [[130, 109], [130, 266], [50, 266]],
    words: { at: [126, 240], side: "left" },
  },
  {
    from: "SYN_RECV",
    to: "ESTABLISHED",
    event: "ACK",
    path: [[-100, 209], [-100, 266], [-50, 266]],
    words: { at: [-95, 246], side: "right" },
  },
  {
    from: "SYN_RECV",
    to: "FIN_WAIT_1",
    event: "close()",
    sends: "FIN",
    path: [[-140, 209], [-140, 351]],
    words: { at: [-136, 296], side: "right" },
  },
  {
    from: "ESTABLISHED",
    to: "FIN_WAIT_1",
    event: "close()",
    sends: "FIN",
    path: [[-20, 279], [-20, 358], [-67, 358]],
    words: { at: [-24, 332], side: "left" },
  },
  {
    from: "ESTABLISHED",
    to: "CLOSE_WAIT",
    event: "FIN",
    sends: "ACK",
    path: [[20, 279], [20, 364], [67, 364]],
    words: { at: [24, 332], side: "right" },
  },
  {
    from: "FIN_WAIT_1",
    to: "FIN_WAIT_2",
    event: "ACK",
    path: [[-124, 377], [-124, 441]],
    words: { at: [-119, 409], side: "right" },
  },
  {
    from: "FIN_WAIT_1",
    to: "CLOSING",
    event: "FIN",
    sends: "ACK",
    path: [[-67, 370], [0, 370], [0, 441]],
    words: { at: [4, 404], side: "right" },
  },
  {
    from: "FIN_WAIT_1",
    to: "TIME_WAIT",
    event: "FIN+ACK",
    sends: "ACK",
    path: [[-75, 377], [-75, 392], [-52, 392], [-52, 520], [-67, 520]],
    words: { at: [-48, 490], side: "right" },
  },
  {
    from: "FIN_WAIT_2",
    to: "TIME_WAIT",
    event: "FIN",
    sends: "ACK",
    path: [[-124, 467], [-124, 513]],
    words: { at: [-119, 490], side: "right" },
  },
  {
    from: "CLOSING",
    to: "TIME_WAIT",
    event: "ACK",
    path: [[20, 467], [20, 532], [-67, 532]],
    words: { at: [24, 490], side: "right" },
  },
  {
    from: "CLOSE_WAIT",
    to: "LAST_ACK",
    event: "close()",
    sends: "FIN",
    path: [[92, 377], [92, 441]],
    words: { at: [96, 409], side: "right" },
  },
  {
    from: "LAST_ACK",
    to: "CLOSE",
    event: "ACK",
    path: [[110, 467], [110, 604], [32, 604]],
    words: { at: [106, 536], side: "left" },
  },
  {
    from: "TIME_WAIT",
    to: "CLOSE",
    event: "after 60 s",
    path: [[-110, 539], [-110, 604], [-32, 604]],
    words: { at: [-105, 572], side: "right" },
  },
];
