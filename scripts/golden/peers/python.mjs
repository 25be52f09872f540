// Runs one of the Python programs beside this file in the pinned virtual environment.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const INTERPRETER = fileURLToPath(new URL("../venv/bin/python", import.meta.url));

export async function python(program, ...args) {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { stdout } = await promisify(execFile)(INTERPRETER, [path, ...args]);
  return stdout;
}
