"use strict";
// Find and load a function's handler (spec/lambda.md 2.2; the order of file names is AWS's).

const fs = require("node:fs");
const module_ = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const { Fault } = require("./faults.cjs");

const HANDLER = /^([^.]*)\.(.+)$/;

/**
 * Load the module and return the function that `folder/module.function` names.
 *
 * Throws a Fault when the name is malformed, or module or function is missing; and whatever the
 * module throws. `looksIntoDefault`: whether what a module exports by default counts too, as it
 * does from nodejs24.x on.
 */
async function loadHandler(name, task, looksIntoDefault) {
  if (name.includes("..")) {
    throw new Fault(
      "Runtime.MalformedHandlerName",
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(name);
  const match = HANDLER.exec(base);
  if (match === null) throw new Fault("Runtime.MalformedHandlerName", "Bad handler");
  const [, file, member] = match;
  const folder = name.slice(0, name.length - base.length);
  await lookIntoNodePath();
  const loaded = await loadModule(task, folder, file);
  const handler =
    findMember(loaded, member) ?? (looksIntoDefault ? findMember(loaded?.default, member) : undefined);
  if (handler === undefined || handler === null) {
    throw new Fault("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  }
  if (typeof handler !== "function") {
    throw new Fault("Runtime.HandlerNotFound", `${name} is not a function`);
  }
  return handler;
}

function findMember(loaded, name) {
  return name.split(".").reduce((found, part) => found?.[part], loaded);
}

async function loadModule(task, folder, file) {
  try {
    return await findModule(task, folder, file);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault("Runtime.UserCodeSyntaxError", error);
    if (error?.code === "MODULE_NOT_FOUND") throw new Fault("Runtime.ImportModuleError", error);
    throw error;
  }
}

async function findModule(task, folder, file) {
  // As if from there: Node names the file in its errors, and AWS's runtime is this file.
  const require_ = module_.createRequire(
    path.join(process.env.LAMBDA_RUNTIME_DIR ?? "/var/runtime", "index.mjs"),
  );
  const place = path.resolve(task, folder, file);
  const isModule = saysModule(path.dirname(place));
  if (fs.existsSync(place)) return require_(place);
  if (!isModule && fs.existsSync(`${place}.js`)) return require_(`${place}.js`);
  for (const suffix of isModule ? [".js", ".mjs"] : [".mjs"]) {
    if (fs.existsSync(place + suffix)) {
      return import(pathToFileURL(place + suffix).href);
    }
  }
  if (fs.existsSync(`${place}.cjs`)) return require_(`${place}.cjs`);
  return require_(require_.resolve(file, { paths: [task, path.resolve(task, folder)] }));
}

/** Tell whether the nearest package.json makes .js files ES modules. */
function saysModule(folder) {
  for (;;) {
    const file = path.join(folder, "package.json");
    if (fs.existsSync(file)) {
      try {
        return JSON.parse(fs.readFileSync(file, "utf8")).type === "module";
      } catch {
        return false;
      }
    }
    const parent = path.dirname(folder);
    if (parent === folder || path.basename(folder) === "node_modules") return false;
    folder = parent;
  }
}

/**
 * Let `import` find what `require` finds, if there is anything to find.
 *
 * Before Node 22.15 that takes a thread of its own and 40 ms.
 */
async function lookIntoNodePath() {
  const folders = (process.env.NODE_PATH ?? "").split(path.delimiter);
  const always = ["", process.env.LAMBDA_TASK_ROOT, process.env.LAMBDA_RUNTIME_DIR];
  if (!folders.some((folder) => !always.includes(folder) && fs.existsSync(folder))) return;
  const hooks = pathToFileURL(path.join(__dirname, "resolution.mjs")).href;
  if (module_.registerHooks === undefined) {
    module_.register?.(hooks); // Node before 18.19 has none.
  } else {
    module_.registerHooks({ resolve: (await import(hooks)).resolveSync });
  }
}

module.exports = { loadHandler };
