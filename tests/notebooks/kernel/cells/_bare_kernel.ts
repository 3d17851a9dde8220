import { DenoKernel } from "../../../../lib/notebooks/kernel/deno_kernel.ts";
import type { Message } from "../../../../lib/notebooks/kernel/wire/messages.ts";

/** What a cell shows, as short as it can be compared. */
export interface Seen {
  /** "ok" or "error". */
  readonly status: string;
  /** What it has printed. */
  readonly printed: string;
  /** Its value. */
  readonly value?: string;
  /** What the error says. */
  readonly error?: string;
}

/** What its process prints is not looked at. */
const UNREAD = { take: () => "", room: () => Promise.resolve(), close: () => "" };
const TOKEN = "application/x-token";

/** The Deno kernel by itself, with nothing of ours in it. */
export class BareKernel implements AsyncDisposable {
  readonly #deno: DenoKernel;
  readonly #messages: Message[];
  #come = Promise.withResolvers<void>();

  private constructor(deno: DenoKernel, messages: Message[]) {
    this.#deno = deno;
    this.#messages = messages;
  }

  /** Starts one. */
  static async start(cwd: URL): Promise<BareKernel> {
    const messages: Message[] = [];
    const deno = await DenoKernel.start({ cwd, streams: () => UNREAD }, {
      onBroadcast: (message) => {
        messages.push(message);
        kernel.#come.resolve();
      },
      onInput: () => Promise.resolve(null),
      onEnd: () => {},
    });
    const kernel = new BareKernel(deno, messages);
    // A subscription takes effect some time after it is made.
    while (messages.length === 0) {
      await kernel.#run("0");
      await new Promise((done) => setTimeout(done, 10));
    }
    await kernel.run("0");
    return kernel;
  }

  /** Runs a cell. */
  async run(code: string): Promise<Seen> {
    this.#messages.length = 0;
    const { content } = await this.#run(code);
    const token = `${Math.random()}`;
    this.#run(
      `await Deno.jupyter.broadcast("display_data", ` +
        `{ data: { "${TOKEN}": "${token}" }, metadata: {}, transient: {} })`,
      true,
    );
    while (!this.#messages.some(({ content }) => content.data?.[TOKEN] === token)) {
      await this.#come.promise;
      this.#come = Promise.withResolvers();
    }
    const of = (type: string) => this.#messages.filter(({ header }) => header.msg_type === type);
    return {
      status: content.status,
      printed: of("stream").map(({ content }) => content.text).join(""),
      value: of("execute_result")[0]?.content.data["text/plain"],
      error: content.evalue,
    };
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#deno.end();
  }

  async #run(code: string, silent = false): Promise<Message> {
    const { reply } = this.#deno.request("shell", "execute_request", {
      code,
      silent,
      store_history: false,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: false,
    });
    return await reply;
  }
}
