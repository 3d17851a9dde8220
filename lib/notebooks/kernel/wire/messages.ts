/**
 * Jupyter's messages: parts of JSON signed with a shared key, and binary buffers, as frames of ZMTP.
 * Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html (protocol 5.4)
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { type Frames, frameText } from "./zmtp.ts";

const encoder = new TextEncoder();
const DELIMITER = "<IDS|MSG>";
const DELIMITER_FRAME = encoder.encode(DELIMITER);

/** The version of the protocol that these messages are written in. */
export const PROTOCOL_VERSION = "5.4";

/** The header of a message, or of the request that it belongs to; other fields are kept. */
export interface Header {
  /** Such as "execute_request". */
  readonly msg_type: string;
  /** Its own name, by which answers refer to it. */
  readonly msg_id: string;
  /** Its sender and date, and what later versions of the protocol add. */
  readonly [field: string]: unknown;
}

/** One message of the Jupyter protocol. */
export interface Message {
  /** Where a ROUTER got it from: what an answer begins with. Elsewhere a topic, or nothing. */
  readonly identities: Frames;
  /** What and whose it is. */
  readonly header: Header;
  /** The header of the request that it belongs to; empty if there is none. */
  readonly parentHeader: Partial<Header>;
  /** What front ends add beside the content. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What it says. */
  // deno-lint-ignore no-explicit-any -- its form depends on msg_type, the protocol's own union
  readonly content: any;
  /** Binary data beside the JSON. */
  readonly buffers: Frames;
}

/** What a new message says beside its type and its content. */
export interface EncodeOptions {
  /** Where a ROUTER sends it, or its topic; nothing by default. */
  readonly identities?: Frames;
  /** The header of the request that it belongs to; empty by default. */
  readonly parentHeader?: Partial<Header>;
  /** Nothing by default. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** None by default. */
  readonly buffers?: Frames;
}

/**
 * Signs and reads the messages of one kernel. It signs at once, not by a promise: otherwise messages
 * could overtake each other.
 */
export class MessageCodec {
  readonly #key: string;
  readonly #session = crypto.randomUUID();

  /**
   * Takes the key.
   *
   * @param key As the kernel's connection file has it; with an empty one, nothing is signed
   */
  constructor(key: string) {
    this.#key = key;
  }

  /** Returns a new message as signed frames, and its id. */
  encode(
    msgType: string,
    content: unknown,
    { identities = [], parentHeader = {}, metadata = {}, buffers = [] }: EncodeOptions = {},
  ): { id: string; frames: Frames } {
    const id = crypto.randomUUID();
    const header = {
      msg_id: id,
      msg_type: msgType,
      session: this.#session,
      username: "fourtuple",
      date: new Date().toISOString(),
      version: PROTOCOL_VERSION,
    };
    const parts = [header, parentHeader, metadata, content].map(encodeJson);
    const signature = encoder.encode(this.#sign(parts));
    return {
      id,
      frames: [...identities, DELIMITER_FRAME, signature, ...parts, ...buffers],
    };
  }

  /**
   * Reads a message.
   *
   * @throws {Error} If it has no delimiter, too few parts, a part of another form, or a signature that
   * is not the key's
   */
  decode(frames: Frames): Message {
    const start = frames.findIndex((frame) =>
      frame.length === DELIMITER.length && frameText(frame) === DELIMITER
    );
    const parts = frames.slice(start + 2, start + 6);
    if (start < 0 || parts.length < 4) throw new Error("A message has missing parts");
    if (!this.#isSigned(frames[start + 1]!, parts)) {
      throw new Error("A message has a wrong signature");
    }
    const [header, parentHeader, metadata, content] = parts.map((part) => {
      const value = JSON.parse(frameText(part));
      if (typeof value === "object" && value !== null) return value;
      throw new Error("A part of a message is not a JSON object");
    });
    if (typeof header.msg_type !== "string" || typeof header.msg_id !== "string") {
      throw new Error("A message has no type or no id");
    }
    const identities = frames.slice(0, start);
    return {
      identities,
      header,
      parentHeader,
      metadata,
      content,
      buffers: frames.slice(start + 6),
    };
  }

  /** Returns whether {@linkcode decode} can read a message, so that its sender has the key. */
  isOurs(frames: Frames): boolean {
    try {
      this.decode(frames);
      return true;
    } catch {
      return false;
    }
  }

  #isSigned(signature: Uint8Array, parts: Frames): boolean {
    if (this.#key === "") return true;
    const expected = Buffer.from(this.#sign(parts));
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  }

  #sign(parts: Frames): string {
    if (this.#key === "") return "";
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }
}

const EMPTY = encoder.encode("{}");

function encodeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  return text === "{}" ? EMPTY : encoder.encode(text);
}
