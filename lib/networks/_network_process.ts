/** The process that holds a private network: how it is started, asked for sockets, and ended. */
import { signalChild, startChild } from "../program/child_process.ts";
import {
  inheritable,
  limitReceive,
  packRequest,
  receive,
  send,
  socketPair,
  type SocketRequest,
} from "../system/descriptor_passing.ts";
import { libc } from "../system/libc.ts";
import { forbiddenNamespaceRemedy, namespaceLimits } from "../system/namespace_limits.ts";
import type { HolderReport } from "./_network_holder.ts";
import type { NetworkPlan } from "./_network_plan.ts";
import { errnoOf, SocketError } from "../system/errno.ts";

/** It takes about 100 ms; a machine that is busy with other things takes longer. */
const START_LIMIT_MS = 20_000;
/** A socket takes some 30 µs. */
const SOCKET_LIMIT_MS = 5_000;
const END_LIMIT_MS = 2_000;

const CANNOT = "Cannot make a private network";

/** A running process that holds a private network. */
export class NetworkProcess {
  readonly #process: Deno.ChildProcess;
  #line: number;

  private constructor(process: Deno.ChildProcess, line: number) {
    this.#process = process;
    this.#line = line;
  }

  /**
   * Starts the process and waits until the network is as planned.
   *
   * @param into Words before its command that put it into a new network namespace
   */
  static async start(
    plan: NetworkPlan,
    into: readonly string[] = ["unshare", "-Urn"],
  ): Promise<NetworkProcess> {
    const [line, farEnd] = socketPair();
    limitReceive(line, SOCKET_LIMIT_MS);
    let holder;
    try {
      holder = new NetworkProcess(spawnHolder(farEnd, plan, into), line);
    } catch (error) {
      libc().functions.close(line);
      throw error;
    } finally {
      libc().functions.close(farEnd);
    }
    try {
      await holder.#expectReport();
      holder.#process.unref();
      return holder;
    } catch (error) {
      await holder.end();
      throw error;
    }
  }

  /** The number of the process. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Has a socket made there, and returns its descriptor here, which no child inherits. */
  open(request: SocketRequest, subject: string): number {
    const sent = send(this.#line, packRequest(request));
    if (sent !== 0) throw this.#lost(sent, subject);
    const { word, descriptor } = this.#answer(subject);
    if (word !== 0) throw new SocketError("socket", word, { subject });
    try {
      this.#answer(subject); // the process has closed its own copy
    } catch (error) {
      if (descriptor !== undefined) libc().functions.close(descriptor);
      throw error;
    }
    if (descriptor === undefined) throw new SocketError("socket", errnoOf("EMFILE"), { subject });
    return descriptor;
  }

  /** Ends the process, and waits until it is gone. */
  async end(): Promise<void> {
    this.#hangUp();
    this.#process.ref();
    const timer = setTimeout(() => signalChild(this.#process, "SIGKILL"), END_LIMIT_MS);
    await this.#process.status;
    clearTimeout(timer);
  }

  #answer(subject: string): { word: number; descriptor: number | undefined } {
    const answer = receive(this.#line);
    if ("errno" in answer) throw this.#lost(answer.errno, subject);
    const { word, descriptor } = answer;
    if (word === undefined) throw this.#lost(undefined, subject);
    return { word, descriptor };
  }

  /** Hangs up, for an answer that comes too late must not be the next one's. */
  #lost(errno: number | undefined, subject: string): Error {
    this.#hangUp();
    const isLate = errno === errnoOf("EAGAIN");
    return new Deno.errors.BrokenPipe(
      `Cannot make a socket for "${subject}": process ${this.pid}, which holds this private ` +
        `network, ${isLate ? `did not answer within ${SOCKET_LIMIT_MS} ms` : "has ended"}`,
    );
  }

  #hangUp(): void {
    if (this.#line >= 0) libc().functions.close(this.#line);
    this.#line = -1;
  }

  /** Reads what comes on standard error up to the report, and throws what it tells. */
  async #expectReport(): Promise<void> {
    let text = "";
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      signalChild(this.#process, "SIGKILL");
    }, START_LIMIT_MS);
    let report: HolderReport | undefined;
    for await (const piece of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const line = /^\{.*\}$/m.exec(text)?.[0];
      if (line === undefined) continue;
      report = JSON.parse(line);
      break;
    }
    clearTimeout(timer);
    if (report === undefined) throw refusalToStart(isLate ? `${START_LIMIT_MS} ms went by` : text);
    if (report.failure !== undefined) throw refusalToSetUp(report.failure);
  }
}

