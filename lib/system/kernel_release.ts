/** Which version of the kernel runs. */
import { runChildSync } from "../program/child_process.ts";
import { quote, refusal } from "../refusal.ts";

/**
 * Returns the kernel's release, as in "6.18.44-fc"; "0.0" where it cannot be known.
 *
 * @throws {Deno.errors.NotCapable} If Deno may not ask (`--allow-sys`)
 */
export function kernelRelease(): string {
  const release = Deno.osRelease();
  if (release !== "") return release;
  // Deno reads it from /proc/sys, which is hidden here; uname(1) asks by a system call.
  try {
    return runChildSync(["uname", "-r"]).stdout.trim() || "0.0";
  } catch {
    return "0.0";
  }
}

/** Reads a kernel's release, as in "6.18.44-fc", and tells whether it is this version or later. */
export function isAtLeast(
  release: string,
  version: readonly [major: number, minor: number],
): boolean {
  const match = /^(\d+)\.(\d+)/.exec(release);
  if (match === null) {
    throw refusal(SyntaxError, {
      cannot: "Cannot parse the release of a kernel",
      rule: "it begins with two numbers and a dot between them",
      part: quote(release),
    });
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > version[0] || (major === version[0] && minor >= version[1]);
}
