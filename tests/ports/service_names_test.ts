import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import {
  MAX_PORT,
  type Protocol,
  PROTOCOLS,
  serviceEntry,
  serviceName,
  servicePort,
} from "fourtuple";
import { KNOWN_SERVICES } from "../../lib/ports/known_services.ts";
import { registered, registeredPort } from "../../lib/ports/service_names.ts";
import { refused } from "../_refused.ts";
import { requires } from "../requirements.ts";

/** What introductions to ports print: port, protocols, name. */
const PRINTED: readonly (readonly [port: number, protocols: string, name: string])[] = [
  [20, "tcp", "ftp-data"],
  [21, "tcp", "ftp"],
  [22, "tcp", "ssh"],
  [23, "tcp", "telnet"],
  [25, "tcp", "smtp"],
  [53, "tcp udp", "dns"],
  [67, "udp", "dhcp"],
  [68, "udp", "dhcp"],
  [80, "tcp udp", "http"],
  [110, "tcp", "pop3"],
  [143, "tcp", "imap"],
  [443, "tcp udp", "https"],
  [465, "tcp", "smtps"],
  [587, "tcp", "submission"],
  [993, "tcp", "imaps"],
  [995, "tcp", "pop3s"],
  [3306, "tcp", "mysql"],
  [5432, "tcp", "postgresql"],
  [6379, "tcp", "redis"],
  [27017, "tcp", "mongodb"],
];

Deno.test("serviceName() answers every printed row with the name that people use", () => {
  for (const [port, protocols, name] of PRINTED) {
    for (const protocol of protocols.split(" ") as Protocol[]) {
      assertEquals(serviceName(port, protocol), name, `${port}/${protocol}`);
    }
  }
});

Deno.test("servicePort() answers every printed name with its port", () => {
  for (const [port, protocols, name] of PRINTED) {
    for (const protocol of protocols.split(" ") as Protocol[]) {
      // 67 and 68 share a name; the server's is meant by it.
      assertEquals(servicePort(name, protocol), port === 68 ? 67 : port, `${name}/${protocol}`);
    }
  }
});

Deno.test("servicePort() knows aliases, IANA's names and both cases", () => {
  const cases: [string, Protocol, number | undefined][] = [
    ["smtps", "tcp", 465],
    ["submissions", "tcp", 465],
    ["igmpv3lite", "udp", 465], // the same number of UDP is another service
    ["smtps", "udp", undefined],
    ["domain", "udp", 53],
    ["bootps", "udp", 67],
    ["bootpc", "udp", 68],
    ["dhcp-client", "udp", 68],
    ["www", "tcp", 80],
    ["www-http", "tcp", 80],
    ["postgres", "tcp", 5432],
    ["whois", "tcp", 43],
    ["nicname", "tcp", 43],
    ["rdp", "tcp", 3389],
    ["vnc", "tcp", 5900],
    ["ipps", "tcp", 631],
    ["ipp", "udp", 631],
    ["turn", "udp", 3478],
    ["x11", "tcp", 6000],
    ["ircu", "tcp", 6665],
    ["ircu", "udp", undefined],
    ["http-alt", "tcp", 8080], // not 591, the lowest of the three that IANA gave the name
    ["HTTPS", "tcp", 443],
    ["XmlIpcRegSvc", "tcp", 9092],
    ["xmlipcregsvc", "tcp", 9092],
    ["sge-qmaster", "tcp", 6444], // well-formed
    ["sge_qmaster", "tcp", 6444], // as it was once written
    ["epp", "tcp", 700], // and 3044
    ["ntp", "udp", 123],
    ["syslog", "udp", 514],
    ["shell", "tcp", 514],
    ["", "tcp", undefined], // 853 rows of the registry have no name
    [" http", "tcp", undefined],
    ["80", "tcp", undefined],
    ["nobody-has-this", "tcp", undefined],
    ["constructor", "tcp", undefined],
  ];
  for (const [name, protocol, port] of cases) {
    assertEquals(servicePort(name, protocol), port, `${name}/${protocol}`);
  }
});

Deno.test("serviceName() names each port of a range, and none beside it", () => {
  const names = (first: number, last: number, protocol: Protocol) =>
    Array.from({ length: last - first + 1 }, (_, n) => serviceName(first + n, protocol));
  assertEquals(new Set(names(6000, 6063, "tcp")), new Set(["x11"]));
  assertEquals(serviceName(5999, "tcp"), "cvsup");
  assertEquals(serviceName(6064, "tcp"), "ndl-ahp-svc");
  assertEquals(names(6664, 6670, "tcp"), [
    undefined,
    "ircu",
    "ircu",
    "ircu",
    "ircu",
    "ircu",
    "vocaltec-gold",
  ]);
  assertEquals(serviceName(6667, "udp"), undefined);
});

Deno.test("serviceName() is undefined where IANA has reserved or assigned nothing", () => {
  for (const port of [0, 4, 143, 6379, 27017, 49151, 49152, 51234, 65535]) {
    assertEquals(serviceName(port, "udp"), undefined, `${port}`);
  }
});

