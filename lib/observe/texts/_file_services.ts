/**
 * The services files of the systems, where they differ from IANA's registry.
 *
 * A tool without -n prints the name that its own system's file has for a port, and the same name
 * may stand for another port elsewhere: 2222 is "rockwell-csp2" on macOS, which is 2223 at IANA, and
 * 591, 8008 and 8080 are all "http-alt" there. Names that are here as in the registry are not listed.
 */
import type { Protocol } from "../../ports/protocol.ts";
import { servicePort } from "../../ports/service_names.ts";

/** Whose services file a tool has read. */
export type ServicesFile = "linux" | "bsd" | "windows";

/** Names with their ports: `name:port` or, where it stands for several, `name:port/port`. */
const DIFFERENT: Readonly<Record<ServicesFile, ReadonlyMap<string, readonly number[]>>> = {
  /**
   * macOS: private/etc/services in Apple's "files", 2026. FreeBSD: etc/services in freebsd-src. An
   * output does not say which of the two it is from.
   */
  bsd: table(`
  compressnet:2/3 msp:18/2438 rap:38/256 name:42 ni-ftp:47 la-maint:51 ni-mail:61 hosts2-ns:81
  mit-ml-dev:83/85 kerberos-sec:88 npp:92/4045 newacct:100 cso:105 audionews:114 imap:143
  uma:144/1797 sql-net:150 dls:197/2047 yak-chat:258 fxp-1:286 pip:321/1321 mftp:349/5402
  matip-type-b:351 dtag-ste-sb:352 nsrmp:359 work-sol:400 creativeserver:453/3364
  contentserver:454/3365 creativepartnr:455/3366 kpasswd5:464 dantz:497 asa-appl-proto:502
  comsat:512 mm-admin:534 nmsp:537/1790 meter:570/571 imap4-ssl:585 http-alt:591/8008/8080
  asf-rmcp:623 asf-secure-rmcp:664 mdqs:666 epp:700/3044 loadav:750 cadlock:770/1000
  netconf-beep:831 netconfsoaphttp:832 netconfsoapbeep:833 owamp-control:861 supfilesrv:871
  accessbuilder:888 swat:901 ideafarm-chat:902 ideafarm-catch:903 imaps:993 ircs:994 applix:999
  garcon:999 exosee:1027 iad1:1030 iad2:1031 iad3:1032 pcg-radar:1036 fastechnologlm:1074
  kpop:1109 nfsd-status:1110 supfiledbg:1127 skkserv:1178 accelenet:1182 novell-zfs:1229
  dabew:1271 ivmanager:1276 ci3-software-1:1301 ci3-software-2:1302 panja-icsp:1319
  panja-axbnet:1320 rightbrain:1354 udt_os:1382/3900 dbsa-lm:1407 csdmbase:1467/1471
  csdm:1468/1472 anynetgateway:1491 ricardo-lm:1522/6148 orasrv:1525 mciautoreg:1528 support:1529
  ashwin:1556 cncp:1636 cnap:1637 cnip:1638 l2f:1701 translogic-lm:1753 techra-server:1862
  yestrader:1869 ibm-mqisdp:1883 hlserver:1947/3047 abr-basic:1954 pearldoc-xact:1980
  tr-rsrb-p3:1989 stun-p3:1992 callbook:2000 cfingerd:2003 raid-cc:2006/2011 raid-cd:2013
  p2plus:2037 nfsd:2049 trellisagt:2077 trellissvr:2078 eklogin:2105 ekshell:2106 rkinit:2108
  newheights:2114 swc-xds:2130 avail-epmap:2132 tdm-over-ip:2142 nvd:2184/2329 ici:2200
  rockwell-csp1:2221 rockwell-csp2:2222 rockwell-csp3:2223 acd-pm:2259 designspace-lm:2325
  acs2000-dsp:2369 worldwire:2371 taskmaster2000:2402/2403 optimanet:2408 unicontrol:2437/2499
  madge-om:2453 community:2459 symbios-raid:2463 lingwood:2480 davinci:2542 zebrasrv:2600
  zebra:2601 ripd:2602 ripngd:2603 ospfd:2604 bgpd:2605 ospf6d:2606 sai_sentlm:2640
  belarc-http:2693 raven1:2713 raven2:2714 watchdognt:2723 singlept-mvs:2769 aaftp:2794
  telexis-vtu:2804 nmsigport:2817/2839 fxp:2849 astromed-main:2864 paspar2-zoomin:2873 m3ua:2905
  itb301:2992 hbci:3000 redwood-broker:3001 exlm-agent:3002 csd-mgmt-port:3071 sj3:3086 rtss:3090
  njfss:3092 epp-temp:3121 ms-dotnetster:3126 e3consultants:3157 qrepos:3166 poweroncontact:3167
  cordataport:3193 dsnl:3231 admind:3279/8403 copysnap:3403 issapi:3408 alta-smp:3433 cddn:3447
  nat-stun-port:3478 quest-launcher:3566 emware-oft:3567 emware-epss:3568 hp-dataprotect:3612
  opscenter:3636 gttp:3693 vpncpp:3694 upnp-discovery:3702 battlenet:3724 zfirm-shiprush3:3841
  dvbservdscport:3937 citysearch:3974 acms:3980 objserver:3994 abscoftware:3996 lockd:4045
  objadmin:4048 shofarplayer:4105 xmlivestream:4117 xtreamx:4120 geognosisman:4325 krb524:4444
  ipsec-msft:4500 isigate:4538 dtn-bundle-tcp:4556 dtn-bundle-udp:4556 fax:4557 hylafax:4559
  monotone:4691 att-intercom:4983 surfpass:5030 jabber-client:5222 igateway:5250
  jabber-server:5269 nat-pmp:5351 dttl:5435 udpplus:5566 m-oap:5567 canna:5680 dali-port:5777
  cvsup:5999 x11-ssh:6010 srb:6067 gsmp:6068 mach:6631 ircd:6667 smc-https:6789 oap-admin:8567
  vnyx:8699 hp-pdl-datastr:9100 jetdirect:9100 netlock1:9160 netlock2:9161 netlock3:9162
  netlock4:9163 netlock5:9164 lif-mlp:9210 lif-mlp-s:9211 sd:9876 sctp-tunneling:9899
  amandaidx:10082 amidxtape:10083 optohost004:22004/22005 snip:24922 gserver:26264 pmcdproxy:44322
  rockwell-encap:44818
`),
  /** Debian: netbase 6.4. CentOS 7: /etc/services of "setup". */
  linux: table(`
  compressnet:2 netstat:15 fsp:21 lmtp:24 ni-ftp:47 la-maint:51 ni-mail:61 newacct:100
  poppassd:106 sql-net:150 z3950:210 matip-type-b:351 dtag-ste-sb:352 nsrmp:359 asa-appl-proto:502
  mdqs:666 kerberos-iv:750 kerberos4:750 kerberos-master:751 kerberos_master:751 passwd-server:752
  passwd_server:752 krb-prop:754 krb5_prop:754 krbupdate:760 moira-db:775 moira-update:777
  moira-ureg:779 spamd:783 omirr:808 netconf-beep:831 netconfsoaphttp:832 netconfsoapbeep:833
  owamp-control:861 twamp-control:862 supfilesrv:871 rquotad:875 swat:901 rndc:953 imaps:993
  applix:999 garcon:999 iad1:1030 iad2:1031 iad3:1032 kpop:1109 supfiledbg:1127 skkserv:1178
  predict:1210 rmtcfg:1236 ivmanager:1276 ci3-software-1:1301 ci3-software-2:1302 xtel:1313
  xtelw:1314 dbsa-lm:1407 support:1529 datametrics:1645 l2f:1701 mtftp:1759 ibm-mqisdp:1883
  pearldoc-xact:1980 tr-rsrb-p3:1989 stun-p3:1992 sieve-filter:2000 cfinger:2003 knetd:2053
  eklogin:2105 newheights:2114 iprop:2121 ninstall:2150 ici:2200 rockwell-csp1:2221 worldwire:2371
  community:2459 mon:2583/9255 zebrasrv:2600 zebra:2601 ripd:2602 ripngd:2603 ospfd:2604 bgpd:2605
  ospf6d:2606 ospfapi:2607 isisd:2608 sai_sentlm:2640 msrp:2855 astromed-main:2864 afbackup:2988
  hbci:3000 exlm-agent:3002 csd-mgmt-port:3071 squid:3128 e3consultants:3157 enc-eps:3567
  enc-tunel-sec:3568 hp-dataprotect:3612 zfirm-shiprush3:3841 citysearch:3974 acms:3980 pxe:4011
  gmmp:4183 fud:4201 visicron-vs:4307 balour:4324 geognosisman:4325 lisp-data:4341 lisp-cons:4342
  sqlserver:4430 krb524:4444 dtn-bundle-tcp:4556 dtn-bundle-udp:4556 fax:4557 pulseaudio:4713
  surfpass:5030 toruxserver:5153 sgi-dgl:5232 pcp:5350/5351 pcp-multicast:5350 hostmon:5355 rplay:5555
  enc-eps-mc-sec:5567 nsca:5667 canna:5680 dali-port:5777 cm:5910 cpdlc:5911 fis:5912 ads-c:5913
  x11-1:6001 x11-2:6002 x11-3:6003 x11-4:6004 x11-5:6005 x11-6:6006 x11-7:6007 x11-ssh-offset:6010
  boe-cms:6400 boe-was:6401 boe-eventsrv:6402 boe-cachesvr:6403 boe-filesvr:6404 boe-pagesvr:6405
  boe-processsvr:6406 boe-resssvr1:6407 boe-resssvr2:6408 boe-resssvr3:6409 boe-resssvr4:6410
  ircu:6665 ircu-2:6666 ircd:6667 ircu-3:6667 ircu-4:6668 ircu-5:6669 smc-https:6789 bbs:7000
  xfs:7100 tircproxy:7666 pando-pub:7680 zope-ftp:8021 tproxy:8081 omniorb:8088 pando-sec:8276
  admind2:8403 enc-tunnel:8567 vnyx:8699 clc-build-daemon:8990 xinetd:9098 hp-pdl-datastr:9100
  jetdirect:9100 mandelspawn:9359 zope:9673 multicast-ping:9903 webmin:10000 kamanda:10081
  amandaidx:10082 amidxtape:10083 cosir:10321 pgpkeyserver:11371 sgi-cmsd:17001 sgi-crsd:17002
  sgi-gcd:17003 sgi-cad:17004 isdnlog:20011 optohost005:22005 wnn4_cn:22289 wnn4_kr:22305
  wnn4_tw:22321 asp:27374 csync2:30865 z-wave-s:44123 pmcdproxy:44322 sp-remotetablet:46998
  dircproxy:57000 tfido:60177 fido:60179
`),
  windows: new Map(),
};

function table(text: string): ReadonlyMap<string, readonly number[]> {
  return new Map(
    text.trim().split(/\s+/).map((entry) => {
      const [name, ports] = entry.split(":") as [string, string];
      return [name, ports.split("/").map(Number)];
    }),
  );
}

/** Returns the ports that a service's name may stand for in such a file: none if it is unknown. */
export function portsOfName(
  name: string,
  protocol: Protocol,
  file: ServicesFile,
): readonly number[] {
  const ports = DIFFERENT[file].get(name.toLowerCase());
  if (ports !== undefined) return ports;
  const port = servicePort(name, protocol);
  return port === undefined ? [] : [port];
}
