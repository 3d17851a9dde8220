/** Small trials of what this machine allows, and its own texts about itself. A trial changes nothing. */
import { runChild } from "../../program/child_process.ts";
import { quote, refusal } from "../../refusal.ts";

/** It takes a few milliseconds where it is allowed. */
const NAMESPACE_LIMIT_MS = 2_000;

/** Tries to listen at a loopback address; returns the error if the kernel refuses. */
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
 * Tries to bind a privileged port; returns the error if the kernel refuses. Only a trial tells: the
 * capability counts only in the user namespace that owns the network.
 *
 * @param firstUnprivileged The first port that any user may bind
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
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false; // no such program, no answer in time, or no process or descriptor left for it
  }
}

/** Tries to load the library with the system calls. */
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

/** Linux, include/uapi/linux/capability.h; capabilities(7). */
const CAP_NET_BIND_SERVICE = 10n;

/** Reads from /proc/PID/status whether the process holds CAP_NET_BIND_SERVICE, in effect. */
export function holdsNetBindService(status: string): boolean {
  const match = /^CapEff:\s*([0-9a-f]{16})$/m.exec(status);
  if (match === null) {
    throw refusal(SyntaxError, {
      cannot: "Cannot parse the status of a process",
      rule: "a line has CapEff and 16 hexadecimal digits",
      part: quote(status),
    });
  }
  return (BigInt(`0x${match[1]}`) >> CAP_NET_BIND_SERVICE & 1n) === 1n;
}
