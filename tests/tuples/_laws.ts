/** What fast-check draws for the laws of endpoints and tuples. */
import fc from "fast-check";
import { Endpoint, FourTuple } from "fourtuple";

const port = fc.integer({ min: 0, max: 65535 });
/** Few values, so that equal ones meet. */
const byte = fc.oneof({ arbitrary: fc.constantFrom(0, 1, 255), weight: 3 }, fc.nat(255));
const ipv4 = fc.array(byte, { minLength: 4, maxLength: 4 });
const ipv6 = fc.oneof(
  fc.array(byte, { minLength: 16, maxLength: 16 }),
  ipv4.map((bytes) => [...Array(10).fill(0), 255, 255, ...bytes]),
  ipv4.map((bytes) => [...Array(12).fill(0), ...bytes]),
);
const zone = fc.option(fc.stringMatching(/^[A-Za-z0-9._~-]{1,8}$/), { nil: undefined });

function endpointOf(bytes: number[], number: number, name?: string): Endpoint {
  const endpoint = Endpoint.fromBytes(Uint8Array.from(bytes), number);
  return name === undefined || endpoint.unmapped() !== endpoint
    ? endpoint
    : Endpoint.from(`${endpoint.address}%${name}`, number);
}

/** Any IPv4 endpoint. */
export const ipv4Endpoint = fc.tuple(ipv4, port).map(([bytes, number]) =>
  endpointOf(bytes, number)
);

/** Any IPv6 endpoint, with and without a zone, mapped ones among them. */
export const ipv6Endpoint = fc.tuple(ipv6, port, zone).map((parts) => endpointOf(...parts));

/** Any endpoint. */
export const endpoint = fc.oneof(ipv4Endpoint, ipv6Endpoint);

/** Any four-tuple. */
export const fourTuple = fc.oneof(
  fc.tuple(ipv4Endpoint, ipv4Endpoint),
  fc.tuple(ipv6Endpoint, ipv6Endpoint),
).map(([local, remote]) => FourTuple.from(local, remote));
