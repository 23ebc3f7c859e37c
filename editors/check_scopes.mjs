// The grammar in the engine that editors use: every line of the examples is tokenized, and representative tokens have the scopes that they should.
// Needs the packages vscode-textmate and vscode-oniguruma: `npm install --no-save vscode-textmate vscode-oniguruma && node check_scopes.mjs` here.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const here = path.dirname(new URL(import.meta.url).pathname);
const require = createRequire(process.env.NODE_MODULES_AT ? path.join(process.env.NODE_MODULES_AT, "/") : import.meta.url);
const textmate = require("vscode-textmate"), oniguruma = require("vscode-oniguruma");

// [line, word, scope]: the scope that the word's token has in that line.
const EXPECTED = [
  ["// GM = max", "// GM = max", "comment.line.double-slash"],
  ["einsum.cascade @attention ranks {b = 2} (%Q[b]) -> [b] : f32 {", "einsum.cascade", "keyword.control.operation"],
  ["einsum.cascade @attention ranks {b = 2} (%Q[b]) -> [b] : f32 {", "@attention", "entity.name.function"],
  ["einsum.cascade @attention ranks {b = 2} (%Q[b]) -> [b] : f32 {", "%Q", "variable.other.tensor"],
  ["einsum.cascade @attention ranks {b = 2} (%Q[b]) -> [b] : f32 {", "f32", "storage.type"],
  ["einsum.cascade @attention ranks {b = 2} (%Q[b]) -> [b] : f32 {", "2", "constant.numeric"],
  ['einsum.cascade @"a b" ranks {b = 2}', '@"a b"', "entity.name.function"],
  ["  %GM = einsum.compute [p] = %QK[m, p] reduce max(m) where m <= p", "reduce", "keyword.other.clause"],
  ["  %GM = einsum.compute [p] = %QK[m, p] reduce max(m) where m <= p", "max", "support.function.reduction"],
  ["  %GM = einsum.compute [p] = %QK[m, p] reduce max(m) where m <= p", "where", "keyword.other.clause"],
  ["  %GM = einsum.compute [p] = %QK[m, p] reduce max(m) where m <= p", "m", "variable.parameter.rank"],
  ["  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])", "exp", "support.function"],
  ["  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])", " - ", "keyword.operator"],
  ["  %x = einsum.compute [m] = %a[m] +{intersect} %b[m]", "{intersect}", "keyword.other.merge"],
  ["  %RM = einsum.iterate m1 init(%rm[p] = -inf) {", "inf", "constant.language"],
  ["einsum.operator @softcap(%x) = 30 * tanh(%x / 30) laws {monotone = increasing}", "monotone", "support.constant.law"],
  ['  accel.memory @dram offchip bandwidth 1 source "§ a.b"', '"§ a.b"', "string.quoted.double"],
];

const wasm = fs.readFileSync(path.join(path.dirname(require.resolve("vscode-oniguruma/package.json")), "release", "onig.wasm")).buffer;
await oniguruma.loadWASM(wasm);
const file = path.join(here, "vscode", "syntaxes", "einfold.tmLanguage.json");
const registry = new textmate.Registry({
  onigLib: Promise.resolve({ createOnigScanner: (p) => new oniguruma.OnigScanner(p), createOnigString: (s) => new oniguruma.OnigString(s) }),
  loadGrammar: async () => textmate.parseRawGrammar(fs.readFileSync(file, "utf8"), file),
});
const grammar = await registry.loadGrammar("source.einfold");

const faults = [];
for (const [line, word, scope] of EXPECTED) {
  const { tokens } = grammar.tokenizeLine(line, textmate.INITIAL);
  const found = tokens.filter((t) => line.slice(t.startIndex, t.endIndex).trim() === word.trim()).map((t) => t.scopes.at(-1));
  if (!found.includes(`${scope}.einfold`)) faults.push(`'${word}' in '${line}' is ${found.join(", ") || "no token"}, not ${scope}`);
}

const examples = path.join(here, "..", "examples");
const files = fs.readdirSync(examples).filter((name) => name.endsWith(".mlir"));
let lines = 0, tokens = 0;
for (const name of files) {
  let state = textmate.INITIAL;
  for (const [number, line] of fs.readFileSync(path.join(examples, name), "utf8").split("\n").entries()) {
    const read = grammar.tokenizeLine(line, state);
    state = read.ruleStack;
    lines += 1;
    for (const token of read.tokens) {
      const text = line.slice(token.startIndex, token.endIndex);
      tokens += 1;
      if (text.trim() && token.scopes.length < 2) faults.push(`${name}:${number + 1}: '${text.trim()}' has no scope`);
    }
    if (read.stoppedEarly) faults.push(`${name}:${number + 1}: gave up`);
  }
}
console.log(`${EXPECTED.length} tokens looked up, ${files.length} files, ${lines} lines, ${tokens} tokens: ${faults.length} faults`);
for (const fault of faults) console.log(fault);
process.exit(faults.length ? 1 : 0);
