// Runs the page's CHECKS, each with its group's module, and posts the outcomes. Checks that open
// windows come last, because a page behind another window loads less.
import * as windows from "./windows.js";
import * as names from "./names.js";
import * as domain from "./domain.js";
import * as documents from "./documents.js";
import * as navigation from "./navigation.js";
import * as messages from "./messages.js";
import * as canvas from "./canvas.js";
import * as styles from "./styles.js";
import * as scripts from "./scripts.js";
import * as framing from "./framing.js";
import * as writes from "./writes.js";
import * as sends from "./sends.js";
import * as opaque from "./opaque.js";
import * as storage from "./storage.js";
import * as cookies from "./cookies.js";
import { closePopups } from "./agents.js";
import { within, withPortNames } from "./lib.js";

const modules = [sends, canvas, styles, framing, opaque, scripts, writes, windows, domain, documents, messages,
  navigation, storage, names, cookies];
const PARALLEL = 12;

let outcomes = [];

async function post(last) {
  const batch = outcomes;
  outcomes = [];
  await fetch("/sop/report" + (last ? "?last" : ""), { method: "POST", body: JSON.stringify(batch) }).catch(() => {});
}

async function one(module, check) {
  let outcome;
  try {
    outcome = await within(20000, module.run(check.id));
  } catch (e) {
    outcome = "failed: " + (e?.message ?? e);
  }
  outcomes.push({ n: check.n, known: outcome !== undefined, outcome: withPortNames(String(outcome)) });
  if (outcomes.length >= 20) await post(false);
}

for (const module of modules) {
  const mine = CHECKS.filter(c => c.group === module.group);
  const serial = mine.filter(c => module.serial?.(c.id));
  const rest = mine.filter(c => !module.serial?.(c.id));
  const work = async () => { for (let c; (c = rest.shift());) await one(module, c); };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  for (const c of serial) await one(module, c);
}
closePopups();
await post(true);
