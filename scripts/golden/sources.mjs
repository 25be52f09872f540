// SOURCES.md: which program wrote each golden file.

const HEAD = `# Where the golden files come from

Written by \`scripts/golden/generate\`; \`scripts/golden/generate --check\` makes them anew and compares.

| Package | Version | Published |
|---|---|---|
| @x402/core, evm, express, extensions, fetch (npm) | 2.27.0 | 2026-09-22 |
| viem (npm) | 2.57.1 | 2026-09-29 |
| x402, x402-express, x402-fetch (npm, protocol v1) | 1.2.0 | 2026-05-05, 2026-07-17, 2026-05-07 |
| x402 (PyPI) | 2.25.0 | 2026 |

Files under \`messages/\` are the bytes that travelled on loopback: nothing is sorted, laid out or
replaced, and a \`.header.txt\` is the header's value as sent. So that a second run writes the same
bytes, the peers live at 2027-01-15 08:00:00 UTC, draw nonces from a fixed stream, and merchants
state \`https://files.example\` as their resource's origin. Keys are those of every development chain.
The facilitators are the teams' own code over a chain made up for the occasion; an error text of that
chain (\`execution reverted: …\`, \`nonce too low: …\`) is therefore ours, the reason beside it theirs.
\`http-NNN\` in a name is the status the message came with; others came with the status their kind has.

| File | Produced by |
|---|---|
`;

export const sources = (files) =>
  HEAD + files.map(({ path, source }) => `| \`${path}\` | ${source} |\n`).join("");
