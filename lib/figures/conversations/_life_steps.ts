/** The steps of a life, checked and placed. */
import { check, oneOf, quote } from "../../refusal.ts";
import { TCP_STATES, type TcpState } from "../../tuples/socket_state.ts";
import { itemsOf, words } from "../parts/_checks.ts";
import { wrap } from "../parts/_words.ts";

/** Whose lane it is. */
export type Lane = "client" | "server";

/** One step of a life. */
export interface LifeCycleStep {
  /** Which end takes the step. */
  readonly lane: Lane;
  /** The system call, or what the kernel does by itself: "connect()". */
  readonly call: string;
  /** The state of the socket in this lane from then on; the same as before by default. */
  readonly state?: TcpState;
  /** What the step sends to the other lane; nothing by default. */
  readonly to?: LifeCycleArrival;
}

/** What arrives in the other lane. */
export interface LifeCycleArrival {
  /** What travels, in a few letters: "SYN, ACK". */
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

const CALL_LETTERS = 13;
const STEPS = { cannot: "Cannot draw the life of a connection", one: "step" };
const LANE = oneOf("client", "server");
const STATE = oneOf(...TCP_STATES);
const AFTER_ARRIVAL_PX = 28;
const BETWEEN_STEPS_PX = 12;

/**
 * Checks the steps, and places them one under the other.
 *
 * @throws {TypeError} If a step is not one
 */
export function placeSteps(steps: Iterable<LifeCycleStep>): PlacedStep[] {
  let y = 0;
  return itemsOf(steps, STEPS).map((step) => {
    checkStep(step);
    const placed = { ...step, lines: wrap(step.call, CALL_LETTERS), y };
    y = endOf(placed);
    return placed;
  });
}

/** Returns where the next step may begin. */
export function endOf({ lines, state, to, y }: PlacedStep): number {
  const labels = (lines.length + (state === undefined ? 0 : 1)) * LINE_PX + BETWEEN_STEPS_PX;
  return y + Math.max(labels, to === undefined ? 0 : TRAVEL_PX + AFTER_ARRIVAL_PX);
}

function checkStep({ lane, call, state, to }: LifeCycleStep): void {
  check(call, words, { cannot: STEPS.cannot, what: "a call" });
  const cannot = `Cannot draw the step ${quote(call)}`;
  check(lane, LANE, { cannot, what: "a lane" });
  if (to !== undefined) check(to.segment, words, { cannot, what: "a segment" });
  for (const named of [state, to?.state]) {
    if (named !== undefined) check(named, STATE, { cannot, what: "a state" });
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
