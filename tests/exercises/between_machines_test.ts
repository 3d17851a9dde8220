import { Endpoint, FourTuple } from "fourtuple";
import {
  checkTranslate,
  checkWay,
  type PlannedRoute,
} from "../../lib/exercises/between_machines.ts";
import { assertVerdicts } from "./_verdicts.ts";

type Calls = readonly FourTuple[];

/** Keeps the port where it can, and else takes the next one that `free` accepts. */
function translated(calls: Calls, outside: string, first = (port: number) => port): FourTuple[] {
  const taken = new Set<string>();
  return calls.map(({ local, remote }) => {
    let port = first(local.port);
    const tuple = () => FourTuple.from(Endpoint.from(outside, port), remote);
    while (taken.has(String(tuple()))) port = port === 65_535 ? 1_024 : port + 1;
    taken.add(String(tuple()));
    return tuple();
  });
}

Deno.test("checkTranslate() wants a four-tuple for each call, and a new port only if needed", async () => {
  const say = (answer: unknown) => () => checkTranslate(answer as typeof translated);
  const map = (change: (call: FourTuple, outside: string, index: number) => FourTuple) =>
    say((calls: Calls, outside: string) =>
      calls.map((call, index) => change(call, outside, index))
    );
  const at = (port: number, outside: string, { remote }: FourTuple) =>
    FourTuple.from(Endpoint.from(outside, port), remote);
  await assertVerdicts([
    [say(undefined), "open"],
    [say((calls: Calls, outside: string) => translated(calls, outside)), "right"],
    [map((call) => call), "not yet", "has to see the router's address"],
    [
      map((call, outside) => at(call.local.port, outside, call)),
      "not yet",
      "an earlier call became the same",
    ],
    [
      map((call, outside, index) => at(40_000 + index, outside, call)),
      "not yet",
      "The port is kept where",
    ],
    [
      map((call, outside, index) => at(index === 0 ? call.local.port : 10 + index, outside, call)),
      "not yet",
      "The port is kept where",
    ],
    [
      map((call, outside) => FourTuple.from(call.local, Endpoint.from(outside, 80))),
      "not yet",
      "still goes to the same server",
    ],
    [say(() => []), "not yet", "1 calls went in, and you returned 0"],
    [say(() => "none"), "not yet", "a list of FourTuple"],
    [
      say(() => {
        throw new Error("mine");
      }),
      "not yet",
      "Error: mine",
    ],
  ]);
});

/** The first bits of an address as a number. */
function bits(address: string, count: number): number {
  const whole = address.split(".").reduce((sum, each) => sum * 256 + Number(each), 0);
  return Math.floor(whole / 2 ** (32 - count));
}

function fits({ prefix }: PlannedRoute, address: string): boolean {
  const [network, count] = prefix.split("/");
  return bits(network!, Number(count)) === bits(address, Number(count));
}

function length({ prefix }: PlannedRoute): number {
  return Number(prefix.split("/")[1]);
}

Deno.test("checkWay() wants the most specific route, in any order", async () => {
  type Way = (routes: readonly PlannedRoute[], address: string) => string | undefined;
  const say = (answer: unknown) => () => checkWay(answer as Way);
  const right: Way = (routes, address) =>
    routes.filter((each) => fits(each, address)).sort((one, other) => length(other) - length(one))
      .at(0)?.cable;
  await assertVerdicts([
    [say(undefined), "open"],
    [say(right), "right", "the most specific route counts"],
    [
      say((routes: readonly PlannedRoute[], address: string) =>
        routes.find((each) => fits(each, address))?.cable
      ),
      "not yet",
    ],
    [
      say((routes: readonly PlannedRoute[], address: string) =>
        right(routes.filter((each) => each.prefix !== "10.1.2.128/25"), address)
      ),
      "not yet",
      "129 and 128 have the same one",
    ],
    [
      say((routes: readonly PlannedRoute[], address: string) => right(routes, address) ?? "wan"),
      "not yet",
      "No route fits: return undefined",
    ],
    [say(() => undefined), "not yet"],
    [say(() => 7), "not yet", "the name of a cable"],
  ]);
});
