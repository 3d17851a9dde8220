/** The lines with which services answer; what they mean, line_protocol.ts says. */
import type { CloseReason, PortRefusalReason } from "./line_protocol.ts";

/** Returns the line that refuses a request. */
export function refusalLine(reason: PortRefusalReason, sentence: string): string {
  return `refused ${reason}: ${sentence}`;
}

/** Returns the last line of a conversation that broke a rule. */
export function closingLine(reason: CloseReason, sentence: string): string {
  return `closed ${reason}: ${sentence}`;
}

/** Returns the line that grants a port. */
export function grantLine(port: number): string {
  return `port ${port}`;
}

/** Returns the answer to a client that has its port and goes on asking. */
export function holdingLine(port: number): string {
  return refusalLine("holding", `you hold port ${port}: talk there`);
}
