// Finds the installed packages, which are not beside these programs. PACKAGES is their folder.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.env.PACKAGES}/`));

// The packages name an ES module and a CommonJS one; all must be of one kind.
export const load = (name) => import(pathToFileURL(require.resolve(name)));
