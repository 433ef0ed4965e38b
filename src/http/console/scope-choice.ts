/** Frequent purposes of credentials, with the scopes they need. */
const PRESETS: Record<string, { label: string; of(all: string[]): string[] }> = {
  import: {
    label: 'Import and invite people',
    of: () => [
      'create:users',
      'read:users',
      'read:connections',
      'read:clients',
      'create:invitations',
      'read:invitations',
      'delete:invitations',
    ],
  },
  read: {
    label: 'Read everything',
    of: (all) =>
      all.filter(
        (candidate) =>
          candidate.startsWith('read:') && !/_keys$|_tokens$|_credentials$/.test(candidate),
      ),
  },
  all: { label: 'Everything', of: (all) => all },
};

// Shown first. The others need one more click.
const COMMON = ['users', 'invitations', 'connections', 'clients', 'roles', 'organizations', 'logs'];

// With more open rows, the list would be too long.
const MOST_OPEN = 8;

type Row = {
  noun: string;
  scopes: { value: string; verb: string; isChosen: boolean }[];
  isOpen: boolean;
};

export type ScopeChoice = {
  presets: { label: string; url: string; isChosen: boolean }[];
  common: Row[];
  others: Row[];
  /** Whether one of `others` is open. */
  isOpen: boolean;
};

/** Returns the scopes of a preset. Without a preset there are none, so that the administrator must choose. */
export function scopesOfPreset(name: string, all: string[]): string[] {
  const wanted = Object.hasOwn(PRESETS, name) ? (PRESETS[name]?.of(all) ?? []) : [];
  return wanted.filter((candidate) => all.includes(candidate));
}

/** Returns the part of the form that lists the scopes. */
export function scopeChoice(all: string[], chosen: string[], preset = ''): ScopeChoice {
  const rows = new Map<string, Row>();
  for (const value of [...all].sort()) {
    const [verb = '', noun = ''] = value.split(':');
    const row = rows.get(noun) ?? { noun: noun.replaceAll('_', ' '), scopes: [], isOpen: false };
    row.scopes.push({ value, verb: verb.replaceAll('_', ' '), isChosen: chosen.includes(value) });
    rows.set(noun, row);
  }
  const withChoice = [...rows.values()].filter((row) => row.scopes.some((scope) => scope.isChosen));
  for (const row of withChoice) row.isOpen = withChoice.length <= MOST_OPEN;
  const others = [...rows].filter(([noun]) => !COMMON.includes(noun)).map(([, row]) => row);
  return {
    presets: Object.entries(PRESETS).map(([name, { label }]) => ({
      label,
      url: `/console?for=${name}#credentials`,
      isChosen: name === preset,
    })),
    common: COMMON.flatMap((noun) => rows.get(noun) ?? []),
    others,
    isOpen: others.some((row) => row.isOpen),
  };
}
