// Writes every golden file, and the table of where each came from, into the folder named on the
// command line.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { eip712 } from "./eip712.mjs";
import { messages } from "./messages.mjs";
import { networks } from "./networks.mjs";
import { sources } from "./sources.mjs";

const [target] = process.argv.slice(2);
if (!target) throw new Error("usage: node main.mjs FOLDER");

const files = [];
for (const produce of [networks, eip712, messages]) files.push(...(await produce()));
files.push({ path: "SOURCES.md", content: sources(files) });

for (const { path, content } of files) {
  const file = join(target, path);
  await mkdir(dirname(file), { recursive: true });
  // Text is written as it travelled; data of our own making is laid out for people.
  await writeFile(file, typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
}
