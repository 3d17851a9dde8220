/**
 * What is known about a service, and the services that IANA's registry alone would get wrong: those
 * that people call by another name, and those with a range of ports.
 *
 * @module
 */
import { PortRange } from "./port_range.ts";
import type { Protocol } from "./protocol.ts";

/** A service with a port of its own. */
export interface ServiceEntry {
  /** The name that people use, where IANA has another or several. */
  readonly name: string;
  /** Its other names, IANA's own among them where it is not {@linkcode ServiceEntry.name}. */
  readonly aliases: readonly string[];
  /** One line about the service; empty for the few that IANA does not describe. */
  readonly description: string;
  /** Its ports, nearly always one. */
  readonly range: PortRange;
  /**
   * The protocols for which IANA assigned the port. Before RFC 6335 a service got both, whether or
   * not it used both: SSH has UDP port 22 as well, and has never used it.
   */
  readonly protocols: readonly Protocol[];
}

/**
 * IANA's own names are among the aliases, so no name of the registry is lost. Where two rows share a
 * name, it means the first one.
 */
export const KNOWN_SERVICES: readonly ServiceEntry[] = [
  // The ports that every introduction lists, by the names that it uses.
  row("20", "tcp udp", "ftp-data", "FTP, the data connection"),
  row("21", "tcp udp", "ftp", "FTP, the control connection"),
  row("22", "tcp udp", "ssh", "Secure Shell"),
  row("23", "tcp udp", "telnet", "Telnet"),
  row("25", "tcp udp", "smtp mail", "Mail from server to server"),
  row("53", "tcp udp", "dns domain", "Domain names"),
  row("67", "tcp udp", "dhcp bootps dhcp-server", "Addresses for hosts, server side"),
  row("68", "tcp udp", "dhcp bootpc dhcp-client", "Addresses for hosts, client side"),
  row("80", "tcp udp", "http www www-http", "The Web"),
  row("110", "tcp udp", "pop3 pop-3", "Mail fetched from a mailbox"),
  row("143", "tcp", "imap imap2 imap4", "Mail kept in a mailbox"),
  row("443", "tcp udp", "https", "The Web over TLS; over UDP it is QUIC and HTTP/3"),
  row("465", "tcp", "smtps submissions urd ssmtp", "Mail from a client, over TLS"),
  row("587", "tcp udp", "submission", "Mail from a client"),
  row("993", "tcp", "imaps", "IMAP over TLS"),
  row("995", "tcp udp", "pop3s", "POP3 over TLS"),
  row("3306", "tcp udp", "mysql", "MySQL"),
  row("5432", "tcp udp", "postgresql postgres", "PostgreSQL"),
  row("6379", "tcp", "redis", "Redis"),
  row("27017", "tcp", "mongodb mongo", "MongoDB"),

  // Ranges: an X server for each display, several chat servers.
  row("6000-6063", "tcp udp", "x11", "X Window System, a port for each display"),
  row("6665-6669", "tcp", "ircu", "Internet Relay Chat, the Undernet's server"),

  // Several services, or several names, on one port.
  row("63", "tcp udp", "whoispp whois++", "Whois++"),
  row("631", "tcp udp", "ipp ipps", "Printing over HTTP"),
  row("3478", "tcp udp", "stun turn stun-behavior", "A host's address as the outside sees it"),
  row("5349", "tcp udp", "stuns turns stun-behaviors", "STUN over TLS"),
  row("5061", "tcp udp", "sips sip-tls", "Telephony over TLS"),
  row("8080", "tcp udp", "http-alt webcache", "The Web, for proxies and for developers"),

  // IANA's name, and that of the program or protocol that everybody knows.
  row("43", "tcp udp", "nicname whois", "Who owns a domain or an address"),
  row("111", "tcp udp", "sunrpc portmapper rpcbind", "Where an RPC program listens"),
  row("113", "tcp udp", "auth ident", "Whose connection this is"),
  row("162", "tcp udp", "snmptrap snmp-trap", "SNMP, what devices report by themselves"),
  row("445", "tcp udp", "microsoft-ds smb", "Windows file sharing"),
  row("520", "udp", "router route rip", "RIP, routes announced to neighbours"),
  row("853", "tcp udp", "domain-s dns-over-tls", "DNS over TLS; over UDP it is DTLS or QUIC"),
  row("1433", "tcp udp", "ms-sql-s mssql", "Microsoft SQL Server"),
  row("3389", "tcp udp", "ms-wbt-server rdp", "Windows remote desktop"),
  row("5900", "tcp udp", "rfb vnc", "Remote framebuffer, VNC"),
  row("6697", "tcp", "ircs-u ircs", "Internet Relay Chat over TLS"),
  row("8883", "tcp udp", "secure-mqtt mqtts", "MQTT over TLS"),
  row("11211", "tcp udp", "memcache memcached", "memcached"),
];

function row(range: string, protocols: string, names: string, description: string): ServiceEntry {
  const [name, ...aliases] = names.split(" ") as [string, ...string[]];
  return {
    name,
    aliases,
    description,
    range: PortRange.parse(range),
    protocols: protocols.split(" ") as Protocol[],
  };
}
