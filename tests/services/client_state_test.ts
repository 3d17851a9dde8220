import { assertEquals } from "@std/assert";
import { ClientState } from "../../lib/services/_client_state.ts";

const REFUSED =
  'refused name: a name has at most 24 letters and digits, with blanks, "-" and "_" between';

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
