// Group messages: postMessage, channels and what can be cloned.
import { newKey, origin, origins, show, nameOf, within } from "./lib.js";
import { call, frame } from "./agents.js";

export const group = "messages";

const frames = new Map();

// receiver is a frame that keeps what it gets.
function receiver(relation) {
  if (!frames.has(relation)) {
    const el = frame(relation);
    frames.set(relation, call(el.contentWindow, `self.got = {};
      addEventListener("message", e => { if (e.data?.token) got[e.data.token] = { origin: e.origin, source: e.source === parent }; });
      addEventListener("message", e => { if (e.data?.token && e.ports[0]) e.ports[0].postMessage("hi"); });`).then(() => el));
  }
  return frames.get(relation);
}

function target(name, relation) {
  const exact = origin(relation === "sandbox" ? "self" : relation), url = new URL(exact);
  if (name.startsWith("origin of ")) return origins[name.slice(10)];
  return {
    "*": "*", "/": "/", "exact": exact, "exact + path": exact + "/path", "exact uppercase": exact.toUpperCase(),
    "wrong port": "http://" + url.hostname + ":1", "wrong scheme": "ftp://" + url.host, "own origin": location.origin,
    "userinfo": exact.replace("://", "://u:p@"), "data:": "data:,x", "about:blank": "about:blank", "space": "http://a b",
    "null": "null", "empty": "", "no scheme": url.host, "trailing slash": exact + "/",
    "exact + query": exact + "?q", "exact + fragment": exact + "#f", "javascript:": "javascript:1", "no host": "http://",
    "blob": "blob:" + exact + "/uuid", "without port": "http://" + url.hostname, "bad port": "http://a:99999",
    "spaces around": " " + exact + " ", "two stars": "**",
  }[name];
}

const values = w => ({
  "own Window": self, "other Window": w, "Location": location, "function": () => 1, "File": new File(["x"], "f"),
  "Blob": new Blob(["x"]), "symbol": Symbol("x"), "element": document.body,
});

export async function run(id) {
  const at = id.startsWith("target ") ? id.lastIndexOf("/") : id.lastIndexOf(" ");
  const what = id.slice(0, at), relation = id.slice(at + 1);
  if (id === "postMessage to removed frame") {
    const el = frame("self"), w = el.contentWindow;
    el.remove();
    w.postMessage("x", "*");
    return "ok closed " + w.closed;
  }
  if (id === "MessageEvent constructor forges origin") {
    const e = new MessageEvent("message", { origin: "https://bank.example" });
    return e.origin + " trusted " + e.isTrusted;
  }
  if (id === "BroadcastChannel A -> A in B in A") return undefined;
  if (relation !== "sandbox" && !origins[relation]) return undefined;
  const el = await receiver(relation), w = el.contentWindow, token = newKey();
  const got = () => call(w, `return got["${token}"]`);
  if (what.startsWith("target ")) {
    const name = what.slice(7);
    try {
      if (name === "missing") w.postMessage({ token });
      else w.postMessage({ token }, target(name, relation));
    } catch (e) {
      return "!" + nameOf(e);
    }
    return await got() ? "delivered" : "dropped";
  }
  switch (what) {
    case "event.origin from": {
      const came = new Promise(done => addEventListener("message", function listen(e) {
        if (e.data?.mine !== token) return;
        removeEventListener("message", listen);
        done(`${e.origin} source===w ${e.source === w} lastEventId "${e.lastEventId}" trusted ${e.isTrusted}`);
      }));
      await call(w, `parent.postMessage({ mine: "${token}" }, "*")`);
      return within(3000, came);
    }
    case "event.origin seen by": {
      w.postMessage({ token }, "*");
      const e = await got();
      return e.origin + " source " + e.source;
    }
    case "MessageChannel port event.origin": {
      const { port1, port2 } = new MessageChannel();
      const came = new Promise(done => { port1.onmessage = done; });
      w.postMessage({ token }, "*", [port2]);
      const e = await within(3000, came);
      return `"${e.origin}" source ${e.source} data ${e.data}`;
    }
    case "BroadcastChannel top ->": {
      await call(w, `self.heard ??= {}; self.channel ??= new BroadcastChannel("c");
        channel.onmessage = e => { heard[e.data] = e.origin; }`);
      const channel = new BroadcastChannel("c");
      const listened = new BroadcastChannel("c"); // when this has it, the frame's has it soon
      const came = new Promise(done => { listened.onmessage = done; });
      channel.postMessage(token);
      await within(2000, came);
      const from = await call(w, `await new Promise(done => setTimeout(done, 300)); return heard["${token}"]`);
      return from === undefined ? "not received" : "received, origin " + from;
    }
    case "transfer ArrayBuffer to": {
      const buffer = new ArrayBuffer(8);
      w.postMessage({ token, buffer }, "*", [buffer]);
      return show(buffer.byteLength);
    }
  }
  if (what.startsWith("clone ") && what.slice(6) in values(w)) {
    try {
      w.postMessage(values(w)[what.slice(6)], "*");
      return "ok";
    } catch (e) {
      return "!" + nameOf(e);
    }
  }
}
