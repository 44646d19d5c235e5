// Runs the page's CASES, posts what was seen to the server at BASE, and navigates to
// the next page.
//
// The page may be sandboxed and therefore cross-origin to its own server. It uses
// only what works across origins: classic scripts and simple requests.
"use strict";

const PARALLEL = 4; // cases at a time: browsers open six connections per host
const BATCH = 12;   // observations per post

const sleep = ms => new Promise(done => setTimeout(done, ms));

async function post(path, body) {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const res = await fetch(BASE + path, { method: "POST", body, cache: "no-store", credentials: "omit" });
      if (res.ok) return;
    } catch { /* try again */ }
    await sleep(200);
  }
}

// --- One step -------------------------------------------------------------

function requestBody(q) {
  switch (q.bodyKind) {
    case "string": return q.body ?? "";
    case "bytes": return new TextEncoder().encode(q.body ?? "");
    case "urlencoded": return new URLSearchParams(q.body ?? "");
    case "blob": return new Blob([q.body ?? ""], { type: q.bodyType ?? "" });
    case "stream": return new ReadableStream({
      start(c) { c.enqueue(new TextEncoder().encode(q.body ?? "")); c.close(); },
    });
  }
  return undefined;
}

const ignoredHeaders = new Set(["connection", "date", "keep-alive"]);

function names(list) {
  return [...new Set(list.map(n => n.toLowerCase()))].filter(n => n && !ignoredHeaders.has(n)).sort();
}

async function runFetch(q) {
  const init = {};
  for (const k of ["method", "headers", "mode", "credentials", "redirect", "cache", "referrer", "referrerPolicy"]) {
    if (q[k] !== undefined) init[k] = q[k];
  }
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT);
  init.signal = controller.signal;
  try {
    if (q.bodyKind) init.body = requestBody(q);
    if (q.bodyKind === "stream") init.duplex = "half";
    const res = await fetch(q.url, init);
    const seen = { r: "ok", t: res.type, s: res.status, d: res.redirected, u: res.url, h: names([...res.headers.keys()]) };
    try {
      seen.b = (await res.text()).slice(0, 200);
    } catch (e) {
      seen.b = "!" + e.name;
    }
    return seen;
  } catch (e) {
    return { r: controller.signal.aborted ? "timeout" : e.name };
  } finally {
    clearTimeout(timer);
  }
}

function runXHR(q) {
  return new Promise(done => {
    try {
      const x = new XMLHttpRequest();
      x.open(q.method ?? "GET", q.url);
      x.timeout = TIMEOUT;
      x.withCredentials = q.credentials === "include";
      for (const [name, value] of q.headers ?? []) x.setRequestHeader(name, value);
      if (q.uploadListener) x.upload.onprogress = () => {};
      x.onload = () => done({
        r: "ok", s: x.status, u: x.responseURL,
        h: names(x.getAllResponseHeaders().split("\r\n").map(l => l.split(":")[0])),
        b: x.responseText.slice(0, 200),
      });
      x.onerror = () => done({ r: "error" });
      x.onabort = () => done({ r: "abort" });
      x.ontimeout = () => done({ r: "timeout" });
      x.send(requestBody(q) ?? null);
    } catch (e) {
      done({ r: e.name });
    }
  });
}

function loadFont(q) {
  return new FontFace("f", `url(${JSON.stringify(q.url)})`).load()
    .then(() => ({ r: "load" }), e => ({ r: "error", b: e.name }));
}

function loadElement(q, id) {
  return new Promise(done => {
    const tag = { module: "script", style: "link" }[q.via] ?? q.via;
    const el = document.createElement(tag);
    if (q.crossOrigin !== undefined) el.setAttribute("crossorigin", q.crossOrigin);
    if (q.referrerPolicy !== undefined) el.setAttribute("referrerpolicy", q.referrerPolicy);
    if (q.via === "module") el.type = "module";
    const end = r => {
      const seen = { r };
      if (tag === "script" && self.ran?.[id]) {
        seen.b = "ran";
        delete self.ran[id];
      }
      el.onload = el.onloadedmetadata = el.onerror = null;
      el.remove();
      if (q.via === "audio" || q.via === "video") { el.removeAttribute("src"); el.load(); }
      done(seen);
    };
    el.onerror = () => end("error");
    if (q.via === "audio" || q.via === "video") {
      el.preload = "auto";
      el.muted = true;
      el.onloadedmetadata = () => end("load");
      el.src = q.url;
    } else if (q.via === "style") {
      el.rel = "stylesheet";
      el.onload = () => end("load");
      el.href = q.url;
    } else {
      el.onload = () => end("load");
      el.src = q.url;
    }
    if (q.via !== "img") document.body.append(el);
  });
}

function runStep(q, id) {
  const limit = sleep(TIMEOUT + 1000).then(() => ({ r: "timeout" }));
  let seen;
  try {
    switch (q.via) {
      case "fetch": seen = runFetch(q); break;
      case "xhr": seen = runXHR(q); break;
      case "font": seen = loadFont(q); break;
      default: seen = loadElement(q, id);
    }
  } catch (e) {
    seen = { r: e.name };
  }
  return Promise.race([seen, limit]);
}

// --- All cases of the page ------------------------------------------------

async function runCase(c) {
  const outcomes = [];
  for (let i = 0; i < c.steps.length; i++) {
    if (i > 0) await post(`/_/begin/${c.id}/${i}`, "");
    if (c.steps[i].wait) await sleep(c.steps[i].wait);
    outcomes.push(await runStep(c.steps[i].request, c.id));
  }
  return { id: c.id, o: outcomes };
}

async function main() {
  const todo = CASES.slice();
  let seen = [];
  const flush = async () => {
    const batch = seen;
    seen = [];
    if (batch.length) await post(`/_/seen/${CHUNK}`, JSON.stringify(batch));
  };
  const worker = async () => {
    for (let c; (c = todo.shift());) {
      const outcome = await runCase(c); // meanwhile, flush may replace seen
      seen.push(outcome);
      if (seen.length >= BATCH) await flush();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  await flush();
  const next = `${BASE}/_/next/${+CHUNK + 1}`;
  if (top === self) location.replace(next);
  else top.postMessage(new URL(next, location.href).href, "*");
}

main();