Deno.test("serviceEntry() tells all, by port, name or alias", () => {
  for (const service of [465, "smtps", "submissions", "SSMTP"]) {
    const { range, ...rest } = serviceEntry(service, "tcp")!;
    assertEquals(`${range}`, "465");
    assertEquals(rest, {
      name: "smtps",
      aliases: ["submissions", "urd", "ssmtp"],
      description: "Mail from a client, over TLS",
      protocols: ["tcp"],
    });
  }
  const { range, ...rest } = serviceEntry("ntp", "udp")!;
  assertEquals(`${range}`, "123");
  assertEquals(rest, {
    name: "ntp",
    aliases: [],
    description: "Network Time Protocol",
    protocols: ["tcp", "udp"],
  });
  assertEquals(String(serviceEntry(6030, "udp")?.range), "6000-6063");
  assertEquals(serviceEntry("sge-qmaster", "tcp")?.aliases, ["sge_qmaster"]);
  assertEquals(serviceEntry("bootpc", "udp")?.range.first, 68);
  assertEquals(serviceEntry(51234, "tcp"), undefined);
  assertEquals(serviceEntry("nobody-has-this", "tcp"), undefined);
});

Deno.test("service look-ups refuse what is no port, name or protocol", () => {
  const cases: [() => unknown, ErrorConstructor, part: string][] = [
    [() => serviceName(65536, "tcp"), RangeError, "65536"],
    [() => serviceName("80" as unknown as number, "tcp"), TypeError, '"80"'],
    [() => serviceName(80, "sctp" as Protocol), TypeError, '"sctp"'],
    [() => servicePort(80 as unknown as string, "tcp"), TypeError, "80"],
    [() => servicePort("http", undefined as unknown as Protocol), TypeError, "undefined"],
    [() => serviceEntry(NaN, "tcp"), RangeError, "NaN"],
    [() => serviceEntry(null as unknown as number, "tcp"), TypeError, "null"],
  ];
  for (const [run, type, part] of cases) assertEquals(refused(run, type).part, part);
});

Deno.test("every entry holds for each of its ports, names and protocols", () => {
  let entries = 0;
  for (let port = 0; port <= MAX_PORT; port++) {
    for (const protocol of PROTOCOLS) {
      const entry = serviceEntry(port, protocol);
      if (entry === undefined) continue;
      entries++;
      const where = `${entry.name} at ${port}/${protocol}`;
      assert(entry.range.has(port) && entry.protocols.includes(protocol), where);
      // Under the other protocol it is the same service, another one, or none.
      for (const other of PROTOCOLS) {
        const same = serviceName(port, other) === entry.name;
        assert(entry.protocols.includes(other) === same, where);
      }
      for (const name of [entry.name, ...entry.aliases]) {
        const found = serviceEntry(name, protocol)!;
        assert([found.name, ...found.aliases].includes(name), `${where}, by "${name}"`);
      }
      // RFC 6335 section 5.1 says how a service name is spelled.
      const wellFormed = /^(?=.*[A-Za-z])(?!-)(?!.*--)[A-Za-z0-9-]{1,15}(?<!-)$/;
      assertMatch(entry.name, wellFormed, where);
    }
  }
  assertGreater(entries, 11_000);
});

Deno.test("the known services contradict the registry nowhere", () => {
  for (const { name, aliases, range, protocols } of KNOWN_SERVICES) {
    const names = [name, ...aliases];
    for (const protocol of protocols) {
      // No other service has a name of ours there; a web server's second port has three numbers.
      for (const each of names.filter((each) => each !== "http-alt")) {
        const theirs = registeredPort(each, protocol);
        assert(theirs === undefined || range.has(theirs), `${each}/${protocol}: ${theirs}`);
      }
    }
    if (range.size > 1) {
      // The package has no ranges, so it must be silent there.
      for (const port of range) {
        for (const protocol of PROTOCOLS) assertEquals(registered(port, protocol), undefined);
      }
      continue;
    }
    const listed = PROTOCOLS.filter((protocol) => {
      const theirs = registered(range.first, protocol);
      return theirs && [theirs.name, ...theirs.aliases].some((each) => names.includes(each));
    });
    assertEquals(protocols, listed, `${name}: the protocols for which IANA assigned it ${range}`);
  }
});

const SERVICES_FILE = "/etc/services";

/** The rows of services(5): name, port/protocol, aliases, and a comment. */
function servicesFile(): { names: string[]; port: number; protocol: Protocol }[] {
  return Deno.readTextFileSync(SERVICES_FILE).split("\n").flatMap((line) => {
    const [name, portAndProtocol, ...aliases] = line.replace(/#.*/, "").split(/\s+/);
    const [port, protocol] = portAndProtocol?.split("/") ?? [];
    return name && (protocol === "tcp" || protocol === "udp")
      ? [{ names: [name, ...aliases], port: Number(port), protocol }]
      : [];
  });
}

Deno.test({
  name: "this machine's /etc/services says the same",
  ...requires("/etc/services"),
  fn() {
    const rows = servicesFile();
    const printed = new Set(PRINTED.map(([port]) => port));
    const different = rows.filter(({ names, port, protocol }) => {
      const entry = serviceEntry(port, protocol);
      return entry && ![entry.name, ...entry.aliases].some((name) => names.includes(name));
    });
    // 21 of UDP is fsp's on Debian, ftp's by the registry.
    const surprising = different.filter(({ port, protocol }) =>
      printed.has(port) && !(port === 21 && protocol === "udp")
    );
    assertEquals(surprising, [], "a printed port has another name on this machine");
    // Every system adds names of its own to ports that IANA assigned to another service.
    const share = different.length / rows.length;
    assert(share < 0.2, `${different.length} of ${rows.length} rows differ`);
  },
});
