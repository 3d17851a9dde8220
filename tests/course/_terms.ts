/**
 * The terms of the course, and the rules for them: each is defined once, in bold, and used nowhere
 * before. terms_test.ts applies them to the course, and shows of each that it finds its fault.
 */
import {
  type Definition,
  definitions,
  termPattern,
  withoutCode,
} from "../../lib/notebooks/format/definitions.ts";
import type { Notebook } from "../../lib/notebooks/format/notebook.ts";
import { passages } from "../../lib/notebooks/format/passages.ts";
import type { CourseNotebook } from "../../lib/notebooks/run/course.ts";

/** A term, and what else stands for it; its plural needs no entry. */
export type Term = readonly [term: string, ...others: string[]];

/** The terms of the course, by the notebook that explains them. */
export const TERMS: readonly Term[] = [
  // What can this machine show me?
  ["kernel"],
  ["process"],
  ["IP address"],
  ["loopback"],
  ["port"],
  ["socket"],
  ["network namespace"],
  // Who calls, and who waits?
  ["client"],
  ["server"],
  ["TCP"],
  ["connection"],
  ["endpoint"],
  ["listening socket", "listener"],
  ["accepted socket"],
  ["connection table"],
  ["state"],
  // Which program gets what arrives?
  ["well-known port"],
  ["registered port"],
  ["dynamic port"],
  ["UDP"],
  ["datagram"],
  ["protocol"],
  ["demultiplexing"],
  ["privileged port"],
  ["service name"],
  // What does each system call do?
  ["system call"],
  ["file descriptor", "descriptor"],
  ["errno"],
  ["socket option"],
  ["non-blocking"],
  ["inode"],
  // What happens before accept?
  ["segment"],
  ["SYN"],
  ["ACK"],
  ["handshake"],
  ["sequence number"],
  ["backlog"],
  ["accept queue"],
  ["SYN queue"],
  // Which connection is which?
  ["local port"],
  ["remote port"],
  ["four-tuple"],
  ["five-tuple"],
  // Who chooses the client's port?
  ["ephemeral port range", "ephemeral port", "ephemeral range"],
  ["reserved port"],
  ["race", "race condition"],
  // Where does a server listen?
  ["interface"],
  ["wildcard address", "wildcard"],
  ["dual-stack socket", "dual-stack"],
  ["IPv4-mapped address", "mapped address"],
  ["weak host model"],
  ["published port"],
  // Where does a message end?
  ["byte stream"],
  ["message framing"],
  ["retransmission", "retransmit"],
  ["Nagle's algorithm"],
  ["delayed acknowledgement"],
  // How does a connection end?
  ["FIN"],
  ["half-close"],
  ["active opener"],
  ["active closer"],
  ["TIME_WAIT"],
  ["CLOSE_WAIT"],
  ["reset"],
  // Why does my call fail or hang?
  ["firewall"],
  ["ICMP"],
  ["keepalive"],
  ["send queue"],
  ["receive queue"],
  // Who has my port?
  ["owner"],
  ["netlink"],
  // How do programs talk?
  ["request and response"],
  ["persistent connection"],
  ["control connection"],
  ["data connection"],
  // When do ports run out?
  ["connection pool"],
  ["port exhaustion"],
  // How does one server keep ten thousand clients?
  ["event loop"],
  ["epoll"],
  ["worker"],
  ["hash table"],
  // What happens between two machines?
  ["router"],
  ["route"],
  ["address translation", "NAT"],
  ["connection tracking"],
];

/** Words in which a term is used before its definition, for a reason. */
export interface EarlyUse {
  /** The term. */
  readonly term: string;
  /** The words around it. */
  readonly words: RegExp;
  /** Why they may stand there. */
  readonly reason: string;
}

/** The early uses that are allowed. */
export const EARLY_USES: readonly EarlyUse[] = [
  { term: "client", words: /"Clients, Servers, and Ports"/, reason: "the title of an article" },
  { term: "server", words: /"Clients, Servers, and Ports"/, reason: "the title of an article" },
  {
    term: "client",
    words: /"Explicitly assigning port number to client"/,
    reason: "the title of an article",
  },
  {
    term: "FIN",
    words: /FIN ends a direction/,
    reason: "a cell prints the flags of segments, and each needs a word; endings come later",
  },
  {
    term: "router",
    words: /home router/,
    reason: "readers know the box at home by this name; what it does comes later",
  },
];

