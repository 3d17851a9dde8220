/**
 * A private network's own firewall: rules for the packets that arrive.
 *
 * @module
 */
import { runChild } from "../program/child_process.ts";
import { check, list, quote, refusal, text } from "../refusal.ts";
import { ShownAsTable, Table } from "../show/table.ts";
import { missingProgram } from "./_network_process.ts";
import type { LabNetwork } from "./lab_network.ts";

/** A rule, and how many packets it has met. */
export interface PacketRule {
  /** The rule as nft prints it, without its counts: "tcp dport 22 counter drop". */
  readonly rule: string;
  /** How many packets have matched; `undefined` for a rule without `counter`. */
  readonly packets: number | undefined;
}

/** The rules of a moment, which show themselves as a table. */
export class PacketRuleList extends ShownAsTable {
  /** The rules, in the order in which the kernel reads them. */
  readonly rules: readonly PacketRule[];

  /** Makes a list of rules. */
  constructor(rules: readonly PacketRule[]) {
    super();
    this.rules = rules;
  }

  /** Returns a row for each rule. */
  override toTable(): Table {
    return new Table({
      columns: ["rule", "packets"],
      rows: this.rules.map(({ rule, packets }) => [rule, packets]),
    });
  }
}

const CANNOT = "Cannot set the rules of a network";
const LIMIT_MS = 10_000;
const TABLE = "inet fourtuple";
const CHAIN = `${TABLE} arriving`;

/**
 * Sets rules for the packets that arrive in a private network, in the place of those that were set
 * before. They are in the language of `nft(8)`. The first rule that decides about a packet counts, and
 * what no rule decides is let through. The machine's own rules do not change: a network namespace has
 * rules of its own.
 *
 * It takes some 50 ms. The old rules hold until the new ones do.
 *
 * @param network The network, which has to be private
 * @param rules What stands behind "add rule" and the name of a chain; no rule lets everything through
 * @throws {Deno.errors.NotSupported} If the network is not private, or this machine lacks the program
 * nft or its kernel the filter
 * @throws {SyntaxError} If nft does not understand a rule; then the old rules stay
 * @throws {TypeError} If the rules are not a list of texts
 *
 * @example A port that refuses, and a port that is silent
 * ```ts
 * import { labNetwork, packetRules, setPacketRules } from "fourtuple/networks";
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await labNetwork({ addresses: ["10.0.0.5"] });
 * await network.inPrivate("two rules, each with its counter", async () => {
 *   await setPacketRules(network, [
 *     "tcp dport 22 counter reject with tcp reset",
 *     "tcp dport 25 counter drop",
 *   ]);
 *   const { rules } = await packetRules(network);
 *   assertEquals(rules[1], { rule: "tcp dport 25 counter drop", packets: 0 });
 * });
 * ```
 */
export async function setPacketRules(network: LabNetwork, rules: readonly string[]): Promise<void> {
  assertPrivate(network);
  check(rules, list<string>(), { cannot: CANNOT, what: "the rules" });
  const lines = rules.map((rule) => `add rule ${CHAIN} ${oneLine(rule)}\n`);
  const chain = `add table ${TABLE}\n` +
    `add chain ${CHAIN} { type filter hook input priority 0; policy accept; }\n`;
  // To delete a table that is not there is an error, so it is made first.
  const input = `add table ${TABLE}\ndelete table ${TABLE}\n`;
  await nft(network, rules.length === 0 ? input : input + chain + lines.join(""));
}

/**
 * Returns the rules that {@linkcode setPacketRules} has set, as the kernel has them now, with what they
 * have counted.
 *
 * @throws {Deno.errors.NotSupported} If the network is not private, or this machine lacks the program
 * nft
 */
export async function packetRules(network: LabNetwork): Promise<PacketRuleList> {
  assertPrivate(network);
  const listed = await nft(network, `add table ${TABLE}\nlist table ${TABLE}\n`);
  const lines = listed.split("\n").filter((line) => /^\t\t(?!type )/.test(line));
  return new PacketRuleList(lines.map((line) => {
    const count = line.match(/ packets (\d+) bytes \d+/);
    return {
      rule: line.replace(count?.[0] ?? "", "").trim(),
      packets: count === null ? undefined : Number(count[1]),
    };
  }));
}

function assertPrivate(network: LabNetwork): void {
  if (network.isPrivate) return;
  throw new Deno.errors.NotSupported(`${CANNOT}: it needs a private network. ${network.note}`);
}

async function nft(network: LabNetwork, input: string): Promise<string> {
  const command = [...network.enter, "nft", "-f", "-"];
  const { success, code, stdout, stderr } = await runChild(command, { input, timeout: LIMIT_MS });
  if (success) return stdout;
  if (code === 127) throw missingProgram("nft", "nftables", CANNOT);
  const part = quote(stderr.trim());
  if (/syntax error|unknown|invalid/i.test(stderr)) {
    throw refusal(SyntaxError, { cannot: CANNOT, rule: "nft understands each rule", part });
  }
  const rule = "this machine's kernel can filter packets (nf_tables)";
  throw refusal(Deno.errors.NotSupported, { cannot: CANNOT, rule, part });
}

function oneLine(rule: string): string {
  check(rule, text, { cannot: CANNOT, what: "a rule" });
  if (/^[ -~]+$/.test(rule) && !rule.includes(";")) return rule;
  throw refusal(SyntaxError, {
    cannot: CANNOT,
    rule: "a rule is one line without a semicolon",
    part: quote(rule),
  });
}
