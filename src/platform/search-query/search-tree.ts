/** The tree of a search. `at` is the index of a term in the text, from 0. A `null` field means that the term names none. */
export type SearchQuery =
  | { kind: 'all' }
  | { kind: 'and' | 'or'; parts: SearchQuery[] }
  | { kind: 'not'; part: SearchQuery }
  | SearchTerm;

export type SearchTerm = Equals | Pattern | Range | Exists;
export type Equals = { kind: 'equals'; field: string | null; value: string; at: number };
export type Pattern = { kind: 'pattern'; field: string | null; pieces: SearchPiece[]; at: number };
export type Range = {
  kind: 'range';
  field: string;
  from: SearchBound;
  to: SearchBound;
  at: number;
};
export type Exists = { kind: 'exists'; field: string; at: number };

/** `*` is any number of characters, `?` is one character. */
export type SearchPiece = { kind: 'text'; text: string } | { kind: 'any' } | { kind: 'one' };

/** `null` if the range is open on this side. */
export type SearchBound = { value: string; inclusive: boolean } | null;
