const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  zwnj: '',
  shy: '',
  copy: '©',
  reg: '®',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  rsquo: '’',
  lsquo: '‘',
  rdquo: '”',
  ldquo: '“',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  eacute: 'é',
  egrave: 'è',
  euro: '€',
  middot: '·',
  bull: '•',
};

const BLOCKS =
  /^(?:p|div|tr|table|tbody|h[1-6]|ul|ol|section|article|header|footer|blockquote|hr|center)$/;

/**
 * Converts a mail's HTML to plain text: links as `text (url)`, lists with dashes, blocks separated by blank lines. It works in one pass, so
 * its time is linear in the length.
 */
export function plainTextOf(html: string): string {
  let out = '';
  let hidden: string | null = null;
  let link: { href: string; at: number } | null = null;
  for (const match of html.matchAll(
    /<!--[\s\S]*?(?:-->|$)|<![^>]*>|<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|'[^']*'|[^'"<>])*)>|([^<]+|<)/g,
  )) {
    const [whole, slash, tagName, attributes = '', words] = match;
    if (words !== undefined) {
      if (hidden === null) out += decodeEntities(words.replace(/\s+/g, ' '));
      continue;
    }
    if (tagName === undefined || whole.startsWith('<!')) continue;
    const tag = tagName.toLowerCase();
    if (hidden !== null) {
      if (slash && tag === hidden) hidden = null;
      continue;
    }
    if (slash) {
      if (tag === 'a' && link !== null) {
        const shown = out.slice(link.at).trim();
        // A link on its own line is easier to click and to copy.
        if (shown === '') out += link.href;
        else if (shown !== link.href && !link.href.startsWith('mailto:'))
          out += `:\n${link.href}\n`;
        link = null;
      } else if (BLOCKS.test(tag)) out += '\n\n';
      continue;
    }
    if (/^(?:style|script|title|head)$/.test(tag) || isHidden(attributes)) {
      if (!attributes.trimEnd().endsWith('/')) hidden = tag;
    } else if (tag === 'br') out += '\n';
    else if (tag === 'li') out += '\n- ';
    else if (tag === 'a') link = { href: hrefOf(attributes), at: out.length };
    else if (BLOCKS.test(tag)) out += '\n\n';
  }
  return out
    .replace(/[ \t]*\n[ \t]*/g, '\n')
    .replace(/[ \t]{2,}/g, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** Preview lines appear only in the inbox list. `html-only` marks help about a button, which the text does not have. */
function isHidden(attributes: string): boolean {
  if (/\bhtml-only\b/.test(attributes)) return true;
  return /display\s*:\s*none/i.test(attributes) && /style\s*=/i.test(attributes);
}

function hrefOf(attributes: string): string {
  const match = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(attributes);
  return decodeEntities(match?.[1] ?? match?.[2] ?? match?.[3] ?? '');
}

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]{2,8}));/gi,
    (whole, hex, decimal, name) => {
      if (name !== undefined)
        return Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? whole) : whole;
      const code = Number.parseInt(hex ?? decimal, hex ? 16 : 10);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
    },
  );
}
