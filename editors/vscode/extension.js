// Starts `einfold-lsp` for MLIR files; without it, highlighting works all the same.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async () => {
  const command = workspace.getConfiguration("einfold").get("server");
  if (!command) return;
  const selector = [{ scheme: "file", language: "einfold" }, { scheme: "untitled", language: "einfold" }];
  client = new LanguageClient("einfold", "einfold", { command, args: ["--stdio"] }, { documentSelector: selector });
  await client.start();
};

exports.deactivate = () => client?.stop();
