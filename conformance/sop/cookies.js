// Cookies: which requests carry them, and what document.cookie shows.
import { resource, newKey, arrived, origin, origins, sleep, within } from "./lib.js";
import { call, frame, popup } from "./agents.js";

export const group = "cookies";
export const opensPopups = true;
export const serial = () => true;

const site = new URL(origins.parent).hostname;

const testCookies = [
  "plain=1; Path=/", "lax=1; SameSite=Lax; Path=/", "strict=1; SameSite=Strict; Path=/", "none=1; SameSite=None; Path=/",
  "nonesec=1; SameSite=None; Secure; Path=/", "sec=1; Secure; Path=/", "httponly=1; HttpOnly; Path=/",
  "part=1; SameSite=None; Secure; Partitioned; Path=/", "partonly=1; Partitioned; Path=/", "__Host-ok=1; Secure; Path=/",
  "path=1; Path=/png", `dom=1; Domain=${site}; Path=/`, "badsame=1; SameSite=Bogus; Path=/",
];
const tracked = new Set(testCookies.map(c => c.split("=")[0]));

let prepared;

// prepare makes a first-party visit to each origin, in which a response sets the test cookies.
const prepare = () => prepared ??= (async () => {
  for (const relation of Object.keys(origins)) {
    await call(popup(relation), `await fetch(${JSON.stringify("/cookies?" + setCookies(testCookies))})`);
  }
  document.cookie = "httponly=2"; // which only some browsers let a script do
})();

const setCookies = lines => new URLSearchParams(lines.map(l => ["h", "Set-Cookie: " + l])).toString();

const lines = {
  plain: "c=2", "domain parent": "c=2; Domain=" + site, "domain tld": "c=2; Domain=localhost",
  "domain other": "c=2; Domain=other.localhost", "path /foo": "c=2; Path=/foo", strict: "c=2; SameSite=Strict",
  secure: "c=2; Secure", "__Host-": "__Host-c=2; Secure; Path=/", "__Secure-": "__Secure-c=2; Secure",
  "SameSite=None Secure": "c=2; SameSite=None; Secure", "SameSite=None": "c=2; SameSite=None",
  partitioned: "c=2; SameSite=None; Secure; Partitioned", "overwrite httponly": "httponly=2",
  "__Host- no secure": "__Host-c=2; Path=/", httponly: "c=2; HttpOnly", expired: "c=2; Max-Age=0",
};

const shown = pair => document.cookie.split("; ").includes(pair);

export async function run(id) {
  await prepare();
  const [kind, ...rest] = id.split("/");
  const what = rest.join("/");
  switch (kind) {
    case "document.cookie set": {
      const line = lines[what] ?? (what.startsWith("[") ? what.slice(1, -1) : undefined);
      if (!line) return undefined;
      document.cookie = line;
      const outcome = shown(line.split(";")[0]) ? "visible" : "not visible";
      if (!line.startsWith("httponly")) document.cookie = line + "; Max-Age=0";
      return outcome;
    }
    case "sent": {
      const r = await request(rest[0], rest.slice(1).join("/"));
      return r === undefined ? undefined : sentText(r);
    }
    case "sent one": return sentOne(rest[0], rest[1], rest.slice(2).join("/"));
    case "frame": {
      const el = frame(rest[0]);
      try { return await inFrame(el.contentWindow, rest.slice(1).join("/"), rest[0]); } finally { el.remove(); }
    }
  }
  return undefined;
}

function sentText(r) {
  if (!r) return "no request";
  const names = [...new Set((r.cookies ?? []).filter(n => tracked.has(n)))].sort();
  return `${names} [${r.header["Sec-Fetch-Site"]?.[0] ?? "-"}]`;
}

// sentOne is whether a request carries a cookie that a first-party response set with some attributes.
async function sentOne(relation, kind, attributes) {
  const name = (/^__\w+-/i.exec(attributes)?.[0] ?? "") + newKey();
  const line = name + "=1; " + attributes.replace(/^__\w+-; /i, "");
  const first = popup(relation);
  await call(first, `await fetch(${JSON.stringify("/cookies?" + setCookies([line]))})`);
  const r = await request(relation, kind);
  await call(first, `await fetch(${JSON.stringify("/cookies?" + setCookies([line + "; Max-Age=0"]))})`);
  if (r === undefined) return undefined;
  if (!r) return "no request";
  return (r.cookies ?? []).includes(name) ? "sent" : "not sent";
}

