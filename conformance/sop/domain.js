// Group domain: document.domain. A frame of the page's origin stands for the page, so that each check
// has a document of its own.
import { newKey, origin, origins } from "./lib.js";
import { call, frame } from "./agents.js";

export const group = "domain";

const parent = "site.localhost", port = new URL(origins.self).port;
const values = {
  "set own": "a." + parent, "set parent": parent, "set uppercase": parent.toUpperCase(), "set tld": "localhost",
  "set empty": "", "set sibling": "b." + parent, "set child": "x.a." + parent, "set unrelated": "example.com",
  "set parent trailing dot": parent + ".", "set leading dot": "." + parent, "set IP": "127.0.0.1",
  "set suffix without dot": "ite.localhost", "set with port": parent + ":" + port,
};
const accesses = {
  "sub+sub both parent": ["sub", parent, parent], "only one sets": ["sub", parent],
  "parent host itself not set": ["parent", parent], "parent host sets own": ["parent", parent, parent],
  "different ports both": ["port", parent, parent], "same origin, both set own value": ["self", "a." + parent, "a." + parent],
  "same origin, one sets own value": ["self", "a." + parent], "cross+self": ["cross", parent],
};

export async function run(id) {
  const what = id.replace(/^OAC absent\//, "");
  const el = frame("self"), run = code => call(el.contentWindow, code);
  try {
    if (what in values) return await run(`document.domain = ${JSON.stringify(values[what])}; return document.domain`);
    if (what.startsWith("access/") && accesses[what.slice(7)]) {
      const [relation, own, other] = accesses[what.slice(7)];
      const said = newKey();
      const code = (other === undefined ? "" : `try { document.domain = "${other}" } catch {} `) + `parent.postMessage("${said}", "*")`;
      const src = origin(relation) + "/frame?run=" + encodeURIComponent(code);
      return await run(`const el = document.createElement("iframe");
        const set = new Promise(done => addEventListener("message", e => e.data === "${said}" && done()));
        el.src = ${JSON.stringify(src)}; document.body.append(el); await set;
        document.domain = "${own}"; return el.contentWindow.document.body.tagName`);
    }
    switch (what) {
      case "isSecureContext": return String(await run("return isSecureContext"));
      case "originAgentCluster": return String(await run("return self.originAgentCluster"));
      case "DOMParser document get": return await run(`return new DOMParser().parseFromString("x", "text/html").domain`);
      case "DOMParser document set":
        return await run(`const d = new DOMParser().parseFromString("x", "text/html"); d.domain = document.domain; return d.domain`);
      case "createHTMLDocument set":
        return await run(`const d = document.implementation.createHTMLDocument(); d.domain = document.domain; return d.domain`);
    }
    const sandbox = { "sandbox opaque": "allow-scripts", "sandbox allow-same-origin": "allow-scripts allow-same-origin" };
    const m = /^(sandbox .*) (get|set|set own|set parent)$/.exec(what);
    if (m && sandbox[m[1]]) {
      const inner = frame("self", { sandbox: sandbox[m[1]] });
      const value = m[2] === "set parent" ? parent : "a." + parent;
      const set = m[2] === "get" ? "" : `document.domain = "${value}"; `;
      return await call(inner.contentWindow, set + "return document.domain").finally(() => inner.remove());
    }
  } finally {
    el.remove();
  }
}
