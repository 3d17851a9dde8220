/** The two written forms of a four-tuple, and those of a five-tuple, which begin with a protocol. */
import { readPort } from "../ports/port.ts";
import { quote } from "../refusal.ts";
import type { Protocol } from "../ports/protocol.ts";
import { readAddress, type Refuse, refuser } from "./address.ts";
import { type EndpointParts, readEndpoint } from "./_endpoint_text.ts";

/** Two endpoints of one family, both checked. */
export interface TupleParts {
  /** The first one. */
  readonly local: EndpointParts;
  /** The second one. */
  readonly remote: EndpointParts;
}

/** Takes a four-tuple apart; `cannot` begins the message of the error. */
export function readTuple(text: string, cannot: string): TupleParts {
  return text.startsWith("(")
    ? readMembers(membersOf(text, 4, refuser(cannot)), cannot)
    : readArrow(text, cannot);
}

/** Takes a five-tuple apart; `cannot` begins the message of the error. */
export function readProtocolTuple(
  text: string,
  cannot: string,
): TupleParts & { readonly protocol: Protocol } {
  const refuse: Refuse = refuser(cannot);
  if (text.startsWith("(")) {
    const [protocol, ...members] = membersOf(text, 5, refuse);
    return { protocol: readProtocol(protocol!, refuse), ...readMembers(members, cannot) };
  }
  const blank = text.indexOf(" ");
  if (blank === -1) refuse("a protocol and a blank stand before two endpoints", quote(text));
  return {
    protocol: readProtocol(text.slice(0, blank), refuse),
    ...readArrow(text.slice(blank + 1), cannot),
  };
}

function readArrow(text: string, cannot: string): TupleParts {
  const refuse: Refuse = refuser(cannot);
  const sides = text.split(" -> ");
  if (sides.length !== 2) {
    refuse('two endpoints stand with " -> " between', `${text === "" ? 0 : sides.length}`);
  }
  const [local, remote] = sides.map((side) => readEndpoint(side, cannot)) as [
    EndpointParts,
    EndpointParts,
  ];
  return oneFamily({ local, remote }, refuse);
}

function membersOf(text: string, count: number, refuse: Refuse): string[] {
  if (!text.endsWith(")")) refuse("a parenthesis that opens is closed at the end", quote(text));
  const inside = text.slice(1, -1);
  const members = inside === "" ? [] : inside.split(", ");
  if (members.length !== count) {
    refuse(
      `${count === 4 ? "four" : "five"} members stand with a comma and a blank between`,
      `${members.length}`,
    );
  }
  return members;
}

function readMembers(members: readonly string[], cannot: string): TupleParts {
  const [localAddress, localPort, remoteAddress, remotePort] = members as [
    string,
    string,
    string,
    string,
  ];
  const refuse: Refuse = refuser(cannot);
  const side = (address: string, port: string): EndpointParts => {
    readAddress(address, refuse);
    return { address, port: readPort(port, cannot) };
  };
  return oneFamily(
    { local: side(localAddress, localPort), remote: side(remoteAddress, remotePort) },
    refuse,
  );
}

function oneFamily(parts: TupleParts, refuse: Refuse): TupleParts {
  const [local, remote] = [parts.local.address, parts.remote.address].map((address) =>
    address.includes(":") ? "IPv6" : "IPv4"
  );
  if (local !== remote) refuse("both addresses are of one family", `${local} and ${remote}`);
  return parts;
}

/** Protocols are written small by the kernel's tools and in capitals by books; both are read. */
function readProtocol(text: string, refuse: Refuse): Protocol {
  if (text === "tcp" || text === "TCP") return "tcp";
  if (text === "udp" || text === "UDP") return "udp";
  return refuse("a protocol is tcp or udp", quote(text));
}
