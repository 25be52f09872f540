// Writes every golden file into the folder named on the command line.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { networks } from "./networks.mjs";

const [target] = process.argv.slice(2);
if (!target) throw new Error("usage: node main.mjs FOLDER");

for (const produce of [networks]) {
  for (const [path, content] of Object.entries(await produce())) {
    const file = join(target, path);
    await mkdir(dirname(file), { recursive: true });
    // Text is written as it travelled; data of our own making is laid out for people.
    await writeFile(file, typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
  }
}
