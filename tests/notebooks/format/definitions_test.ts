import { assertEquals } from "@std/assert";
import {
  definitions,
  mentionedTerms,
  termPattern,
  withoutCode,
} from "../../../lib/notebooks/format/definitions.ts";
import { newNotebook } from "../../../lib/notebooks/format/notebook.ts";

/** Prose, and the terms and sentences of its definitions. */
const TABLE: readonly (readonly [source: string, found: string[][]])[] = [
  ["A port.", []],
  ["A **port** is a number. More.", [["port", "A **port** is a number."]]],
  ["First. A **port** is\na number.", [["port", "A **port** is a number."]]],
  // Labels and code are no terms
  ["**Predict:** what is `**x**`?\n\n```\n**y**\n```", []],
  ["**Misconception:** A **port** is it.", [["port", "A **port** is it."]]],
  ["`bind` gives a **`TIME_WAIT`**. `listen` too.", [[
    "TIME_WAIT",
    "`bind` gives a **`TIME_WAIT`**.",
  ]]],
  // A sentence that leans on the one before it brings it along
  ["A row counts them. It is the **backlog**.", [[
    "backlog",
    "A row counts them. It is the **backlog**.",
  ]]],
  ["It is the **backlog**.", [["backlog", "It is the **backlog**."]]],
  ["UDP carries messages. A **datagram** is one such message.", [
    ["datagram", "UDP carries messages. A **datagram** is one such message."],
  ]],
  ["Text. A **port** is a number, such as 80.", [["port", "A **port** is a number, such as 80."]]],
  ["There are three. They are the **handshake**:\n\n- one", [
    ["handshake", "There are three. They are the **handshake**."],
  ]],
  // Numbers with points do not end a sentence
  ["At 127.0.0.1 is **loopback**, see RFC 1122.", [[
    "loopback",
    "At 127.0.0.1 is **loopback**, see RFC 1122.",
  ]]],
  [
    "A **client** calls a **server**.",
    [["client", "A **client** calls a **server**."], [
      "server",
      "A **client** calls a **server**.",
    ]],
  ],
  [
    "## The **head**\nText.\n- a **SYN** begins\n  it\n- a **FIN** ends it\n\n| a | **row** |",
    [
      ["head", "The **head**"],
      ["SYN", "a **SYN** begins it"],
      ["FIN", "a **FIN** ends it"],
      ["row", "a | **row** |"],
    ],
  ],
];

Deno.test("definitions() finds bold text and the sentence around it", () => {
  for (const [source, found] of TABLE) {
    const notebook = newNotebook([{ cell_type: "markdown", source }]);
    assertEquals(definitions(notebook).map(({ term, sentence }) => [term, sentence]), found);
  }
});

Deno.test("definitions() takes the capital of a sentence from a term that is no name", () => {
  const text = "**Loopback** is an address. **Nagle's algorithm** waits. **TCP** does not.";
  const found = definitions(newNotebook([{ cell_type: "markdown", source: text }]));
  assertEquals(found.map(({ term }) => term), ["loopback", "Nagle's algorithm", "TCP"]);
});

Deno.test("definitions() says where a term is defined, and whether that may be left out", () => {
  const notebook = newNotebook([
    { cell_type: "markdown", source: "# A?" },
    { cell_type: "code", source: "// a **comment**" },
    { cell_type: "markdown", source: "A **port**.\n\n## B (optional)\n\nA **SYN**." },
  ]);
  assertEquals(definitions(notebook), [
    { term: "port", sentence: "A **port**.", cell: 2, heading: "A?", isOptional: false },
    { term: "SYN", sentence: "A **SYN**.", cell: 2, heading: "B (optional)", isOptional: true },
  ]);
});

/** A term, and texts in which it is found and in which it is not. */
const PATTERNS: readonly (readonly [string, found: readonly string[], not: readonly string[]])[] = [
  ["port", ["port", "Ports.", "(port)"], ["report", "portable", "port_a", "re-port"]],
  ["IP address", ["IP address", "IP addresses", "IP-address"], ["ip address", "IP"]],
  ["four-tuple", ["four-tuples", "Four tuple"], ["fourtuple", "tuple"]],
  ["sequence numbers", ["sequence number", "sequence numbers"], ["sequence"]],
  ["registry", ["registry", "registries"], ["registrar"]],
  ["process", ["process", "processes"], ["processing"]],
  ["SYN", ["SYN", "SYNs"], ["syn", "SYN_SENT", "ASYN"]],
  ["TIME_WAIT", ["TIME_WAIT"], ["time_wait"]],
  ["Nagle's algorithm", ["Nagle's algorithm"], ["Nagles algorithm"]],
];

for (const [term, found, not] of PATTERNS) {
  Deno.test(`termPattern() finds "${term}" as a word`, () => {
    assertEquals(found.filter((text) => text.search(termPattern(term)) < 0), []);
    assertEquals(not.filter((text) => text.search(termPattern(term)) >= 0), []);
  });
}

Deno.test("mentionedTerms() takes the longer term, in the order given, and passes code", () => {
  const terms = ["queue", "SYN", "SYN queue", "port"];
  assertEquals(mentionedTerms("A SYN queue at `port`.", terms), ["SYN queue"]);
  assertEquals(mentionedTerms("The SYN queues; a SYN, in a `queue`.", terms), ["SYN", "SYN queue"]);
  assertEquals(mentionedTerms("A `SYN` is code and a term.", terms), ["SYN"]);
  assertEquals(mentionedTerms("None.", []), []);
});

Deno.test("withoutCode() blanks code out and keeps the place of everything else", () => {
  assertEquals(
    withoutCode("a `b` c\n```ts\n**d**\n```\ne ``f`g`` h"),
    "a     c\n     \n     \n   \ne         h",
  );
});