// request makes a request, and returns what arrived: null for nothing, undefined for an unknown kind.
async function request(relation, kind) {
  const key = newKey();
  const params = { k: key, a: "origin+creds", t: "text/html", x: " " };
  if (/module|script/.test(kind)) params.t = "text/javascript";
  if (kind === "stylesheet") params.t = "text/css";
  if (kind.startsWith("EventSource")) params.t = "text/event-stream";
  if (/^img/.test(kind)) Object.assign(params, { t: "image/png", b: "redpng" });
  const url = resource(relation, params, /^img/.test(kind) ? "/png" : "/echo");
  const undo = start(kind, url);
  if (!undo) return undefined;
  const [r] = await arrived(key);
  undo();
  return r ?? null;
}

function start(kind, url) {
  const add = (name, set) => {
    const el = document.createElement(name);
    set(el);
    document.body.append(el);
    return () => el.remove();
  };
  const form = target => {
    const el = document.createElement("form");
    Object.assign(el, { method: "POST", action: url, target });
    document.body.append(el);
    el.submit();
    return () => el.remove();
  };
  const quiet = promise => { promise.catch(() => {}); return () => {}; };
  switch (kind) {
    case "fetch include": return quiet(fetch(url, { credentials: "include" }));
    case "fetch same-origin": return quiet(fetch(url, { credentials: "same-origin" }));
    case "fetch POST include": return quiet(fetch(url, { method: "POST", body: "x", credentials: "include" }));
    case "sendBeacon": navigator.sendBeacon(url, "x"); return () => {};
    case "img": return add("img", el => { el.src = url; });
    case "img crossorigin=anonymous": return add("img", el => { el.crossOrigin = "anonymous"; el.src = url; });
    case "img crossorigin=use-credentials": return add("img", el => { el.crossOrigin = "use-credentials"; el.src = url; });
    case "script": return add("script", el => { el.src = url; });
    case "module script": return add("script", el => { el.type = "module"; el.src = url; });
    case "stylesheet": return add("link", el => { el.rel = "stylesheet"; el.href = url; });
    case "iframe": return add("iframe", el => { el.src = url; });
    case "object": return add("object", el => { el.data = url; });
    case "EventSource withCredentials": {
      const s = new EventSource(url, { withCredentials: true });
      s.onerror = () => s.close();
      return () => s.close();
    }
    case "form POST in iframe": {
      const remove = add("iframe", el => { el.name = "formframe"; });
      const undo = form("formframe");
      return () => { undo(); remove(); };
    }
    case "top-level GET (window.open)": { const w = open(url); return () => w?.close(); }
    case "top-level POST (form _blank)": {
      const w = open("", "formwindow");
      const undo = form("formwindow");
      return () => { undo(); w?.close(); };
    }
  }
  return undefined;
}

async function inFrame(agent, what, relation) {
  const list = (await call(agent, "return document.cookie")).split("; ").map(c => c.split("=")[0]);
  switch (what) {
    case "document.cookie": return list.filter(n => tracked.has(n)).sort().join();
    case "set": {
      const names = await call(agent, `
        const lines = ["fr1=1", "fr2=1; SameSite=None; Secure", "fr3=1; SameSite=None; Secure; Partitioned", "fr4=1; SameSite=Strict"];
        for (const l of lines) document.cookie = l;
        const seen = document.cookie.split("; ").map(c => c.split("=")[0]).filter(n => n.startsWith("fr"));
        for (const l of lines) document.cookie = l + "; Max-Age=0";
        return seen.sort()`);
      return names.join() || "none";
    }
    case "its own fetch": case "Set-Cookie stored": {
      const key = newKey();
      const set = ["fs1=1", "fs2=1; SameSite=None; Secure", "fs3=1; SameSite=None; Secure; Partitioned"];
      if (what === "Set-Cookie stored") await call(agent, `await fetch(${JSON.stringify("/echo?" + setCookies(set))})`);
      await call(agent, `await fetch("/echo?k=${key}")`);
      const [r] = await arrived(key);
      if (what === "its own fetch") return sentText(r);
      await call(agent, `await fetch(${JSON.stringify("/echo?" + setCookies(set.map(l => l + "; Max-Age=0")))})`);
      return (r?.cookies ?? []).filter(n => n.startsWith("fs")).sort().join() || "none";
    }
  }
  return undefined;
}
