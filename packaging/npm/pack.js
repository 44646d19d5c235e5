// Makes the npm packages of a release from what goreleaser built:
//
//   node packaging/npm/pack.js DIST
//
// It writes DIST/npm/*.tgz: one package with the program of each platform, and the package concors, which
// depends on them. A platform's package has only that platform's program, and npm installs only the one that fits.
"use strict";
const { execFileSync } = require("node:child_process");
const { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const path = require("node:path");

const [dist] = process.argv.slice(2);
if (!dist) {
  console.error("usage: node packaging/npm/pack.js DIST");
  process.exit(2);
}
const repository = path.join(__dirname, "../..");
const out = path.join(dist, "npm");
const json = (name) => JSON.parse(readFileSync(path.join(dist, name), "utf8"));
const { version, date } = json("metadata.json");

const common = {
  version,
  license: "MIT",
  homepage: "https://github.com/concors/concors#readme",
  bugs: "https://github.com/concors/concors/issues",
  repository: { type: "git", url: "git+https://github.com/concors/concors.git" },
};

rmSync(out, { recursive: true, force: true });

// pack writes a package's files into a folder and packs it. files maps each name in the package to a file on disk.
function pack(manifest, files) {
  const folder = path.join(out, manifest.name);
  for (const [name, from] of Object.entries({ LICENSE: path.join(repository, "LICENSE"), ...files })) {
    const to = path.join(folder, name);
    mkdirSync(path.dirname(to), { recursive: true });
    copyFileSync(from, to);
    chmodSync(to, name.startsWith("bin/") ? 0o755 : 0o644);
  }
  writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", out, folder], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(Date.parse(date) / 1000) },
  });
}

const nodeOS = { linux: "linux", darwin: "darwin", windows: "win32" };
const nodeCPU = { amd64: "x64", arm64: "arm64" };
const optionalDependencies = {};
for (const binary of json("artifacts.json").filter((a) => a.type === "Binary")) {
  const os = nodeOS[binary.goos], cpu = nodeCPU[binary.goarch];
  const name = `@concors/cli-${os}-${cpu}`;
  optionalDependencies[name] = version;
  pack(
    {
      name,
      description: `The program concors for ${os} on ${cpu}. Install the package concors instead.`,
      ...common,
      os: [os],
      cpu: [cpu],
      preferUnplugged: true,
    },
    {
      [`bin/${path.basename(binary.path)}`]: path.join(dist, "..", binary.path),
      "THIRD_PARTY_LICENSES": path.join(repository, "build/THIRD_PARTY_LICENSES"),
    },
  );
}
pack(
  {
    name: "concors",
    description: "Explains and tests the web's cross-origin rules (CORS)",
    keywords: ["cors", "cross-origin", "preflight", "access-control-allow-origin", "same-origin-policy", "http", "cli"],
    ...common,
    bin: { concors: "bin/concors.js" },
    engines: { node: ">=18" },
    optionalDependencies,
  },
  { "bin/concors.js": path.join(__dirname, "concors.js"), "README.md": path.join(__dirname, "README.md") },
);
