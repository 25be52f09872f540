// SOURCES.md: which program wrote each golden file.

const HEAD = `# Where the golden files come from

Written by \`scripts/golden/generate\`; \`scripts/golden/generate --check\` makes them anew and compares.
Every library is another team's, at the version that \`scripts/golden/package-lock.json\` and
\`requirements.txt\` name. Keys are the public ones of development chains.

| File | Produced by |
|---|---|
`;

export const sources = (files) =>
  HEAD + files.map(({ path, source }) => `| \`${path}\` | ${source} |\n`).join("");
