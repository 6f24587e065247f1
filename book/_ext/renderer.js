/* KaTeX for formulas.py: a JSON request a line in, a JSON answer a line out. */
const katex = require(process.argv[2]);

function answer(line) {
  try {
    const { latex, options } = JSON.parse(line);
    return { html: katex.renderToString(latex, options) };
  } catch (error) {
    return { error: error.message };
  }
}

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => process.stdout.write(`${JSON.stringify(answer(line))}\n`))
  .on("close", () => process.exit()); // whoever asked is gone
