/** Endpoints as callers may give them. */
import { Endpoint, parseEndpoint } from "../tuples/endpoint.ts";
import type { EndpointLike } from "./socket.ts";

/** Returns the endpoint that a value says. */
export function toEndpoint(value: EndpointLike): Endpoint {
  if (value instanceof Endpoint) return value;
  return typeof value === "string" ? parseEndpoint(value) : Endpoint.from(value);
}
