// Receives what Seawall decides: verifies it, acts once, and answers.
//
//   npm install standardwebhooks && npx tsc && node receiver.js \
//     --listen 127.0.0.1:9100 --secret-file hook.secret --store acted.jsonl
//
// Write your own calls into `act`. Everything else can stay as it is.

import { createPublicKey, verify } from "node:crypto";
import * as fs from "node:fs";
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { parseArgs } from "node:util";
import { Webhook } from "standardwebhooks";

const BODY_BYTES_MAX = 1_000_000;
const TOLERANCE_SECONDS = 300;
const VERBS = ["remove", "suspend", "restrict", "interstitial", "label"];

interface Told {
  type: string;
  data: {
    action: string;
    verb: string;
    until: string | null;
    subject: { type: string; account: string; post?: string };
    notice: unknown;
    notice_withheld_until: string | null;
    notices?: unknown[];
    appeal: { token: string; url: string | null } | null;
  };
}

// Does what is asked; false if it is nothing that we know how to do. Make your calls
// repeatable by `data.action`: after a crash before the line is kept, the same comes again.
function act({ type, data }: Told): boolean {
  if (type === "seawall.action.undo") {
    inForce.delete(data.action); // restore, reinstate, unrestrict, uncover, unlabel
    return true;
  }
  // Here: show the account each of data.notices. Nothing else is to be done.
  if (type === "seawall.notice") return true;
  if (type !== "seawall.action.do" || !VERBS.includes(data.verb)) return false;
  inForce.set(data.action, data);
  // Here: show the account data.notice, in its language, and data.appeal.url. Both are
  // null while an order forbids that, until data.notice_withheld_until.
  return true;
}

// `whsec_…` is HMAC (v1), by the official library; `whpk_…` is Ed25519 (v1a), by Node.
function verified(body: Buffer, headers: IncomingHttpHeaders): boolean {
  const header = (name: string) => String(headers[name] ?? "");
  if (secret.startsWith("whsec_")) {
    try {
      new Webhook(secret).verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  }
  const sent = Number(header("webhook-timestamp"));
  if (!(Math.abs(Date.now() / 1000 - sent) <= TOLERANCE_SECONDS)) return false;
  const x = Buffer.from(secret.slice("whpk_".length), "base64").toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const before = Buffer.from(`${header("webhook-id")}.${header("webhook-timestamp")}.`);
  const said = Buffer.concat([before, body]);
  return header("webhook-signature").split(" ").some((signature) => {
    const [version, bytes = ""] = signature.split(",");
    return version === "v1a" && verify(null, said, key, Buffer.from(bytes, "base64"));
  });
}

function receive(body: Buffer, headers: IncomingHttpHeaders): number {
  if (!verified(body, headers)) return 401;
  const id = String(headers["webhook-id"]);
  if (acted.has(id)) return 204; // Had acted before.
  const told: Told = JSON.parse(body.toString("utf8"));
  if (!act(told)) return 422; // It waits in GET /v1/delivery?state=refused.
  try {
    fs.writeSync(store, `${JSON.stringify({ id, told })}\n`);
    fs.fsyncSync(store); // Before the answer: who answered 2xx has acted.
  } catch {
    process.exit(1); // Half a line may be kept: a new start drops it, and it is sent again.
  }
  acted.add(id);
  return 204;
}

// What was acted on before, one a line; a line cut off by a crash was never answered.
function reopen(path: string): number {
  const text = fs.existsSync(path) ? fs.readFileSync(path, "utf8") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  fs.appendFileSync(path, ""); // So that there is one.
  fs.truncateSync(path, Buffer.byteLength(whole));
  for (const line of whole.split("\n").filter((line) => line !== "")) {
    const { id, told } = JSON.parse(line);
    acted.add(id);
    act(told);
  }
  return fs.openSync(path, "a");
}

async function whole(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const { values: given } = parseArgs({
  options: {
    listen: { type: "string", default: "127.0.0.1:9100" },
    "secret-file": { type: "string", default: "hook.secret" },
    store: { type: "string", default: "acted.jsonl" },
  },
});
const secret = fs.readFileSync(given["secret-file"], "utf8").trim();
const acted = new Set<string>();
const inForce = new Map<string, Told["data"]>();
const store = reopen(given.store);
const server = createServer(async (request, response) => {
  let status = 503; // Nothing was done: it is sent again.
  try {
    const body = request.method === "POST" ? await whole(request) : null;
    status = body === null ? 413 : receive(body, request.headers);
  } catch (error) {
    console.error(error instanceof Error ? error.name : "failed");
  }
  response.writeHead(status, { "content-length": "0" }).end();
});
const [host, port] = given.listen.split(":");
server.listen(Number(port), host, () => {
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  console.log(`receiving at http://${host}:${bound}`);
});
