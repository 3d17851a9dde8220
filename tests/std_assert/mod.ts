/**
 * A stand-in for the published `@std/assert`, for machines that cannot reach JSR.
 *
 * It has the same names, signatures and messages, so that a test which passes here passes there.
 * deno.json's `links` names this folder; without that line Deno takes the published package.
 *
 * What `node:assert` would do otherwise, and why equality is written out in equal.ts:
 *
 * - two instances of a class whose state is `#private` are equal to node, since it sees no keys.
 *   Here, as in the published package, their getters are compared too;
 * - `0` and `-0` are equal in {@linkcode assertEquals}, and differ in
 *   {@linkcode assertStrictEquals};
 * - an object without a prototype equals a plain one with the same keys;
 * - two URLs are equal when their texts are.
 *
 * What differs from the published package: a diff goes by whole lines and has no colours; and two
 * things that it lets pass fail here, nested dates that differ in {@linkcode assertObjectMatch}, and
 * sets or maps of which several members equal one and the same member of the other.
 *
 * @module
 */
export { assertArrayIncludes } from "./array_includes.ts";
export { assert, assertExists, assertFalse, fail, unimplemented, unreachable } from "./assert.ts";
export type { Falsy } from "./assert.ts";
export { AssertionError } from "./assertion_error.ts";
export {
  assertAlmostEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
} from "./compare.ts";
export { equal } from "./equal.ts";
export {
  assertEquals,
  assertNotEquals,
  assertNotStrictEquals,
  assertStrictEquals,
} from "./equals.ts";
export { assertInstanceOf, assertNotInstanceOf } from "./instance_of.ts";
export type { AnyConstructor } from "./instance_of.ts";
export { assertMatch, assertNotMatch, assertStringIncludes } from "./match.ts";
export { assertObjectMatch } from "./object_match.ts";
export { assertIsError, assertRejects, assertThrows } from "./throws.ts";
export type { ErrorClass } from "./throws.ts";
