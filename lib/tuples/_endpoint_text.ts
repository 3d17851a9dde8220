import { readPort } from "../ports/port.ts";
import { quote } from "../refusal.ts";
import { readAddress, type Refuse, refuser } from "./address.ts";

/** The two sides of an endpoint, both checked. */
export interface EndpointParts {
  /** With its zone, without brackets. */
  readonly address: string;
  /** 0 to 65535. */
  readonly port: number;
}

/**
 * Takes "address:port" apart. `cannot` begins the message of the error, so that an endpoint inside
 * a longer text is refused in the name of the whole text.
 */
export function readEndpoint(text: string, cannot: string): EndpointParts {
  const refuse: Refuse = refuser(cannot);
  if (text.startsWith("[")) return readBracketed(text, cannot, refuse);
  const colon = text.lastIndexOf(":");
  if (colon === -1) refuse("an endpoint is an address, a colon and a port", quote(text));
  const address = text.slice(0, colon);
  if (address.includes(":")) refuse("an IPv6 address stands in brackets", quote(address));
  readAddress(address, refuse);
  return { address, port: readPort(text.slice(colon + 1), cannot) };
}

function readBracketed(text: string, cannot: string, refuse: Refuse): EndpointParts {
  const end = text.indexOf("]");
  if (end === -1) refuse("a bracket that opens is closed", quote(text));
  const rest = text.slice(end + 1);
  if (!rest.startsWith(":")) refuse("a colon and a port follow the bracket", quote(rest));
  const address = text.slice(1, end);
  if (readAddress(address, refuse).family === "IPv4") {
    refuse("brackets are for IPv6 addresses", quote(text.slice(0, end + 1)));
  }
  return { address, port: readPort(rest.slice(1), cannot) };
}
