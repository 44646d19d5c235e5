// Group navigation: which windows a script may navigate, and which URLs history accepts.
import { arrived, newKey, origin, origins, resource } from "./lib.js";
import { call, frame } from "./agents.js";

export const group = "navigation";
export const serial = id => id.includes(" moves top"); // opens windows

export async function run(id) {
  const state = /^(pushState|replaceState) (.*)$/.exec(id);
  if (state) return rewrite(state[1], state[2]);
  // The page's top moves to a third site: browsers may let any frame move it within its own.
  const to = id.includes(" moves top") ? "cross2" : "self";
  const key = newKey(), url = resource(to, { k: key, t: "text/html", x: "x" });
  const effect = async outcome =>
    outcome + ((await arrived(key, 1, outcome === "ok" ? 2500 : 300)).length ? " navigated" : " nothing");
  const words = id.split(" ");
  if (id.startsWith("nav grandchild of ")) {
    const relation = words[3];
    const el = frame(relation, { child: origin(relation) + "/frame" });
    await call(el.contentWindow, "return frames.length");
    let outcome = "ok";
    try { el.contentWindow[0].location = url; } catch (e) { outcome = "!" + e.name; }
    return effect(outcome).finally(() => el.remove());
  }
  if (words[0] === "child" && id.endsWith("sibling")) {
    const name = newKey();
    const child = frame(words[1]), sibling = frame("cross", { name });
    await call(sibling.contentWindow, "");
    const how = words[2] === "replaces" ? `.replace("${url}")` : ` = "${url}"`;
    const outcome = await call(child.contentWindow, `parent["${name}"].location${how}; return "ok"`);
    return effect(outcome).finally(() => { child.remove(); sibling.remove(); });
  }
  if (words[0] === "frame" && words[2] === "moves") {
    const attribute = id.slice(id.indexOf("sandbox=") + 8);
    // A new window's frame moves it, and says through the server what happened.
    const said = newKey();
    const report = origin("self") + "/sop/res?a=*&k=" + said;
    const code = `let outcome = "ok"; try { top.location = "${url}"; } catch (e) { outcome = "!" + e.name; }
      navigator.sendBeacon("${report}", outcome);`;
    const source = origin(words[1]) + "/frame?run=" + encodeURIComponent(code);
    const w = open(origin("self") + "/popup");
    await call(w, `const el = document.createElement("iframe");
      ${attribute === "none" ? "" : `el.setAttribute("sandbox", ${JSON.stringify(attribute)});`}
      el.src = ${JSON.stringify(source)}; document.body.append(el)`);
    const [report1] = await arrived(said);
    if (!report1) { w.close(); return undefined; }
    return effect(report1.body).finally(() => w.close());
  }
}

async function rewrite(method, name) {
  const self = origins.self;
  const url = {
    "fragment": "#f", "path": "/other", "query": "?q", "other port": origins.port + "/", "sub": origins.sub + "/",
    "https": origins.https + "/", "cross": origins.cross + "/", "userinfo": self.replace("://", "://u:p@") + "/",
    "data": "data:text/html,x", "about:blank": "about:blank", "blob": "blob:" + self + "/uuid", "bad": "http://a b",
    "relative": "x", "javascript": "javascript:1", "parent": origins.parent + "/", "exact": self + "/frame",
    "without port": "http://a.site.localhost/", "ftp": "ftp://a.site.localhost/", "empty": "", "backslash": "\\x",
    "scheme-relative": "//a.site.localhost/", "uppercase host": self.toUpperCase() + "/",
  }[name];
  if (url === undefined) return undefined;
  const el = frame("self");
  try {
    return await call(el.contentWindow, `history.${method}(null, "", ${JSON.stringify(url)}); return "ok"`);
  } finally {
    el.remove();
  }
}