const known = new WeakMap<Notebook, Definition[]>();

/** The same notebook is asked for its definitions again and again. */
function definitionsOf(notebook: Notebook): Definition[] {
  const found = known.get(notebook) ?? definitions(notebook);
  known.set(notebook, found);
  return found;
}

/** Returns a sentence for each term that is not defined exactly once, and for each other bold text. */
export function definitionProblems(
  course: readonly CourseNotebook[],
  terms: readonly Term[] = TERMS,
): string[] {
  const found = course.flatMap(({ name, notebook }) =>
    definitionsOf(notebook).map((definition) => ({ name, ...definition }))
  );
  const ofTerm = ([term]: Term) => found.filter((each) => isTerm(each, term));
  return [
    ...terms.flatMap((each) => {
      const places = ofTerm(each).map(placeText);
      return places.length === 1
        ? []
        : [`"${each[0]}" is defined ${places.length} times: ${places.join(", ") || "nowhere"}`];
    }),
    ...found.filter((each) => !terms.some(([term]) => isTerm(each, term))).map((each) =>
      `${placeText(each)} has the bold text "${each.term}", which is no term of the list`
    ),
    ...found.filter(({ isOptional }) => isOptional).map((each) =>
      `${placeText(each)} defines "${each.term}" in a part that a reader may leave out`
    ),
  ];
}

/** Returns a sentence for each use of a term before the cell that defines it. */
export function earlyUseProblems(
  course: readonly CourseNotebook[],
  terms: readonly Term[] = TERMS,
  allowed: readonly EarlyUse[] = EARLY_USES,
): string[] {
  const cells = course.flatMap(({ name, notebook }) =>
    Map.groupBy(passages(notebook).filter(({ kind }) => kind === "prose"), ({ cell }) => cell)
      .entries().map(([cell, parts]) => ({
        name,
        cell,
        text: readText(parts.map(({ text }) => text).join("\n\n")),
      })).toArray()
  );
  const found = course.flatMap(({ name, notebook }) =>
    definitionsOf(notebook).map((definition) => ({ name, ...definition }))
  );
  return terms.flatMap(([term, ...others]) => {
    const definition = found.find((each) => isTerm(each, term));
    if (definition === undefined) return [];
    const before = cells.slice(
      0,
      cells.findIndex(({ name, cell }) => name === definition.name && cell === definition.cell),
    );
    const patterns = [term, ...others].map(termPattern);
    const words = allowed.filter((each) => each.term === term).map((each) => each.words);
    // The first cell of a notebook announces what the notebook explains.
    return before.filter(({ name, cell }) => name !== definition.name || cell > 0).flatMap(
      (place) => {
        const text = words.reduce((left, each) => left.replace(each, ""), place.text);
        const use = patterns.flatMap((pattern) => [...text.matchAll(pattern)])[0];
        if (use === undefined) return [];
        const around = text.slice(Math.max(0, use.index - 40), use.index + 40).replaceAll(
          "\n",
          " ",
        );
        return [
          `${placeText(place)} uses "${use[0]}", which ${
            placeText(definition)
          } defines: …${around}…`,
        ];
      },
    );
  });
}

function isTerm(definition: Definition, term: string): boolean {
  const match = definition.term.match(termPattern(term));
  return match !== null && match[0] === definition.term;
}

function placeText({ name, cell }: { readonly name: string; readonly cell: number }): string {
  return `${name}, cell ${cell}`;
}

/** Returns what a reader reads: no code, no addresses, no names of other notebooks. */
function readText(markdown: string): string {
  return withoutCode(markdown.replaceAll(/`([A-Z][A-Z\d_]+)`/g, "$1"))
    .replaceAll(/\[[^\]]*\]\([^)]*\.ipynb[^)]*\)/g, "")
    .replaceAll(/\]\([^)]*\)/g, "]").replaceAll(/<\/?\w[^>]*>/g, "");
}
