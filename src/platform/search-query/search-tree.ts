export type Query =
  | { kind: 'all' }
  | { kind: 'and' | 'or'; parts: Query[] }
  | { kind: 'not'; part: Query }
  | Term;

export type Term = Equals | Pattern | Range | Exists;
export type Equals = { kind: 'equals'; field: string | null; value: string; at: number };
export type Pattern = { kind: 'pattern'; field: string | null; pieces: Piece[]; at: number };
export type Range = { kind: 'range'; field: string; from: Bound; to: Bound; at: number };
export type Exists = { kind: 'exists'; field: string; at: number };

/** `*` is any number of characters, `?` is one. */
export type Piece = { kind: 'text'; text: string } | { kind: 'any' } | { kind: 'one' };

/** Null: open on this side. */
export type Bound = { value: string; inclusive: boolean } | null;
