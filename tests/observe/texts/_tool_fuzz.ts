/** What must hold of whatever a tool's parser makes of a text, right or spoilt. */
import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import fc from "fast-check";
import { parseEndpoint, TCP_STATES, type ToolRow, type ToolRows, UDP_STATES } from "fourtuple";

type Parse = (text: string) => ToolRows;

/** Asserts the laws on random texts, and on saved ones that were spoilt or cut. */
export function assertSane(parse: Parse, samples: readonly string[]): void {
  const words = [...new Set(samples.flatMap((text) => text.split(/(?<=\s)/)))];
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
    tried(parse, text);
  }));
  fc.assert(fc.property(fc.array(fc.constantFrom(...words), { maxLength: 40 }), (chosen) => {
    tried(parse, chosen.join(""));
  }));
  const sample = fc.constantFrom(...samples);
  fc.assert(fc.property(sample, fc.nat(), fc.string({ maxLength: 3 }), fc.nat(3), spoilt), {
    numRuns: 300,
  });
  // A port may become too large, an address wrong, a queue another one.
  fc.assert(
    fc.property(sample, fc.nat(), fc.nat(9), fc.boolean(), (text, place, digit, isPutIn) => {
      const digits = [...text.matchAll(/[0-9]/g)];
      spoilt(text, digits[place % digits.length]!.index, `${digit}`, isPutIn ? 0 : 1);
    }),
    { numRuns: 300 },
  );
  fc.assert(fc.property(sample, fc.nat(), cut), { numRuns: 150 });

  /** Only the line that was spoilt may be read differently. */
  function spoilt(text: string, place: number, put: string, taken: number): void {
    const at = place % text.length;
    const removed = text.slice(at, at + taken);
    const changed = text.slice(0, at) + put + text.slice(at + taken);
    const rows = tried(parse, changed);
    const line = text.slice(0, at).split("\n").length;
    const before = parse(text);
    // Titles tell of columns; the widths of the other rows tell whether rows were cut.
    const isRow = before.some((row) => row.line === line);
    if (rows === undefined || !isRow || /[\r\n]/.test(removed + put)) return;
    const untouched = ({ line: its }: { line: number }) => its !== line;
    const isCutText = before.leftOut.length > 0 || rows.leftOut.some(untouched);
    if (!isCutText) assertEquals([...rows].filter(untouched), [...before].filter(untouched));
    // A row may be missing, since its neighbours told something of it; none may be new or another.
    const known = new Map(before.map((row) => [row.line, row]));
    for (const row of [...rows].filter(untouched)) assertEquals(row, known.get(row.line), changed);
  }

  /** All but the last line is read as before. */
  function cut(text: string, place: number): void {
    const at = place % text.length;
    const rows = tried(parse, text.slice(0, at));
    const before = parse(text);
    if (rows === undefined || before.leftOut.length > 0) return;
    const last = text.slice(0, at).split("\n").length;
    const whole = ({ line }: ToolRow) => line < last;
    const plain = ({ owners: _, ...rest }: ToolRow) => rest;
    assertEquals([...rows].filter(whole).map(plain), [...before].filter(whole).map(plain));
  }
}

/** Parses; an error is a SyntaxError with a place, and rows are such as a kernel can have. */
function tried(parse: Parse, text: string): ToolRows | undefined {
  let rows;
  try {
    rows = parse(text);
  } catch (error) {
    assertInstanceOf(error, SyntaxError);
    assertMatch(
      error.message,
      /^Cannot parse the output of "\w+" at line \d+, column \d+: .+, got /,
    );
    return undefined;
  }
  const lines = text.split(/\r\n|\n|\r/);
  for (const row of rows) assertPossible(row, lines[row.line - 1]!);
  return rows;
}

function assertPossible(row: ToolRow, line: string): void {
  const { protocol, family, state, local, remote, receiveQueue, sendQueue } = row;
  const states: readonly string[] = protocol === "tcp" ? TCP_STATES : UDP_STATES;
  assert(states.includes(state), `${protocol} in ${state}`);
  for (const end of [local, remote]) {
    assertEquals(end.family, family);
    assert(parseEndpoint(String(end)).equals(end));
    // The number stands in the line, or a service's name does.
    const printed = new RegExp(`[:.](?:0*${end.port}(?!\\d)|[A-Za-z])`);
    assert(end.port === 0 || printed.test(line), `${end} in ${line}`);
  }
  for (const number of [receiveQueue, sendQueue, row.inode]) {
    assert(number === undefined || (Number.isSafeInteger(number) && number >= 0));
  }
  if (state === "LISTEN") assert(remote.isWildcard && remote.port === 0);
  if (protocol === "tcp" && state !== "LISTEN" && state !== "CLOSE") assert(remote.port > 0);
  for (const { pid, descriptor } of row.owners ?? []) {
    assert(Number.isSafeInteger(pid) && pid >= 0);
    assert(descriptor === undefined || Number.isSafeInteger(descriptor));
  }
}
