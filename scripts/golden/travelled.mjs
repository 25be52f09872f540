// How a message becomes a golden file: the bytes as they travelled, neither laid out nor sorted.

export const body = (name, text, source) => ({ path: `messages/${name}.json`, content: text, source });

// A header twice: as sent, and decoded.
export const header = (name, value, source) => [
  body(name, Buffer.from(value, "base64").toString("utf8"), `decoded from \`${name}.header.txt\``),
  rawHeader(name, value, source),
];

export const rawHeader = (name, value, source) => ({
  path: `messages/${name}.header.txt`,
  content: value,
  source,
});
