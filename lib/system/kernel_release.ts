/** Which version of the kernel runs. */
import { quote, refusal } from "../refusal.ts";

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
