/** The two written forms of a four-tuple, and those of a five-tuple, which begin with a protocol. */
import type { Protocol } from "../ports/protocol.ts";
import { quote, type Refuse, refuser } from "../refusal.ts";
import { type Endpoint, readAddressAndPort, readEndpoint } from "./endpoint.ts";

/** Two endpoints of one family. */
export interface TupleEnds {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/** Reads a four-tuple; `cannot` begins the message of the error. */
export function readTuple(text: string, cannot: string): TupleEnds {
  return text.startsWith("(")
    ? readMembers(membersOf(text, 4, refuser(cannot)), cannot)
    : readArrow(text, cannot);
}

/** Reads a five-tuple; `cannot` begins the message of the error. */
export function readProtocolTuple(
  text: string,
  cannot: string,
): TupleEnds & { readonly protocol: Protocol } {
  const refuse: Refuse = refuser(cannot);
  if (text.startsWith("(")) {
    const [protocol, ...members] = membersOf(text, 5, refuse);
    return { protocol: readProtocol(protocol!, refuse), ...readMembers(members, cannot) };
  }
  const blank = text.indexOf(" ");
  if (blank === -1) refuse("a five-tuple begins with a protocol and a blank", quote(text));
  return {
    protocol: readProtocol(text.slice(0, blank), refuse),
    ...readArrow(text.slice(blank + 1), cannot),
  };
}

function readArrow(text: string, cannot: string): TupleEnds {
  const refuse: Refuse = refuser(cannot);
  const ends = text.split(" -> ");
  if (ends.length !== 2) {
    refuse('a four-tuple is two endpoints with " -> " between', `${text === "" ? 0 : ends.length}`);
  }
  const [local, remote] = ends.map((end) => readEndpoint(end, cannot)) as [Endpoint, Endpoint];
  return oneFamily({ local, remote }, refuse);
}

function membersOf(text: string, count: number, refuse: Refuse): string[] {
  if (!text.endsWith(")")) refuse("a parenthesis that opens is closed at the end", quote(text));
  const inside = text.slice(1, -1);
  const members = inside === "" ? [] : inside.split(", ");
  if (members.length !== count) {
    const name = count === 4 ? "four" : "five";
    refuse(`the ${name} members are separated by a comma and a blank`, `${members.length}`);
  }
  return members;
}

function readMembers(members: readonly string[], cannot: string): TupleEnds {
  const [address, port, remoteAddress, remotePort] = members as [string, string, string, string];
  const local = readAddressAndPort([address, port], cannot);
  const remote = readAddressAndPort([remoteAddress, remotePort], cannot);
  return oneFamily({ local, remote }, refuser(cannot));
}

function oneFamily(ends: TupleEnds, refuse: Refuse): TupleEnds {
  const { local, remote } = ends;
  if (local.family !== remote.family) {
    refuse("both addresses are of one family", `${local.family} and ${remote.family}`);
  }
  return ends;
}

/** The kernel's tools write protocols in lower case, and books in capitals; both are read. */
function readProtocol(text: string, refuse: Refuse): Protocol {
  if (text === "tcp" || text === "TCP") return "tcp";
  if (text === "udp" || text === "UDP") return "udp";
  return refuse("a protocol is tcp or udp", quote(text));
}
