/** What credentials are often for, with the scopes it takes. */
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
      all.filter((one) => one.startsWith('read:') && !/_keys$|_tokens$|_credentials$/.test(one)),
  },
  all: { label: 'Everything', of: (all) => all },
};

// Shown first; the others are behind a click.
const COMMON = ['users', 'invitations', 'connections', 'clients', 'roles', 'organizations', 'logs'];

type Row = { noun: string; scopes: { value: string; verb: string; isChosen: boolean }[] };

export type ScopeChoice = {
  presets: { label: string; url: string; isChosen: boolean }[];
  common: Row[];
  others: Row[];
  /** Whether something is chosen among the others. */
  isOpen: boolean;
};

/** Those of a preset; none without one: whoever makes credentials says what they may do. */
export function scopesOfPreset(name: string, all: string[]): string[] {
  const wanted = Object.hasOwn(PRESETS, name) ? (PRESETS[name]?.of(all) ?? []) : [];
  return wanted.filter((one) => all.includes(one));
}

/** The form's part in which scopes are chosen. */
export function scopeChoice(all: string[], chosen: string[], preset = ''): ScopeChoice {
  const rows = new Map<string, Row>();
  for (const value of [...all].sort()) {
    const [verb = '', noun = ''] = value.split(':');
    const row = rows.get(noun) ?? { noun: noun.replaceAll('_', ' '), scopes: [] };
    row.scopes.push({ value, verb: verb.replaceAll('_', ' '), isChosen: chosen.includes(value) });
    rows.set(noun, row);
  }
  const others = [...rows].filter(([noun]) => !COMMON.includes(noun)).map(([, row]) => row);
  return {
    presets: Object.entries(PRESETS).map(([name, { label }]) => ({
      label,
      url: `/console?for=${name}#credentials`,
      isChosen: name === preset,
    })),
    common: COMMON.flatMap((noun) => rows.get(noun) ?? []),
    others,
    isOpen: others.some((row) => row.scopes.some((one) => one.isChosen)),
  };
}
