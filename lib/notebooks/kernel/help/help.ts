/**
 * Answers questions about code: what could be written here, what is this, is it a whole cell, what was run
 * before. No question waits for a cell, and no cell for a question.
 *
 * The language server takes 2 s to start and some 450 MB, so it starts with the first question that needs
 * it and ends when nobody has asked for a while.
 *
 * @module
 */
import { within } from "../../../time_limit.ts";
import { completeness } from "../cells/completeness.ts";
import { CellModules, type WrittenModule } from "./_cell_modules.ts";
import { proposals, typeOf, wordStart } from "./_completions.ts";
import { History } from "./_history.ts";
import {
  type Inspection,
  inspectionOfHover,
  inspectionOfSignatures,
  mimeBundle,
} from "./_inspection.ts";
import type { LanguageServer } from "./_language_server.ts";
import { questionIn } from "./question.ts";
import { codePointOffset, offsetAt, positionAt, utf16Offset } from "./_text_places.ts";

/** How questions are answered. */
export interface HelpOptions {
  /** The folder in which the cells run; the deno.json of this folder or of a parent holds. */
  readonly folder: URL;
  /** How long somebody waits for an answer, in milliseconds; 4,000 by default. */
  readonly timeout?: number;
  /** How long the language server stays when nobody asks, in milliseconds; 300,000 by default. */
  readonly idle?: number;
  /** Environment variables of the language server beside those of this process; none by default. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A cell that is run. */
export interface RunCell {
  /** Its text. */
  readonly code: string;
  /** The number that front ends show beside it. */
  readonly number: number;
  /** Whether it is kept in the history. */
  readonly storeHistory: boolean;
}

/** The content of a request or of its reply. */
export type Content = Readonly<Record<string, unknown>>;

const TIMEOUT_MS = 4_000;
const IDLE_MS = 300_000;

/** A language server that does not answer for so long, on a busy machine too, is ended. */
const STUCK_MS = 60_000;

/** It may have ended since the last question; and this one may be what ends it. */
const TRIES = 2;

/** A signature takes some 5 ms. */
const MAX_SIGNATURES = 20;

/** Answers the questions about the code of one kernel. */
export class Help implements AsyncDisposable {
  readonly #options: HelpOptions;
  readonly #modules: CellModules;
  readonly #history = new History();
  #server: LanguageServer | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** Begins without cells and without a language server. */
  constructor(options: HelpOptions) {
    this.#options = options;
    this.#modules = new CellModules(options.folder);
  }

  /** Takes a cell that begins to run. */
  add({ code, number, storeHistory }: RunCell): void {
    this.#modules.add(code);
    if (storeHistory) this.#history.add(number, code);
  }

