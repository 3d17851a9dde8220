/**
 * What this machine is, and what the course can do on it.
 *
 * @module
 */
import { DISPLAY, type Displayable, type MimeBundle } from "../../show/display.ts";
import type { Table } from "../../show/table.ts";
import { ephemeralRange } from "./ephemeral_range.ts";
import type { PortRange } from "../../ports/port_range.ts";
import { kernelRelease } from "../../system/kernel_release.ts";
import { namespaceLimits, readIfThere, readSetting } from "../../system/namespace_limits.ts";
import {
  holdsNetBindService,
  listenTrial,
  mayCallLibc,
  mayMakeNamespace,
  privilegedTrial,
} from "./_probes.ts";
import { loopbackTrial } from "./loopback.ts";
import { procFiles } from "./proc_files.ts";
import { processLimits } from "./process_limits.ts";
import { findPackageManager, findTools } from "./tools.ts";
import type { TableSource } from "../rows/connection.ts";
import { connections } from "../connections.ts";
import {
  capabilities,
  type MachineCapabilities,
  type MachineFacts,
  machineTable,
} from "./capability.ts";

/** A machine, which shows itself as a table. */
export interface Machine extends MachineFacts, MachineCapabilities, Displayable {
  /** Returns all of it as a table, with a remedy for whatever is missing. */
  toTable(): Table;
  /** Returns the table as text. */
  toString(): string;
}

/**
 * Returns what this machine is and what the course can do on it.
 *
 * It tries instead of guessing: it listens for a moment at a privileged port of loopback and at ::1,
 * calls itself at 127.0.0.1, makes a network namespace that ends at once (within two seconds), and looks for programs. It changes
 * nothing. What is missing is not an error: it has a remedy.
 *
 * @throws {Deno.errors.NotCapable} If Deno may not read, run or listen, which `--allow-all` allows
 *
 * @example Branch on what is there
 * ```ts
 * import { machine } from "fourtuple/observe";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const here = await machine();
 * assertEquals(here.deno, Deno.version.deno);
 * assert(here.namespaces.ok || here.namespaces.remedy !== undefined);
 * ```
 */
export async function machine(): Promise<Machine> {
  const facts = readFacts();
  const can = capabilities(facts, {
    tools: findTools(),
    manager: findPackageManager(),
    privilegedRefusal: privilegedTrial(facts.firstUnprivilegedPort),
    ipv6Refusal: listenTrial("::1", 0),
    callsLibc: mayCallLibc(),
    tableSource: tableSourceIfAny(),
    makesNamespaces: await mayMakeNamespace(),
    loopbackRefusal: await loopbackTrial(),
    procFiles: procFiles(),
    limits: processLimits(),
    ...namespaceLimits(),
  });
  const toTable = () => machineTable(facts, can);
  return {
    ...facts,
    ...can,
    toTable,
    toString: () => toTable().toString(),
    [DISPLAY]: (): MimeBundle => toTable()[DISPLAY](),
  };
}

/** Linux, ip-sysctl: ip_unprivileged_port_start; elsewhere the ports that BSD always reserved. */
const DEFAULT_FIRST_UNPRIVILEGED_PORT = 1024;

function readFacts(): MachineFacts {
  const status = readIfThere("/proc/self/status");
  return {
    os: Deno.build.os,
    release: kernelRelease(),
    arch: Deno.build.arch,
    deno: Deno.version.deno,
    ephemeralRange: ephemeralRangeIfKnown(),
    firstUnprivilegedPort: readSetting("net.ipv4.ip_unprivileged_port_start") ??
      DEFAULT_FIRST_UNPRIVILEGED_PORT,
    uid: Deno.uid(),
    holdsNetBindService: status !== undefined && holdsNetBindService(status),
  };
}

function tableSourceIfAny(): TableSource | undefined {
  try {
    return connections({ state: "LISTEN" }).reading?.source;
  } catch (error) {
    if (error instanceof Deno.errors.NotSupported) return undefined;
    throw error;
  }
}

function ephemeralRangeIfKnown(): PortRange | undefined {
  try {
    return ephemeralRange();
  } catch (error) {
    if (error instanceof Deno.errors.NotSupported) return undefined;
    throw error;
  }
}
