// Checks entities of a Backstage catalog with the package that Backstage itself uses. The argument is a folder with
// this package; standard input has lists of entities by name, and standard output lists of problems by name.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const require = createRequire(join(resolve(process.argv[2]), "package.json"));
const catalog = require("@backstage/catalog-model");

const policies = catalog.EntityPolicies.allOf([
  catalog.EntityPolicies.allOf([
    new catalog.SchemaValidEntityPolicy(),
    new catalog.NoForeignRootFieldsEntityPolicy(),
    new catalog.FieldFormatEntityPolicy(),
    new catalog.DefaultNamespaceEntityPolicy(),
  ]),
]);
const kinds = {
  API: catalog.apiEntityV1alpha1Validator,
  Component: catalog.componentEntityV1alpha1Validator,
  Resource: catalog.resourceEntityV1alpha1Validator,
  System: catalog.systemEntityV1alpha1Validator,
};

async function problem(entity) {
  try {
    await policies.enforce(entity);
    if (!(await kinds[entity.kind].check(entity))) {
      return `${entity.kind} is not known`;
    }
    for (const field of ["owner", "system"]) {
      if (entity.spec[field]) {
        catalog.parseEntityRef(entity.spec[field], { defaultKind: "group", defaultNamespace: "default" });
      }
    }
    for (const field of ["dependsOn", "providesApis", "consumesApis"]) {
      for (const reference of entity.spec[field] ?? []) {
        catalog.parseEntityRef(reference, { defaultKind: "api", defaultNamespace: "default" });
      }
    }
  } catch (error) {
    return `${entity.kind} ${entity.metadata?.name}: ${error.message}`;
  }
}

const found = {};
for (const [name, entities] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  found[name] = (await Promise.all(entities.map(problem))).filter(Boolean);
}
process.stdout.write(JSON.stringify(found));
