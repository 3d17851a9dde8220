/**
 * A client by hand: what both sides say on the wire, line by line.
 *
 * @module
 */
import {
  check,
  checkOptions,
  instanceOf,
  milliseconds,
  objectWith,
  type OptionChecks,
  refusal,
  text,
} from "../refusal.ts";
import { ShownAsTable, Table } from "../show/table.ts";
import { Socket, type SocketNetwork } from "../sockets/socket.ts";
import type { EndpointLike } from "../tuples/endpoint.ts";
import { FourTuple } from "../tuples/four_tuple.ts";

/** How a {@linkcode Dialogue} is opened. */
export interface DialogueOptions {
  /** The network to connect in; by default the network of this program. */
  readonly network?: SocketNetwork | undefined;
  /** What the connection is called in the table; only needed if there are several. */
  readonly name?: string;
  /** How long each call may wait, in milliseconds; 5,000 by default. */
  readonly timeout?: number;
}

/** A line that one side has said. */
export interface SpokenLine {
  /** What its connection is called. */
  readonly connection: string;
  /** Which side said it. */
  readonly from: "client" | "server";
  /** The line without its end; bytes that are no text are written as in "\x81". */
  readonly line: string;
}

const TIMEOUT_MS = 5_000;
/** An answer that is longer is no answer of a dialogue by hand. */
const MAX_ANSWER_BYTES = 64 * 1024;
const CANNOT_OPEN = "Cannot open a dialogue";
const CANNOT_HEAR = "Cannot hear an answer";
const OPTIONS: OptionChecks<DialogueOptions> = {
  network: objectWith<SocketNetwork>("openSocket", "a network, such as labNetwork() makes"),
  name: text,
  timeout: milliseconds(),
};

/**
 * A TCP connection on which you say lines as a client, and hear what the server answers, as with
 * `telnet` or `nc`. It notes all that was said, and shows it as a table.
 *
 * The bytes that go over the wire are those of the lines, with CR LF after each, and nothing else.
 *
 * @example A client of one line
 * ```ts
 * import { Dialogue } from "fourtuple/services";
 * import { Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * using server = Socket.tcp({ timeout: 5000 });
 * server.bind("127.0.0.1:0");
 * server.listen();
 * using dialogue = await Dialogue.connect(server.localEndpoint());
 * using accepted = await server.accept();
 *
 * await dialogue.say("hello");
 * await accepted.receive();
 * await accepted.send("hello, client\r\n");
 * assertEquals(await dialogue.hear(), "hello, client\r\n");
 * assertEquals(dialogue.lines.map(({ from, line }) => `${from}: ${line}`), [
 *   "client: hello",
 *   "server: hello, client",
 * ]);
 * ```
 */
export class Dialogue extends ShownAsTable implements Disposable {
  /** The connection's four-tuple, seen from the client. */
  readonly tuple: FourTuple;
  readonly #socket: Socket;
  readonly #name: string;
  readonly #options: DialogueOptions;
  /** What was said, here and on the connections beside this one. */
  readonly #lines: SpokenLine[];
  /** What has come and was not taken yet. */
  #heard = "";

  private constructor(
    socket: Socket,
    options: DialogueOptions,
    lines: SpokenLine[],
  ) {
    super();
    this.tuple = FourTuple.from(socket.localEndpoint(), socket.remoteEndpoint());
    this.#socket = socket;
    this.#name = options.name ?? "";
    this.#options = options;
    this.#lines = lines;
  }

  /**
   * Connects to a server.
   *
   * @throws {SocketError} As `Socket.connect` does
   * @throws {DOMException} If no answer comes in time, named "TimeoutError"
   * @throws {TypeError} If an option is misspelt or of the wrong kind
   * @throws {RangeError} If the limit is out of bounds
   */
  static async connect(server: EndpointLike, options: DialogueOptions = {}): Promise<Dialogue> {
    checkOptions(options, OPTIONS, CANNOT_OPEN);
    return await Dialogue.#open(server, options, []);
  }

