/**
 * What this machine is, and what the course can do on it.
 *
 * @module
 */
import { DISPLAY, type Displayable, type MimeBundle } from "../../show/display.ts";
import type { Table } from "../../show/table.ts";
import { ephemeralRange } from "./ephemeral_range.ts";
import type { PortRange } from "../../ports/port_range.ts";
import { namespaceLimits, readIfThere, readSetting } from "../../system/namespace_limits.ts";
import { capabilities } from "./_capabilities.ts";
import { machineTable } from "./_machine_table.ts";
import { holdsNetBindService } from "./_machine_text.ts";
import {
  findPackageManager,
  findTools,
  listenTrial,
  mayCallLibc,
  mayMakeNamespace,
  privilegedTrial,
} from "./_probes.ts";
import type { TableSource } from "../rows/connection.ts";
import { connections } from "../connections.ts";
import type { MachineCapabilities, MachineFacts } from "./capability.ts";

/** A machine, which shows itself as a table. */
export interface Machine extends MachineFacts, MachineCapabilities, Displayable {
  /** Returns all of it as a table, with a cure for each missing thing. */
  toTable(): Table;
  /** Returns the table as text. */
  toString(): string;
}

/**
 * Tells what this machine is and what the course can do on it.
 *
 * It tries things rather than guess: it listens for a moment at a loopback address, at a privileged
 * port and at ::1, makes a network namespace that ends at once (within two seconds), and looks for programs. Nothing is
 * changed, and what is missing is no error: it has a cure.
 *
 * @throws {Deno.errors.NotCapable} If Deno may not read, run or listen, for which it wants
 *   `--allow-all`
 *
 * @example Branch on what is there
 * ```ts
 * import { machine } from "fourtuple/observe";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const here = await machine();
 * assertEquals(here.deno, Deno.version.deno);
 * assert(here.namespaces.ok || here.namespaces.cure !== undefined);
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
    release: Deno.osRelease(),
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
