/** Endpoints as callers may give them. */
import type { EndpointLike } from "../sockets/socket.ts";
import { Endpoint, parseEndpoint } from "../tuples/endpoint.ts";

/** Returns the endpoint that a value says. */
export function toEndpoint(value: EndpointLike): Endpoint {
  if (value instanceof Endpoint) return value;
  return typeof value === "string" ? parseEndpoint(value) : Endpoint.from(value);
}

/** Returns the endpoint with another port. */
export function withPort(endpoint: Endpoint, port: number): Endpoint {
  const { address, zone } = endpoint;
  return Endpoint.from(zone === undefined ? address : `${address}%${zone}`, port);
}
