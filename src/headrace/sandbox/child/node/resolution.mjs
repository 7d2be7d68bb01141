// Lets `import` look into the folders of NODE_PATH, as AWS's runtime does from Node 18 on; by
// itself Node does so for `require` only.

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folders = (process.env.NODE_PATH ?? "").split(path.delimiter).filter(Boolean);

function isBare(specifier) {
  return !/^(\.{0,2}\/|#|[a-zA-Z][a-zA-Z0-9+.-]+:)/.test(specifier);
}

/** Return a parent in whose place Node's own algorithm looks into the folder, or null. */
function parentIn(folder) {
  return path.basename(folder) === "node_modules"
    ? pathToFileURL(path.join(path.dirname(folder), "_.mjs")).href
    : null;
}

function urlIn(folder, specifier) {
  const place = path.join(folder, specifier);
  return pathToFileURL(createRequire(place).resolve(place)).href;
}

/** Resolve on Node's thread for hooks (18.19, 20.6 and later). */
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" || !isBare(specifier)) throw error;
    for (const folder of folders) {
      try {
        const parentURL = parentIn(folder);
        return parentURL === null
          ? await next(urlIn(folder, specifier), context)
          : await next(specifier, { ...context, parentURL });
      } catch {
        continue;
      }
    }
    throw error;
  }
}

/** Resolve on the same thread (22.15 and later). */
export function resolveSync(specifier, context, next) {
  try {
    return next(specifier, context);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" || !isBare(specifier)) throw error;
    for (const folder of folders) {
      try {
        const parentURL = parentIn(folder);
        return parentURL === null
          ? next(urlIn(folder, specifier), context)
          : next(specifier, { ...context, parentURL });
      } catch {
        continue;
      }
    }
    throw error;
  }
}
