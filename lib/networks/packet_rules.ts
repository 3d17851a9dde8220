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
const CHAIN = "inet fourtuple arriving";

/**
 * Rules for the packets that arrive in a private network, in the language of `nft(8)`. The first rule
 * that decides about a packet counts, and what no rule decides is let through. The machine's own rules
 * do not change: a network namespace has rules of its own.
 *
 * @example A port that refuses, and a port that is silent
 * ```ts ignore
 * import { labNetwork, PacketRules } from "fourtuple/networks";
 *
 * await using network = await labNetwork({ addresses: ["10.0.0.5"] });
 * await using rules = await PacketRules.create(network, [
 *   "tcp dport 22 counter reject with tcp reset",
 *   "tcp dport 25 counter drop",
 * ]);
 * console.log(String(await rules.list())); // each with its counter
 * ```
 */
export class PacketRules implements AsyncDisposable {
  readonly #network: LabNetwork;
  #end: Promise<void> | undefined;

  private constructor(network: LabNetwork) {
    this.#network = network;
  }

  /**
   * Sets rules, which takes some 50 ms.
   *
   * @param network The network, which has to be private
   * @param rules What stands behind "add rule" and the name of a chain; none by default
   * @throws {Deno.errors.NotSupported} If the network is not private, or this machine lacks the
   * program nft
   * @throws {SyntaxError} If nft does not understand a rule
   * @throws {TypeError} If the rules are not a list
   */
  static async create(network: LabNetwork, rules: readonly string[] = []): Promise<PacketRules> {
    if (!network.isPrivate) {
      throw new Deno.errors.NotSupported(`${CANNOT}: it needs a private network. ${network.note}`);
    }
    const made = new PacketRules(network);
    await made.#nft(
      "add table inet fourtuple\n" +
        `add chain ${CHAIN} { type filter hook input priority 0; policy accept; }\n`,
    );
    await made.replace(rules);
    return made;
  }

  /**
   * Sets other rules in the place of those that there are.
   *
   * @throws {SyntaxError} If nft does not understand a rule; then those that there were stay
   * @throws {TypeError} If the rules are not a list
   */
  async replace(rules: readonly string[]): Promise<void> {
    check(rules, list<string>(), { cannot: CANNOT, what: "the rules" });
    const lines = rules.map((rule) => `add rule ${CHAIN} ${oneLine(rule)}\n`);
    await this.#nft(`flush chain ${CHAIN}\n${lines.join("")}`);
  }

  /** Returns the rules as the kernel has them now, with what they have counted. */
  async list(): Promise<PacketRuleList> {
    const listed = await this.#nft(`list chain ${CHAIN}\n`);
    const lines = listed.split("\n").filter((line) => /^\t\t(?!type )/.test(line));
    return new PacketRuleList(lines.map((line) => {
      const count = line.match(/ packets (\d+) bytes \d+/);
      return {
        rule: line.replace(count?.[0] ?? "", "").trim(),
        packets: count === null ? undefined : Number(count[1]),
      };
    }));
  }

  /** Takes the rules away. Closing twice does no harm. */
  close(): Promise<void> {
    return this.#end ??= this.#close();
  }

  /** Takes the rules away. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    if (!this.#network.isClosed) await this.#nft("delete table inet fourtuple\n");
  }

  async #nft(input: string): Promise<string> {
    const command = [...this.#network.enter, "nft", "-f", "-"];
    const { success, code, stdout, stderr } = await runChild(command, { input, timeout: LIMIT_MS });
    if (success) return stdout;
    if (code === 127) throw missingProgram("nft", "nftables", CANNOT);
    throw refusal(SyntaxError, {
      cannot: CANNOT,
      rule: "nft understands each rule",
      part: quote(stderr.trim()),
    });
  }
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
