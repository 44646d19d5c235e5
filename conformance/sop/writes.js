// What SOP does not stop: forms, beacons, event streams and sockets, and what each embed sends.
import { resource, chain, attempt, newKey, arrived, seen, sleep, within, withPortNames, origins, origin } from "./lib.js";

export const group = "writes";

const field = (r, name) => r.header[name]?.[0];
const type = r => (field(r, "Content-Type") ?? "absent").split(";")[0];

export async function run(id) {
  const [kind, ...rest] = id.split("/");
  const what = rest.join("/");
  switch (kind) {
    case "form": return form(what);
    case "sendBeacon": return beacon(what);
    case "EventSource": return eventSource(what);
    case "WebSocket": return socket(what);
  }
  return undefined;
}

async function form(what) {
  const m = /^(.*)\/(\w+)$/.exec(what);
  if (!m) return undefined;
  const [, how, relation] = m;
  const key = newKey();
  const el = document.createElement("form");
  el.method = how === "GET" ? "GET" : "POST";
  el.action = resource(relation, { k: key, t: "text/html", x: "ok" });
  const enctypes = { "POST urlencoded": "application/x-www-form-urlencoded", "POST multipart": "multipart/form-data",
    "POST text/plain": "text/plain", "POST enctype application/json": "application/json" };
  if (enctypes[how]) el.setAttribute("enctype", enctypes[how]);
  else if (how === "POST rel=noreferrer") el.rel = "noreferrer";
  else if (how !== "POST") return undefined;
  const input = document.createElement("input");
  input.name = "a";
  input.value = "1";
  el.append(input);
  const frame = document.createElement("iframe");
  el.target = frame.name = "f" + key;
  document.body.append(frame, el);
  el.submit();
  const [r] = await arrived(key);
  frame.remove();
  el.remove();
  if (!r) return "no request";
  let body = r.body.replace(/\r\n/g, "~");
  if (body.startsWith("--")) body = "boundary";
  return withPortNames(`${r.method} ct=${type(r)} origin=${field(r, "Origin") ?? "-"} site=${field(r, "Sec-Fetch-Site") ?? "-"} ` +
    `mode=${field(r, "Sec-Fetch-Mode") ?? "-"} body=${body}`);
}

function beaconBody(what) {
  switch (what) {
    case "string": return "x";
    case "Blob no type": return new Blob(["x"]);
    case "Blob text/plain": return new Blob(["x"], { type: "text/plain" });
    case "Blob application/json": return new Blob(["{}"], { type: "application/json" });
    case "FormData": { const f = new FormData(); f.set("a", "1"); return f; }
    case "URLSearchParams": return new URLSearchParams("a=1");
    case "ArrayBuffer": return new ArrayBuffer(2);
    case "nothing": return null;
  }
  return undefined;
}

async function beacon(what) {
  const at = what.lastIndexOf("/");
  const body = beaconBody(what.slice(0, at));
  if (body === undefined) return undefined;
  const key = newKey();
  const queued = navigator.sendBeacon(resource(what.slice(at + 1), { k: key, p: "no" }), body);
  const [r] = await arrived(key);
  if (!r) return queued + " no request";
  return `${queued} ${r.method} ct=${type(r)} mode=${field(r, "Sec-Fetch-Mode") ?? "-"} ` +
    `acrh=${field(r, "Access-Control-Request-Headers") ?? "-"}`;
}

async function eventSource(what) {
  const m = /^(\S+)\/ACAO (\S+)\/withCredentials (true|false)$/.exec(what);
  if (!m) return undefined;
  const url = chain(m[1], m[2], { x: "data: hello\n\n", t: "text/event-stream" });
  const source = new EventSource(url, { withCredentials: m[3] === "true" });
  const last = m[1].split(">").pop();
  return within(4000, new Promise(done => {
    source.onmessage = e => { done(`${e.data} origin ${e.origin === origin(last)}`); source.close(); };
    source.onerror = () => { done("!error event readyState " + source.readyState); source.close(); };
  }));
}

async function socket(relation) {
  if (!origins[relation]) return undefined;
  const url = origins[relation].replace(/^http/, "ws") + "/sop/ws";
  return within(4000, new Promise(done => {
    const socket = new WebSocket(url);
    socket.onmessage = e => done(withPortNames(`${e.data} event.origin ${e.origin}`));
    socket.onerror = () => done("!error event");
  }));
}
