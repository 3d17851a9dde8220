/**
 * A `deno lsp` process, asked by the Language Server Protocol. It reads what is on this computer, and has
 * no network.
 *
 * Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
 *
 * @module
 */
import { existsSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import {
  type CompletionItem,
  CompletionRequest,
  CompletionResolveRequest,
  ConfigurationRequest,
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  HoverRequest,
  InitializedNotification,
  type InitializeParams,
  InitializeRequest,
  MarkupKind,
  type Position,
  type ProtocolConnection,
  ResponseError,
  type SignatureHelp,
  SignatureHelpRequest,
  SignatureHelpTriggerKind,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { signalChild, startChild } from "../../../program/child_process.ts";
import type { CellModule } from "./_cell_modules.ts";

/** Where something is asked. */
export interface AskedPlace {
  /** The address of the document. */
  readonly uri: string;
  /** The line and column. */
  readonly position: Position;
}

/** How `deno lsp` is started. */
export interface LanguageServerOptions {
  /** The folder whose deno.json, or that of a parent, holds. */
  readonly folder: URL;
  /** Environment variables beside those of this process; none by default. */
  readonly env?: Readonly<Record<string, string>>;
}

const LANGUAGE_SETTINGS = {
  suggest: {
    // To offer what is not imported yet, the server would read all packages of the machine.
    autoImports: false,
    // For the name of a module, it would ask the registries, and offer files of the root folder.
    includeCompletionsForImportStatements: false,
  },
  suggestionActions: { enabled: false },
};

/** Source: https://docs.deno.com/runtime/reference/lsp_integration/#settings */
const DENO_SETTINGS = {
  enable: true,
  cacheOnSave: false,
  lint: false,
  // Otherwise the first answer waits until all files of the folder are read.
  documentPreloadLimit: 0,
  suggest: { imports: { autoDiscover: false, hosts: {} } },
  javascript: LANGUAGE_SETTINGS,
  typescript: LANGUAGE_SETTINGS,
};

/** A proxy that cannot be reached, should the settings leave something out: no server has port 0. */
const NO_PROXY_THERE = "http://127.0.0.1:0";
const NO_NETWORK = Object.fromEntries(
  ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => {
    const value = name === "NO_PROXY" ? "" : NO_PROXY_THERE;
    return [[name, value], [name.toLowerCase(), value]];
  }),
);

/** Thrown when a language server has ended, or cannot be reached, while something is asked of it. */
export class LanguageServerGone extends Error {
  /** The class's name. */
  override readonly name = "LanguageServerGone";
}

/** A language server that runs until it is ended, or ends by itself. */
export class LanguageServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #connection: ProtocolConnection;
  /** The documents that it has, with their texts and how often they were changed. */
  readonly #open = new Map<string, { text: string; version: number }>();
  readonly #ready: Promise<unknown>;
  #hasEnded = false;

  /** Starts a server; what is asked of it waits until it is ready. */
  constructor({ folder, env }: LanguageServerOptions) {
    const child = startChild([Deno.execPath(), "lsp", "--quiet"], {
      cwd: folder,
      env: { NO_COLOR: "1", ...env, ...NO_NETWORK },
      stdin: "piped",
      stderr: "null",
    });
    this.#child = child;
    this.#connection = createProtocolConnection(
      new StreamMessageReader(Readable.fromWeb(child.stdout)),
      new StreamMessageWriter(Writable.fromWeb(child.stdin)),
    );
    this.#connection.onError(() => {}); // its end is what counts
    this.#connection.onRequest(
      ConfigurationRequest.type,
      ({ items }) =>
        items.map(({ section }) => section === "deno" ? DENO_SETTINGS : LANGUAGE_SETTINGS),
    );
    this.#connection.listen();
    child.status.then(() => {
      this.#hasEnded = true;
      this.#connection.dispose(); // rejects what waits for an answer
    });
    this.#ready = this.#initialize(configFolder(folder).href);
    this.#ready.catch(() => {}); // whoever asks is told
  }

  /** The process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Whether it has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Gives it the documents that there are now: others are closed, and what is the same is not sent.
   *
   * @throws {LanguageServerGone} If it has ended
   */
  async show(modules: readonly CellModule[]): Promise<void> {
    const uris = new Set(modules.map(({ uri }) => uri));
    await this.#ready;
    for (const uri of [...this.#open.keys()].filter((each) => !uris.has(each))) {
      this.#open.delete(uri);
      await this.#unlessGone(
        this.#connection.sendNotification(DidCloseTextDocumentNotification.type, {
          textDocument: { uri },
        }),
      );
    }
    for (const { uri, text } of modules) await this.#showOne(uri, text);
  }

  /**
   * Returns what could be written at a place.
   *
   * @throws {LanguageServerGone} If it has ended
   */
  async completions({ uri, position }: AskedPlace): Promise<readonly CompletionItem[]> {
    const asked = { textDocument: { uri }, position };
    const answer = await this.#unlessGone(
      this.#connection.sendRequest(CompletionRequest.type, asked),
    );
    return answer === null ? [] : Array.isArray(answer) ? answer : answer.items;
  }

  /**
   * Returns a proposal with its signature and its documentation.
   *
   * @throws {LanguageServerGone} If it has ended
   */
  async resolved(item: CompletionItem): Promise<CompletionItem> {
    return await this.#unlessGone(
      this.#connection.sendRequest(CompletionResolveRequest.type, item),
    );
  }

  /**
   * Returns what is known of the name at a place, as Markdown; undefined if nothing is.
   *
   * @throws {LanguageServerGone} If it has ended
   */
  async hover({ uri, position }: AskedPlace): Promise<string | undefined> {
    const asked = { textDocument: { uri }, position };
    const answer = await this.#unlessGone(this.#connection.sendRequest(HoverRequest.type, asked));
    const contents = answer?.contents;
    return typeof contents === "object" && "value" in contents ? contents.value : undefined;
  }

  /**
   * Returns the signatures of the function whose arguments are at a place.
   *
   * @throws {LanguageServerGone} If it has ended
   */
  async signatures({ uri, position }: AskedPlace): Promise<SignatureHelp | undefined> {
    const context = { triggerKind: SignatureHelpTriggerKind.Invoked, isRetrigger: false };
    const asked = { textDocument: { uri }, position, context };
    const answer = await this.#unlessGone(
      this.#connection.sendRequest(SignatureHelpRequest.type, asked),
    );
    return answer ?? undefined;
  }

  /** Ends it, without asking: it has nothing to save. */
  async end(): Promise<void> {
    signalChild(this.#child, "SIGKILL");
    await this.#child.status;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #showOne(uri: string, text: string): Promise<void> {
    const known = this.#open.get(uri);
    if (known?.text === text) return;
    const version = (known?.version ?? 0) + 1;
    this.#open.set(uri, { text, version });
    const sent = known === undefined
      ? this.#connection.sendNotification(DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId: "typescript", version, text },
      })
      : this.#connection.sendNotification(DidChangeTextDocumentNotification.type, {
        textDocument: { uri, version },
        contentChanges: [{ text }],
      });
    await this.#unlessGone(sent);
  }

  async #initialize(folder: string): Promise<void> {
    await this.#unlessGone(
      this.#connection.sendRequest(InitializeRequest.type, initialization(folder)),
    );
    await this.#unlessGone(this.#connection.sendNotification(InitializedNotification.type, {}));
  }

  /** What the server itself refuses is thrown as it is. */
  async #unlessGone<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof ResponseError && !this.#hasEnded) throw error;
      throw new LanguageServerGone("The language server has ended", { cause: error });
    }
  }
}

/**
 * Returns the nearest folder with a deno.json: the server itself looks no further than one folder above
 * its own.
 */
function configFolder(folder: URL): URL {
  let each = new URL(folder.href.replace(/\/?$/, "/"));
  while (!["deno.json", "deno.jsonc"].some((name) => existsSync(new URL(name, each)))) {
    const parent = new URL("../", each);
    if (parent.href === each.href) return folder;
    each = parent;
  }
  return each;
}

function initialization(folder: string): InitializeParams {
  return {
    processId: Deno.pid,
    rootUri: folder,
    workspaceFolders: [{ uri: folder, name: "notebook" }],
    initializationOptions: DENO_SETTINGS,
    capabilities: {
      workspace: { configuration: true, workspaceFolders: true },
      textDocument: {
        completion: {
          completionItem: {
            documentationFormat: [MarkupKind.Markdown],
            insertReplaceSupport: true,
            snippetSupport: false,
          },
        },
        // A client that can ask for problems gets none without asking.
        diagnostic: {},
        hover: { contentFormat: [MarkupKind.Markdown] },
        signatureHelp: {
          signatureInformation: {
            documentationFormat: [MarkupKind.Markdown],
            activeParameterSupport: true,
          },
        },
      },
    },
  };
}
