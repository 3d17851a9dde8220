/**
 * The services whose name in the registry is not the one, or not the only one, that people use, and
 * those whose ports are a range.
 *
 * @module
 */
import { PortRange } from "./port_range.ts";
import type { Protocol } from "./protocol.ts";
import type { ServiceEntry } from "./service_entry.ts";

/**
 * By port. IANA's own names are among the aliases, so no name of the registry is lost; where two
 * rows have a name in common, the first one is meant by it.
 */
export const KNOWN_SERVICES: readonly ServiceEntry[] = [
  // What an introduction to ports prints, by the names that it prints.
  row("20", "tcp udp", "ftp-data", "FTP, the data connection"),
  row("21", "tcp udp", "ftp", "FTP, the control connection"),
  row("22", "tcp udp", "ssh", "Secure Shell"),
  row("23", "tcp udp", "telnet", "Telnet"),
  row("25", "tcp udp", "smtp mail", "Mail from server to server"),
  row("53", "tcp udp", "dns domain", "Domain names"),
  row("67", "tcp udp", "dhcp bootps dhcp-server", "Addresses for hosts, the server's side"),
  row("68", "tcp udp", "dhcp bootpc dhcp-client", "Addresses for hosts, the client's side"),
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

  // Ranges. One X server a display, one chat server after another.
  row("6000-6063", "tcp udp", "x11", "X Window System, a port for each display"),
  row("6665-6669", "tcp", "ircu", "Internet Relay Chat, the Undernet's server"),

  // Two or three services, or two or three names, on one number.
  row("63", "tcp udp", "whoispp whois++", "Whois++"),
  row("631", "tcp udp", "ipp ipps", "Printing over HTTP"),
  row("3478", "tcp udp", "stun turn stun-behavior", "A host's address as the outside sees it"),
  row("5349", "tcp udp", "stuns turns stun-behaviors", "STUN over TLS"),
  row("5061", "tcp udp", "sips sip-tls", "Telephony over TLS"),
  row("8080", "tcp udp", "http-alt webcache", "The Web, for proxies and for developers"),

  // IANA's name and the name of the program or protocol that everybody knows.
  row("43", "tcp udp", "nicname whois", "Who owns a domain or an address"),
  row("111", "tcp udp", "sunrpc portmapper rpcbind", "Where an RPC program listens"),
  row("113", "tcp udp", "auth ident", "Whose connection this is"),
  row("162", "tcp udp", "snmptrap snmp-trap", "SNMP, what devices report by themselves"),
  row("445", "tcp udp", "microsoft-ds smb", "Windows file sharing"),
  row("520", "udp", "router route rip", "RIP, routes told to neighbours"),
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
