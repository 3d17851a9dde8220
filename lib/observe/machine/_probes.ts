/** Small trials of what this machine lets one do. Each leaves everything as it was. */
import { runChild } from "../../program/child_process.ts";
import { findProgram } from "../../program/find_program.ts";
import { PACKAGE_MANAGERS, type PackageManager, type Tool, TOOLS } from "./_remedies.ts";

/** Where each tool may be found, by the first name that is there. */
const NAMES: Readonly<Partial<Record<Tool, readonly string[]>>> = {
  jupyter: ["jupyter", "jupyter-notebook", "jupyter-lab"],
  cc: ["cc", "gcc", "clang"],
};

/** It takes a few milliseconds where it is allowed. */
const NAMESPACE_LIMIT_MS = 2_000;

/** Tries to listen at a loopback address; returns what the kernel says against it, if anything. */
export function listenTrial(hostname: string, port: number): Error | undefined {
  try {
    Deno.listen({ hostname, port }).close();
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/**
 * Tries to bind a privileged port; returns what the kernel says against it, if anything. The right
 * hangs on more than the capability (it counts in the user namespace that owns the network), so
 * only a trial tells.
 *
 * @param firstUnprivileged The first port that everybody may bind
 */
export function privilegedTrial(firstUnprivileged: number): Error | undefined {
  for (let port = firstUnprivileged - 1; port > 0; port--) {
    const refusal = listenTrial("127.0.0.1", port);
    if (!(refusal instanceof Deno.errors.AddrInUse)) return refusal;
  }
  return undefined;
}

/** Tries to make a user and a network namespace. */
export async function mayMakeNamespace(): Promise<boolean> {
  try {
    const { success } = await runChild(["unshare", "-Urn", "true"], {
      timeout: NAMESPACE_LIMIT_MS,
    });
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof DOMException && error.name === "TimeoutError") return false;
    throw error;
  }
}

/** Tries to load the library in which the system calls are. */
export function mayCallLibc(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }).close();
    return true;
  } catch (error) {
    // Not found, or not glibc's: Deno has no class of its own for it.
    if (error instanceof Error) return false;
    throw error;
  }
}

/** Returns the path of each tool that is there. */
export function findTools(): ReadonlyMap<Tool, string> {
  return new Map(TOOLS.flatMap((tool) => {
    const path = (NAMES[tool] ?? [tool]).map((name) => findProgram(name))
      .find((each) => each !== undefined);
    return path === undefined ? [] : [[tool, path]];
  }));
}

/** Returns the first package manager that is there. */
export function findPackageManager(): PackageManager | undefined {
  return PACKAGE_MANAGERS.find((manager) => findProgram(manager) !== undefined);
}
