// The source tree as the architecture tests see it: files and what they import, read by a real parser.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), "../..");

export interface SourceFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
  /** Module specifiers of every import and re-export, types and dynamic imports included. */
  readonly imports: readonly string[];
}

export function sourceFiles(directory: string): SourceFile[] {
  const root = join(repositoryRoot, directory);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => {
      const text = readFileSync(path, "utf8");
      return { path: relative(repositoryRoot, path), text, imports: importsOf(path, text) };
    });
}

function importsOf(path: string, text: string): string[] {
  const { module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  return [
    ...module.staticImports.map((statement) => statement.moduleRequest.value),
    ...module.staticExports.flatMap((statement) =>
      statement.entries.map((entry) => entry.moduleRequest?.value).filter((value) => value !== undefined),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) =>
      text.slice(moduleRequest.start, moduleRequest.end).replace(/^["'`]|["'`]$/g, ""),
    ),
  ];
}
