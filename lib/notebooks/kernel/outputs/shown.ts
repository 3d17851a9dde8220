/** What a cell shows. */
import type { Message } from "../wire/messages.ts";

/** A message that shows something: its type and content are those of Jupyter's iopub messages. */
export interface Shown extends Pick<Message, "metadata" | "content" | "buffers"> {
  /** Such as "stream". */
  readonly type: string;
}

/** Returns a text as the message that shows it. */
export function streamed(name: "stdout" | "stderr", text: string): Shown {
  return { type: "stream", content: { name, text }, metadata: {}, buffers: [] };
}
