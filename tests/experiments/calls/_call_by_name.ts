/** Run where loopback is the only network: calls a server by a name that nobody can look up. */
import { callSymptom } from "fourtuple";

const options = { connect: "anywhere", timeout: 5000 } as const;
const { server, heard, diagnosis } = await callSymptom("no-such-host.example:80", options);
console.log(JSON.stringify({ server: server ?? null, heard, diagnosis }));
