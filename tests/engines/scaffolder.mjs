// Renders templates of the scaffolder as its action `fetch:template` does, and checks them with the packages that
// Backstage itself uses. The argument is a folder with these packages. Standard input has a list of templates, each with
// its document, the files of its skeleton and sets of values, and standard output a list of problems and rendered files
// for each. Files are base64.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { extname, join, resolve } from "node:path";

const require = createRequire(join(resolve(process.argv[2]), "package.json"));
const { templateEntityV1beta3Validator } = require("@backstage/plugin-scaffolder-common");
const { EntityPolicies, FieldFormatEntityPolicy, SchemaValidEntityPolicy } = require("@backstage/catalog-model");
const nunjucks = require("nunjucks");
const { isBinaryFile } = require("isbinaryfile");

// The settings of Backstage without `cookiecutterCompat`.
const tags = { variableStart: "${{", variableEnd: "}}" };
const environment = new nunjucks.Environment([], { autoescape: false, tags });
const policies = EntityPolicies.allOf([new SchemaValidEntityPolicy(), new FieldFormatEntityPolicy()]);

// A step of a template that consists of one expression keeps the type of its value.
function filled(value, parameters) {
  if (typeof value === "string") {
    const inner = /^\$\{\{(.*)\}\}$/.exec(value)?.[1];
    const rendered = environment.renderString(inner ? `\${{ (${inner}) | dump }}` : value, { parameters });
    return inner ? (rendered === "" ? undefined : JSON.parse(rendered)) : rendered;
  }
  return value;
}

async function render(skeleton, input, parameters) {
  const entries = Object.entries(input.values).map(([name, value]) => [name, filled(value, parameters)]);
  const context = JSON.parse(JSON.stringify({ values: Object.fromEntries(entries) }));
  const files = {};
  for (const [location, base64] of Object.entries(skeleton)) {
    const bytes = Buffer.from(base64, "base64");
    const isRendered = extname(location) === input.templateFileExtension;
    const path = isRendered ? location.slice(0, -input.templateFileExtension.length) : location;
    const isBinary = await isBinaryFile(bytes);
    const text = bytes.toString("utf-8");
    const result = isBinary ? bytes : Buffer.from(isRendered ? environment.renderString(text, context) : text);
    files[environment.renderString(path, context)] = result.toString("base64");
  }
  return files;
}

async function check({ document, skeleton, sets }) {
  const problems = [];
  try {
    await policies.enforce(document);
    if (!(await templateEntityV1beta3Validator.check(document))) {
      problems.push("it is not a template");
    }
  } catch (error) {
    problems.push(error.message);
  }
  const { input } = document.spec.steps.find((step) => step.action === "fetch:template");
  const rendered = await Promise.all(sets.map((set) => render(skeleton, input, set)));
  return { problems, rendered };
}

const templates = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await Promise.all(templates.map(check))));
