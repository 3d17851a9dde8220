/** Endpoints as callers may give them. */
import { Endpoint } from "../tuples/endpoint.ts";

export { toEndpoint } from "../sockets/_endpoint_like.ts";

/** Returns the endpoint with another port. */
export function withPort(endpoint: Endpoint, port: number): Endpoint {
  const { address, zone } = endpoint;
  return Endpoint.from(zone === undefined ? address : `${address}%${zone}`, port);
}
