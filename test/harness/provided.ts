import 'vitest';

/** The values that a project's global set-up provides to its test files. */
export type TestDatabase =
  | { kind: 'postgres'; adminUrl: string; templateName: string; urlPrefix: string }
  | { kind: 'embedded'; templateDir: string };

declare module 'vitest' {
  interface ProvidedContext {
    testDatabase: TestDatabase;
  }
}