function spawnHolder(
  line: number,
  plan: NetworkPlan,
  into: readonly string[],
): Deno.ChildProcess {
  const program = new URL("./_network_holder.ts", import.meta.url);
  const deno = [Deno.execPath(), "run", "--no-config", "--no-lock", "--quiet", "--allow-all"];
  const inherited = inheritable(line);
  try {
    const holder = [...deno, program.href, `${inherited}`, JSON.stringify(plan)];
    return startChild([...into, ...holder], { env: { NO_COLOR: "1" }, stdout: "null" });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw missingProgram(into[0]!, "util-linux");
    if ((error as { code?: string }).code === "EMFILE") throw tooManyFiles();
    throw error;
  } finally {
    libc().functions.close(inherited);
  }
}

/** Makes the error of a machine without a program; `cannot` tells what it was for. */
export function missingProgram(name: string, packageName: string, cannot = CANNOT): Error {
  return new Deno.errors.NotSupported(
    `${cannot}: the program "${name}" helps to make it, got none. Remedy: install the package ` +
      `${packageName}; machine() tells the command`,
  );
}

function tooManyFiles(): Error {
  return new Deno.errors.NotSupported(
    `${CANNOT}: this process may open files for it, got "Too many open files". Remedy: ` +
      "prlimit --pid $$ --nofile=4096, in the shell that then starts Jupyter or deno",
  );
}

/** `text` is what came on standard error: of unshare(1), if that was not allowed to go on. */
function refusalToStart(text: string): Error {
  const complaint = /^unshare: (.*)$/m.exec(text)?.[1];
  if (complaint === undefined) {
    return new Error(`${CANNOT}: its process tells that all is well, got "${text.trim()}"`);
  }
  return new Deno.errors.NotSupported(
    `${CANNOT}: this machine forbids namespaces, got "${complaint}". Remedy: ${likelyRemedy()}`,
  );
}

/** What is asked here must not hide that namespaces are forbidden: a lab goes on without them. */
function likelyRemedy(): string {
  try {
    return forbiddenNamespaceRemedy(namespaceLimits(), { needsSudo: Deno.uid() !== 0 });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return forbiddenNamespaceRemedy({ isContainer: false }, { needsSudo: true });
  }
}

function refusalToSetUp(failure: NonNullable<HolderReport["failure"]>): Error {
  switch (failure.what) {
    case "no ip":
      return missingProgram("ip", "iproute2");
    case "ip":
      return new Deno.errors.NotSupported(
        `${CANNOT}: this kernel can do "ip ${failure.command}", got "${failure.said}". Remedy: use a ` +
          "kernel with virtual cables (the module veth) and, for IPv6 addresses, with IPv6",
      );
    case "setting": {
      const { name, value, code } = failure;
      if (code === "EROFS") {
        return new Deno.errors.NotSupported(
          `${CANNOT} with the setting "${name}" of "${value}": /proc/sys can be written to, got ` +
            `${code}. Remedy: start the container with --security-opt systempaths=unconfined ` +
            "(Podman: unmask=ALL)",
        );
      }
      const rule = code === "ENOENT" || code === "EACCES"
        ? "the kernel lets a network have a setting of this name"
        : "the setting takes this value";
      return new RangeError(
        `${CANNOT} with the setting "${name}" of "${value}": ${rule}, got ${code}`,
      );
    }
  }
}
