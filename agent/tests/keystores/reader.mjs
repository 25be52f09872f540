// Opens a keystore with ethers and prints the account of the key in it.
//
//   node reader.mjs FOLDER_OF_THE_PACKAGES KEYSTORE PASSWORD

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, keystore, password] = process.argv.slice(2);
const { Wallet } = createRequire(pathToFileURL(`${folder}/`))("ethers");
const wallet = await Wallet.fromEncryptedJson(readFileSync(keystore, "utf8"), password);
console.log(wallet.address);
