/**
 * What identifies a conversation: endpoints, four-tuples, five-tuples. No socket is opened here.
 *
 * Read `endpoint.ts` first (an address and a port), then `four_tuple.ts`, then `demux.ts`: which socket
 * gets an arriving segment. `tcp_header.ts` reads a segment's ports. `table/four_tuple_table.ts` keeps a million four-tuples in typed arrays.
 *
 * @module
 */
export {
  type DeliveredSegment,
  type DeliveryRule,
  demux,
  type DemuxResult,
  type DemuxSocket,
  type RefusalReason,
  type RefusedSegment,
  type Segment,
} from "./demux.ts";
export {
  type AddressFamily,
  Endpoint,
  type EndpointLike,
  type NetAddress,
  parseEndpoint,
} from "./endpoint.ts";
export { FiveTuple, parseFiveTuple, type ProtocolConnectionAddresses } from "./five_tuple.ts";
export { type ConnectionAddresses, FourTuple, parseFourTuple } from "./four_tuple.ts";
export {
  type SocketState,
  TCP_STATES,
  type TcpState,
  UDP_STATES,
  type UdpState,
} from "./socket_state.ts";
export { parseTcpHeader, type TcpFlag, type TcpHeader } from "./tcp_header.ts";
export { FourTupleTable, type FourTupleTableOptions } from "./table/four_tuple_table.ts";
export { type PackedTuple, packTuple, unpackTuple } from "./table/packed_tuple.ts";
