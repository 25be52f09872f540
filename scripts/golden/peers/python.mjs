// Runs one of the Python programs beside this file in the pinned virtual environment.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const INTERPRETER = fileURLToPath(new URL("../venv/bin/python", import.meta.url));

export async function python(program, args = [], input = "") {
  const path = fileURLToPath(new URL(program, import.meta.url));
  // The SDK lists some things in the order of a set; a fixed seed makes that one order.
  const env = { ...process.env, PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1" };
  const running = promisify(execFile)(INTERPRETER, [path, ...args], { env });
  running.child.stdin.end(input);
  return (await running).stdout;
}