  /**
   * Answers a request.
   *
   * @param type Such as "complete_request"
   * @returns The content of the reply
   * @throws {Error} If it does not know the type
   */
  async answer(type: string, content: Content): Promise<Content> {
    switch (type) {
      case "complete_request":
        return await this.#complete(content);
      case "inspect_request":
        return await this.#inspect(content);
      case "is_complete_request":
        if (questionIn(codeOf(content)) !== undefined) return { status: "complete" };
        return completeness(codeOf(content));
      case "history_request":
        return { status: "ok", history: this.#history.entries(content) };
      default:
        throw new Error(`Cannot answer "${type}": this kernel does not know it`);
    }
  }

  /**
   * Returns the documentation of a name, by MIME type; undefined if there is none. A cell that asks for it
   * waits longer than a key press does.
   */
  async documentation(name: string): Promise<Content | undefined> {
    const { found, data } = await this.#inspect({ code: name }, STUCK_MS);
    return found === true ? data as Content : undefined;
  }

  /** The process id of the language server; undefined while there is none. */
  get pid(): number | undefined {
    return this.#server?.hasEnded === false ? this.#server.pid : undefined;
  }

  /** Ends the language server; questions after that are answered with nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#endServer();
  }

  async #complete(content: Content): Promise<Content> {
    const code = codeOf(content);
    const cursor = cursorOf(content, code);
    const found = await this.#ask(code, cursor, async (server, module) => {
      const { uri, text } = module;
      const place = module.inModule(cursor);
      const items = await server.completions({ uri, position: positionAt(text, place) });
      const all = proposals(items, {
        text,
        cursor: place,
        offsetAt: (position) => offsetAt(text, position),
      });
      const types = await Promise.all(
        all.map(async ({ item }, i) =>
          typeOf(i < MAX_SIGNATURES ? await server.resolved(item) : item)
        ),
      );
      return { all, types, start: module.inCell(all[0]?.start ?? place) };
    });
    const end = codePointOffset(code, cursor);
    const start = found ? codePointOffset(code, Math.min(found.start, cursor)) : end;
    const types = found?.all.map(({ text }, i) => ({ start, end, text, ...found.types[i] }));
    return {
      status: "ok",
      matches: found?.all.map(({ text }) => text) ?? [],
      cursor_start: start,
      cursor_end: end,
      metadata: types ? { _jupyter_types_experimental: types } : {},
    };
  }

  async #inspect(content: Content, timeout?: number): Promise<Content> {
    const code = codeOf(content);
    const cursor = cursorOf(content, code);
    const found = await this.#ask(
      code,
      cursor,
      (server, module) => inspected(server, module, cursor),
      timeout,
    );
    const level = content.detail_level === 1 ? 1 : 0;
    const data = found ? mimeBundle(found, level) : {};
    return { status: "ok", found: found !== undefined, data, metadata: {} };
  }

  /** Asks the language server; undefined if it has no answer in time. */
  async #ask<T>(
    code: string,
    cursor: number,
    question: (server: LanguageServer, module: WrittenModule) => Promise<T>,
    timeout: number = this.#options.timeout ?? TIMEOUT_MS,
  ): Promise<T | undefined> {
    if (this.#isOver) return undefined;
    let isAwaited = true;
    // Those before it may take too long.
    const answered = this.#turn.then(() =>
      isAwaited ? this.#askInTurn(code, cursor, question) : undefined
    );
    this.#turn = answered.catch(() => {});
    try {
      return await within(answered, { timeout });
    } catch (error) {
      if (!isTimeout(error)) throw error;
      return undefined;
    } finally {
      isAwaited = false;
    }
  }

  async #askInTurn<T>(
    code: string,
    cursor: number,
    question: (server: LanguageServer, module: WrittenModule) => Promise<T>,
  ): Promise<T | undefined> {
    const ask = async () => {
      const server = await this.#started();
      if (server === undefined) return undefined;
      const { modules, written } = this.#modules.withWritten(code, cursor);
      await server.show([...modules, written]);
      return await question(server, written);
    };
    try {
      for (let tries = 1;; tries++) {
        try {
          return await within(ask(), { timeout: STUCK_MS });
        } catch (error) {
          const isGone = (error as Error).name === "LanguageServerGone";
          if (!isGone && !isTimeout(error)) throw error;
          await this.#endServer(); // the next try or question starts another one
          if (!isGone || tries === TRIES) return undefined;
        }
      }
    } finally {
      this.#waitForIdle();
    }
  }

  async #started(): Promise<LanguageServer | undefined> {
    clearTimeout(this.#idle);
    if (this.#server?.hasEnded) this.#server = undefined;
    // The protocol's modules take 50 ms to load, which no start of a kernel waits for.
    const { LanguageServer } = await import("./_language_server.ts");
    if (this.#isOver) return undefined;
    return this.#server ??= new LanguageServer(this.#options);
  }

  #waitForIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#endServer(), this.#options.idle ?? IDLE_MS);
    Deno.unrefTimer(this.#idle);
  }

  async #endServer(): Promise<void> {
    clearTimeout(this.#idle);
    const server = this.#server;
    this.#server = undefined;
    await server?.end();
  }
}

/** Returns what is known of the name at a place; where there is none, of the function that is called. */
async function inspected(
  server: LanguageServer,
  { uri, text, inModule }: WrittenModule,
  cursor: number,
): Promise<Inspection | undefined> {
  const place = inModule(cursor);
  const name = positionAt(text, wordStart(text, place));
  const hover = await server.hover({ uri, position: name });
  const ofName = hover === undefined ? undefined : inspectionOfHover(hover);
  if (ofName !== undefined) return ofName;
  const signatures = await server.signatures({ uri, position: positionAt(text, place) });
  return signatures && inspectionOfSignatures(signatures);
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

function codeOf({ code }: Content): string {
  return typeof code === "string" ? code : "";
}

/** Returns where the cursor is, in UTF-16 units; a request without a place means the end. */
function cursorOf({ cursor_pos }: Content, code: string): number {
  return typeof cursor_pos === "number" ? utf16Offset(code, cursor_pos) : code.length;
}