  static async #open(
    server: EndpointLike,
    options: DialogueOptions,
    lines: SpokenLine[],
  ): Promise<Dialogue> {
    const { network, timeout = TIMEOUT_MS } = options;
    const socket = Socket.tcp({ network, timeout });
    try {
      await socket.connect(server);
      return new Dialogue(socket, options, lines);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /**
   * Opens a further connection, to any server, whose lines are noted in the same table.
   *
   * @throws As {@linkcode Dialogue.connect} does
   */
  async beside(server: EndpointLike, name: string): Promise<Dialogue> {
    check(name, text, { cannot: CANNOT_OPEN, what: "its name" });
    return await Dialogue.#open(server, { ...this.#options, name }, this.#lines);
  }

  /** What was said so far, on this connection and those beside it, in the order of the calls. */
  get lines(): readonly SpokenLine[] {
    return [...this.#lines];
  }

  /**
   * Sends lines, with CR LF after each, in one piece.
   *
   * @throws {TypeError} If a line is not a text
   * @throws {SocketError} As `Socket.send` does
   */
  async say(...lines: readonly string[]): Promise<void> {
    for (const line of lines) check(line, text, { cannot: "Cannot say a line", what: "it" });
    await this.#socket.sendAll(lines.map((line) => `${line}\r\n`).join(""));
    this.#note("client", lines);
  }

  /**
   * Receives until an answer is whole, and returns it; what came after it is kept for the next call. A
   * byte is one character in it.
   *
   * @param whole Matches the end of an answer; by default the end of a line
   * @throws {RangeError} If the connection ends before, or over 64 KiB come without a match
   * @throws {TypeError} If `whole` is not a regular expression
   * @throws {DOMException} If nothing comes in time, named "TimeoutError"
   * @throws {SocketError} As `Socket.receive` does
   */
  async hear(whole: RegExp = /\n/): Promise<string> {
    check(whole, instanceOf(RegExp, "a regular expression"), { cannot: CANNOT_HEAR, what: "it" });
    let match: RegExpMatchArray | null;
    while ((match = this.#heard.match(whole)) === null) {
      if (!await this.#receive()) throw this.#unheard(whole, "the end of the connection");
    }
    return this.#take(match.index! + match[0].length);
  }

  /**
   * Says a line or several, and hears the answer to them, as {@linkcode Dialogue.hear} does.
   *
   * @throws As {@linkcode Dialogue.say} and {@linkcode Dialogue.hear} do
   */
  async ask(lines: string | readonly string[], whole?: RegExp): Promise<string> {
    await this.say(...typeof lines === "string" ? [lines] : lines);
    return await this.hear(whole);
  }

  /**
   * Receives to the end of the connection, notes it, and returns it.
   *
   * @throws {RangeError} If over 64 KiB come
   * @throws {DOMException} If nothing comes in time, named "TimeoutError"
   * @throws {SocketError} As `Socket.receive` does
   */
  async hearAll(): Promise<string> {
    while (await this.#receive());
    return this.#take(this.#heard.length);
  }

  /** Closes the connection. */
  close(): void {
    this.#socket.close();
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Returns what was said as a table; the connection's name is in it if there is one. */
  override toTable(): Table {
    const hasNames = this.#lines.some(({ connection }) => connection !== "");
    return new Table({
      columns: [...hasNames ? ["connection"] : [], "from", "line"],
      rows: this.#lines.map(({ connection, from, line }) => [
        ...hasNames ? [connection] : [],
        from,
        line === "" ? "(an empty line)" : line,
      ]),
    });
  }

  /** Returns whether something came, and not the end of the connection. */
  async #receive(): Promise<boolean> {
    if (this.#heard.length > MAX_ANSWER_BYTES) {
      throw this.#unheard(undefined, `${this.#heard.length} bytes`);
    }
    const bytes = await this.#socket.receive();
    this.#heard += latin1(bytes);
    return bytes.length > 0;
  }

  #take(length: number): string {
    const answer = this.#heard.slice(0, length);
    this.#heard = this.#heard.slice(length);
    this.#note("server", linesOf(answer));
    return answer;
  }

  #note(from: SpokenLine["from"], lines: readonly string[]): void {
    for (const line of lines) this.#lines.push({ connection: this.#name, from, line });
  }

  #unheard(whole: RegExp | undefined, part: string): RangeError {
    return refusal(RangeError, {
      cannot: `${CANNOT_HEAR} on "${this.tuple}"`,
      rule: whole === undefined ? "it has 64 KiB at most" : `it matches ${whole}`,
      part,
    });
  }
}

/** One character for each byte, so that the bytes of a frame are not lost. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Returns the lines of what was heard; what is no printable ASCII is escaped. */
function linesOf(heard: string): string[] {
  return heard.replace(/\r?\n$/, "").split(/\r?\n/).map((line) =>
    line.replaceAll(
      /[^ -~]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
    )
  );
}
