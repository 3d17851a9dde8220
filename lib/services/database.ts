/**
 * A database for a lesson: a real Redis where the machine has one, and otherwise a server that speaks its
 * protocol.
 *
 * @module
 */
import type { LabNetwork } from "../networks/lab_network.ts";
import { findProgram } from "../program/find_program.ts";
import { Program } from "../program/program.ts";
import {
  callback,
  check,
  checkOptions,
  objectWith,
  type OptionChecks,
  refusal,
} from "../refusal.ts";
import { type Endpoint, type EndpointLike, toEndpoint } from "../tuples/endpoint.ts";

/** How {@linkcode startDatabase} starts a database. */
export interface DatabaseOptions {
  /** The network to start it in; by default that of this program. */
  readonly network?: LabNetwork | undefined;
  /** Starts a server at the endpoint that speaks Redis's protocol, if the machine has no Redis. */
  readonly standIn: (endpoint: Endpoint) => Program | Promise<Program>;
  /** Where to look for `redis-server`, as in PATH; by default PATH itself. */
  readonly path?: string;
}

/** A database that runs, from {@linkcode startDatabase}. */
export interface Database extends AsyncDisposable {
  /** Whether it is a real Redis. */
  readonly isRedis: boolean;
  /** Where it listens. */
  readonly endpoint: Endpoint;
  /** The process. */
  readonly program: Program;
  /** Ends it, and removes its folder. */
  close(): Promise<void>;
}

const CANNOT = "Cannot start a database";
const OPTIONS: OptionChecks<DatabaseOptions> = {
  network: objectWith<LabNetwork>("openSocket", "a network, such as labNetwork() makes"),
  standIn: callback<DatabaseOptions["standIn"]>(),
  path: { rule: "a text", allows: (value): value is string => typeof value === "string" },
};

/**
 * Starts a database that answers commands of Redis, one in a line: `redis-server(1)` where the machine
 * has it, and otherwise the stand-in. Redis keeps everything in memory (`--save ""`), has a
 * temporary folder, and needs no password: it is for a private network or loopback only.
 *
 * @param endpoint An endpoint of the network, or of loopback
 * @throws {RangeError} If the endpoint is neither loopback nor in a private network
 * @throws {ProgramError} If it does not say that it is ready
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 * @throws {Deno.errors.NotCapable} If the program may not start programs or write a temporary folder
 *
 * @example A question
 * ```ts
 * import { Dialogue, startDatabase } from "fourtuple/services";
 * import { exampleUrl } from "fourtuple/examples";
 * import { Program } from "fourtuple/program";
 * import { freePort } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * const held = freePort();
 * held.release();
 * await using database = await startDatabase(held.endpoint, {
 *   standIn: async ({ port }) => {
 *     const args = ["0", "0", String(port)];
 *     const program = Program.start(exampleUrl("four_services.ts"), { args });
 *     await program.line("database listening");
 *     return program;
 *   },
 * });
 * using dialogue = await Dialogue.connect(database.endpoint);
 * assertEquals(await dialogue.ask("PING"), "+PONG\r\n");
 * ```
 */
export async function startDatabase(
  endpoint: EndpointLike,
  options: DatabaseOptions,
): Promise<Database> {
  checkOptions(options, OPTIONS, CANNOT);
  const { network, standIn, path } = options;
  check(standIn, callback(), { cannot: CANNOT, what: "its stand-in" });
  const at = toEndpoint(endpoint);
  if (!at.isLoopback && network?.isPrivate !== true) {
    const rule = "it has no password, so it is for loopback or a private network";
    throw refusal(RangeError, { cannot: CANNOT, rule, part: String(at) });
  }
  const redis = findProgram("redis-server", { path });
  if (redis === undefined) {
    const program = await standIn(at);
    return started(at, { program, isRedis: false, end: () => Promise.resolve() });
  }
  const folder = await Deno.makeTempDir({ prefix: "fourtuple_redis_" });
  const end = () => Deno.remove(folder, { recursive: true });
  const program = Program.command([...network?.enter ?? [], redis, ...redisOptions(at, folder)]);
  try {
    await program.line("Ready to accept connections");
  } catch (error) {
    await program.stop();
    await end();
    throw error;
  }
  return started(at, { program, isRedis: true, end });
}

/** redis.conf of Redis 7: options may be given as arguments. */
function redisOptions({ address, port }: Endpoint, folder: string): string[] {
  const place = ["--bind", address, "--port", String(port), "--protected-mode", "no"];
  return [...place, "--save", "", "--appendonly", "no", "--dir", folder, "--daemonize", "no"];
}

function started(
  endpoint: Endpoint,
  { program, isRedis, end }: {
    readonly program: Program;
    readonly isRedis: boolean;
    readonly end: () => Promise<void>;
  },
): Database {
  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= (async () => {
      await program.stop();
      await end();
    })();
  return { endpoint, program, isRedis, close, [Symbol.asyncDispose]: close };
}
