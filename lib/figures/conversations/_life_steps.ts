/** The steps of a life, checked and placed. */
import { TCP_STATES, type TcpState } from "../../tuples/socket_state.ts";
import { isTcpState } from "../parts/palette.ts";
import { assertWords, wrap } from "../parts/_words.ts";

/** Whose lane it is. */
export type Lane = "client" | "server";

/** One step of a life. */
export interface LifeCycleStep {
  /** Who takes the step. */
  readonly lane: Lane;
  /**
   * The system call, or what the kernel does by itself, at most 26 characters and no word longer
   * than 13: "connect()".
   */
  readonly call: string;
  /** The state of the socket in this lane from then on; the same as before by default. */
  readonly state?: TcpState;
  /** What the step sends to the other lane; nothing by default. */
  readonly to?: LifeCycleArrival;
}

/** What arrives in the other lane. */
export interface LifeCycleArrival {
  /** What travels, at most 10 characters: "SYN, ACK". */
  readonly segment: string;
  /** The state of the socket there from then on; the same as before by default. */
  readonly state?: TcpState;
}

/** A step and its place. */
export interface PlacedStep extends LifeCycleStep {
  /** The call, in lines that fit beside a lane. */
  readonly lines: readonly string[];
  /** In px from the top of the plot. */
  readonly y: number;
}

/** A state that a socket comes to. */
export interface StateChange {
  /** Whose socket it is. */
  readonly lane: Lane;
  /** The state. */
  readonly state: TcpState;
  /** In px from the top of the plot. */
  readonly y: number;
}

/** Both lanes, from the left. */
export const LANES: readonly Lane[] = ["client", "server"];
/** The height of a line of text, in px. */
export const LINE_PX = 15;
/** From a step down to the arrival of what it sends, in px. */
export const TRAVEL_PX = 32;

const CALL_LENGTH = 13;
const CALL_LINES = 2;
const MAX_SEGMENT = 10;
const AFTER_ARRIVAL_PX = 28;
const BETWEEN_STEPS_PX = 12;

/** Checks the steps, and places them one under the other. */
export function placeSteps(steps: readonly LifeCycleStep[]): PlacedStep[] {
  let y = 0;
  return steps.map((step) => {
    assertStep(step);
    const placed = { ...step, lines: wrap(step.call, CALL_LENGTH), y };
    y = endOf(placed);
    return placed;
  });
}

/** Where the next step may stand. */
export function endOf({ lines, state, to, y }: PlacedStep): number {
  const labels = (lines.length + (state === undefined ? 0 : 1)) * LINE_PX + BETWEEN_STEPS_PX;
  return y + Math.max(labels, to === undefined ? 0 : TRAVEL_PX + AFTER_ARRIVAL_PX);
}

function assertStep({ lane, call, state, to }: LifeCycleStep): void {
  const as = "draw the step";
  assertWords(call, { as, most: CALL_LENGTH * CALL_LINES });
  if (!LANES.includes(lane)) {
    throw new RangeError(`Cannot ${as} "${call}": a lane is "client" or "server", got "${lane}"`);
  }
  const lines = wrap(call, CALL_LENGTH);
  if (lines.length > CALL_LINES || lines.some((line) => line.length > CALL_LENGTH)) {
    throw new RangeError(
      `Cannot ${as} "${call}": it fits on ${CALL_LINES} lines of ${CALL_LENGTH} characters, ` +
        `got ${lines.map((line) => `"${line}"`).join(", ")}`,
    );
  }
  if (to !== undefined) {
    assertWords(to.segment, { as: `draw what "${call}" sends as`, most: MAX_SEGMENT });
  }
  for (const named of [state, to?.state]) {
    if (named !== undefined && !isTcpState(named)) {
      throw new RangeError(
        `Cannot ${as} "${call}": a state is one of ${TCP_STATES.join(", ")}, got "${named}"`,
      );
    }
  }
}

/** Returns the states that both sockets come to, from the top to the bottom. */
export function changesOf(steps: readonly PlacedStep[]): StateChange[] {
  return steps.flatMap(({ lane, state, to, y }) => [
    ...(state === undefined ? [] : [{ lane, state, y }]),
    ...(to?.state === undefined
      ? []
      : [{ lane: otherLane(lane), state: to.state, y: y + TRAVEL_PX }]),
  ]);
}

/** Returns the lane on the other side. */
export function otherLane(lane: Lane): Lane {
  return lane === "client" ? "server" : "client";
}
