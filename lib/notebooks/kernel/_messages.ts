/**
 * Jupyter's messages: five parts of JSON signed with a shared key, as frames of ZMTP.
 * Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html (protocol 5.3)
 */
import { type Frames, frameText } from "./_zmtp.ts";

const DELIMITER = "<IDS|MSG>";
const encoder = new TextEncoder();

/** One message of the Jupyter protocol. */
export interface Message {
  readonly header: { readonly msg_type: string; readonly msg_id: string };
  readonly parentHeader: { readonly msg_id?: string };
  readonly metadata: Record<string, unknown>;
  // deno-lint-ignore no-explicit-any -- its form depends on msg_type, the protocol's own union
  readonly content: any;
}

/** Signs and reads the messages of one kernel. */
export class MessageCodec {
  readonly #key: CryptoKey;
  readonly #session = crypto.randomUUID();

  private constructor(key: CryptoKey) {
    this.#key = key;
  }

  /** Makes a codec for the key in the kernel's connection file. */
  static async create(key: string): Promise<MessageCodec> {
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const bytes = encoder.encode(key);
    return new MessageCodec(
      await crypto.subtle.importKey("raw", bytes, hmac, false, ["sign", "verify"]),
    );
  }

  /** Returns a new message as signed frames, and its id. */
  async encode(msgType: string, content: unknown): Promise<{ id: string; frames: Frames }> {
    const id = crypto.randomUUID();
    const header = {
      msg_id: id,
      msg_type: msgType,
      session: this.#session,
      username: "fourtuple",
      date: new Date().toISOString(),
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) => encoder.encode(JSON.stringify(part)));
    const mac = await crypto.subtle.sign("HMAC", this.#key, await joined(parts));
    const signature = new Uint8Array(mac).toHex();
    return { id, frames: [encoder.encode(DELIMITER), encoder.encode(signature), ...parts] };
  }

  /**
   * Reads a message.
   *
   * @throws {Error} If it has no delimiter, too few parts, or a signature that is not the key's
   */
  async decode(frames: Frames): Promise<Message> {
    const start = frames.findIndex((frame) => frameText(frame) === DELIMITER);
    const parts = frames.slice(start + 2, start + 6);
    if (start < 0 || parts.length < 4) throw new Error("A message of the kernel has missing parts");
    const signature = Uint8Array.fromHex(frameText(frames[start + 1]!));
    if (!await crypto.subtle.verify("HMAC", this.#key, signature, await joined(parts))) {
      throw new Error("A message of the kernel has a wrong signature");
    }
    const [header, parentHeader, metadata, content] = parts.map((p) => JSON.parse(frameText(p)));
    return { header, parentHeader, metadata, content };
  }
}

function joined(parts: readonly Uint8Array[]): Promise<ArrayBuffer> {
  return new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer();
}
