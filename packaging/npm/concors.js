#!/usr/bin/env node
// Runs the program concors of the package that npm installed for this platform.
"use strict";
const { spawn } = require("node:child_process");
const { constants } = require("node:os");
const { version } = require("../package.json");

const platform = `${process.platform}-${process.arch}`;
const platforms = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "win32-arm64", "win32-x64"];

function fail(...lines) {
  console.error(lines.join("\n"));
  process.exit(2);
}

function programPath() {
  if (!platforms.includes(platform)) {
    fail(
      `concors: the npm package has no program for ${platform} (it has ${platforms.join(", ")})`,
      "Build it with Go: go install github.com/concors/concors/cmd/concors@latest",
    );
  }
  const name = `@concors/cli-${platform}`;
  try {
    return require.resolve(`${name}/bin/concors${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    return fail(
      `concors: the package ${name} is missing. It holds the program for this platform.`,
      "npm leaves it out with --omit=optional or --no-optional, and when node_modules or a lock file",
      "was made on another platform. Install it without these, or delete node_modules and",
      `package-lock.json and install again. To add only the program: npm install --no-save ${name}@${version}`,
    );
  }
}

const program = programPath();
const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => fail(`concors: ${program} does not start: ${error.message}`));

// A terminal sends SIGINT and SIGHUP to concors too, and a second one would end it at once. So they are
// passed on only if it is still running after half a second.
process.on("SIGTERM", () => child.kill("SIGTERM"));
for (const signal of ["SIGINT", "SIGHUP"]) {
  process.on(signal, () => setTimeout(() => child.kill(signal), 500).unref());
}

child.on("exit", (status, signal) => {
  if (signal === null) process.exit(status);
  // Node would not end by a signal that it handles.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  setTimeout(() => process.exit(128 + constants.signals[signal]), 1000);
});
