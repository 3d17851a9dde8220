import { assert, assertEquals, assertThrows } from "@std/assert";
import { grantedPort, PortRefusedError } from "fourtuple";
import { isRefusal } from "../../lib/refusal.ts";
import { ClientState } from "../../lib/services/line_protocol.ts";

Deno.test("grantedPort() returns the port of a grant", () => {
  assertEquals(["port 6001", "port 65535"].map(grantedPort), [6001, 65535]);
});

Deno.test("grantedPort() throws a refusal, with its reason", () => {
  const cases: [answer: string, reason: string][] = [
    ["refused exhausted: none of 6000-6001 is free", "exhausted"],
    ["refused taken: port 6001 is allocated to another client", "taken"],
    ["closed full: this server takes 2 clients at a time", "full"],
  ];
  for (const [answer, reason] of cases) {
    const error = assertThrows(() => grantedPort(answer), PortRefusedError);
    assertEquals([error.reason, error.answer], [reason, answer]);
  }
});

Deno.test("grantedPort() refuses what is not an answer", () => {
  const cases: [answer: string | undefined, part: string][] = [
    [undefined, "no answer"],
    ["", "another line"],
    ["6001", "another line"],
    ["Ada, line 1: port 6001", "another line"],
    ["port 6001 ", '" " (U+0020)'],
  ];
  for (const [answer, part] of cases) {
    const error = assertThrows(() => grantedPort(answer), SyntaxError);
    assert(isRefusal(error));
    assertEquals(error.part, part);
  }
});

const REFUSED =
  'refused name: a name has at most 24 letters and digits, with single spaces, "-" or "_" between';

Deno.test("ClientState answers as the line protocol says, and counts the lines of this client", () => {
  const state = new ClientState("client 7", "port 6001");
  const steps: [line: string, answer: string][] = [
    ["who", "you are client 7, known by port 6001"],
    ["good morning", "client 7, line 1: good morning"],
    ["name Ada", "hello Ada"],
    ["who", "you are Ada, known by port 6001"],
    ["", "Ada, line 2: "],
    ["name", "Ada, line 3: name"],
    ["name Ada Lovelace-1_b", "hello Ada Lovelace-1_b"],
    ["name Åda", "hello Åda"],
    [`name ${"a".repeat(24)}`, `hello ${"a".repeat(24)}`],
    ["name Åda", "hello Åda"],
    [`name ${"a".repeat(25)}`, REFUSED],
    ["name ", REFUSED],
    ["name  Ada", REFUSED],
    ["name Ada, line 9: I", REFUSED],
    ["who", "you are Åda, known by port 6001"],
  ];
  for (const [line, answer] of steps) assertEquals(state.answer(line), answer, line);
  assertEquals(state.name, "Åda");
});
